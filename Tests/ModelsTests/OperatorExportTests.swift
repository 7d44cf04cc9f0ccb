import Foundation
import Graph
import Layers
import Models
import Operators
import ReferenceEngine
import TestSupport
import Testing

/// Every operator of the list as ONNX Runtime runs it.
struct OperatorExportTests {
    private static let oracles = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Oracles")
    private static let folder = oracles.appending(path: "onnx_operators")

    /// A network around the first example of an operator, that gives a map of the image's size.
    private static func graph(_ kind: String) throws -> Graph {
        let example = try #require(Reference.byKind[kind]?.examples.first)
        var builder = GraphBuilder()
        let image = builder.input(channels: 3)
        let isPositive = Reference.byKind[kind]?.needsPositive ?? false
        let inputs = example.inputs.map { builder.map($0, from: image, isPositive: isPositive) }
        let node = example.operation is Input ? image : builder.apply(example.operation, inputs)
        let isWhole = builder.nodes[node.index].shape.size == .one
        let result = isWhole ? node : builder.resize(node, to: .one)
        return builder.graph(outputs: [result])
    }

    /// With `ACUITY_RECORD` set the files are written, for `Tests/Oracles/onnx_operators.py` to run.
    @Test(arguments: OperatorList.kinds)
    func `an operator is exported as the file that ONNX Runtime was given`(kind: String) throws {
        let graph = try Self.graph(kind)
        try withTemporaryFolder { folder in
            let isRecording = ProcessInfo.processInfo.environment["ACUITY_RECORD"] != nil
            let committed = Self.folder.appending(path: "\(kind).onnx").path
            let path = isRecording ? committed : folder + "/x.onnx"
            try writeONNX(
                graph, values: { NamedNumbers.values(of: graph[$0]).map { Float($0) } }, notes: [:],
                version: "test", to: path)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: committed)))
        }
    }

    @Test(arguments: OperatorList.kinds)
    func `ONNX Runtime gives what the definition says`(kind: String) throws {
        let data = try Data(contentsOf: Self.oracles.appending(path: "onnx_operators.json"))
        let outputs = try JSONDecoder().decode([String: [Double]].self, from: data)
        let expected = try #require(outputs[kind], "run Tests/Oracles/onnx_operators.py")
        let graph = try Self.graph(kind)
        let (height, width) = (6, 12)
        try #require(height % graph.sizeMultiple == 0)
        let image = Tensor(
            batch: 1, height: height, width: width, channels: 3,
            values: (0..<height * width * 3).map { Double($0 * 37 % 101 - 50) / 32 })
        let interpreter = ReferenceInterpreter(
            graph, parameters: graph.parameters.map { NamedNumbers.values(of: $0) }, input: image)
        let result = interpreter.values()[graph.outputs[0].index]
        try #require(result.values.count == expected.count)
        let size = height * width
        // The runtime's has its channels outermost.
        for (index, value) in expected.enumerated() {
            #expect(abs(result.values[index % size * result.channels + index / size] - value) <= 1e-5)
        }
    }
}
