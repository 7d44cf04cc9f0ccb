import Diagnostics
import Engine
import Graph
import Kernels
import Layers
import Operators
import ReferenceEngine
import Testing
import TrainingMethods

struct ExecutionTests {
    @Test(arguments: LayerGraph.all, Purpose.allCases)
    func `every value is what its definition says`(layer: LayerGraph, purpose: Purpose) throws {
        for threads in 1...3 { try Comparison(layer.graph).expectValues(purpose, threads: threads) }
    }

    @Test(arguments: LayerGraph.all, 1...3)
    func `gradients agree with central differences`(layer: LayerGraph, threads: Int) throws {
        try Comparison(layer.graph).expectGradients(threads: threads)
    }

    @Test(arguments: 1...3)
    func `training twice from the same start gives the same numbers to the last bit`(threads: Int) throws {
        let comparison = Comparison(LayerGraph.everything.graph, batch: 3, height: 32, width: 24)
        let (first, second) = (
            try trained(comparison, threads: threads, steps: 5),
            try trained(comparison, threads: threads, steps: 5)
        )
        #expect(first == second)
        #expect(first.losses.last! < first.losses[0])
    }

    @Test func `a checkpoint's weights and moments carry training on to the last bit`() throws {
        let comparison = Comparison(LayerGraph.everything.graph)
        let whole = try trained(comparison, threads: 2, steps: 6)
        let half = try execution(comparison, threads: 2)
        let before = run(half, steps: 1...3)
        let resumed = try execution(comparison, threads: 2)
        resumed.load(half.weights())
        resumed.loadMoments(first: half.moments().first, second: half.moments().second)
        let after = run(resumed, steps: 4...6)
        #expect(before + after == whole.losses)
        #expect(resumed.weights() == whole.weights)
    }

    private func trained(
        _ comparison: Comparison, threads: Int, steps: Int
    ) throws -> (losses: [Double], weights: Weights) {
        let execution = try execution(comparison, threads: threads)
        return (run(execution, steps: 1...steps), execution.weights())
    }

    private func execution(_ comparison: Comparison, threads: Int) throws -> Execution {
        let execution = try comparison.execution(.training, threads: threads)
        comparison.fillTargets(of: execution) { _ in 0.5 }
        return execution
    }

    private func run(_ execution: Execution, steps: ClosedRange<Int>) -> [Double] {
        steps.map { step in
            let loss = execution.gradientPass(.meanSquaredError)
            execution.update(by: .adam(), learningRate: 1e-2, step: step)
            return loss
        }
    }

    @Test func `the loss is the sum of the outputs' mean squared errors`() throws {
        let comparison = Comparison(LayerGraph.everything.graph)
        let execution = try execution(comparison, threads: 2)
        let values = comparison.interpreter.values()
        let expected = comparison.graph.outputs.map { output in
            let squares = values[output.index].mapped { ($0 - 0.5) * ($0 - 0.5) }.values
            return squares.reduce(0, +) / Double(squares.count)
        }
        #expect(abs(execution.gradientPass(.meanSquaredError) - expected.reduce(0, +)) < 1e-6)
        for (index, error) in expected.enumerated() {
            #expect(abs(execution.loss(ofOutput: index) - error) < 1e-6)
        }
    }

    @Test func `the memory of inference and of first weights does not grow with depth`() throws {
        func bytes(_ depth: Int, _ purpose: Purpose = .inference) throws -> Int {
            var builder = GraphBuilder()
            var map = builder.input(channels: 4)
            for _ in 0..<depth { map = builder.relu(builder.convolution(map, 4)) }
            return try Execution(
                builder.graph(outputs: [map]), InputSize(batch: 1, height: 32, width: 32), purpose: purpose,
                threads: 1
            ).plan.mapBytes
        }
        #expect(try bytes(40) == bytes(5))
        #expect(try bytes(40, .initialisation) == bytes(5, .initialisation))
        // The input, the output, two maps that take turns, and the weights at hand, transformed to 6 × 6
        // values each.
        #expect(try bytes(40) == 4 * (4 * 4 * 32 * 32 + 6 * 6 * 4 * 4))
    }

