import Diagnostics
import Files
import Graph
import ONNXFormat
import Operators
import SwiftProtobuf

/// Writes a network and its weights as an ONNX model of opset 17, for other runtimes: `blurred` in, `sharp`
/// out, both [batch, channels, height, width] with batch, height and width left open.
///
/// Only what the last output needs is written. Where ``Graph/sizeMultiple`` is above 1, the model itself
/// grows an image to such multiples at the right and the bottom, by repeating its edge, and crops the result
/// back, as deblurring does.
/// - Precondition: the last output has the input's height and width.
/// - Parameters:
///   - values: of each parameter, in the order of its shape.
///   - notes: texts by key, for the metadata.
/// - Throws: `too-large` for weights beyond the 2 GB that a model in one file can have; `cannot-write`.
public func writeONNX(
    _ graph: Graph, values: (ParameterID) -> [Float], notes: [String: String], version: String,
    to path: String
) throws(Diagnostic) {
    guard graph.parameterCount < (1 << 31 - 1 << 20) / 4 else {
        throw Diagnostic(
            "too-large", "the weights of \(path) would take more than the 2 GB that an ONNX file can hold")
    }
    var writer = ONNXGraph(graph)
    writer.write(values)
    var model = Onnx_ModelProto()
    model.irVersion = 8
    model.producerName = "acuity"
    model.producerVersion = version
    model.opsetImport = [.with { $0.version = 17 }]
    model.graph = writer.proto
    let own = ["values": "0 to 1, gamma-encoded as in a picture's file"]
    model.metadataProps = own.merging(notes) { own, _ in own }.sorted { $0.key < $1.key }.map { key, value in
        .with {
            $0.key = key
            $0.value = value
        }
    }
    let bytes: [UInt8]
    do {
        bytes = try model.serializedBytes()
    } catch {
        throw Diagnostic("too-large", "\(path) cannot be written as ONNX: \(error)")
    }
    try writeAtomically(bytes, to: path)
}

/// A graph as ONNX has it, built node by node.
private struct ONNXGraph {
    private(set) var proto = Onnx_GraphProto()
    private let graph: Graph
    /// What each node's value is called; some nodes give another's.
    private var names: [String]

    /// What the image is called that the network takes: the input, or what it was grown to.
    private let image: String

    private static let input = "blurred"
    private static let output = "sharp"

    init(_ graph: Graph) {
        self.graph = graph
        names = [String](repeating: "", count: graph.nodes.count)
        image = graph.sizeMultiple > 1 ? "\(Self.input).grown" : Self.input
        proto.name = "acuity"
    }

    mutating func write(_ values: (ParameterID) -> [Float]) {
        guard let result = graph.outputs.last else { preconditionFailure("a graph without outputs") }
        let needed = nodes(for: result)
        proto.input = [value(Self.input, channels: graph.inputChannels)]
        proto.output = [value(Self.output, channels: graph[result].shape.channels)]
        let parameters = needed.flatMap { graph.parameters(of: $0) }
        var weights = ONNXFragment(result: Self.output)
        for id in graph.parameterIDs where parameters.contains(id) {
            weights.add(graph[id].name, graph[id].shape, floats: values(id))
        }
        append(weights)
        if image != Self.input { append(growth()) }
        for id in needed { write(id) }
        append(ending(names[result.index]))
    }

    /// The input, its last row and column repeated until ``Graph/sizeMultiple`` divides both sides.
    private func growth() -> ONNXFragment {
        let multiple = graph.sizeMultiple
        let (size, grown) = ("\(Self.input).size", "\(image).size")
        var fragment = ONNXFragment(result: image)
        fragment.add("Shape", [Self.input], size)
        // ⌈side / multiple⌉ · multiple, without remainders of negative numbers, whose sign runtimes disagree
        // on.
        let steps = [
            ("Add", [0, 0, multiple - 1, multiple - 1]), ("Div", [1, 1, multiple, multiple]),
            ("Mul", [1, 1, multiple, multiple]),
        ]
        fragment.addArithmetic(steps, from: size, to: grown)
        fragment.add("Sub", [grown, size], "\(image).after")
        fragment.add("\(image).before", integers: [0, 0, 0, 0])
        fragment.add(
            "Concat", ["\(image).before", "\(image).after"], "\(image).pads", [.integer("axis", 0)])
        fragment.add("Pad", [Self.input, "\(image).pads"], image, [.text("mode", "edge")])
        return fragment
    }

