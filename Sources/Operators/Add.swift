import Kernels
import LayerKernels

/// The sum of two maps, either of which may be repeated where it has one channel, row or column.
package struct Add: Operator {
    package static let kind = "sum"
    package static let form = LanguageForm.infix("+", Add())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try broadcast(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        guard inputs[0] == inputs[1] else { return .kernels(Arithmetic.sum.kernels(for: inputs, "sum")) }
        return .kernels(
            OperatorKernels(
                forward: Self.forward,
                gradients: [InputGradient(0, .unchanged), InputGradient(1, .unchanged)]
            ))
    }

    private static let forward = Kernel("sum") { worker, operands in
        worker.combine(operands[0], operands[1], into: operands.target, accumulates: false) { $0 + $1 }
    }

    package var fusesAsEpilogue: Fusion? { .sum }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Add") }
}
