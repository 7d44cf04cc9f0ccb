import Graph

/// A graph as text, for a file: JSON with every node, parameter, output and pass, from which the same graph
/// is made again without the language or the sources it was written in.
///
/// What is read back is checked like anything from a stranger: node by node, shapes are derived anew, and
/// everything that tracing a network would refuse is refused.
struct GraphRecord: Codable {
    struct NodeRecord: Codable {
        var op: String
        var name: String
        var inputs: [Int]
        var channels: Int
        /// Numerator and denominator.
        var scale: [Int]
        // Of the operations that have them.
        var weight: Int?
        var bias: Int?
        var kernel: Int?
        var stride: Int?
        var padding: Int?
        /// Of a downsize or a pixel shuffle.
        var factor: Int?
        /// Of an affine map.
        var times: Double?
        var plus: Double?
        /// Of a slice: the first channel, and the one behind the last.
        var first: Int?
        var end: Int?
    }

    struct ParameterRecord: Codable {
        var name: String
        var kind: String
        var shape: [Int]
    }

    struct PassRecord: Codable {
        var role: String
        var weights: String
        /// Names and values, in turn.
        var circumstances: [String]
        var first: Int
        var end: Int
    }

    var nodes: [NodeRecord]
    var parameters: [ParameterRecord]
    var outputs: [Int]
    var passes: [PassRecord]

    init(_ graph: Graph) {
        nodes = graph.nodes.map(NodeRecord.init)
        parameters = graph.parameters.map {
            ParameterRecord(name: $0.name, kind: $0.kind.rawValue, shape: $0.shape)
        }
        outputs = graph.outputs.map(\.index)
        passes = graph.passes.map { pass in
            PassRecord(
                role: pass.role, weights: pass.weights,
                circumstances: pass.circumstances.flatMap { [$0.name, $0.value] },
                first: pass.nodes.lowerBound, end: pass.nodes.upperBound)
        }
    }
}

extension GraphRecord.NodeRecord {
    init(_ node: Node) {
        op = node.operation.kind
        name = node.name
        inputs = node.inputs.map(\.index)
        channels = node.shape.channels
        scale = [node.shape.scale.numerator, node.shape.scale.denominator]
        switch node.operation {
        case .convolution(let convolution), .transposedConvolution(let convolution):
            weight = convolution.weight.index
            bias = convolution.bias.index
            kernel = convolution.kernel
            stride = convolution.stride
            padding = convolution.padding
        case .affine(let times, let plus): (self.times, self.plus) = (times, plus)
        case .downsize(let factor), .pixelShuffle(let factor): self.factor = factor
        case .slice(let range): (first, end) = (range.lowerBound, range.upperBound)
        case .input, .zeros, .activation, .add, .subtract, .multiply, .concatenate, .resize, .detach: break
        }
    }

    /// The operation; `nil` where it is unknown or lacks what belongs to it.
    var operation: Operation? {
        switch op {
        case "input": return .input
        case "zeros": return .zeros
        case "conv": return convolution.map { .convolution($0) }
        case "deconv": return convolution.map { .transposedConvolution($0) }
        case "sum": return .add
        case "difference": return .subtract
        case "product": return .multiply
        case "affine":
            guard let times, let plus else { return nil }
            return .affine(factor: times, offset: plus)
        case "concat": return .concatenate
        case "slice":
            guard let first, let end, first <= end else { return nil }
            return .slice(first..<end)
        case "resize": return .resize
        case "downsize": return factor.map { .downsize(factor: $0) }
        case "pixel_shuffle": return factor.map { .pixelShuffle(factor: $0) }
        case "detach": return .detach
        default: return Activation(rawValue: op).map { .activation($0) }
        }
    }

    private var convolution: Convolution? {
        guard let weight, let bias, let kernel, let stride, let padding else { return nil }
        return Convolution(
            weight: ParameterID(weight), bias: ParameterID(bias), kernel: kernel, stride: stride,
            padding: padding)
    }
}