    /// The output: `result`, or the part of it that is of the input's height and width.
    private func ending(_ result: String) -> ONNXFragment {
        var fragment = ONNXFragment(result: Self.output)
        guard image != Self.input else {
            fragment.add("Identity", [result], Self.output)
            return fragment
        }
        let (first, end, axes) = ("\(Self.output).first", "\(Self.output).end", "\(Self.output).axes")
        fragment.add(first, integers: [0, 0])
        fragment.add("Shape", [Self.input], end, [.integer("start", 2)])
        fragment.add(axes, integers: [2, 3])
        fragment.add("Slice", [result, first, end, axes], Self.output)
        return fragment
    }

    /// The nodes that `result` is computed from, in order.
    private func nodes(for result: NodeID) -> [NodeID] {
        var needed = [Bool](repeating: false, count: graph.nodes.count)
        needed[result.index] = true
        for id in graph.nodeIDs.reversed() where needed[id.index] {
            for input in graph[id].inputs { needed[input.index] = true }
        }
        return graph.nodeIDs.filter { needed[$0.index] }
    }

    // MARK: Nodes

    private mutating func write(_ id: NodeID) {
        let node = graph[id]
        let fragment = node.operation.onnx(
            ONNXSite(
                // A name may come up twice, a value must not.
                name: "\(id.index):\(node.name)", inputs: node.inputs.map { names[$0.index] },
                parameters: node.parameters.map { graph[$0].name }, image: image,
                inputShapes: graph.inputShapes(of: node), shape: node.shape))
        append(fragment)
        names[id.index] = fragment.result
    }

    // MARK: Pieces

    private mutating func append(_ fragment: ONNXFragment) {
        for node in fragment.nodes {
            proto.node.append(
                .with {
                    $0.opType = node.type
                    $0.name = node.output
                    $0.input = node.inputs
                    $0.output = [node.output]
                    $0.attribute = node.attributes.map(Onnx_AttributeProto.init)
                })
        }
        proto.initializer += fragment.constants.map(Onnx_TensorProto.init)
    }

    private func value(_ name: String, channels: Int) -> Onnx_ValueInfoProto {
        func open(_ name: String) -> Onnx_TensorShapeProto.Dimension { .with { $0.dimParam = name } }
        return .with {
            $0.name = name
            $0.type.tensorType.elemType = Int32(Onnx_TensorProto.DataType.float.rawValue)
            $0.type.tensorType.shape.dim = [
                open("batch"), .with { $0.dimValue = Int64(channels) }, open("height"), open("width"),
            ]
        }
    }
}

extension Onnx_AttributeProto {
    fileprivate init(_ attribute: ONNXFragment.Attribute) {
        self.init()
        switch attribute {
        case .integer(let name, let number):
            self.name = name
            type = .int
            i = Int64(number)
        case .integers(let name, let numbers):
            self.name = name
            type = .ints
            ints = numbers.map(Int64.init)
        case .real(let name, let number):
            self.name = name
            type = .float
            f = number
        case .text(let name, let text):
            self.name = name
            type = .string
            s = bytes(Array(text.utf8))
        }
    }
}

extension Onnx_TensorProto {
    fileprivate init(_ constant: ONNXFragment.Constant) {
        self.init()
        name = constant.name
        dims = constant.shape.map(Int64.init)
        switch constant.values {
        case .floats(let floats):
            dataType = Int32(DataType.float.rawValue)
            rawData = bytes(floats.map { $0.bitPattern.littleEndian })
        case .integers(let integers):
            dataType = Int32(DataType.int64.rawValue)
            rawData = bytes(integers.map { Int64($0).littleEndian })
        }
    }
}
