import Foundation
import Kernels
import Operators

/// e to the power of the values.
package struct Exp: Operator {
    package static let kind = "exp"
    package static let form = LanguageForm.valueFunction(Exp())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("exp") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { expf($0) }
    }

    private static let gradient = InputGradient(
        0,
        Kernel("exp's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { output, gradient in gradient * output }
        }, reading: .output, .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Exp") }
}
