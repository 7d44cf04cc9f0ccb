import Kernels
import LayerKernels

/// The product of two maps, value by value; either may be repeated where it has one channel, row or column.
package struct Multiply: Operator {
    package static let kind = "product"
    package static let form = LanguageForm.infix("*", Multiply())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try broadcast(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        guard inputs[0] == inputs[1] else {
            return .kernels(Arithmetic.product.kernels(for: inputs, "product"))
        }
        return .kernels(
            OperatorKernels(
                forward: Self.product("product"),
                gradients: [
                    InputGradient(0, Self.product("product's gradient"), reading: .gradient, .input(1)),
                    InputGradient(1, Self.product("product's gradient"), reading: .gradient, .input(0)),
                ]))
    }

    private static func product(_ name: String) -> Kernel {
        Kernel(name) { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { $0 * $1 }
        }
    }

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(site, "Mul") }
}
