import Engine
import Graph
import Kernels
import Layers
import Models
import Operators
import ReferenceEngine
import Testing

/// Every operator of the list, each by what its row of ``Reference`` says: nothing here knows one by name.
struct OperatorTests {
    /// One call of an operator, in a graph.
    struct Call: Sendable, CustomTestStringConvertible {
        let example: Reference.Example
        let graph: Graph
        let node: NodeID

        var testDescription: String { example.description }

        /// - Parameter isFused: whether what it reads comes straight from convolutions, which may take it in.
        init(_ example: Reference.Example, isFused: Bool) {
            var builder = GraphBuilder()
            let image = builder.input(channels: 3)
            let isPositive = Reference.of(example.operation).needsPositive
            let inputs = example.inputs.map { shape in
                let map = builder.map(shape, from: image, isPositive: isPositive)
                // A divisor stays above zero.
                return isFused
                    ? map : builder.apply(Affine(factor: 1.5, offset: isPositive ? 0 : -0.1), map)
            }
            // The image is there already, and no network has two.
            node = example.operation is Input ? image : builder.apply(example.operation, inputs)
            self.example = example
            graph = builder.graph(outputs: [node])
        }
    }

    static let calls = OperatorList.kinds.flatMap { Reference.byKind[$0]?.examples ?? [] }.flatMap {
        [Call($0, isFused: true), Call($0, isFused: false)]
    }

    /// In multiples of what the graph's sides must be: a single one, odd ones, and one so large that kernels
    /// are divided over threads; none smaller than the graph takes.
    private static func sizes(of graph: Graph) -> [(batch: Int, height: Int, width: Int)] {
        let least = graph.smallestSize
        return [(1, 1, 1), (3, 5, 7), (2, 1, 13)].map {
            (
                $0.0, max($0.1 * graph.sizeMultiple, least.height),
                max($0.2 * graph.sizeMultiple, least.width)
            )
        }
    }

    @Test(arguments: OperatorList.kinds)
    func `an operator has a reference and examples`(kind: String) throws {
        let reference = try #require(Reference.byKind[kind], "give `\(kind)` a row in References.swift")
        #expect(!reference.examples.isEmpty)
        #expect(reference.examples.allSatisfy { $0.operation.kind == kind })
    }

    @Test func `each reference is of an operator in the list`() {
        #expect(Set(Reference.byKind.keys) == Set(OperatorList.byKind.keys))
    }

    @Test(arguments: calls)
    func `values are what the definition says, at awkward sizes and with every instruction set`(
        call: Call
    ) throws {
        for size in Self.sizes(of: call.graph) {
            let comparison = Comparison(
                call.graph, batch: size.batch, height: size.height, width: size.width)
            for instructions in InstructionSet.available {
                for purpose in Purpose.allCases {
                    for threads in 1...3 {
                        try comparison.expectValues(purpose, threads: threads, instructions: instructions)
                    }
                }
            }
        }
    }

    @Test(arguments: calls)
    func `gradients agree with central differences, at awkward sizes and with every instruction set`(
        call: Call
    ) throws {
        for size in Self.sizes(of: call.graph) {
            let comparison = Comparison(
                call.graph, batch: size.batch, height: size.height, width: size.width)
            let tolerance = Reference.of(call.example.operation).tolerance
            for instructions in InstructionSet.available {
                try comparison.expectGradients(
                    threads: 1, instructions: instructions, variables: 5, tolerance: tolerance)
            }
            try comparison.expectGradients(threads: 3, variables: 5, tolerance: tolerance)
        }
    }

    @Test(arguments: calls)
    func `work that is divided over threads gives what it gives on one`(call: Call) throws {
        let multiple = call.graph.sizeMultiple
        let side = max((96 + multiple - 1) / multiple * multiple, call.graph.smallestSize.width)
        let comparison = Comparison(call.graph, batch: 1, height: side, width: side)
        let outputs = try (1...3).map { threads in
            let execution = try comparison.execution(.inference, threads: threads)
            execution.forward()
            return execution.output(0).map { Double($0) }
        }
        for output in outputs.dropFirst() { expect(outputs[0].map { Float($0) }, output, "output") }
    }

