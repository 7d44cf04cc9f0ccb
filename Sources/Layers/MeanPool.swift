import Kernels
import LayerKernels
import Operators

/// The mean over windows of pixels, or over all pixels of each image, channel by channel.
package struct MeanPool: Operator {
    package static let kind = "mean_pool"

    package static let form = LanguageForm.function(
        LayerFunction(
            Pool.parameters,
            help: """
                The mean of each channel over all of x, a map of one pixel that combines with any size; or over squares \
                of `window` pixels, every `stride` pixels.
                """,
            example: """
                block attended(x) { return x * sigmoid(conv(mean_pool(x), kernel = 1)) }
                network attentive(blurred) { output conv(attended(conv(blurred, 4)), 1) }
                parameters(attentive())  # 97
                """
        ) { call throws(ShapeFault) in MeanPool(try Pool(call)) })

    package let pool: Pool

    package init(_ pool: Pool) { self.pool = pool }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let pool = Pool(attributes) else { return nil }
        self.init(pool)
    }

    package var attributes: [Attribute] { pool.attributes }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        try pool.shape(single(inputs), kind)
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { pool.margin(margin, from: source) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        guard let window = pool.window else {
            return .kernels(
                OperatorKernels(
                    forward: Self.whole, gradients: [Self.wholeGradient],
                    workspace: { inputs, _ in Worker.sumsWorkspace(of: inputs[0], terms: 1) }))
        }
        let forward = Kernel("mean pool") { worker, operands in
            worker.meanOfWindows(operands[0], window, into: operands.target)
        }
        let gradient = Kernel("mean pool's gradient") { worker, operands in
            worker.meanOfWindowsAdjoint(operands[0], window, into: operands.target)
        }
        return .kernels(
            OperatorKernels(
                forward: forward,
                gradients: [InputGradient(0, gradient, reading: .gradient, writesAll: false)]))
    }

    private static let whole = Kernel("mean pool") { worker, operands in
        worker.meanOverPixels(operands[0], into: operands.target)
    }

    private static let wholeGradient = InputGradient(
        0,
        Kernel("mean pool's gradient") { worker, operands in
            worker.meanOverPixelsAdjoint(
                operands[0], into: operands.target, accumulates: operands.accumulates)
        }, reading: .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        pool.onnx(site, windows: "AveragePool", whole: "GlobalAveragePool")
    }
}
