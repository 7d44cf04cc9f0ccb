import Diagnostics
import Engine
import Foundation
import Graph
import ReferenceEngine
import Session
import Testing
import TrainingMethods
import Workbench

/// A network of the language, with weights, blurred and sharp images from their names.
struct WholeNetwork {
    let interpreter: ReferenceInterpreter
    /// The sharp image at the size of each output.
    let targets: [Tensor]

    var graph: Graph { interpreter.graph }

    /// - Parameters:
    ///   - expression: a network in the language.
    ///   - definitions: what is run before it.
    ///   - number: which of the images that the generator makes.
    ///   - gain: what all weights are multiplied by.
    init(
        _ expression: String, after definitions: String = "", number: Int = 1, batch: Int = 1, height: Int,
        width: Int, channels: Int,
        gain: Double = 1
    ) async throws {
        let graph = try await traced(expression, after: definitions, channels: channels)
        func image(_ name: String) -> Tensor {
            NamedNumbers.image(
                "\(name) \(number)", batch: batch, height: height, width: width, channels: channels)
        }
        interpreter = ReferenceInterpreter(
            graph, parameters: graph.parameters.map { NamedNumbers.values(of: $0, gain: gain) },
            input: image("input"))
        let sharp = image("sharp")
        targets = graph.outputs.map { sharp.downsized(by: height / graph[$0].shape.size.height.of(height)) }
    }

    /// What the engine gives after one pass forward and backward through poisoned memory.
    func run(threads: Int) throws -> (outputs: [[Float]], loss: Double, gradients: Weights) {
        let input = interpreter.input
        let execution = try Execution(
            graph, InputSize(batch: input.batch, height: input.height, width: input.width),
            purpose: .training, threads: threads)
        execution.poison()
        var weights = Weights(zerosFor: graph)
        for id in graph.parameterIDs {
            weights[id] = interpreter.parameters[id.index].map { Float($0) }
        }
        execution.load(weights)
        execution.withInput { copy(input.values, into: &$0) }
        for (index, target) in targets.enumerated() {
            execution.withTarget(index) { copy(target.values, into: &$0) }
        }
        let loss = execution.gradientPass(.meanSquaredError)
        let outputs = graph.outputs.indices.map { execution.output($0) }
        return (outputs, loss, execution.parameterGradients())
    }
}

/// The graph of a network, traced in a new session.
func traced(_ expression: String, after definitions: String, channels: Int) async throws -> Graph {
    try await onSessionStack {
        Swift.Result {
            let session = try Session(SessionConfiguration(version: "test"), frontEnd: Transcript())
            try session.run(Source(name: "definitions", text: definitions))
            return try session.graph(of: Source(name: "test", text: expression), channels: channels)
        }
    }.get()
}

/// Values that `Tests/Oracles/whole_networks.py` took from PyTorch, in double precision.
struct NetworkOracle: Decodable, Sendable {
    /// A tensor: its length, its sum, and some of its values.
    struct Sample: Decodable, Sendable {
        let count: Int
        let norm: Double
        let sum: Double
        let places: [Int]
        let values: [Double]

        /// The largest difference to `tensor` among the values, the norm and the sum, as a part of the norm
        /// (of the largest value that a sum of `count` values with this norm can have).
        func distance(to tensor: [Float]) -> Double {
            guard tensor.count == count, norm > 0 else { return .infinity }
            let squares = tensor.reduce(0.0) { $0 + Double($1) * Double($1) }
            var differences = zip(places, values).map { abs(Double(tensor[$0]) - $1) }
            differences.append(abs(squares.squareRoot() - norm))
            differences.append(
                abs(tensor.reduce(0.0) { $0 + Double($1) } - sum) / Double(count).squareRoot())
            return largest(differences) / norm
        }
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let expression: String
        let image: Int
        let batch: Int
        let height: Int
        let width: Int
        let channels: Int
        let loss: Double
        let outputs: [Sample]
        let gradients: [String: Sample]

        var testDescription: String { expression }
    }

    let cases: [Case]

    static let cases: [Case] = {
        let file = projectRoot.appending(path: "Tests/Oracles/whole_networks.json")
        do {
            return try JSONDecoder().decode(NetworkOracle.self, from: Data(contentsOf: file)).cases
        } catch {
            Issue.record(error, "cannot read \(file.path)")
            return []
        }
    }()
}

/// The largest of some numbers that are not negative; infinity if any is not a number.
func largest(_ numbers: [Double]) -> Double {
    numbers.reduce(0) { $1 <= $0 ? $0 : $1.isNaN ? .infinity : $1 }
}

/// The Euclidean length of a tensor.
func norm(_ tensor: [Float]) -> Double {
    tensor.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
}
