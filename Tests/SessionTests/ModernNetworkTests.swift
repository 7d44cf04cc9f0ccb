import Engine
import Foundation
import Graph
import ModelFiles
import Models
import TestSupport
import Testing
import TrainingMethods

/// Small variants of published networks, of which `Tests/Oracles/modern_networks.py` has what PyTorch
/// computes.
private struct ModernOracle: Decodable {
    struct Size: Decodable {
        let name: String
        let parameters: Int
    }

    struct Parameter: Decodable {
        let name: String
        let shape: [Int]
        let kind: String
        let gradientNorm: Double

        /// The value of element `element` where the parameter is number `index`.
        func value(_ index: Int, _ element: Int, gain: Double) -> Double {
            let bases = ["norm": 1, "scale": 0.5, "temperature": 1, "slope": 0.25]
            let inputs = Double(shape.dropFirst().reduce(1, *))
            let amplitude = kind == "convolution" ? gain / inputs.squareRoot() : 0.1
            return (bases[kind] ?? 0) + amplitude * sin(1 + 0.7 * Double(index) + 0.13 * Double(element))
        }
    }

    struct Output: Decodable {
        enum Places: Decodable {
            case all
            case some([Int])

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                self = (try? container.decode([Int].self)).map(Places.some) ?? .all
            }
        }

        let shape: [Int]
        let places: Places
        let values: [Double]
    }

    struct Case: Decodable {
        let name: String
        let gain: Double
        let phase: Double
        let height: Int
        let width: Int
        let parameters: [Parameter]
        let loss: Double
        let outputs: [Output]

        /// The input at phase 0, the target at phase 1.
        func picture(_ phase: Double) -> [Float] {
            (0..<height * width * 3).map { index in
                let place = Double(index)
                let turn = (0.1 * place * place + self.phase + phase).truncatingRemainder(dividingBy: 7)
                return Float(0.5 + 0.4 * sin(0.3 * place + turn))
            }
        }
    }

    let sizes: [Size]
    let cases: [Case]

    static let shared: ModernOracle? = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Oracles/modern_networks.json")
        return try? JSONDecoder().decode(ModernOracle.self, from: Data(contentsOf: file))
    }()
}

struct ModernNetworkTests {
    @Test(arguments: [
        ("nafnet()", 17_111_907), ("nafnet(width = 64)", 67_888_835),
    ])
    func `published networks have PyTorch's count of parameters`(network: String, count: Int) async throws {
        let oracle = try #require(ModernOracle.shared)
        #expect(oracle.sizes.contains { $0.parameters == count })
        #expect(await run("print(parameters(\(network), channels = 3))").lines == ["\(count)"])
    }

    /// A network, the names of its weights in the authors' files, and the oracle's case.
    private static let cases = [
        (
            "nafnet(width = 4, encoder = [1, 1, 1, 2])", "nafnet_names(encoder = [1, 1, 1, 2])", "NAFNet"
        )
    ]

    @Test(arguments: cases)
    func `a network with weights of the authors' names gives what PyTorch gives`(
        network: String, names: String, published: String
    ) async throws {
        let test = try #require(ModernOracle.shared?.cases.first { $0.name == published })
        let graph = try await traced(network, after: "", channels: 3)
        let lines = await run("for pair in \(names) { print(pair[1], pair[2]) }").lines
        let renamings = lines.map { $0.split(separator: " ").map(String.init) }
            .map { ImportedWeights.Renaming(ours: $0[0], theirs: $0[1]) }
        let weights = try withTemporaryFolder { folder in
            let tensors = test.parameters.enumerated().map { index, parameter in
                NamedTensor(
                    name: parameter.name, shape: parameter.shape,
                    values: (0..<parameter.shape.reduce(1, *)).map {
                        Float(parameter.value(index, $0, gain: test.gain))
                    })
            }
            try writeSafetensors(tensors, metadata: [:], to: folder + "/published.safetensors")
            let imported = try ImportedWeights(
                from: folder + "/published.safetensors", for: graph, renamings)
            #expect(imported.unused.isEmpty)
            return imported.weights
        }
        let pass = try gradientPass(graph, weights, test)
        #expect(abs(pass.loss - test.loss) <= 1e-4 * test.loss)
        for (output, expected) in zip(pass.outputs, test.outputs) {
            let places =
                switch expected.places {
                case .all: Array(expected.values.indices)
                case .some(let places): places
                }
            let largest = expected.values.reduce(1) { max($0, abs($1)) }
            #expect(output.count == expected.shape.reduce(1, *))
            #expect(
                zip(places, expected.values).allSatisfy { abs(Double(output[$0]) - $1) <= 1e-4 * largest })
        }
        let byName = Dictionary(grouping: graph.parameterIDs) { theirs(graph[$0].name, renamings) }
        for parameter in test.parameters {
            var squares = 0.0
            for id in byName[parameter.name, default: []] {
                for slope in pass.gradients[id] { squares += Double(slope) * Double(slope) }
            }
            #expect(
                abs(squares.squareRoot() - parameter.gradientNorm) <= 1e-4 * parameter.gradientNorm + 1e-6,
                "\(parameter.name)")
        }
    }

    private func theirs(_ name: String, _ renamings: [ImportedWeights.Renaming]) -> String {
        let fitting = renamings.filter { name == $0.ours || name.hasPrefix($0.ours + ".") }
        guard let longest = fitting.max(by: { $0.ours.count < $1.ours.count }) else { return name }
        return longest.theirs + name.dropFirst(longest.ours.count)
    }

    private func gradientPass(
        _ graph: Graph, _ weights: Weights, _ test: ModernOracle.Case
    ) throws -> (outputs: [[Float]], loss: Double, gradients: Weights) {
        let execution = try Execution(
            graph, InputSize(batch: 1, height: test.height, width: test.width), purpose: .training,
            threads: 2)
        execution.poison()
        execution.load(weights)
        execution.withInput { span in
            for (index, value) in test.picture(0).enumerated() { span[index] = value }
        }
        let target = test.picture(1)
        for (index, output) in test.outputs.enumerated() {
            let (height, width) = (output.shape[1], output.shape[2])
            let factor = test.height / height
            execution.withTarget(index) { span in
                for place in 0..<span.count {
                    let (y, x, channel) = (place / 3 / width, place / 3 % width, place % 3)
                    var sum: Float = 0
                    for row in y * factor..<(y + 1) * factor {
                        for column in x * factor..<(x + 1) * factor {
                            sum += target[(row * test.width + column) * 3 + channel]
                        }
                    }
                    span[place] = sum / Float(factor * factor)
                }
            }
        }
        let loss = execution.gradientPass(.meanSquaredError)
        return (
            test.outputs.indices.map { execution.output($0) }, loss, execution.parameterGradients()
        )
    }
}
