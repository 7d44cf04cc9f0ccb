import Graph
import ReferenceEngine
import Testing

struct ReferenceInterpreterTests {
    /// relu(x · w + b) for one pixel x = 2, against 0: the loss is its square.
    private func interpreter(weight: Double, bias: Double) -> ReferenceInterpreter {
        var builder = GraphBuilder()
        let output = builder.relu(builder.convolution(builder.input(channels: 1), 1, kernel: 1))
        return ReferenceInterpreter(
            builder.graph(outputs: [output]), parameters: [[weight], [bias]],
            input: Tensor(batch: 1, height: 1, width: 1, channels: 1, values: [2]))
    }

    private let target = Tensor(batch: 1, height: 1, width: 1, channels: 1)

    @Test func `the gradient of the loss is right by values and along directions`() {
        let interpreter = interpreter(weight: 3, bias: 1)
        #expect(interpreter.loss(against: [target]) == 49)
        let gradient = interpreter.lossGradient(
            of: [
                .parameter(ParameterID(0), 0), .parameter(ParameterID(1), 0),
                .direction(ParameterID(0), [0.5]),
            ],
            targets: [target])
        for (actual, expected) in zip(gradient, [28.0, 14, 14]) { #expect(abs(actual - expected) < 1e-8) }
    }

    @Test(arguments: [(-1e-6, 0.0), (1e-6, 1)])
    func `a step does not reach over a ReLU's kink`(bias: Double, expected: Double) {
        let gradient = interpreter(weight: 0, bias: bias).projectionGradient(
            of: [.parameter(ParameterID(1), 0)], projections: [[1]], step: 1e-3)
        #expect(abs(gradient[0] - expected) < 1e-8)
    }
}
