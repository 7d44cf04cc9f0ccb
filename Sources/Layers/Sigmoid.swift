import Foundation
import Kernels
import Operators

/// 1 / (1 + e^−x).
package struct Sigmoid: Operator {
    package static let kind = "sigmoid"
    package static let form = LanguageForm.function(.activation(kind, "1 / (1 + e^−x).") { _ in Sigmoid() })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("sigmoid") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { sigmoid($0) }
    }

    private static let gradient = InputGradient(
        0,
        Kernel("sigmoid's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { output, gradient in gradient * output * (1 - output) }
        }, reading: .output, .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Sigmoid") }
}

/// 1 / (1 + e^−x).
func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
