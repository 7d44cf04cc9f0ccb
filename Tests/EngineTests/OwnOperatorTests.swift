import Engine
import Graph
import Kernels
import Operators
import Testing

/// A layer with weights that is no convolution, and that no list knows: each channel times a weight.
private struct ChannelScale: Operator {
    static let kind = "channel_scale"
    static let form = LanguageForm.none

    init() {}
    init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { inputs[0] }

    func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        [OperatorParameter(name: "weight", kind: .weight, shape: [inputs[0].channels], fanIn: 1, fanOut: 1)]
    }

    func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(
            OperatorKernels(
                forward: Self.scaling("channel scale"),
                gradients: [
                    InputGradient(0, Self.scaling("channel scale's gradient"), reading: .gradient)
                ],
                parameterGradients: [ParameterGradient(0, Self.sum, reading: .input(0), .gradient)]))
    }

    private static func scaling(_ name: String) -> Kernel {
        Kernel(name) { worker, operands in
            guard worker.thread == 0 else { return }
            let (source, weights) = (operands[0].floats.copy(), operands.values[0].copy())
            operands.target.floats.withMutableSpan { target in
                for index in 0..<target.count {
                    let value = source[index] * weights[index % weights.count]
                    target[index] = operands.accumulates ? target[index] + value : value
                }
            }
        }
    }

    private static let sum = Kernel("channel scale's weights' gradient") { worker, operands in
        guard worker.thread == 0 else { return }
        let (source, gradient) = (operands[0].floats.copy(), operands[1].floats.copy())
        operands.values[0].withMutableSpan { sums in
            for index in source.indices { sums[index % sums.count] += source[index] * gradient[index] }
        }
    }

    var passesGradientAtZero: Bool { true }

    func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(result: site.inputs[0]) }
}

struct OwnOperatorTests {
    private let graph = Graph(
        nodes: [
            Node(operation: Input(channels: 3), inputs: [], shape: Shape(channels: 3), name: "input"),
            Node(
                operation: ChannelScale(), inputs: [NodeID(0)], parameters: [ParameterID(0)],
                shape: Shape(channels: 3), name: "scale1"),
            Node(
                operation: ChannelScale(), inputs: [NodeID(1)], parameters: [ParameterID(0)],
                shape: Shape(channels: 3), name: "scale1"),
        ],
        parameters: [Parameter(name: "scale.weight", kind: .weight, shape: [3])], outputs: [NodeID(2)])

    @Test(arguments: 1...3)
    func `the engine runs and trains an operator that it knows nothing of`(threads: Int) throws {
        let execution = try Execution(
            graph, InputSize(batch: 2, height: 1, width: 1), purpose: .training, threads: threads,
            inputGradient: true)
        execution.poison()
        var weights = Weights(zerosFor: graph)
        weights[ParameterID(0)] = [2, -1, 0.5]
        execution.load(weights)
        #expect(execution.weights() == weights)
        execution.withInput { span in for index in 0..<6 { span[index] = Float(index + 1) } }
        execution.withTarget(0) { span in for index in 0..<6 { span[index] = 1 } }
        // Σ w² x = 4 · 5 + 1 · 7 + ¼ · 9, whose derivatives are w² by x and 2 w Σ x by w.
        #expect(execution.gradientPass(.projection) == 29.25)
        #expect(execution.output(0) == [4, 2, 0.75, 16, 5, 1.5])
        #expect(execution.inputGradient() == [4, 1, 0.25, 4, 1, 0.25])
        #expect(execution.parameterGradients()[ParameterID(0)] == [20, -14, 9])
    }

    @Test func `the plan's table names its kernels`() throws {
        let plan = try Plan(graph, InputSize(batch: 1, height: 2, width: 2), purpose: .training, threads: 1)
        #expect(
            plan.kernels.map(\.work) == [
                "channel scale", "channel scale", "loss of output 1", "channel scale's weights' gradient",
                "channel scale's gradient", "channel scale's weights' gradient",
            ])
    }
}
