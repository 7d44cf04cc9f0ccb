import Kernels
import Operators

/// The square roots of the values; not-a-number where they are negative.
package struct Sqrt: Operator {
    package static let kind = "sqrt"
    package static let form = LanguageForm.valueFunction(Sqrt())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("sqrt") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { $0.squareRoot() }
    }

    private static let gradient = InputGradient(
        0,
        Kernel("sqrt's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { output, gradient in gradient / (2 * output) }
        }, reading: .output, .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Sqrt") }
}
