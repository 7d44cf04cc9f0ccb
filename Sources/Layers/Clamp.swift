import Kernels
import Operators

/// The nearest number to x from `low` to `high`. The gradient passes where x is from `low` to `high`, both
/// included, as PyTorch has it.
package struct Clamp: Operator {
    package static let kind = "clamp"

    package static let form = LanguageForm.function(
        .activation(
            kind, "the nearest number from low to high; the gradient passes where x is one of them.",
            [.number("low", 0), .number("high", 1)]
        ) { Clamp($0.number("low"), $0.number("high")) })

    package let low: Double
    package let high: Double

    package init(_ low: Double, _ high: Double) { (self.low, self.high) = (low, high) }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let low = attributes.real("low"), let high = attributes.real("high") else { return nil }
        self.init(low, high)
    }

    package var attributes: [Attribute] { [Attribute("low", .real(low)), Attribute("high", .real(high))] }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard low <= high else {
            throw ShapeFault(
                "out-of-range", "`low` of `clamp` must not be above `high`", at: .call,
                hint: "exchange the two")
        }
        return try single(inputs)
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let (low, high) = (Float(low), Float(high))
        let forward = Kernel("clamp") { worker, operands in
            // Written so that NaN stays NaN.
            worker.transform(operands[0], into: operands.target, accumulates: false) {
                $0 < low ? low : $0 > high ? high : $0
            }
        }
        let gradient = Kernel("clamp's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { x, gradient in x < low || x > high ? 0 : gradient }
        }
        return .kernels(
            OperatorKernels(
                forward: forward, gradients: [InputGradient(0, gradient, reading: .input(0), .gradient)]))
    }

    package var passesGradientAtZero: Bool { low <= 0 && high >= 0 }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        var fragment = ONNXFragment(result: site.name)
        for (bound, value) in [("low", low), ("high", high)] {
            fragment.add("\(site.name).\(bound)", [], floats: [Float(value)])
        }
        fragment.add("Clip", [site.inputs[0], "\(site.name).low", "\(site.name).high"], site.name)
        return fragment
    }
}
