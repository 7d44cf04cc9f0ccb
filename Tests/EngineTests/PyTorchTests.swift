import Engine
import Foundation
import Graph
import Operators
import ReferenceEngine
import Testing

/// Values that `Tests/Oracles/engine_layers.py` took from PyTorch.
struct LayerOracle: Decodable {
    struct FeatureMap: Decodable {
        let shape: [Int]
        let values: [Double]
    }

    struct Case: Decodable, CustomTestStringConvertible {
        let name: String
        let input: FeatureMap
        let output: FeatureMap
        let outputGradient: FeatureMap
        let inputGradient: FeatureMap
        let scale: [Int]?
        let weight: [Double]?
        let bias: [Double]?

        var testDescription: String { "\(name) \(input.shape) to \(output.shape)" }
    }

    let cases: [Case]

    static let cases: [Case] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Oracles/engine_layers.json")
        do {
            return try JSONDecoder().decode(LayerOracle.self, from: Data(contentsOf: file)).cases
        } catch {
            Issue.record(error, "cannot read \(file.path)")
            return []
        }
    }()
}

struct PyTorchTests {
    @Test func `the oracle is there`() { #expect(LayerOracle.cases.count == 5) }

    @Test(arguments: LayerOracle.cases)
    func `layers and their gradients are PyTorch's`(test: LayerOracle.Case) throws {
        var builder = GraphBuilder()
        let input = builder.input(channels: test.input.shape[3])
        let output =
            switch test.name {
            case "resize":
                builder.resize(
                    input, to: MapSize(Scale(try #require(test.scale)[0], try #require(test.scale)[1])))
            case "transposedConvolution": builder.transposedConvolution(input, test.output.shape[3])
            default: builder.pixelShuffle(input, by: 2)
            }
        let graph = builder.graph(outputs: [output])
        let execution = try Execution(
            graph,
            InputSize(batch: test.input.shape[0], height: test.input.shape[1], width: test.input.shape[2]),
            purpose: .training, threads: 2, inputGradient: true)
        var weights = Weights(zerosFor: graph)
        for (index, values) in [test.weight, test.bias].enumerated() {
            if let values { weights[ParameterID(index)] = values.map { Float($0) } }
        }
        execution.load(weights)
        execution.withInput { copy(test.input.values, into: &$0) }
        execution.withTarget(0) { copy(test.outputGradient.values, into: &$0) }
        _ = execution.gradientPass(.projection)
        expect(execution.output(0), test.output.values, "output")
        let gradient = try #require(execution.inputGradient())
        expect(gradient, test.inputGradient.values, "gradient")
    }
}
