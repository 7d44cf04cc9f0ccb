import Engine
import Foundation
import Graph
import Samples
import Testing
import TrainingMethods

/// The optimiser as a training uses it, through an execution.
struct AdamTests {
    struct Oracle: Decodable {
        let start: [Float]
        let rates: [Double]
        let gradients: [[Float]]
        let weights: [[Float]]
    }

    private func oracle() throws -> Oracle {
        let path = URL(filePath: #filePath).appending(path: "../../Oracles/adam.json").standardized
        return try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: path))
    }

    /// Weights after each step: a 1×1 convolution of one pixel of value 1 passes its output's gradient on to
    /// its weights.
    private func trained(_ oracle: Oracle) throws -> [[Float]] {
        var builder = GraphBuilder()
        let output = builder.conv(builder.input(1), oracle.start.count, "layer", kernel: 1)
        let graph = builder.graph([output])
        let execution = try Execution(
            graph, InputSize(batch: 1, height: 1, width: 1), purpose: .training, threads: 1)
        var weights = Weights(zerosFor: graph)
        weights[ParameterID(0)] = oracle.start
        execution.load(weights)
        execution.withInput { $0[0] = 1 }
        return zip(oracle.gradients, oracle.rates).enumerated().map { step, given in
            execution.withTarget(0) { span in
                for index in 0..<span.count { span[index] = given.0[index] }
            }
            _ = execution.gradientPass(.projection)
            execution.update(by: .adam(), learningRate: given.1, step: step + 1)
            return execution.weights()[ParameterID(0)]
        }
    }

    @Test func `twenty steps equal PyTorch's`() throws {
        let oracle = try oracle()
        for (found, expected) in zip(try trained(oracle), oracle.weights) {
            for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-6) }
        }
    }

    @Test func `twenty steps equal the textbook's formula in double precision`() throws {
        let oracle = try oracle()
        var weights = oracle.start.map(Double.init)
        var mean = [Double](repeating: 0, count: weights.count)
        var square = mean
        let trained = try trained(oracle)
        for (step, gradient) in oracle.gradients.enumerated() {
            for index in weights.indices {
                let slope = Double(gradient[index])
                mean[index] = 0.9 * mean[index] + 0.1 * slope
                square[index] = 0.999 * square[index] + 0.001 * slope * slope
                let first = mean[index] / (1 - pow(0.9, Double(step + 1)))
                let second = square[index] / (1 - pow(0.999, Double(step + 1)))
                weights[index] -= oracle.rates[step] * first / (second.squareRoot() + 1e-8)
                #expect(abs(Double(trained[step][index]) - weights[index]) < 1e-6)
            }
        }
    }
}
