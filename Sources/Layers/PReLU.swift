import Kernels
import LayerKernels
import Operators

/// x where it is positive, slope · x elsewhere, with slopes that are learned [He et al. 2015]. At 0 the
/// gradient is the slope.
package struct PReLU: Operator {
    package static let kind = "prelu"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x"), .text("slopes", ["one", "channels"]), .number("start", 0.25)],
            help: """
                For each value: x where it is positive, slope · x elsewhere. The slope is learned and begins as \
                `start`: one for all, or one for each channel. `tied(prelu)` has the same slope at every call.
                """,
            example:
                "network learned(blurred) { output conv(prelu(conv(blurred, 8), slopes = \"channels\"), 1) }\nparameters(learned())  # 161"
        ) { PReLU(perChannel: $0.text("slopes") == "channels", start: $0.number("start")) })

    package let perChannel: Bool
    package let start: Double

    package init(perChannel: Bool, start: Double = 0.25) {
        (self.perChannel, self.start) = (perChannel, start)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let perChannel = attributes.integer("per_channel"), let start = attributes.real("start") else {
            return nil
        }
        self.init(perChannel: perChannel != 0, start: start)
    }

    package var attributes: [Attribute] {
        [Attribute("per_channel", .integer(perChannel ? 1 : 0)), Attribute("start", .real(start))]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        [OperatorParameter("weight", [perChannel ? inputs[0].channels : 1], start: start)]
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(
            OperatorKernels(
                forward: Self.forward, gradients: [Self.gradient],
                parameterGradients: [
                    ParameterGradient(0, Self.slopeGradient, reading: .input(0), .gradient)
                ], workspace: { inputs, _ in Worker.sumsWorkspace(of: inputs[0], terms: 1) }))
    }

    private static let forward = Kernel("prelu") { worker, operands in
        worker.parametricReLU(operands[0], slopes: operands.values[0], into: operands.target)
    }

    private static let gradient = InputGradient(
        0,
        Kernel("prelu's gradient") { worker, operands in
            worker.parametricReLUGradient(
                operands[0], operands[1], slopes: operands.values[0], into: operands.target,
                accumulates: operands.accumulates)
        }, reading: .input(0), .gradient)

    private static let slopeGradient = Kernel("prelu's slope's gradient") { worker, operands in
        worker.addSlopeGradient(operands[0], operands[1], into: operands.values[0])
    }

    package var passesGradientAtZero: Bool { start != 0 }

    /// ONNX repeats slopes along innermost dimensions, which channels are not.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        var fragment = ONNXFragment(result: site.name)
        fragment.add(
            "\(site.name).shape", integers: perChannel ? [site.shape.channels, 1, 1] : [1, 1, 1])
        fragment.add("Reshape", [site.parameters[0], "\(site.name).shape"], "\(site.name).slopes")
        fragment.add("PRelu", [site.inputs[0], "\(site.name).slopes"], site.name)
        return fragment
    }
}
