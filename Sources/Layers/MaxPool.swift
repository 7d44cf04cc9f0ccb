import Kernels
import LayerKernels
import Operators

/// The largest value of windows of pixels, or of all pixels of each image, channel by channel. Its gradient
/// goes to the first pixel that has it, as PyTorch's does.
package struct MaxPool: Operator {
    package static let kind = "max_pool"

    package static let form = LanguageForm.function(
        LayerFunction(
            Pool.parameters,
            help: """
                The largest value of each channel over all of x, a map of one pixel that combines with any size; or over \
                squares of `window` pixels, every `stride` pixels.
                """,
            example: """
                network coarse(blurred) { output resize(max_pool(conv(blurred, 1), window = 2), like = blurred) }
                parameters(coarse())  # 10
                """
        ) { call throws(ShapeFault) in MaxPool(try Pool(call)) })

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
        let window = pool.window
        let forward = Kernel("max pool") { worker, operands in
            worker.largestOfWindows(operands[0], window, into: operands.target)
        }
        let gradient = Kernel("max pool's gradient") { worker, operands in
            worker.largestOfWindowsGradient(
                operands[0], operands[1], operands[2], window, into: operands.target)
        }
        return .kernels(
            OperatorKernels(
                forward: forward,
                gradients: [
                    InputGradient(
                        0, gradient, reading: .input(0), .output, .gradient, writesAll: false)
                ]))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        pool.onnx(site, windows: "MaxPool", whole: "GlobalMaxPool")
    }
}
