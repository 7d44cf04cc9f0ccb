import Kernels
import Operators

/// Channels to space, in PyTorch's order: out[y·f + v, x·f + u, c] = in[y, x, c·f² + v·f + u].
package struct PixelShuffle: Operator {
    package static let kind = "pixel_shuffle"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x"), .integer("factor", factors)],
            help:
                "Channels to space: `factor` times the height and width from factor² times the channels (PyTorch's order).",
            example:
                "network doubled(blurred) { output downsize(pixel_shuffle(conv(blurred, 4), 2), 2) }\nparameters(doubled())  # 40"
        ) { PixelShuffle(by: $0.integer("factor")) })

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
        guard Self.factors.contains(factor) else { throw .unfit(kind) }
        let square = factor * factor
        guard input.channels.isMultiple(of: square) else {
            throw ShapeFault(
                "shape-clash", "\(input.channels) channels cannot be dealt out in squares of \(square)",
                at: .input(0), hint: "give `pixel_shuffle` a multiple of \(square) channels")
        }
        return Shape(
            channels: input.channels / square, size: input.size.map { $0.multiplied(by: factor) })
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        ReceptiveFieldMargin(leading: factor * margin.leading, trailing: factor * margin.trailing)
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let factor = factor
        let forward = Kernel("pixel shuffle") { worker, operands in
            worker.pixelShuffle(operands[0], factor: factor, into: operands.target)
        }
        let gradient = Kernel("pixel shuffle's gradient") { worker, operands in
            worker.pixelShuffleAdjoint(
                operands[0], factor: factor, into: operands.target, accumulates: operands.accumulates)
        }
        return .kernels(
            OperatorKernels(forward: forward, gradients: [InputGradient(0, gradient, reading: .gradient)]))
    }

    package var passesGradientAtZero: Bool { true }

    /// `CRD` is column, row, depth: PyTorch's order of channels.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        ONNXFragment(site, "DepthToSpace", nil, [.integer("blocksize", factor), .text("mode", "CRD")])
    }
}
