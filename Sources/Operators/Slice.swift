import Kernels

/// A run of channels.
package struct Slice: Operator {
    package static let kind = "slice"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .integer("first", within: "x") { 1...$0.shape("x").channels },
                .integer("last", within: "x") { $0.integer("first")...$0.shape("x").channels },
            ],
            help: "Channels `first` to `last` of x, numbered from 1, both included.",
            example:
                "network half(blurred) { output conv(slice(conv(blurred, 8), 1, 4), 1) }\nparameters(half())  # 117"
        ) { Slice($0.integer("first") - 1..<$0.integer("last")) })

    /// Counted from 0.
    package let channels: Range<Int>

    package init(_ channels: Range<Int>) { self.channels = channels }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let first = attributes.integer("first"), let end = attributes.integer("end"), first <= end
        else { return nil }
        self.init(first..<end)
    }

    package var attributes: [Attribute] {
        [
            Attribute("first", .integer(channels.lowerBound)),
            Attribute("end", .integer(channels.upperBound)),
        ]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        let input = try single(inputs)
        guard channels.lowerBound >= 0, !channels.isEmpty, channels.upperBound <= input.channels else {
            throw .unfit(kind)
        }
        return input.with(channels: channels.count)
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let (first, count) = (channels.lowerBound, channels.count)
        let forward = Kernel("slice") { worker, operands in
            worker.copyChannels(count, of: operands[0], from: first, into: operands.target, at: 0)
        }
        let gradient = Kernel("channels' gradient") { worker, operands in
            worker.copyChannels(
                count, of: operands[0], from: 0, into: operands.target, at: first,
                accumulates: operands.accumulates)
        }
        // The channels beside the slice get nothing from it.
        return .kernels(
            OperatorKernels(
                forward: forward,
                gradients: [InputGradient(0, gradient, reading: .gradient, writesAll: false)]))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let (first, end, axis) = ("\(site.name).first", "\(site.name).end", "\(site.name).axis")
        var fragment = ONNXFragment(site, "Slice", [site.inputs[0], first, end, axis])
        fragment.add(first, integers: [channels.lowerBound])
        fragment.add(end, integers: [channels.upperBound])
        fragment.add(axis, integers: [1])
        return fragment
    }
}
