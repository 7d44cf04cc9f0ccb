import Diagnostics
import Graph

/// Makes a graph of a record, deriving every shape anew.
struct GraphCheck {
    /// What tracing a network allows as well.
    private static let nodeLimit = 200_000
    private static let channels = 1...1 << 16
    private static let kernels = 1...99
    private static let scaleLimit = 1 << 14

    private let record: GraphRecord
    private var nodes: [Node] = []
    private var sizeMultiple = 1
    private var used: Set<Int> = []

    init(_ record: GraphRecord) { self.record = record }

    /// - Throws: the first thing that is wrong.
    consuming func graph() throws(GraphFault) -> Graph {
        guard record.nodes.count <= Self.nodeLimit else { throw GraphFault(reason: "it has too many layers") }
        let parameters = try parameters()
        guard record.nodes.count(where: { $0.op == "input" }) == 1 else {
            throw GraphFault(reason: "it does not have one input")
        }
        for (index, node) in record.nodes.enumerated() {
            nodes.append(try self.node(node, index, parameters))
        }
        guard used.count == parameters.count else {
            throw GraphFault(reason: "it has weights that no layer uses")
        }
        let count = nodes.count
        guard !record.outputs.isEmpty, record.outputs.allSatisfy({ (0..<count).contains($0) }),
            Set(record.outputs).count == record.outputs.count
        else { throw GraphFault(reason: "its outputs are not layers of it") }
        return Graph(
            nodes: nodes, parameters: parameters, outputs: record.outputs.map { NodeID($0) },
            passes: try passes())
    }

    private func parameters() throws(GraphFault) -> [Parameter] {
        guard Set(record.parameters.map(\.name)).count == record.parameters.count else {
            throw GraphFault(reason: "two of its weights have one name")
        }
        var parameters: [Parameter] = []
        for parameter in record.parameters {
            guard !parameter.name.isEmpty, parameter.name != SafetensorsHeader.metadataKey,
                !parameter.name.hasPrefix(Graph.reservedPrefix)
            else { throw GraphFault(reason: "\"\(shortened(parameter.name))\" names no weights") }
            guard let kind = Parameter.Kind(rawValue: parameter.kind) else {
                throw GraphFault(reason: "`\(shortened(parameter.name))` is neither weights nor biases")
            }
            parameters.append(Parameter(name: parameter.name, kind: kind, shape: parameter.shape))
        }
        return parameters
    }

    private func passes() throws(GraphFault) -> [Pass] {
        var passes: [Pass] = []
        for pass in record.passes {
            guard 0 <= pass.first, pass.first <= pass.end, pass.end <= record.nodes.count,
                pass.circumstances.count.isMultiple(of: 2)
            else { throw GraphFault(reason: "a pass through `\(shortened(pass.role))` is not within it") }
            let texts = pass.circumstances
            passes.append(
                Pass(
                    role: pass.role, weights: pass.weights,
                    circumstances: stride(from: 0, to: texts.count, by: 2).map {
                        Pass.Circumstance(name: texts[$0], value: texts[$0 + 1])
                    }, nodes: pass.first..<pass.end))
        }
        return passes
    }

    // MARK: Nodes

    private mutating func node(
        _ node: GraphRecord.NodeRecord, _ index: Int, _ parameters: [Parameter]
    ) throws(GraphFault) -> Node {
        let fault = GraphFault(reason: "the layer `\(shortened(node.name))` does not fit what it reads")
        guard let operation = node.operation, node.inputs.allSatisfy({ (0..<index).contains($0) }),
            let declared = declaredShape(node)
        else { throw fault }
        let inputs = node.inputs.map { nodes[$0].shape }
        guard shape(of: operation, inputs, parameters, declared: declared) == declared else { throw fault }
        sizeMultiple = leastCommonMultiple(sizeMultiple, declared.scale.denominator)
        guard sizeMultiple <= Self.scaleLimit else { throw fault }
        if let convolution = operation.convolution {
            used.formUnion([convolution.weight.index, convolution.bias.index])
        }
        return Node(
            operation: operation, inputs: node.inputs.map { NodeID($0) }, shape: declared, name: node.name)
    }

