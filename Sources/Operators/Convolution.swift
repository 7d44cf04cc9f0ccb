import Kernels
import LayerKernels

/// out[y, x, o] = bias[o] + Σ weight[o, i, v, u] · in[y·stride + v·dilation − padding, …, i], over the
/// channels i of the group that o is in.
///
/// How it is computed is in the engine and in Kernels: it is what nearly all time goes into.
package struct Convolution: Operator {
    package static let kind = "conv"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .integer("channels", Shape.channelCounts, .channels(of: "x")),
                .sides("kernel", ConvolutionWindow.sides, 3),
                .integer("stride", ConvolutionWindow.sides, .value(1)),
                .integer("groups", Shape.channelCounts, .value(1)),
                .integer("dilation", ConvolutionWindow.sides, .value(1)), .flag("bias", true),
                .text("padding", ["zeros", "reflect", "replicate", "none"]),
            ],
            help: """
                Convolution. Gives `channels` channels at 1/stride of the height and width; `padding` is alike on all \
                sides, and `"none"` leaves it out, so that the result is smaller. `kernel` is a side, or height and \
                width in a list. With `groups`, each part of the channels is convolved by itself: \
                `groups = channels(x)` is a depthwise convolution.
                """,
            example:
                "network one_layer(blurred) { output conv(blurred, kernel = 5) }\nparameters(one_layer())  # 26",
            prepare: { padded($0) }
        ) { call in
            Convolution(
                channels: call.integer("channels"), kernel: call.sides("kernel"),
                stride: call.integer("stride"), padding: call.text("padding") == "zeros" ? nil : 0,
                ConvolutionWindow.Options(
                    dilation: call.integer("dilation"), groups: call.integer("groups"),
                    hasBias: call.flag("bias")))
        })

    /// The padding of another kind than zeros, a node before the convolution.
    private static func padded(_ call: LayerArguments) -> (any Operator)? {
        guard let mode = Pad.Mode(rawValue: call.text("padding")), mode != .zeros else { return nil }
        let (kernel, dilation) = (call.sides("kernel"), call.integer("dilation"))
        return Pad(
            vertical: dilation * (kernel.height - 1) / 2, horizontal: dilation * (kernel.width - 1) / 2, mode)
    }

    /// The channels of the result.
    package let channels: Int
    package let window: ConvolutionWindow

    /// - Parameter padding: by default the one that keeps the size but for the stride.
    package init(
        channels: Int, kernel: (height: Int, width: Int), stride: Int = 1, padding: Int? = nil,
        _ options: ConvolutionWindow.Options = .init()
    ) {
        self.channels = channels
        window = ConvolutionWindow(
            kernel: kernel, stride: stride, padding: padding, options: options, isTransposed: false)
    }

    /// Of a square kernel.
    package init(
        channels: Int, kernel: Int, stride: Int = 1, padding: Int? = nil,
        _ options: ConvolutionWindow.Options = .init()
    ) {
        self.init(channels: channels, kernel: (kernel, kernel), stride: stride, padding: padding, options)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let window = ConvolutionWindow(attributes, isTransposed: false) else { return nil }
        self.window = window
        channels = shape.channels
    }

    package var attributes: [Attribute] { window.attributes }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        let input = try single(inputs)
        try window.check(kind, input: input.channels, output: channels)
        return Shape(channels: channels, size: try window.convolved(input.size))
    }

    package func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        window.parameters(from: inputs[0].channels, to: channels)
    }

    package func cost(_ inputs: [Shape], _ output: Shape) -> Cost? {
        Cost(
            factors: [
                window.kernelHeight, window.kernelWidth, inputs[0].channels / window.groups, channels,
            ], size: output.size)
    }

    /// Pixel i reads i·stride − padding … i·stride − padding + reach − 1.
    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        // A map of one size is the whole image's.
        if source.isFixed { return margin == .none ? margin : nil }
        let padding = max(window.verticalPadding, window.horizontalPadding)
        let behind = max(
            window.reachHeight - window.verticalPadding, window.reachWidth - window.horizontalPadding)
        return ReceptiveFieldMargin(
            leading: max(0, ceilingOfQuotient(margin.leading + padding, window.stride)),
            trailing: max(0, floorOfQuotient(margin.trailing + behind - 1, window.stride)))
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        window.isPlain ? .convolution(window) : .kernels(groupedKernels)
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { window.onnx(site, "Conv") }
}

extension Convolution {
    /// What the engine's methods for dense, square kernels do not compute.
    private var groupedKernels: OperatorKernels {
        let convolution = GroupedConvolution(
            kernel: (window.kernelHeight, window.kernelWidth), stride: window.stride,
            padding: (window.verticalPadding, window.horizontalPadding), dilation: window.dilation,
            groups: window.groups)
        let hasBias = window.hasBias
        let name = convolution.name
        let forward = Kernel(name) { worker, operands in
            worker.convolve(
                convolution, operands[0], weights: operands.values[0],
                bias: hasBias ? operands.values[1] : nil, into: operands.target)
        }
        let input = Kernel("\(name)'s gradient") { worker, operands in
            worker.convolveTransposed(
                convolution, operands[0], weights: operands.values[0], into: operands.target,
                accumulates: operands.accumulates)
        }
        let weights = Kernel("\(name)'s weights' gradient") { worker, operands in
            worker.addWeightGradient(
                convolution, input: operands[0], gradient: operands[1], into: operands.values[0])
        }
        let bias = Kernel("bias's gradient") { worker, operands in
            worker.addBiasGradient(operands[0], maskedBy: nil, into: operands.values[0])
        }
        return OperatorKernels(
            forward: forward, gradients: [InputGradient(0, input, reading: .gradient)],
            parameterGradients: [ParameterGradient(0, weights, reading: .input(0), .gradient)]
                + (hasBias ? [ParameterGradient(1, bias, reading: .gradient)] : []),
            workspace: { inputs, output in
                max(
                    convolution.workspace(input: inputs[0], output: output),
                    Worker.biasWorkspace(channels: output.channels))
            })
    }
}
