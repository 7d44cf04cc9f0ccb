/// A map of zeros; no inputs.
package struct Zeros: Operator {
    package static let kind = "zeros"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.like("like"), .integer("channels", Shape.channelCounts, .channels(of: "like"))],
            help: "A feature map of zeros at the height and width of `like`.",
            example:
                "network first_state(blurred) { output conv(concat(blurred, zeros(blurred, channels = 8)), 1) }\nparameters(first_state())  # 82"
        ) { Zeros($0.shape("like").with(channels: $0.integer("channels"))) })

    package let shape: Shape

    package init(_ shape: Shape) { self.shape = shape }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) { self.init(shape) }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard inputs.isEmpty else { throw .unfit(kind) }
        return shape
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { ReceptiveFieldMargin.none }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: .clear, gradients: []))
    }

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let size = "\(site.name).size"
        var fragment = ONNXFragment(result: site.name)
        fragment.add(shape, of: site, to: size)
        fragment.add("ConstantOfShape", [size], site.name)
        return fragment
    }
}