    @Test(arguments: calls)
    func `a record of a model file gives the operator back`(call: Call) throws {
        let copy = try Graph(record: call.graph.record)
        #expect(copy.record == call.graph.record)
        #expect(copy.canonicalText == call.graph.canonicalText)
        #expect(copy[call.node].operation.equals(call.example.operation))
    }

    @Test(arguments: calls)
    func `the canonical text that fingerprints hash is what it always was`(call: Call) {
        let operation = call.graph[call.node].operation
        let words = [operation.kind] + operation.attributes.map(\.canonicalText)
        #expect(words.joined(separator: " ") == call.example.canonical)
    }

    @Test(arguments: calls)
    func `what the operator says of its result is what it gives`(call: Call) throws {
        let node = call.graph[call.node]
        let shape = try node.operation.shape(of: call.graph.inputShapes(of: node))
        #expect(shape == node.shape)
        let (height, width) = call.graph.smallestSize
        let values = Comparison(call.graph, batch: 1, height: height, width: width).interpreter.values()
        #expect(values[call.node.index].channels == shape.channels)
        #expect(values[call.node.index].height == shape.size.height.of(height))
        #expect(values[call.node.index].width == shape.size.width.of(width))
    }

    @Test(arguments: calls)
    func `an operator's receptive-field margin is what trying finds`(call: Call) {
        // What reads nothing is the same in every piece.
        guard !call.example.inputs.isEmpty || call.example.operation is Input else { return }
        var builder = GraphBuilder()
        let image = builder.input(channels: 3)
        let isPositive = Reference.of(call.example.operation).needsPositive
        let inputs = call.example.inputs.map { builder.map($0, from: image, isPositive: isPositive) }
        let node = call.example.operation is Input ? image : builder.apply(call.example.operation, inputs)
        let size = builder.nodes[node.index].shape.size
        let result = builder.resize(size.isFixed ? node : builder.restored(node), to: .one)
        let graph = builder.graph(outputs: [result])
        let unit = 12 * graph.sizeMultiple
        let measured = measuredMargin(of: graph, start: unit, length: 4 * unit, whole: 6 * unit)
        guard let margin = graph.margin else {
            guard call.example.inputs.allSatisfy({ $0.size.scale != nil }) else { return }
            #expect(measured.leading > unit && measured.trailing > unit)
            return
        }
        // One number holds for both sides.
        if size.height == size.width {
            #expect(margin == measured)
        } else {
            #expect(margin.leading >= measured.leading && margin.trailing >= measured.trailing)
        }
    }

    /// A zero at the operator's input, by a convolution of zeros before it.
    @Test(arguments: calls)
    func `an operator knows whether a gradient passes where its inputs are zero`(call: Call) throws {
        let node = call.graph[call.node]
        guard !node.inputs.isEmpty, node.parameters.isEmpty else { return }
        var builder = GraphBuilder()
        let image = builder.input(channels: 3)
        let inputs = call.example.inputs.map { builder.map($0, from: image) }
        let result = builder.apply(call.example.operation, inputs)
        let graph = builder.graph(outputs: [result])
        let (height, width) = graph.smallestSize
        var comparison = Comparison(graph, batch: 1, height: height, width: width)
        comparison.setWeightsToZero()
        let execution = try comparison.execution(.training, threads: 1)
        // Not the same everywhere: a softmax has no gradient along what is.
        comparison.fillTargets(of: execution) { Float(1 + $0 % 3) }
        _ = execution.gradientPass(.projection)
        let gradients = execution.parameterGradients()
        let passes = graph.parameterIDs.contains { gradients[$0].contains { $0 != 0 } }
        #expect(passes == call.example.operation.passesGradientAtZero)
    }

    @Test func `a ReLU lets NaN through, so that a network that has gone wrong shows it`() throws {
        var builder = GraphBuilder()
        let image = builder.input(channels: 1)
        let result = builder.relu(image)
        let graph = builder.graph(outputs: [result])
        let execution = try Execution(
            graph, InputSize(batch: 1, height: 1, width: 4), purpose: .inference, threads: 1)
        execution.withInput { span in
            for (index, value) in [Float.nan, -1, .infinity, 2].enumerated() { span[index] = value }
        }
        execution.forward()
        #expect(execution.output(0)[0].isNaN)
        #expect(Array(execution.output(0)[1...]) == [0, .infinity, 2])
    }
}
