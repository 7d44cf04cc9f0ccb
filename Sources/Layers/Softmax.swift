import Kernels
import Operators

/// e^x over the sum of e^x of the pixel's channels, so that these add up to 1.
package struct Softmax: Operator {
    package static let kind = "softmax"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x")],
            help:
                "Softmax over the channels of each pixel: e^x over the sum of e^x, so that channels add up to 1.",
            example: """
                block attended(x) { return x * softmax(conv(x, kernel = 1)) }
                network attentive(blurred) { output conv(attended(conv(blurred, 4)), 1) }
                parameters(attentive())  # 97
                """
        ) { _ in Softmax() })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("softmax") { worker, operands in
        worker.softmax(operands[0], into: operands.target)
    }

    private static let gradient = InputGradient(
        0,
        Kernel("softmax's gradient") { worker, operands in
            worker.softmaxGradient(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates)
        }, reading: .output, .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        ONNXFragment(site, "Softmax", nil, [.integer("axis", 1)])
    }
}
