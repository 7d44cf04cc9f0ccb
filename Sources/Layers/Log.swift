import Foundation
import Kernels
import Operators

/// The natural logarithms of the values; not-a-number where they are negative.
package struct Log: Operator {
    package static let kind = "log"
    package static let form = LanguageForm.valueFunction(Log())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("log") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { logf($0) }
    }

    private static let gradient = InputGradient(
        0,
        Kernel("log's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { input, gradient in gradient / input }
        }, reading: .input(0), .gradient)

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Log") }
}
