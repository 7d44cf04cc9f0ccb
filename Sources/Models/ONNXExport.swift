import Diagnostics
import Files
import Graph
import ONNXFormat
import SwiftProtobuf

/// Writes a network and its weights as an ONNX model of opset 17, for other runtimes: `blurred` in, `sharp`
/// out, both [batch, channels, height, width] with batch, height and width left open.
///
/// Only what the last output needs is written. Where ``Graph/sizeMultiple`` is above 1, the model itself
/// grows a picture to such multiples at the right and the bottom, by repeating its edge, and crops the result
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

    /// What the picture is called that the network takes: the input, or what it was grown to.
    private let picture: String

    private static let input = "blurred"
    private static let output = "sharp"

    init(_ graph: Graph) {
        self.graph = graph
        names = [String](repeating: "", count: graph.nodes.count)
        picture = graph.sizeMultiple > 1 ? "\(Self.input).grown" : Self.input
        proto.name = "acuity"
    }

    mutating func write(_ values: (ParameterID) -> [Float]) {
        guard let result = graph.outputs.last else { preconditionFailure("a graph without outputs") }
        let needed = nodes(for: result)
        proto.input = [value(Self.input, channels: graph.inputChannels)]
        proto.output = [value(Self.output, channels: graph[result].shape.channels)]
        let parameters = needed.flatMap { graph.parameters(of: $0) }
        for id in graph.parameterIDs where parameters.contains(id) {
            add(graph[id].name, graph[id].shape, floats: values(id))
        }
        if picture != Self.input { writeGrowth() }
        for id in needed { write(id) }
        if picture != Self.input {
            writeCrop(names[result.index])
        } else {
            add("Identity", [names[result.index]], Self.output)
        }
    }

    /// The input, its last row and column repeated until ``Graph/sizeMultiple`` divides both sides.
    private mutating func writeGrowth() {
        let multiple = graph.sizeMultiple
        let (size, grown) = ("\(Self.input).size", "\(picture).size")
        add("Shape", [Self.input], size)
        // ⌈side / multiple⌉ · multiple, without remainders of negative numbers, whose sign runtimes disagree
        // on.
        let steps = [
            ("Add", [0, 0, multiple - 1, multiple - 1]), ("Div", [1, 1, multiple, multiple]),
            ("Mul", [1, 1, multiple, multiple]),
        ]
        write(steps, from: size, to: grown)
        add("Sub", [grown, size], "\(picture).after")
        add("\(picture).before", integers: [0, 0, 0, 0])
        add("Concat", ["\(picture).before", "\(picture).after"], "\(picture).pads") { [attribute("axis", 0)] }
        add("Pad", [Self.input, "\(picture).pads"], picture) { [attribute("mode", "edge")] }
    }

    /// The output: the part of `result` that is of the input's height and width.
    private mutating func writeCrop(_ result: String) {
        let (first, end, axes) = ("\(Self.output).first", "\(Self.output).end", "\(Self.output).axes")
        add(first, integers: [0, 0])
        add("Shape", [Self.input], end) { [attribute("start", 2)] }
        add(axes, integers: [2, 3])
        add("Slice", [result, first, end, axes], Self.output)
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
        // A name may come up twice, a value must not.
        let name = "\(id.index):\(node.name)"
        names[id.index] = name
        let inputs = node.inputs.map { names[$0.index] }
        switch node.operation {
        case .input: names[id.index] = picture
        // No gradient passes here anyway.
        case .detach: names[id.index] = inputs[0]
        case .zeros: writeZeros(node.shape, name)
        case .convolution(let convolution): write("Conv", convolution, inputs[0], name)
        case .transposedConvolution(let convolution): write("ConvTranspose", convolution, inputs[0], name)
        case .activation(let activation):
            switch activation {
            case .relu: add("Relu", inputs, name)
            case .sigmoid: add("Sigmoid", inputs, name)
            case .tanh: add("Tanh", inputs, name)
            }
        case .add: add("Add", inputs, name)
        case .subtract: add("Sub", inputs, name)
        case .multiply: add("Mul", inputs, name)
        case .affine(let factor, let offset):
            add("\(name).factor", [], floats: [Float(factor)])
            add("\(name).offset", [], floats: [Float(offset)])
            add("Mul", [inputs[0], "\(name).factor"], "\(name).product")
            add("Add", ["\(name).product", "\(name).offset"], name)
        case .concatenate: add("Concat", inputs, name) { [attribute("axis", 1)] }
        case .slice(let range):
            let (first, end, axis) = ("\(name).first", "\(name).end", "\(name).axis")
            add(first, integers: [range.lowerBound])
            add(end, integers: [range.upperBound])
            add(axis, integers: [1])
            add("Slice", [inputs[0], first, end, axis], name)
        case .resize:
            writeResize(from: graph[node.inputs[0]].shape.scale, to: node.shape.scale, inputs[0], name)
        case .downsize(let factor):
            add("AveragePool", inputs, name) {
                [attribute("kernel_shape", [factor, factor]), attribute("strides", [factor, factor])]
            }
        case .pixelShuffle(let factor):
            // Column, row, depth: PyTorch's order of channels.
            add("DepthToSpace", inputs, name) { [attribute("blocksize", factor), attribute("mode", "CRD")] }
        }
    }

    private mutating func write(_ type: String, _ convolution: Convolution, _ input: String, _ name: String) {
        let (kernel, stride, padding) = (convolution.kernel, convolution.stride, convolution.padding)
        add(type, [input, graph[convolution.weight].name, graph[convolution.bias].name], name) {
            [
                attribute("kernel_shape", [kernel, kernel]),
                attribute("pads", [padding, padding, padding, padding]),
                attribute("strides", [stride, stride]),
            ]
        }
    }

    /// Bilinear, half-pixel centres, edges clamped: ONNX's `half_pixel` is PyTorch's `align_corners=False`.
    private mutating func writeResize(from old: Scale, to new: Scale, _ input: String, _ name: String) {
        let ratio =
            Double(new.numerator * old.denominator) / Double(new.denominator * old.numerator)
        // The size is ⌊side · scale⌋, so a scale rounded down would lose a row.
        let scale = Double(Float(ratio)) < ratio ? Float(ratio).nextUp : Float(ratio)
        add("\(name).scales", [4], floats: [1, 1, scale, scale])
        add("Resize", [input, "", "\(name).scales"], name) {
            [attribute("mode", "linear"), attribute("coordinate_transformation_mode", "half_pixel")]
        }
    }

    /// Zeros at a part of the picture's size: its shape, times and divided by whole numbers, with other
    /// channels.
    private mutating func writeZeros(_ shape: Shape, _ name: String) {
        let (numerator, denominator) = (shape.scale.numerator, shape.scale.denominator)
        let steps = [
            ("Mul", [1, 0, numerator, numerator]), ("Add", [0, shape.channels, 0, 0]),
            ("Div", [1, 1, denominator, denominator]),
        ]
        add("Shape", [picture], "\(name).input")
        write(steps, from: "\(name).input", to: "\(name).size")
        add("ConstantOfShape", ["\(name).size"], name)
    }

    // MARK: Pieces

    /// A shape taken through operations with whole numbers, one after the other.
    private mutating func write(_ steps: [(type: String, by: [Int])], from shape: String, to result: String) {
        var last = shape
        for (index, step) in steps.enumerated() {
            let next = index == steps.count - 1 ? result : "\(result).\(step.type)"
            add("\(next).by", integers: step.by)
            add(step.type, [last, "\(next).by"], next)
            last = next
        }
    }

    private mutating func add(
        _ type: String, _ inputs: [String], _ output: String,
        _ attributes: () -> [Onnx_AttributeProto] = { [] }
    ) {
        proto.node.append(
            .with {
                $0.opType = type
                $0.name = output
                $0.input = inputs
                $0.output = [output]
                $0.attribute = attributes()
            })
    }

    private mutating func add(_ name: String, _ shape: [Int], floats: [Float]) {
        proto.initializer.append(
            .with {
                $0.name = name
                $0.dims = shape.map(Int64.init)
                $0.dataType = Int32(Onnx_TensorProto.DataType.float.rawValue)
                $0.rawData = bytes(floats.map { $0.bitPattern.littleEndian })
            })
    }

    private mutating func add(_ name: String, integers: [Int]) {
        proto.initializer.append(
            .with {
                $0.name = name
                $0.dims = [Int64(integers.count)]
                $0.dataType = Int32(Onnx_TensorProto.DataType.int64.rawValue)
                $0.rawData = bytes(integers.map { Int64($0).littleEndian })
            })
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

private func attribute(_ name: String, _ number: Int) -> Onnx_AttributeProto {
    .with {
        $0.name = name
        $0.type = .int
        $0.i = Int64(number)
    }
}

private func attribute(_ name: String, _ numbers: [Int]) -> Onnx_AttributeProto {
    .with {
        $0.name = name
        $0.type = .ints
        $0.ints = numbers.map(Int64.init)
    }
}

private func attribute(_ name: String, _ text: String) -> Onnx_AttributeProto {
    .with {
        $0.name = name
        $0.type = .string
        $0.s = bytes(Array(text.utf8))
    }
}
