/// The same values; no gradient passes.
package struct Detach: Operator {
    package static let kind = "detach"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x")], help: "x itself; no gradient passes through it.",
            example:
                "network two_steps(blurred) {\n    coarse = conv(blurred, 1)\n    output coarse\n    output conv(detach(coarse), 1)\n}\nparameters(two_steps())  # 20"
        ) { _ in Detach() })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering { .detached }

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(result: site.inputs[0]) }
}
