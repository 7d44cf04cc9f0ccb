import Kernels
import LayerKernels

/// The quotient of two maps, value by value; either may be repeated where it has one channel, row or column.
package struct Divide: Operator {
    package static let kind = "quotient"
    package static let form = LanguageForm.infix("/", Divide())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try broadcast(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(Arithmetic.quotient.kernels(for: inputs, "quotient"))
    }

    /// 0 / 0 is no number.
    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Div") }
}
