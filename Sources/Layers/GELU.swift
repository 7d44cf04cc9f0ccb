import Foundation
import Kernels
import Operators

/// x · Φ(x), with Φ the normal distribution [Hendrycks & Gimpel 2016]: exact, by the error function, and not
/// by its approximation with tanh.
///
/// Both kernels call the C library's functions value by value, as the sigmoid's do.
package struct GELU: Operator {
    package static let kind = "gelu"

    package static let form = LanguageForm.function(
        .activation(kind, "x · Φ(x), where Φ is the normal distribution; exact, by the error function.") {
            _ in
            GELU()
        })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("gelu") { worker, operands in
        worker.transform(operands[0], into: operands.target, accumulates: false) { $0 * distribution($0) }
    }

    /// Φ(x) + x φ(x), of the input: two inputs have one result.
    private static let gradient = InputGradient(
        0,
        Kernel("gelu's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { x, gradient in gradient * (distribution(x) + x * density(x)) }
        }, reading: .input(0), .gradient)

    package var passesGradientAtZero: Bool { true }

    /// ½ x (1 + erf(x / √2)): opset 17 has no node for it.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let name = site.name
        var fragment = ONNXFragment(result: name)
        for (constant, value) in [("scale", Float(0.5).squareRoot()), ("one", 1), ("half", 0.5)] {
            fragment.add("\(name).\(constant)", [], floats: [value])
        }
        fragment.add("Mul", [site.inputs[0], "\(name).scale"], "\(name).scaled")
        fragment.add("Erf", ["\(name).scaled"], "\(name).erf")
        fragment.add("Add", ["\(name).erf", "\(name).one"], "\(name).sum")
        fragment.add("Mul", [site.inputs[0], "\(name).half"], "\(name).halved")
        fragment.add("Mul", ["\(name).halved", "\(name).sum"], name)
        return fragment
    }
}

/// ½ (1 + erf(x / √2)), by erfc, which is as exact far below zero.
private func distribution(_ x: Float) -> Float { 0.5 * erfcf(-x * 0.707_106_77) }

/// e^(−x²/2) / √(2π)
private func density(_ x: Float) -> Float { 0.398_942_3 * expf(-0.5 * x * x) }
