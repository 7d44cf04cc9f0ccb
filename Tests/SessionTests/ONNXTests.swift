import Diagnostics
import Engine
import Foundation
import Graph
import Images
import Inference
import Models
import ReferenceEngine
import Testing

/// Networks as other runtimes run them.
struct ONNXTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let channels: Int
        let height: Int
        let width: Int
        /// Of ONNX Runtime: [1][channels][height][width].
        let output: [Float]

        var testDescription: String { name }
    }

    static let folder = projectRoot.appending(path: "Tests/Oracles/onnx")
    static let networks = [
        "gao2019": "gao2019(transform = dense(convs = 3), widths = [4, 6], scales = 2)",
        "srn2018": "srn2018(widths = [2, 3, 4])", "nah2017": "nah2017(width = 3, blocks = 1)",
        "layers": layers, "plain": "plain()",
    ]

    /// Every layer, at sizes that no power of two divides.
    static let layers = "layers()"
    static let definition = """
        network layers(b) {
            x = conv(b, 6)
            y = tanh(conv(x, 8, stride = 2))
            z = sigmoid(deconv(y, 6)) * x - 0.5 * x + 1
            d = downsize(relu(z), 3)
            h = resize(d, like = y)
            p = pixel_shuffle(concat(h, y, zeros(y, channels = 2)), 2)
            unused = conv(p, 9)
            output conv(z, channels(b))
            output b + conv(detach(slice(concat(resize(d, like = x), p), 2, 9)), channels(b))
        }
        network plain(b) { output conv(relu(conv(b, 4)), channels(b)) }

        """

    static let cases: [Case] = {
        do {
            let data = try Data(contentsOf: projectRoot.appending(path: "Tests/Oracles/onnx.json"))
            return try JSONDecoder().decode([Case].self, from: data)
        } catch {
            Issue.record(error, "cannot read the outputs of ONNX Runtime")
            return []
        }
    }()

    /// With `ACUITY_RECORD` set the files are written, for `Tests/Oracles/onnx.py` to run.
    @Test(arguments: networks.keys.sorted())
    func `a network is exported as the file that ONNX Runtime was given`(name: String) async throws {
        let model = try await Self.model(name, channels: name == "nah2017" ? 3 : 1)
        try await withTemporaryFolder { folder in
            let isRecording = ProcessInfo.processInfo.environment["ACUITY_RECORD"] != nil
            let committed = Self.folder.appending(path: "\(name).onnx").path
            let path = isRecording ? committed : folder + "/x.onnx"
            try writeONNX(
                model.graph, values: { model.weights[$0] }, notes: ["network": name], version: "test",
                to: path)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: committed)))
        }
    }

    @Test func `the outputs of ONNX Runtime are there`() { #expect(Self.cases.count == 20) }

    /// At sizes that the network's strides divide and at others, a single pixel among them.
    @Test(arguments: cases)
    func `ONNX Runtime gives what deblurring gives`(test: Case) async throws {
        let model = try await Self.model(test.name, channels: test.channels)
        let input = NamedNumbers.image(
            "input 1", batch: 1, height: test.height, width: test.width, channels: test.channels)
        let image = Image(
            width: test.width, height: test.height, channels: test.channels,
            pixels: input.values.map { Float($0) })
        let output = try model.deblur(image, threads: 2).pixels
        try #require(output.count == test.output.count)
        // Ours has its channels innermost.
        let size = test.height * test.width
        let differences = test.output.enumerated().map { index, value in
            Double(abs(output[index % size * test.channels + index / size] - value))
        }
        #expect(largest(differences) <= 1e-4)
    }

    /// A network with weights from their names, as one that was trained.
    private static func model(_ name: String, channels: Int) async throws -> TrainedModel {
        let network = try await WholeNetwork(
            try #require(networks[name]), after: definition, height: 48, width: 48, channels: channels)
        var weights = Weights(zerosFor: network.graph)
        for id in network.graph.parameterIDs {
            weights[id] = network.interpreter.parameters[id.index].map { Float($0) }
        }
        return TrainedModel(graph: network.graph, weights: weights, colour: channels == 3 ? .rgb : .luma)
    }
}
