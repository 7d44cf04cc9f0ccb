/// out[y, x, o] = bias[o] + Σ weight[o, i, v, u] · in[y·stride + v − padding, x·stride + u − padding, i].
///
/// How it is computed is in the engine and in Kernels: it is what nearly all time goes into.
package struct Convolution: Operator {
    package static let kind = "conv"

    package static let form = LanguageForm.function(
        LayerFunction(
            ConvolutionWindow.parameters(kernel: 3, stride: 1),
            help: """
                Convolution with bias. Gives `channels` channels at 1/stride of the height and width; zeros are padded \
                alike on all sides.
                """,
            example:
                "network one_layer(blurred) { output conv(blurred, kernel = 5) }\nparameters(one_layer())  # 26"
        ) {
            Convolution(
                channels: $0.integer("channels"), kernel: $0.integer("kernel"), stride: $0.integer("stride"))
        })

    /// The channels of the result.
    package let channels: Int
    package let window: ConvolutionWindow

    /// - Parameter padding: by default the one that keeps the size but for the stride.
    package init(channels: Int, kernel: Int, stride: Int = 1, padding: Int? = nil) {
        self.channels = channels
        window = ConvolutionWindow(
            kernel: kernel, stride: stride, padding: padding ?? (kernel - 1) / 2, isTransposed: false)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let window = ConvolutionWindow(attributes, isTransposed: false) else { return nil }
        self.window = window
        channels = shape.channels
    }

    package var attributes: [Attribute] { window.attributes }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        let input = try single(inputs)
        try window.check(kind)
        return Shape(channels: channels, scale: input.scale.divided(by: window.stride))
    }

    package func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        window.parameters(from: inputs[0].channels, to: channels)
    }

    package func cost(_ inputs: [Shape], _ output: Shape) -> Cost? {
        Cost(factors: [window.kernel, window.kernel, inputs[0].channels, channels], scale: output.scale)
    }

    /// Pixel i reads i·stride − padding … i·stride − padding + kernel − 1.
    package func margin(_ margin: ReceptiveFieldMargin, from source: Scale, to target: Scale)
        -> ReceptiveFieldMargin
    {
        ReceptiveFieldMargin(
            leading: max(0, ceilingOfQuotient(margin.leading + window.padding, window.stride)),
            trailing: max(
                0, floorOfQuotient(margin.trailing - window.padding + window.kernel - 1, window.stride)))
    }

    package func lowering(for inputs: [Shape]) -> Lowering { .convolution(window) }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { window.onnx(site, "Conv") }
}
