/// A map of zeros; no inputs.
package struct Zeros: Operator {
    package static let kind = "zeros"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.like("like"), .integer("channels", Shape.channelCounts, .channels(of: "like"))],
            help: "A feature map of zeros at the height and width of `like`.",
            example:
                "network first_state(blurred) { output conv(concat(blurred, zeros(blurred, channels = 8)), 1) }\nparameters(first_state())  # 82"
        ) { Zeros(Shape(channels: $0.integer("channels"), scale: $0.shape("like").scale)) })

    package let shape: Shape

    package init(_ shape: Shape) { self.shape = shape }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) { self.init(shape) }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard inputs.isEmpty else { throw .unfit(kind) }
        return shape
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: Scale, to target: Scale)
        -> ReceptiveFieldMargin
    { .none }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: .clear, gradients: []))
    }

    package var passesGradientAtZero: Bool { false }

    /// Zeros at a part of the image's size: its shape, times and divided by whole numbers, with other
    /// channels.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let (numerator, denominator) = (shape.scale.numerator, shape.scale.denominator)
        let (input, size) = ("\(site.name).input", "\(site.name).size")
        var fragment = ONNXFragment(result: site.name)
        fragment.add("Shape", [site.image], input)
        fragment.addArithmetic(
            [
                ("Mul", [1, 0, numerator, numerator]), ("Add", [0, shape.channels, 0, 0]),
                ("Div", [1, 1, denominator, denominator]),
            ], from: input, to: size)
        fragment.add("ConstantOfShape", [size], site.name)
        return fragment
    }
}