    private func declaredShape(_ node: GraphRecord.NodeRecord) -> Shape? {
        let scales = 1...Self.scaleLimit
        guard Self.channels.contains(node.channels), node.scale.count == 2, scales.contains(node.scale[0]),
            scales.contains(node.scale[1])
        else { return nil }
        return Shape(channels: node.channels, scale: Scale(node.scale[0], node.scale[1]))
    }

    /// The shape that an operation gives; `nil` where it cannot be applied. What chooses its own is given
    /// `declared`.
    private func shape(
        of operation: Operation, _ inputs: [Shape], _ parameters: [Parameter], declared: Shape
    ) -> Shape? {
        switch operation {
        case .input: return inputs.isEmpty && declared.scale == .one ? declared : nil
        case .zeros: return inputs.isEmpty ? declared : nil
        case .add, .subtract, .multiply:
            return inputs.count == 2 && inputs[0] == inputs[1] ? inputs[0] : nil
        case .concatenate:
            guard inputs.count >= 2, inputs.allSatisfy({ $0.scale == inputs[0].scale }) else { return nil }
            return Shape(channels: inputs.reduce(0) { $0 + $1.channels }, scale: inputs[0].scale)
        case .convolution, .transposedConvolution, .activation, .affine, .slice, .resize, .downsize,
            .pixelShuffle,
            .detach:
            guard inputs.count == 1 else { return nil }
            return shape(of: operation, inputs[0], parameters, declared: declared)
        }
    }

    private func shape(
        of operation: Operation, _ input: Shape, _ parameters: [Parameter], declared: Shape
    ) -> Shape? {
        switch operation {
        case .convolution(let convolution):
            let (kernel, stride) = (convolution.kernel, convolution.stride)
            guard
                let channels = channels(
                    of: convolution, parameters, from: input.channels, isTransposed: false),
                convolution.padding == (kernel - 1) / 2, 2 * convolution.padding >= kernel - stride
            else { return nil }
            return Shape(channels: channels, scale: input.scale.divided(by: stride))
        case .transposedConvolution(let convolution):
            let spare = convolution.kernel - convolution.stride
            guard
                let channels = channels(
                    of: convolution, parameters, from: input.channels, isTransposed: true),
                spare >= 0, spare.isMultiple(of: 2), convolution.padding == spare / 2
            else { return nil }
            return Shape(channels: channels, scale: input.scale.multiplied(by: convolution.stride))
        case .activation, .affine, .detach: return input
        case .slice(let range):
            guard 0 <= range.lowerBound, !range.isEmpty, range.upperBound <= input.channels else {
                return nil
            }
            return Shape(channels: range.count, scale: input.scale)
        case .resize: return Shape(channels: input.channels, scale: declared.scale)
        case .downsize(let factor):
            guard (1...1024).contains(factor) else { return nil }
            return Shape(channels: input.channels, scale: input.scale.divided(by: factor))
        case .pixelShuffle(let factor):
            guard (1...64).contains(factor), input.channels.isMultiple(of: factor * factor) else {
                return nil
            }
            return Shape(
                channels: input.channels / (factor * factor), scale: input.scale.multiplied(by: factor))
        case .input, .zeros, .add, .subtract, .multiply, .concatenate: return nil
        }
    }

    /// The channels that a convolution gives, where its weights and biases are what it needs.
    private func channels(
        of convolution: Convolution, _ parameters: [Parameter], from input: Int, isTransposed: Bool
    ) -> Int? {
        let (kernel, all) = (convolution.kernel, 0..<parameters.count)
        guard all.contains(convolution.weight.index), all.contains(convolution.bias.index),
            Self.kernels.contains(kernel), Self.kernels.contains(convolution.stride)
        else { return nil }
        let (weight, bias) = (parameters[convolution.weight.index], parameters[convolution.bias.index])
        guard bias.kind == .bias, bias.shape.count == 1, Self.channels.contains(bias.shape[0]) else {
            return nil
        }
        let output = bias.shape[0]
        guard weight.kind == .weight,
            weight.shape
                == (isTransposed ? [input, output, kernel, kernel] : [output, input, kernel, kernel])
        else { return nil }
        return output
    }
}
