import Kernels
import LayerKernels
import Operators

/// (x − mean) / √(variance + ε) · weight + bias, with mean and variance over the channels of each pixel
/// [Ba et al. 2016].
package struct LayerNorm: Operator {
    package static let kind = "layer_norm"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x"), .number("epsilon", 1e-6)],
            help: """
                Each pixel's channels with mean 0 and variance 1, then scaled and shifted by a learned weight and bias \
                of each channel. The variance is over all channels, plus `epsilon`.
                """,
            example:
                "network normalised(blurred) { output conv(layer_norm(conv(blurred, 8)), 1) }\nparameters(normalised())  # 169"
        ) { LayerNorm(epsilon: $0.number("epsilon")) })

    package let epsilon: Double

    package init(epsilon: Double = 1e-6) { self.epsilon = epsilon }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let epsilon = attributes.real("epsilon") else { return nil }
        self.init(epsilon: epsilon)
    }

    package var attributes: [Attribute] { [Attribute("epsilon", .real(epsilon))] }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        try checkEpsilon(epsilon)
        let input = try single(inputs)
        guard input.channels > 1 else {
            throw ShapeFault(
                "shape-clash", "`layer_norm` of one channel is its bias everywhere", at: .input(0),
                hint: "give it more channels, or use `instance_norm`, which goes over pixels")
        }
        return input
    }

    package func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        [
            OperatorParameter("weight", [inputs[0].channels], start: 1),
            OperatorParameter("bias", [inputs[0].channels], start: 0),
        ]
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let epsilon = Float(epsilon)
        let forward = Kernel("layer norm") { worker, operands in
            worker.layerNorm(
                operands[0], scale: operands.values[0], shift: operands.values[1], epsilon: epsilon,
                into: operands.target)
        }
        let gradient = Kernel("layer norm's gradient") { worker, operands in
            worker.layerNormGradient(
                operands[0], operands[1], scale: operands.values[0], epsilon: epsilon,
                into: operands.target, accumulates: operands.accumulates)
        }
        func sums(_ name: String, isScale: Bool) -> Kernel {
            Kernel("layer norm's \(name)'s gradient") { worker, operands in
                worker.addLayerNormSums(
                    operands[0], operands[1], epsilon: epsilon, scale: isScale ? operands.values[0] : nil,
                    shift: isScale ? nil : operands.values[0])
            }
        }
        return .kernels(
            OperatorKernels(
                forward: forward, gradients: [InputGradient(0, gradient, reading: .input(0), .gradient)],
                parameterGradients: [
                    ParameterGradient(0, sums("weight", isScale: true), reading: .input(0), .gradient),
                    ParameterGradient(1, sums("bias", isScale: false), reading: .input(0), .gradient),
                ], workspace: { inputs, _ in Worker.layerNormWorkspace(of: inputs[0]) }))
    }

    package var passesGradientAtZero: Bool { true }

    /// ONNX's own node normalises innermost dimensions, which channels are not.
    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let (name, input) = (site.name, site.inputs[0])
        let channels: [ONNXFragment.Attribute] = [.integers("axes", [1])]
        let shape = "\(name).shape"
        var fragment = ONNXFragment(result: name)
        fragment.add(shape, integers: [1, site.shape.channels, 1, 1])
        fragment.add("\(name).epsilon", [], floats: [Float(epsilon)])
        fragment.add("ReduceMean", [input], "\(name).mean", channels)
        fragment.add("Sub", [input, "\(name).mean"], "\(name).deviation")
        fragment.add("Mul", ["\(name).deviation", "\(name).deviation"], "\(name).square")
        fragment.add("ReduceMean", ["\(name).square"], "\(name).variance", channels)
        fragment.add("Add", ["\(name).variance", "\(name).epsilon"], "\(name).positive")
        fragment.add("Sqrt", ["\(name).positive"], "\(name).length")
        fragment.add("Div", ["\(name).deviation", "\(name).length"], "\(name).normal")
        fragment.add("Reshape", [site.parameters[0], shape], "\(name).scale")
        fragment.add("Reshape", [site.parameters[1], shape], "\(name).shift")
        fragment.add("Mul", ["\(name).normal", "\(name).scale"], "\(name).scaled")
        fragment.add("Add", ["\(name).scaled", "\(name).shift"], name)
        return fragment
    }
}

extension Operator {
    /// - Throws: for a number that keeps no square root of zero away.
    func checkEpsilon(_ epsilon: Double) throws(ShapeFault) {
        guard epsilon > 0, epsilon.isFinite, Float(epsilon) > 0 else {
            throw ShapeFault(
                "out-of-range", "`epsilon` of `\(kind)` must be above 0", at: .call, hint: "1e-5 is usual")
        }
    }
}
