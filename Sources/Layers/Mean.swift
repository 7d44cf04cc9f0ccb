import Kernels
import LayerKernels
import Operators

/// The mean over all channels and pixels of each image: one value, a map of one channel and one pixel.
package struct Mean: Operator {
    package static let kind = "mean"
    package static let form = LanguageForm.valueFunction(Mean())

    package init() {}
    package init?(_ attributes: some AttributeReader, giving shape: Shape) {}

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        _ = try single(inputs)
        return Shape(channels: 1, size: .fixed(height: 1, width: 1))
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { source.isFixed && margin == .none ? margin : nil }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(
            OperatorKernels(
                forward: Self.forward, gradients: [Self.gradient],
                workspace: { inputs, _ in Worker.sumsWorkspace(of: inputs[0], terms: 1) }))
    }

    private static let forward = Kernel("mean") { worker, operands in
        worker.mean(operands[0], into: operands.target)
    }

    private static let gradient = InputGradient(
        0,
        Kernel("mean's gradient") { worker, operands in
            worker.meanAdjoint(
                operands[0], into: operands.target, accumulates: operands.accumulates)
        }, reading: .gradient)

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        ONNXFragment(site, "ReduceMean", nil, [.integers("axes", [1, 2, 3])])
    }
}
