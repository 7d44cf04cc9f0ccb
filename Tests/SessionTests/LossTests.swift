import Diagnostics
import Engine
import Foundation
import Graph
import ReferenceEngine
import Session
import Testing
import TrainingMethods
import Workbench

/// A network with a loss of the language behind it, as a training runs it.
private func supervised(_ network: String, by loss: String, after definitions: String = "") async throws
    -> Graph
{
    try await onSessionStack {
        Swift.Result {
            let session = try Session(SessionConfiguration(version: "test"), frontEnd: Transcript())
            try session.run(Source(name: "definitions", text: definitions))
            return try session.supervisedGraph(
                of: Source(name: "test", text: network), by: Source(name: "loss", text: loss), channels: 1)
        }
    }.get()
}

struct LossTests {
    @Test(arguments: [
        "mse()", "psnr(floor = 0.001)", "l1()", "charbonnier()", "l1() + 0.5 * mse()",
    ])
    func `a loss and its gradients are what its definition says`(loss: String) async throws {
        try await expectDefinition(loss, height: 8, width: 12)
    }

    /// So large that threads take images of their own.
    @Test func `a loss of images that threads share out is what its definition says`() async throws {
        try await expectDefinition("mse()", height: 64, width: 64, parameters: 2)
    }

    private func expectDefinition(_ loss: String, height: Int, width: Int, parameters: Int = .max)
        async throws
    {
        let graph = try await supervised("gao2019(widths = [3, 4], scales = 2, modules = 1)", by: loss)
        let input = NamedNumbers.image("pair", batch: 4, height: height, width: width, channels: 2)
        let interpreter = ReferenceInterpreter(
            graph, parameters: graph.parameters.map { NamedNumbers.values(of: $0) }, input: input)
        let execution = try Execution(
            graph, InputSize(batch: 4, height: height, width: width), purpose: .training, threads: 2)
        execution.poison()
        var weights = Weights(zerosFor: graph)
        for id in graph.parameterIDs { weights[id] = interpreter.parameters[id.index].map { Float($0) } }
        execution.load(weights)
        execution.withInput { copy(input.values, into: &$0) }
        let shares = [0.25, 0.25, 0]
        for (index, share) in shares.enumerated() {
            execution.withTarget(index) { copy([Double](repeating: share, count: 4), into: &$0) }
        }
        let value = execution.gradientPass(.projection)
        let values = interpreter.values()
        let expected = graph.outputs.map { values[$0.index].values }
        for index in graph.outputs.indices {
            for (actual, expected) in zip(execution.output(index), expected[index]) {
                #expect(abs(Double(actual) - expected) < 1e-4 * max(1, abs(expected)))
            }
        }
        let sum = zip(shares, expected).reduce(0) { $0 + $1.0 * $1.1.reduce(0, +) }
        #expect(abs(value - sum) < 1e-4 * max(1, abs(sum)))
        let gradients = execution.parameterGradients()
        for id in graph.parameterIDs.prefix(parameters) {
            let direction = NamedNumbers.numbers(graph[id].name + " direction", gradients[id].count)
            let slope = interpreter.projectionGradient(
                of: [.direction(id, direction)],
                projections: shares.map { [Double](repeating: $0, count: 4) })[0]
            let actual = zip(gradients[id], direction).reduce(0.0) { $0 + Double($1.0) * $1.1 }
            #expect(abs(actual - slope) < 1e-4 * max(1, abs(slope)), "\(graph[id].name)")
        }
    }

    @Test func `a loss of the language trains as the one built in does`() async {
        let code = """
            function trained(loss) {
                net = gao2019(widths = [4, 8], scales = 2, modules = 1)
                model = train(net, scenes(4, size = 64), steps = 8, batch = 4, patch = 64, loss = loss)
                return round(evaluate(model, scenes(2, size = 64, seed = 9)).psnr, digits = 2)
            }
            print(trained("mse"), trained(mse()), trained(mse() + 0 * l1()))
            print(trained("psnr"), trained(psnr(floor = 0.001)))
            """
        let lines = await run(code).lines
        let numbers = lines.map { $0.split(separator: " ") }
        #expect(numbers.count == 2 && numbers.allSatisfy { Set($0).count == 1 }, "\(lines)")
    }
}
