import Kernels

/// Bilinear with half-pixel centres and clamped edges (PyTorch's `align_corners=False`, no antialiasing).
package struct Resize: Operator {
    package static let kind = "resize"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x"), .like("like")],
            help: "x at the height and width of `like`, bilinearly, with half-pixel centres.",
            example:
                "network sharpened(blurred) { output blurred + conv(blurred - resize(downsize(blurred, 2), like = blurred)) }\nparameters(sharpened())  # 10"
        ) { Resize(to: $0.shape("like").scale) })

    package let scale: Scale

    package init(to scale: Scale) { self.scale = scale }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) { scale = shape.scale }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        Shape(channels: try single(inputs).channels, scale: scale)
    }

    /// At its own size a feature map is itself; a node would only cost a copy.
    package func isIdentity(on inputs: [Shape]) -> Bool { inputs[0].scale == scale }

    /// Pixel i lies at (i + ½)·ratio − ½ between two pixels of the source; ratio = steps / parts.
    package func margin(_ margin: ReceptiveFieldMargin, from source: Scale, to target: Scale)
        -> ReceptiveFieldMargin
    {
        let steps = source.numerator * target.denominator
        let parts = source.denominator * target.numerator
        // The first pixel i with (i + ½)·ratio − ½ ≥ `pixels`, whose two neighbours both lie beyond it.
        func resized(_ pixels: Int) -> Int {
            max(0, ceilingOfQuotient((2 * pixels + 1) * parts - steps, 2 * steps))
        }
        return ReceptiveFieldMargin(leading: resized(margin.leading), trailing: resized(margin.trailing))
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(OperatorKernels(forward: Self.forward, gradients: [Self.gradient]))
    }

    private static let forward = Kernel("resize") { worker, operands in
        worker.resize(operands[0], into: operands.target)
    }

    private static let gradient = InputGradient(
        0,
        Kernel("resize's gradient") { worker, operands in
            worker.resizeAdjoint(operands[0], into: operands.target, accumulates: operands.accumulates)
        }, reading: .gradient)

    package var passesGradientAtZero: Bool { true }

    /// ONNX's `half_pixel` is PyTorch's `align_corners=False`.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let (old, new) = (site.inputShapes[0].scale, scale)
        let ratio = Double(new.numerator * old.denominator) / Double(new.denominator * old.numerator)
        // The size is ⌊side · scale⌋, so a scale rounded down would lose a row.
        let factor = Double(Float(ratio)) < ratio ? Float(ratio).nextUp : Float(ratio)
        var fragment = ONNXFragment(
            site, "Resize", [site.inputs[0], "", "\(site.name).scales"],
            [.text("mode", "linear"), .text("coordinate_transformation_mode", "half_pixel")])
        fragment.add("\(site.name).scales", [4], floats: [1, 1, factor, factor])
        return fragment
    }
}
