import Foundation
import Kernels
import Operators

/// The hyperbolic tangent.
package struct Tanh: Operator {
    package static let kind = "tanh"
    package static let form = LanguageForm.function(
        .activation(kind, "the hyperbolic tangent.") { _ in Tanh() })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("tanh") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { tanhf($0) }
    }

    private static let gradient = InputGradient(
        0,
        Kernel("tanh's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { output, gradient in gradient * (1 - output * output) }
        }, reading: .output, .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Tanh") }
}
