import Kernels
import Operators

/// x where it is positive, slope · x elsewhere [Maas et al. 2013]. At 0 the gradient is the slope, as
/// PyTorch has it.
package struct LeakyReLU: Operator {
    package static let kind = "leaky_relu"

    package static let form = LanguageForm.function(
        .activation(kind, "x where it is positive, slope · x elsewhere.", [.number("slope", 0.2)]) {
            LeakyReLU(slope: $0.number("slope"))
        })

    package let slope: Double

    package init(slope: Double) { self.slope = slope }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let slope = attributes.real("slope") else { return nil }
        self.init(slope: slope)
    }

    package var attributes: [Attribute] { [Attribute("slope", .real(slope))] }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let slope = Float(slope)
        let forward = Kernel("leaky relu") { worker, operands in
            worker.transform(operands[0], into: operands.target, accumulates: false) {
                $0 > 0 ? $0 : slope * $0
            }
        }
        let gradient = Kernel("leaky relu's gradient") { worker, operands in
            worker.combine(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates
            ) { value, gradient in value > 0 ? gradient : slope * gradient }
        }
        // The result has the input's sign, so that a plan may drop the input, unless the slope turns it.
        let sign: InputGradient.Source = slope >= 0 ? .output : .input(0)
        return .kernels(
            OperatorKernels(
                forward: forward, gradients: [InputGradient(0, gradient, reading: sign, .gradient)]))
    }

    package var passesGradientAtZero: Bool { slope != 0 }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        ONNXFragment(site, "LeakyRelu", nil, [.real("alpha", Float(slope))])
    }
}