    // With two threads each would take an image of its own, and keep its weights.
    @Test(arguments: Purpose.allCases, [1, 3])
    func `weights that are packed for each use are those that are kept`(
        purpose: Purpose, threads: Int
    ) throws {
        var builder = GraphBuilder()
        let map = builder.relu(builder.convolution(builder.input(channels: 3), 4))
        let small = builder.relu(builder.convolution(map, 5, stride: 2))
        let large = builder.transposedConvolution(small, 4)
        let sum = builder.apply(Add(), map, large)
        let graph = builder.graph(outputs: [sum])
        // Two images of 5 × 4 tiles of 7 × 7 pixels on the smallest map, as many as a weight must meet.
        let comparison = Comparison(graph, height: 64, width: 56)
        let execution = try comparison.execution(purpose, threads: threads)
        let rearranged = execution.plan.kernels.filter { $0.phase == .weights }
        #expect(rearranged.count == (purpose == .training ? 5 : 3))
        try comparison.expectValues(purpose, threads: threads)
        if purpose == .training {
            try comparison.expectGradients(threads: threads, variables: 4, inputGradient: false)
        }
    }

    @Test func `ReLUs and sums become part of their convolutions`() throws {
        var builder = GraphBuilder()
        let input = builder.input(channels: 4)
        let unit = builder.convolution(builder.relu(builder.convolution(input, 4)), 4)
        let sum = builder.apply(Add(), input, unit)
        let graph = builder.graph(outputs: [sum])
        let training = try Comparison(graph).execution(.training, threads: 1)
        // Backward: weights and input of the second, weights of the first, which read the input image; their
        // biases come with the weights.
        #expect(training.plan.description.hasPrefix("training on 1 thread: 2 forward and 3 backward kernels"))
        #expect(training.value(of: unit) == nil)
        let initialisation = try Comparison(graph).execution(.initialisation, threads: 1)
        initialisation.forward()
        #expect(initialisation.value(of: unit) != nil)
    }

    @Test func `weights can be scaled node by node`() throws {
        let comparison = Comparison(LayerGraph.everything.graph)
        let execution = try comparison.execution(.initialisation, threads: 2)
        for node in comparison.graph.nodeIDs {
            execution.forward(node...node)
            let parameters = comparison.graph[node].parameters
            guard !parameters.isEmpty else { continue }
            let before = try #require(execution.value(of: node))
            for parameter in parameters { execution.scale(parameter, by: 0.5) }
            execution.forward(node...node)
            let after = try #require(execution.value(of: node))
            #expect(zip(before, after).allSatisfy { abs($0 / 2 - $1) < 1e-6 })
        }
    }

    @Test func `the first node with NaN is named`() throws {
        var builder = GraphBuilder()
        let first = builder.relu(builder.convolution(builder.input(channels: 3), 4))
        let convolution = builder.convolution(first, 4)
        let second = builder.relu(convolution)
        let output = builder.convolution(second, 3)
        let comparison = Comparison(builder.graph(outputs: [output]))
        let execution = try comparison.execution(.training, threads: 2)
        comparison.fillTargets(of: execution) { _ in 0 }
        _ = execution.gradientPass(.meanSquaredError)
        #expect(execution.firstNonFinite() == nil)
        let weight = try #require(comparison.graph[convolution].parameters.first)
        execution.scale(weight, by: .infinity)
        _ = execution.gradientPass(.meanSquaredError)
        // The ReLU is part of the convolution's kernel.
        #expect(execution.firstNonFinite() == second)
    }

    @Test func `an image that does not fit is refused with the size that would`() throws {
        let graph = LayerGraph.everything.graph
        let error = #expect(throws: Diagnostic.self) {
            try Execution(graph, InputSize(batch: 1, height: 30, width: 21), purpose: .inference, threads: 1)
        }
        #expect(
            error?.message
                == "an image of 21×30 pixels does not fit this network: both sides must be multiples of 2")
        #expect(error?.hint == "crop it, or pad it to 22×30")
    }

    @Test func `a part that the system does not give is told with its own size`() {
        let memory = Diagnostic.refused(.memory(bytes: 2_000_000_000), left: 1_500_000_000)
        #expect(memory.code == "not-enough-memory")
        #expect(memory.message == "this needs 2 GB of memory, and 1.5 GB are left")
        #expect(Diagnostic.refused(.threads(9)).code == "not-enough-threads")
    }

    @Test func `weights come back as they were loaded`() throws {
        let comparison = Comparison(LayerGraph.everything.graph)
        #expect(try comparison.execution(.inference, threads: 1).weights() == comparison.weights)
    }
}
