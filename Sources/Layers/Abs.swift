import Kernels
import Operators

/// The values without their signs. At 0 the gradient is 0.
package struct Abs: Operator {
    package static let kind = "abs"
    package static let form = LanguageForm.valueFunction(Abs())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("abs") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { $0.magnitude }
    }

    private static let gradient = InputGradient(
        0,
        Kernel("abs's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { input, gradient in input > 0 ? gradient : input < 0 ? -gradient : 0 }
        }, reading: .input(0), .gradient)

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Abs") }
}
