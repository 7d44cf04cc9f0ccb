import Kernels
import LayerKernels

/// The difference of two maps, either of which may be repeated where it has one channel, row or column.
package struct Subtract: Operator {
    package static let kind = "difference"
    package static let form = LanguageForm.infix("-", Subtract())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try broadcast(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        guard inputs[0] == inputs[1] else {
            return .kernels(Arithmetic.difference.kernels(for: inputs, "difference"))
        }
        return .kernels(
            OperatorKernels(
                forward: Self.forward,
                gradients: [
                    InputGradient(1, .scaledGradient(-1), reading: .gradient), InputGradient(0, .unchanged),
                ]))
    }

    private static let forward = Kernel("difference") { worker, operands in
        worker.combine(operands[0], operands[1], into: operands.target, accumulates: false) { $0 - $1 }
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Sub") }
}
