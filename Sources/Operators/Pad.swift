import Kernels
import LayerKernels

/// x with rows above and below it and columns at both sides.
package struct Pad: Operator {
    package typealias Mode = PaddingMode

    package static let kind = "pad"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .sides("pixels", 0...sides.upperBound, 1),
                .text("mode", ["zeros", "reflect", "replicate"]),
            ],
            help: """
                x with `pixels` more at each side, or height and width in a list: zeros, x mirrored at its outermost \
                pixels, or these repeated.
                """,
            example:
                "network mirrored(blurred) { output conv(pad(blurred, 1, mode = \"reflect\"), 1, padding = \"none\") }\nparameters(mirrored())  # 10"
        ) { call in
            Pad(
                vertical: call.sides("pixels").height, horizontal: call.sides("pixels").width,
                Mode(rawValue: call.text("mode")) ?? .zeros)
        })

    private static let sides = 0...4096

    /// Rows above and as many below.
    package let vertical: Int
    /// Columns at either side.
    package let horizontal: Int
    package let mode: Mode

    package init(vertical: Int, horizontal: Int, _ mode: Mode) {
        (self.vertical, self.horizontal, self.mode) = (vertical, horizontal, mode)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let vertical = attributes.integer("vertical"),
            let horizontal = attributes.integer("horizontal"),
            let mode = attributes.text("mode").flatMap(Mode.init(rawValue:))
        else { return nil }
        self.init(vertical: vertical, horizontal: horizontal, mode)
    }

    package var attributes: [Attribute] {
        [
            Attribute("vertical", .integer(vertical)), Attribute("horizontal", .integer(horizontal)),
            Attribute("mode", .text(mode.rawValue)),
        ]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        let input = try single(inputs)
        guard Self.sides.contains(vertical), Self.sides.contains(horizontal) else { throw .unfit(kind) }
        return input.with(
            size: MapSize(
                height: input.size.height.plus(2 * vertical), width: input.size.width.plus(2 * horizontal)))
    }

    package func isIdentity(on inputs: [Shape]) -> Bool { vertical == 0 && horizontal == 0 }

    /// Pixels count from where the unpadded map begins to where it ends, so what is added at the end of a
    /// piece lies beyond it.
    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        if source.isFixed { return margin == .none ? margin : nil }
        return ReceptiveFieldMargin(
            leading: margin.leading + max(vertical, horizontal),
            trailing: margin.trailing - min(vertical, horizontal))
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let mode = mode
        let forward = Kernel("pad") { worker, operands in
            worker.pad(operands[0], mode, into: operands.target)
        }
        let gradient = Kernel("pad's gradient") { worker, operands in
            worker.padAdjoint(
                operands[0], mode, into: operands.target, accumulates: operands.accumulates)
        }
        return .kernels(
            OperatorKernels(forward: forward, gradients: [InputGradient(0, gradient, reading: .gradient)]))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let modes: [Mode: String] = [.zeros: "constant", .reflect: "reflect", .replicate: "edge"]
        var fragment = ONNXFragment(
            site, "Pad", [site.inputs[0], "\(site.name).pads"], [.text("mode", modes[mode] ?? "constant")])
        fragment.add(
            "\(site.name).pads", integers: [0, 0, vertical, horizontal, 0, 0, vertical, horizontal])
        return fragment
    }
}
