import Kernels
import Operators

/// max(x, 0), with gradient 0 at 0. Not-a-number stays, for a network that has gone wrong must show it.
package struct ReLU: Operator {
    package static let kind = "relu"
    package static let form = LanguageForm.function(.activation(kind, "max(x, 0).") { _ in ReLU() })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("relu") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { $0 < 0 ? 0 : $0 }
    }

    /// It reads the result, not the input, so that a plan may drop the input.
    private static let gradient = InputGradient(
        0,
        Kernel("relu's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { output, gradient in output > 0 ? gradient : 0 }
        }, reading: .output, .gradient)

    package var fusesAsEpilogue: Fusion? { .relu }

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Relu") }
}
