import Graph
import ReferenceEngine
import Testing

/// Whole networks, as the prelude writes them, compute what they should.
struct WholeNetworkTests {
    /// Part of a tensor's norm by which single precision may be off.
    static let tolerance = 1e-4

    @Test func `the oracle of whole networks is there`() { #expect(NetworkOracle.cases.count == 4) }

    @Test(arguments: NetworkOracle.cases, 1...3)
    func `a whole network's outputs, loss and gradients are PyTorch's`(
        test: NetworkOracle.Case, threads: Int
    ) async throws {
        let network = try await WholeNetwork(
            test.expression, number: test.image, batch: test.batch, height: test.height, width: test.width,
            channels: test.channels)
        let graph = network.graph
        #expect(Set(graph.parameters.map(\.name)) == Set(test.gradients.keys))
        let (outputs, loss, gradients) = try network.run(threads: threads)
        #expect(abs(loss - test.loss) <= Self.tolerance * test.loss)
        #expect(outputs.count == test.outputs.count)
        for (output, expected) in zip(outputs, test.outputs) {
            #expect(expected.distance(to: output) <= Self.tolerance)
        }
        for id in graph.parameterIDs {
            let name = graph[id].name
            let expected = try #require(test.gradients[name])
            #expect(expected.distance(to: gradients[id]) <= Self.tolerance, "\(name)")
        }
    }

    static let transforms = [
        "nested(order = 2)", "dense(convs = 3, growth = 2)", "stacked(convs = 2)", "residual(units = 2)",
    ]

    @Test(arguments: ["independent", "shared", "selective", "within_scale"], transforms)
    func `each sharing mode and block of gao2019 agrees with central differences`(
        mode: String, transform: String
    ) async throws {
        try await expectAgreement(
            "gao2019(transform = \(transform), sharing = \(mode), widths = [3, 4], scales = 2)",
            height: 8, width: 4, channels: 1,
            // Without skips, smaller weights would leave gradients that central differences cannot resolve.
            gain: transform.hasPrefix("stacked") || transform.hasPrefix("dense") ? 2 : 1)
    }

    @Test(arguments: [true, false])
    func `srn2018 agrees with central differences`(recurrent: Bool) async throws {
        try await expectAgreement(
            "srn2018(recurrent = \(recurrent), widths = [2, 3, 4])", height: 16, width: 16, channels: 1)
    }

    @Test func `nah2017 agrees with central differences`() async throws {
        try await expectAgreement("nah2017(width = 3, blocks = 2)", height: 8, width: 12, channels: 3)
    }

    /// Outputs and loss against the reference; for each parameter the derivative along a direction that moves
    /// all of it, and those by two of its values, against central differences of the loss.
    private func expectAgreement(
        _ expression: String, height: Int, width: Int, channels: Int, gain: Double = 1
    ) async throws {
        let network = try await WholeNetwork(
            expression, height: height, width: width, channels: channels, gain: gain)
        let (graph, interpreter) = (network.graph, network.interpreter)
        let (outputs, loss, gradients) = try network.run(threads: 2)

        let expectedLoss = interpreter.loss(against: network.targets)
        #expect(abs(loss - expectedLoss) <= Self.tolerance * expectedLoss)
        let values = interpreter.values()
        for (output, node) in zip(outputs, graph.outputs) {
            let expected = values[node.index].values
            let differences = zip(output, expected).map { abs(Double($0) - $1) }
            #expect(output.count == expected.count)
            #expect(largest(differences) <= Self.tolerance * largest(expected.map { abs($0) }))
        }

        for id in graph.parameterIDs {
            let gradient = gradients[id]
            let direction = NamedNumbers.numbers(graph[id].name + " direction", gradient.count)
            let places = Set([gradient.count / 3, gradient.count - 1]).sorted()
            let expected = interpreter.lossGradient(
                of: [.direction(id, direction)] + places.map { .parameter(id, $0) }, targets: network.targets)
            let along = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * $1.1 }
            let actual = [along] + places.map { Double(gradient[$0]) }
            let difference = largest(zip(actual, expected).map { abs($0 - $1) })
            #expect(norm(gradient) > 0, "\(graph[id].name) is not put to the test")
            #expect(difference <= Self.tolerance * norm(gradient), "\(graph[id].name)")
        }
    }
}
