import Kernels
import LayerKernels
import Operators

/// x over its Euclidean length, or over ε where that is longer (PyTorch's `normalize`): the length over the
/// pixels of each image, channel by channel, or over the channels of each pixel.
package struct Normalise: Operator {
    package static let kind = "normalise"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .text("over", MatrixMultiply.Dimension.allCases.map(\.rawValue)),
                .number("epsilon", 1e-12),
            ],
            help: """
                x over its Euclidean length, or over `epsilon` where that is longer: the length over the pixels of each \
                image, channel by channel, or over the channels of each pixel.
                """,
            example: """
                network directions(blurred) { output conv(normalise(conv(blurred, 4), over = "channels"), 1) }
                parameters(directions())  # 77
                """
        ) { call in
            Normalise(
                over: MatrixMultiply.Dimension(rawValue: call.text("over")) ?? .pixels,
                epsilon: call.number("epsilon"))
        })

    package let over: MatrixMultiply.Dimension
    package let epsilon: Double

    package init(over: MatrixMultiply.Dimension, epsilon: Double = 1e-12) {
        (self.over, self.epsilon) = (over, epsilon)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let over = attributes.text("over").flatMap(MatrixMultiply.Dimension.init(rawValue:)),
            let epsilon = attributes.real("epsilon")
        else { return nil }
        self.init(over: over, epsilon: epsilon)
    }

    package var attributes: [Attribute] {
        [Attribute("over", .text(over.rawValue)), Attribute("epsilon", .real(epsilon))]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        try checkEpsilon(epsilon)
        return try single(inputs)
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { over == .channels || source.isFixed && margin == .none ? margin : nil }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let (over, epsilon) = (over, Float(epsilon))
        let forward = Kernel("normalise") { worker, operands in
            switch over {
            case .pixels: worker.normaliseOverPixels(operands[0], epsilon: epsilon, into: operands.target)
            case .channels: worker.normaliseOverChannels(operands[0], epsilon: epsilon, into: operands.target)
            }
        }
        let gradient = Kernel("normalise's gradient") { worker, operands in
            switch over {
            case .pixels:
                worker.normaliseOverPixelsGradient(
                    operands[0], operands[1], epsilon: epsilon, into: operands.target,
                    accumulates: operands.accumulates)
            case .channels:
                worker.normaliseOverChannelsGradient(
                    operands[0], operands[1], epsilon: epsilon, into: operands.target,
                    accumulates: operands.accumulates)
            }
        }
        return .kernels(
            OperatorKernels(
                forward: forward, gradients: [InputGradient(0, gradient, reading: .input(0), .gradient)],
                workspace: { inputs, _ in Worker.sumsWorkspace(of: inputs[0], terms: 2) }))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let name = site.name
        var fragment = ONNXFragment(result: name)
        fragment.add("\(name).epsilon", [], floats: [Float(epsilon)])
        fragment.add(
            "ReduceL2", site.inputs, "\(name).length", [.integers("axes", over == .pixels ? [2, 3] : [1])])
        fragment.add("Max", ["\(name).length", "\(name).epsilon"], "\(name).divisor")
        fragment.add("Div", [site.inputs[0], "\(name).divisor"], name)
        return fragment
    }
}
