import Engine
import Graph
import ReferenceEngine
import Testing

/// A batch whose pictures go through a network's coarse scale together and through its fine one alone.
@Suite struct GroupTests {
    private static let batch = 3
    private static let (height, width) = (128, 256)

    /// The fine scale's maps have 6 MB a picture, the coarse one's 0.5 MB; the two share a convolution.
    private static let graph: Graph = {
        var builder = GraphBuilder()
        let input = builder.input(channels: 1)
        let small = builder.downsize(input, by: 2)
        let coarse = builder.relu(builder.convolution(small, 16))
        let shared = builder.convolution(coarse, 16)
        let first = builder.convolution(builder.relu(shared), 1)
        let detached = builder.apply(.detach, first)
        let raised = builder.resize(detached, to: builder.nodes[input.index].shape.scale)
        let fine = builder.relu(builder.convolution(builder.concatenate(input, raised), 48))
        let narrow = builder.relu(builder.convolution(fine, 16))
        let again = builder.relu(builder.convolution(narrow, 16, like: shared))
        let second = builder.convolution(again, 1)
        return builder.graph(outputs: [first, second])
    }()

    @Test(arguments: 1...3)
    func `gradients of a batch are the mean over its pictures', however they are grouped`(threads: Int) throws
    {
        let pixels = Self.height * Self.width
        let comparison = Comparison(Self.graph, batch: Self.batch, height: Self.height, width: Self.width)
        let whole = try comparison.execution(.training, threads: threads)
        #expect(whole.plan.groups == [1, 3])
        setTargets(of: whole, picture: nil)
        let loss = whole.gradientPass()
        #expect(whole.gradientPass() == loss)
        let gradients = whole.parameterGradients()

        var expected = Self.graph.parameters.map { [Double](repeating: 0, count: $0.count) }
        var expectedLoss = 0.0
        for picture in 0..<Self.batch {
            let single = try Execution(
                Self.graph, batch: 1, height: Self.height, width: Self.width, purpose: .training,
                threads: threads)
            #expect(single.plan.groups == [1])
            single.load(comparison.weights)
            single.withInput { span in
                for place in 0..<pixels {
                    span[place] = Float(comparison.interpreter.input.values[picture * pixels + place])
                }
            }
            setTargets(of: single, picture: picture)
            expectedLoss += single.gradientPass() / Double(Self.batch)
            let gradients = single.parameterGradients()
            for id in Self.graph.parameterIDs {
                for (place, value) in gradients[id].enumerated() {
                    expected[id.index][place] += Double(value) / Double(Self.batch)
                }
            }
        }
        #expect(abs(loss - expectedLoss) <= 1e-6 * expectedLoss)
        for id in Self.graph.parameterIDs {
            expect(gradients[id], expected[id.index], "\(Self.graph[id].name)", tolerance: 1e-5)
        }
    }

    /// The targets of one picture, or of all: other values for each picture.
    private func setTargets(of execution: Execution, picture: Int?) {
        for (index, output) in Self.graph.outputs.enumerated() {
            let count = Self.graph.extent(of: output, batch: 1, height: Self.height, width: Self.width).count
            execution.withTarget(index) { span in
                for place in 0..<span.count {
                    let number = (picture ?? 0) * count + place
                    span[place] = Float(number % 101) / 101 + Float(number / count)
                }
            }
        }
    }
}
