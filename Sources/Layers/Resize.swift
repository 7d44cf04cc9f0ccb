import Kernels
import LayerKernels
import Operators

/// x at another height and width, as PyTorch's `interpolate` gives it with `align_corners=False` and without
/// antialiasing.
package struct Resize: Operator {
    package typealias Mode = ResizeMode

    package static let kind = "resize"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .like("like", otherwise: "the size that the others give"),
                .number("factor", otherwise: "none"), .integer("height", sides, .none("none")),
                .integer("width", sides, .none("none")), .text("mode", Mode.allCases.map(\.rawValue)),
            ],
            help: """
                x at the height and width of `like`, at `factor` times its own, or at `height` and `width` in pixels; \
                bilinearly with half-pixel centres, by the nearest pixel, or bicubically. Nothing is blurred before a \
                map becomes smaller: `downsize` does that.
                """,
            example:
                "network sharpened(blurred) { output blurred + conv(blurred - resize(downsize(blurred, 2), like = blurred)) }\nparameters(sharpened())  # 10"
        ) { call throws(ShapeFault) in
            Resize(to: try target(of: call), Mode(rawValue: call.text("mode")) ?? .bilinear)
        })

    private static let sides = 1...4096

    package let size: MapSize
    package let mode: Mode

    package init(to size: MapSize, _ mode: Mode = .bilinear) { (self.size, self.mode) = (size, mode) }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let mode = attributes.text("mode").map(Mode.init(rawValue:)) ?? .bilinear else { return nil }
        self.init(to: shape.size, mode)
    }

    package var attributes: [Attribute] {
        mode == .bilinear ? [] : [Attribute("mode", .text(mode.rawValue))]
    }

    /// The size that the arguments of a call say.
    private static func target(of call: LayerArguments) throws(ShapeFault) -> MapSize {
        let own = call.shape("x").size
        switch (
            call.shapeIfGiven("like")?.size, call.numberIfGiven("factor"), call.integerIfGiven("height"),
            call.integerIfGiven("width")
        ) {
        case (let like?, nil, nil, nil): return like
        case (nil, let factor?, nil, nil): return try multiplied(own, by: factor)
        case (nil, nil, let height?, let width?): return .fixed(height: height, width: width)
        default:
            throw ShapeFault(
                "missing-argument", "`resize` needs one size", at: .call,
                hint: "give `like`, or `factor`, or `height` and `width`")
        }
    }

    /// A factor is read as the fraction that it is: sizes are exact.
    private static func multiplied(_ size: MapSize, by factor: Double) throws(ShapeFault) -> MapSize {
        let denominator = (1...64).first { part in
            let numerator = factor * Double(part)
            return abs(numerator - numerator.rounded()) < 1e-9 && numerator.rounded() >= 1
        }
        guard let denominator, factor < 1024 else {
            throw ShapeFault(
                "out-of-range", "`factor` of `resize` must be a fraction of whole numbers up to 64",
                at: .call,
                hint: "2, 0.5 and 2 / 3 are")
        }
        let numerator = Int((factor * Double(denominator)).rounded())
        return try size.map { $0.multiplied(by: numerator) }.divided(into: denominator, denominator)
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        try single(inputs).with(size: size)
    }

    /// At its own size a feature map is itself; a node would only cost a copy.
    package func isIdentity(on inputs: [Shape]) -> Bool { inputs[0].size == size }

    /// Pixel i lies at (i + ½)·ratio − ½ between pixels of the source; ratio = steps / parts.
    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        if source.isFixed && margin == .none { return margin }
        guard let source = source.scale, let target = target.scale else { return nil }
        let steps = source.numerator * target.denominator
        let parts = source.denominator * target.numerator
        if mode == .nearest {
            return ReceptiveFieldMargin(
                leading: ceilingOfQuotient(margin.leading * parts, steps),
                trailing: floorOfQuotient(margin.trailing * parts, steps))
        }
        // Two neighbours on either side instead of one.
        let more = mode == .bicubic ? 1 : 0
        // The first pixel i with (i + ½)·ratio − ½ ≥ `pixels`, whose neighbours all lie beyond it.
        func resized(_ pixels: Int) -> Int {
            max(0, ceilingOfQuotient((2 * (pixels + more) + 1) * parts - steps, 2 * steps))
        }
        return ReceptiveFieldMargin(leading: resized(margin.leading), trailing: resized(margin.trailing))
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let mode = mode
        let forward = Kernel("resize") { worker, operands in
            worker.resize(operands[0], mode, into: operands.target)
        }
        let gradient = Kernel("resize's gradient") { worker, operands in
            worker.resizeAdjoint(
                operands[0], mode, into: operands.target, accumulates: operands.accumulates)
        }
        return .kernels(
            OperatorKernels(forward: forward, gradients: [InputGradient(0, gradient, reading: .gradient)]))
    }

    package var passesGradientAtZero: Bool { true }

    /// ONNX's `half_pixel` is PyTorch's `align_corners=False`.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        var attributes: [ONNXFragment.Attribute]
        switch mode {
        case .bilinear:
            attributes = [.text("mode", "linear"), .text("coordinate_transformation_mode", "half_pixel")]
        case .nearest:
            attributes = [
                .text("mode", "nearest"), .text("coordinate_transformation_mode", "asymmetric"),
                .text("nearest_mode", "floor"),
            ]
        case .bicubic:
            attributes = [
                .text("mode", "cubic"), .text("coordinate_transformation_mode", "half_pixel"),
                .real("cubic_coeff_a", -0.75),
            ]
        }
        guard let old = site.inputShapes[0].size.scale, let new = size.scale else {
            var fragment = ONNXFragment(result: site.name)
            fragment.add(site.shape, of: site, to: "\(site.name).sizes")
            fragment.add("Resize", [site.inputs[0], "", "", "\(site.name).sizes"], site.name, attributes)
            return fragment
        }
        let ratio = Double(new.numerator * old.denominator) / Double(new.denominator * old.numerator)
        // The size is ⌊side · scale⌋, so a scale rounded down would lose a row.
        let factor = Double(Float(ratio)) < ratio ? Float(ratio).nextUp : Float(ratio)
        var fragment = ONNXFragment(
            site, "Resize", [site.inputs[0], "", "\(site.name).scales"], attributes)
        fragment.add("\(site.name).scales", [4], floats: [1, 1, factor, factor])
        return fragment
    }
}
