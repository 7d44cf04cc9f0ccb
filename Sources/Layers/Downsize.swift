import Kernels
import Operators

/// The mean of squares of `factor` × `factor` pixels.
package struct Downsize: Operator {
    package static let kind = "downsize"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x"), .integer("factor", factors)],
            help: "x at 1/factor of its height and width: the mean of each square of factor × factor pixels.",
            example:
                "network halved(blurred) { output resize(conv(downsize(blurred, 2), 1), like = blurred) }\nparameters(halved())  # 10"
        ) { Downsize(by: $0.integer("factor")) })

    private static let factors = 1...1024

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
        return input.with(size: try input.size.divided(into: factor, factor))
    }

    package func isIdentity(on inputs: [Shape]) -> Bool { factor == 1 }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        ReceptiveFieldMargin(
            leading: ceilingOfQuotient(margin.leading, factor),
            trailing: ceilingOfQuotient(margin.trailing, factor))
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let factor = factor
        let forward = Kernel("downsize") { worker, operands in
            worker.downsize(operands[0], factor: factor, into: operands.target)
        }
        let gradient = Kernel("downsize's gradient") { worker, operands in
            worker.downsizeAdjoint(
                operands[0], factor: factor, into: operands.target, accumulates: operands.accumulates)
        }
        return .kernels(
            OperatorKernels(forward: forward, gradients: [InputGradient(0, gradient, reading: .gradient)]))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        ONNXFragment(
            site, "AveragePool", nil,
            [.integers("kernel_shape", [factor, factor]), .integers("strides", [factor, factor])])
    }
}
