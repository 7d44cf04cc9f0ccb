import Kernels
import Operators

/// x · σ(x), with σ the sigmoid [Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017, who call it
/// Swish].
package struct SiLU: Operator {
    package static let kind = "silu"
    package static let form = LanguageForm.function(
        .activation(kind, "x / (1 + e^−x), x times its sigmoid (also known as Swish).") { _ in SiLU() })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("silu") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { $0 * sigmoid($0) }
    }

    /// σ(x) · (1 + x · (1 − σ(x))), of the input: two inputs have one result.
    private static let gradient = InputGradient(
        0,
        Kernel("silu's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { x, gradient in
                let share = sigmoid(x)
                return gradient * share * (1 + x * (1 - share))
            }
        }, reading: .input(0), .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        var fragment = ONNXFragment(result: site.name)
        fragment.add("Sigmoid", [site.inputs[0]], "\(site.name).share")
        fragment.add("Mul", [site.inputs[0], "\(site.name).share"], site.name)
        return fragment
    }
}
