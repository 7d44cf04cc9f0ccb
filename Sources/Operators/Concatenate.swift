import Kernels

/// All inputs' channels, one after the other.
package struct Concatenate: Operator {
    package static let kind = "concat"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.maps("x")],
            help:
                "The channels of all its feature maps, one after the other; heights and widths must be equal.",
            example:
                "network both(blurred) { output conv(concat(blurred, relu(blurred)), 1) }\nparameters(both())  # 19"
        ) { _ in Concatenate() })

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard let first = inputs.first else { throw .unfit(kind) }
        if let other = inputs.firstIndex(where: { $0.size != first.size }) {
            throw ShapeFault(
                "shape-clash", "feature maps of different sizes cannot be joined", at: .later(other, than: 0),
                hint: ShapeFault.resizing)
        }
        let channels = inputs.reduce(0) { $0 + $1.channels }
        guard Shape.channelCounts.contains(channels) else {
            throw ShapeFault("too-many", "there are more than 65,536 channels in a feature map", at: .call)
        }
        return first.with(channels: channels)
    }

    package func isIdentity(on inputs: [Shape]) -> Bool { inputs.count == 1 }

    package func lowering(for inputs: [Shape]) -> Lowering {
        var gradients: [InputGradient] = []
        var first = 0
        for (index, input) in inputs.enumerated() {
            let (start, count) = (first, input.channels)
            let kernel = Kernel("channels' gradient") { worker, operands in
                worker.copyChannels(
                    count, of: operands[0], from: start, into: operands.target, at: 0,
                    accumulates: operands.accumulates)
            }
            gradients.append(InputGradient(index, kernel, reading: .gradient))
            first += count
        }
        return .kernels(OperatorKernels(forward: Self.forward, gradients: gradients))
    }

    private static let forward = Kernel("concat") { worker, operands in
        var place = 0
        for source in operands.maps.dropLast() {
            let channels = source.shape.channels
            worker.copyChannels(channels, of: source, from: 0, into: operands.target, at: place)
            place += channels
        }
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        ONNXFragment(site, "Concat", nil, [.integer("axis", 1)])
    }
}
