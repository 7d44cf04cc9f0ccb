import Kernels
import Operators

/// Space to channels, in PyTorch's order: out[y, x, c·f² + v·f + u] = in[y·f + v, x·f + u, c].
package struct PixelUnshuffle: Operator {
    package static let kind = "pixel_unshuffle"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x"), .integer("factor", factors)],
            help:
                "Space to channels: 1/factor of the height and width with factor² times the channels (PyTorch's order).",
            example:
                "network folded(blurred) { output pixel_shuffle(conv(pixel_unshuffle(blurred, 2)), 2) }\nparameters(folded())  # 148"
        ) { PixelUnshuffle(by: $0.integer("factor")) })

    private static let factors = 1...64

    package let factor: Int

    package init(by factor: Int) { self.factor = factor }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let factor = attributes.integer("factor") else { return nil }
        self.init(by: factor)
    }

    package var attributes: [Attribute] { [Attribute("factor", .integer(factor))] }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        let input = try single(inputs)
        let (channels, overflows) = input.channels.multipliedReportingOverflow(by: factor * factor)
        guard Self.factors.contains(factor) else { throw .unfit(kind) }
        guard !overflows, Shape.channelCounts.contains(channels) else {
            throw ShapeFault("too-many", "there are more than 65,536 channels in a feature map", at: .call)
        }
        return Shape(channels: channels, size: try input.size.divided(into: factor, factor))
    }

    package func isIdentity(on inputs: [Shape]) -> Bool { factor == 1 }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        ReceptiveFieldMargin(
            leading: ceilingOfQuotient(margin.leading, factor),
            trailing: ceilingOfQuotient(margin.trailing, factor))
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let factor = factor
        let forward = Kernel("pixel unshuffle") { worker, operands in
            worker.pixelShuffleAdjoint(
                operands[0], factor: factor, into: operands.target, accumulates: false)
        }
        let gradient = Kernel("pixel unshuffle's gradient") { worker, operands in
            worker.pixelShuffle(
                operands[0], factor: factor, into: operands.target, accumulates: operands.accumulates)
        }
        return .kernels(
            OperatorKernels(forward: forward, gradients: [InputGradient(0, gradient, reading: .gradient)]))
    }

    package var passesGradientAtZero: Bool { true }

    /// ONNX has the place within a square outermost among the channels: they are put in PyTorch's order.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        var fragment = ONNXFragment(result: site.name)
        fragment.add(
            "SpaceToDepth", site.inputs, "\(site.name).squares", [.integer("blocksize", factor)])
        let (channels, area) = (site.inputShapes[0].channels, factor * factor)
        fragment.add(
            "\(site.name).order",
            integers: (0..<channels * area).map { $0 % area * channels + $0 / area })
        fragment.add(
            "Gather", ["\(site.name).squares", "\(site.name).order"], site.name, [.integer("axis", 1)])
        return fragment
    }
}
