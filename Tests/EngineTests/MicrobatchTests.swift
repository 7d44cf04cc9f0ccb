import Engine
import Graph
import Operators
import ReferenceEngine
import Testing
import TrainingMethods

/// A batch whose images go through a network's coarse scale together and through its fine one alone.
struct MicrobatchTests {
    /// Of 128 × 256 pixels the fine scale's maps have 6 MB an image, the coarse one's 0.5 MB; the two share
    /// a convolution.
    private static let graph: Graph = {
        var builder = GraphBuilder()
        let input = builder.input(channels: 1)
        let small = builder.downsize(input, by: 2)
        let coarse = builder.relu(builder.convolution(small, 16))
        let shared = builder.convolution(coarse, 16)
        let first = builder.convolution(builder.relu(shared), 1)
        let detached = builder.apply(Detach(), first)
        let raised = builder.resize(detached, to: .one)
        let fine = builder.relu(builder.convolution(builder.concatenate(input, raised), 48))
        let narrow = builder.relu(builder.convolution(fine, 16))
        let again = builder.relu(builder.convolution(narrow, 16, like: shared))
        let second = builder.convolution(again, 1)
        return builder.graph(outputs: [first, second])
    }()

    @Test(arguments: 1...3)
    func `gradients of a batch are the mean over its images', however it is divided`(threads: Int) throws {
        let plan = try compare(batch: 3, height: 128, width: 256, threads: threads)
        #expect(plan.microbatches == [1, 3])
        #expect(plan.replicas == 1)
    }

    @Test(arguments: 2...3)
    func `gradients of small images are the same where threads take images of their own`(
        threads: Int
    ) throws {
        let plan = try compare(batch: threads, height: 64, width: 64, threads: threads)
        #expect(plan.replicas == threads)
    }

    @Test(arguments: [0, 1])
    func `a thread's own image that gives no number is found, and forgotten by the next step`(
        image: Int
    ) throws {
        let comparison = Comparison(Self.graph, batch: 2, height: 64, width: 64)
        let execution = try comparison.execution(.training, threads: 2)
        #expect(execution.plan.replicas == 2)
        setTargets(of: execution, image: nil, height: 64, width: 64)
        let loss = execution.gradientPass(.meanSquaredError)
        let place = image * 64 * 64 + 777
        var before: Float = 0
        execution.withInput { span in
            before = span[place]
            span[place] = .infinity
        }
        #expect(!execution.gradientPass(.meanSquaredError).isFinite)
        let first = Self.graph.nodeIDs.first { !Self.graph[$0].parameters.isEmpty }
        let node = try #require(execution.firstNonFinite())
        #expect(node.index <= (first?.index ?? 0) + 1)
        execution.withInput { $0[place] = before }
        #expect(execution.gradientPass(.meanSquaredError) == loss)
    }

    /// Compares a batch's loss and gradients with the means over its images one by one, which differ.
    private func compare(batch: Int, height: Int, width: Int, threads: Int) throws -> Plan {
        let pixels = height * width
        let comparison = Comparison(Self.graph, batch: batch, height: height, width: width)
        let whole = try comparison.execution(.training, threads: threads)
        setTargets(of: whole, image: nil, height: height, width: width)
        let loss = whole.gradientPass(.meanSquaredError)
        #expect(whole.gradientPass(.meanSquaredError) == loss)
        let gradients = whole.parameterGradients()

        var expected = Self.graph.parameters.map { [Double](repeating: 0, count: $0.count) }
        var expectedLoss = 0.0
        for image in 0..<batch {
            let single = try Execution(
                Self.graph, InputSize(batch: 1, height: height, width: width), purpose: .training, threads: 1)
            #expect(single.plan.microbatches == [1])
            single.load(comparison.weights)
            single.withInput { span in
                for place in 0..<pixels {
                    span[place] = Float(comparison.interpreter.input.values[image * pixels + place])
                }
            }
            setTargets(of: single, image: image, height: height, width: width)
            expectedLoss += single.gradientPass(.meanSquaredError) / Double(batch)
            let gradients = single.parameterGradients()
            for id in Self.graph.parameterIDs {
                for (place, value) in gradients[id].enumerated() {
                    expected[id.index][place] += Double(value) / Double(batch)
                }
            }
        }
        #expect(abs(loss - expectedLoss) <= 1e-6 * expectedLoss)
        for id in Self.graph.parameterIDs {
            expect(gradients[id], expected[id.index], "\(Self.graph[id].name)", tolerance: 1e-5)
        }
        return whole.plan
    }

    /// The targets of one image, or of all: other values for each image.
    private func setTargets(of execution: Execution, image: Int?, height: Int, width: Int) {
        for (index, output) in Self.graph.outputs.enumerated() {
            let count = Self.graph.shape(of: output, batch: 1, height: height, width: width).count
            execution.withTarget(index) { span in
                for place in 0..<span.count {
                    let number = (image ?? 0) * count + place
                    span[place] = Float(number % 101) / 101 + Float(number / count)
                }
            }
        }
    }
}
