/// The adjoint of a convolution of the same window: the result has `stride` times the height and width.
package struct TransposedConvolution: Operator {
    package static let kind = "deconv"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .integer("channels", Shape.channelCounts, .channels(of: "x")),
                .integer("kernel", ConvolutionWindow.sides, .value(4)),
                .integer("stride", ConvolutionWindow.sides, .value(2)), .flag("bias", true),
            ],
            help:
                "Transposed convolution. Gives `channels` channels at `stride` times the height and width.",
            example:
                "network down_and_up(blurred) { output deconv(conv(blurred, 16, stride = 2), 1) }\nparameters(down_and_up())  # 417"
        ) {
            TransposedConvolution(
                channels: $0.integer("channels"), kernel: $0.integer("kernel"), stride: $0.integer("stride"),
                hasBias: $0.flag("bias"))
        })

    /// The channels of the result.
    package let channels: Int
    package let window: ConvolutionWindow

    /// - Parameter padding: by default the one that keeps the size but for the stride.
    package init(channels: Int, kernel: Int, stride: Int, padding: Int? = nil, hasBias: Bool = true) {
        self.channels = channels
        window = ConvolutionWindow(
            kernel: (kernel, kernel), stride: stride, padding: padding,
            options: .init(hasBias: hasBias), isTransposed: true)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let window = ConvolutionWindow(attributes, isTransposed: true) else { return nil }
        self.window = window
        channels = shape.channels
    }

    package var attributes: [Attribute] { window.attributes }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        let input = try single(inputs)
        try window.check(kind, input: input.channels, output: channels)
        return Shape(channels: channels, size: input.size.map { $0.multiplied(by: window.stride) })
    }

    package func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        window.parameters(from: inputs[0].channels, to: channels)
    }

    package func cost(_ inputs: [Shape], _ output: Shape) -> Cost? {
        Cost(
            factors: [window.kernelHeight, window.kernelWidth, inputs[0].channels, channels],
            size: inputs[0].size)
    }

    /// Pixel o is reached by ⌈(o + padding − kernel + 1) / stride⌉ … ⌊(o + padding) / stride⌋.
    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        if source.isFixed { return margin == .none ? margin : nil }
        let padding = window.verticalPadding
        return ReceptiveFieldMargin(
            leading: max(0, window.stride * (margin.leading - 1) + window.kernelHeight - padding),
            trailing: max(0, window.stride * margin.trailing + padding))
    }

    package func lowering(for inputs: [Shape]) -> Lowering { .convolution(window) }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { window.onnx(site, "ConvTranspose") }
}
