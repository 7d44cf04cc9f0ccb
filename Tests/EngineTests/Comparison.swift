import Engine
import Graph
import Kernels
import ReferenceEngine
import Testing
import TrainingMethods

/// A graph with random weights and input, which both engines start from.
struct Comparison {
    let graph: Graph
    let interpreter: ReferenceInterpreter
    private(set) var weights: Weights

    init(_ graph: Graph, batch: Int = 2, height: Int = 8, width: Int = 4, seed: Int = 1) {
        var generator = SplitMix(seed: seed)
        let parameters = graph.parameters.map { parameter in
            // Small enough for sums over a few dozen weights to stay about 1.
            generator.numbers(parameter.count).map { Double(Float($0 * 0.4)) }
        }
        let count = batch * height * width * graph.inputChannels
        let input = Tensor(
            batch: batch, height: height, width: width, channels: graph.inputChannels,
            values: generator.numbers(count))
        self.graph = graph
        interpreter = ReferenceInterpreter(graph, parameters: parameters, input: input)
        var weights = Weights(zerosFor: graph)
        for (index, values) in parameters.enumerated() {
            weights[ParameterID(index)] = values.map { Float($0) }
        }
        self.weights = weights
    }

    /// For the engine alone.
    mutating func setWeightsToZero() { weights = Weights(zerosFor: graph) }

    /// An execution with the weights and the input loaded, everything else poisoned.
    func execution(
        _ purpose: Purpose, threads: Int, instructions: InstructionSet = .current, inputGradient: Bool = false
    ) throws -> Execution {
        let input = interpreter.input
        let plan = try Plan(
            graph, InputSize(batch: input.batch, height: input.height, width: input.width), purpose: purpose,
            threads: threads, inputGradient: inputGradient)
        let execution = try Execution(graph, plan, instructions: instructions)
        execution.poison()
        execution.load(weights)
        execution.withInput { span in copy(input.values, into: &span) }
        return execution
    }

    /// Checks every value that the plan keeps, and every output.
    func expectValues(
        _ purpose: Purpose, threads: Int, instructions: InstructionSet = .current
    ) throws {
        let execution = try execution(purpose, threads: threads, instructions: instructions)
        switch purpose {
        case .training:
            fillTargets(of: execution) { _ in 0 }
            _ = execution.gradientPass(.meanSquaredError)
        case .inference: execution.forward()
        case .initialisation: break
        }
        let values = interpreter.values()
        for node in graph.nodeIDs {
            if purpose == .initialisation { execution.forward(node...node) }
            if let value = execution.value(of: node) {
                expect(value, values[node.index].values, "node \(node)")
            }
        }
        for (index, output) in graph.outputs.enumerated() {
            expect(execution.output(index), values[output.index].values, "output \(index)")
        }
    }

    /// Checks the gradients of a random projection of the outputs against central differences.
    ///
    /// - Parameter inputGradient: whether to check the input's too, with which nothing goes in microbatches
    ///   or is divided by images.
    func expectGradients(
        threads: Int, instructions: InstructionSet = .current, variables limit: Int = 12,
        inputGradient: Bool = true, tolerance: Double = 1e-5
    ) throws {
        let execution = try execution(
            .training, threads: threads, instructions: instructions, inputGradient: inputGradient)
        var generator = SplitMix(seed: 77)
        let projections = graph.outputs.indices.map {
            generator.numbers(execution.outputShape($0).count)
        }
        for (index, projection) in projections.enumerated() {
            execution.withTarget(index) { copy(projection, into: &$0) }
        }
        _ = execution.gradientPass(.projection)
        let gradients = execution.parameterGradients()
        var variables: [ReferenceInterpreter.Variable] = []
        var actual: [Float] = []
        for parameter in graph.parameterIDs {
            for index in picked(limit, of: graph[parameter].count) {
                variables.append(.parameter(parameter, index))
                actual.append(gradients[parameter][index])
            }
        }
        if inputGradient {
            let gradient = try #require(execution.inputGradient())
            for index in picked(limit, of: gradient.count) {
                variables.append(.input(index))
                actual.append(gradient[index])
            }
        }
        expect(
            actual, interpreter.projectionGradient(of: variables, projections: projections), "gradients",
            tolerance: tolerance)
    }

    func fillTargets(of execution: Execution, with value: (Int) -> Float) {
        for index in graph.outputs.indices {
            execution.withTarget(index) { span in
                for place in 0..<span.count { span[place] = value(place) }
            }
        }
    }

    private func picked(_ limit: Int, of count: Int) -> [Int] {
        count <= limit ? Array(0..<count) : (0..<limit).map { $0 * count / limit }
    }
}

/// Checks that values agree within `tolerance` of the largest expected one (or of 1, if all are smaller).
func expect(
    _ actual: [Float], _ expected: [Double], _ what: String, tolerance: Double = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.count == expected.count, "\(what)", sourceLocation: sourceLocation)
    let scale = expected.reduce(1) { max($0, abs($1)) }
    // Written so that NaN counts as wrong.
    let wrong = zip(actual, expected).enumerated().first {
        !(abs(Double($0.element.0) - $0.element.1) <= tolerance * scale)
    }
    #expect(wrong == nil, "\(what)", sourceLocation: sourceLocation)
}
