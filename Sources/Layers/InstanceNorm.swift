import Kernels
import LayerKernels
import Operators

/// (x − mean) / √(variance + ε), with mean and variance over the pixels of each image, channel by channel
/// [Ulyanov et al. 2016]; · weight + bias, where these are learned.
package struct InstanceNorm: Operator {
    package static let kind = "instance_norm"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.map("x"), .number("epsilon", 1e-5), .flag("affine", false)],
            help: """
                Each channel of each image with mean 0 and variance 1 over its pixels; with `affine`, then scaled and \
                shifted by a learned weight and bias of each channel.
                """,
            example:
                "network normalised(blurred) { output conv(instance_norm(conv(blurred, 8), affine = true), 1) }\nparameters(normalised())  # 169"
        ) { InstanceNorm(epsilon: $0.number("epsilon"), isAffine: $0.flag("affine")) })

    package let epsilon: Double
    package let isAffine: Bool

    package init(epsilon: Double = 1e-5, isAffine: Bool = false) {
        (self.epsilon, self.isAffine) = (epsilon, isAffine)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let epsilon = attributes.real("epsilon"), let isAffine = attributes.integer("affine") else {
            return nil
        }
        self.init(epsilon: epsilon, isAffine: isAffine != 0)
    }

    package var attributes: [Attribute] {
        [Attribute("epsilon", .real(epsilon)), Attribute("affine", .integer(isAffine ? 1 : 0))]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        try checkEpsilon(epsilon)
        let input = try single(inputs)
        guard input.size != .fixed(height: 1, width: 1) else {
            throw ShapeFault(
                "shape-clash", "`instance_norm` of a single pixel has nothing to take a variance over",
                at: .input(0),
                hint: "normalise before `mean_pool`, or use `layer_norm`, which goes over channels")
        }
        return input
    }

    package func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        guard isAffine else { return [] }
        return [
            OperatorParameter("weight", [inputs[0].channels], start: 1),
            OperatorParameter("bias", [inputs[0].channels], start: 0),
        ]
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { nil }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let (epsilon, isAffine) = (Float(epsilon), isAffine)
        let forward = Kernel("instance norm") { worker, operands in
            worker.instanceNorm(
                operands[0], scale: operands.values.first, shift: operands.values.last, epsilon: epsilon,
                into: operands.target)
        }
        let gradient = Kernel("instance norm's gradient") { worker, operands in
            worker.instanceNormGradient(
                operands[0], operands[1], scale: operands.values.first, epsilon: epsilon,
                into: operands.target, accumulates: operands.accumulates)
        }
        func sums(_ name: String, isScale: Bool) -> Kernel {
            Kernel("instance norm's \(name)'s gradient") { worker, operands in
                worker.addInstanceNormSums(
                    operands[0], operands[1], epsilon: epsilon, scale: isScale ? operands.values[0] : nil,
                    shift: isScale ? nil : operands.values[0])
            }
        }
        return .kernels(
            OperatorKernels(
                forward: forward, gradients: [InputGradient(0, gradient, reading: .input(0), .gradient)],
                parameterGradients: !isAffine
                    ? []
                    : [
                        ParameterGradient(0, sums("weight", isScale: true), reading: .input(0), .gradient),
                        ParameterGradient(1, sums("bias", isScale: false), reading: .input(0), .gradient),
                    ], workspace: { inputs, _ in Worker.instanceNormWorkspace(of: inputs[0]) }))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        var fragment = ONNXFragment(result: site.name)
        var values = site.parameters
        if !isAffine {
            values = ["\(site.name).ones", "\(site.name).zeros"]
            let channels = site.shape.channels
            fragment.add(values[0], [channels], floats: [Float](repeating: 1, count: channels))
            fragment.add(values[1], [channels], floats: [Float](repeating: 0, count: channels))
        }
        fragment.add(
            "InstanceNormalization", site.inputs + values, site.name, [.real("epsilon", Float(epsilon))])
        return fragment
    }
}
