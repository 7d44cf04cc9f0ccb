import Kernels

/// How the engine computes an operator.
package enum Lowering: Sendable {
    /// It is the image that the network is given.
    case image
    /// The input's buffer is the result's, and no gradient passes.
    case detached
    case kernels(OperatorKernels)
    /// The engine chooses a method and arranges the weights: the first parameter is the weight, the second
    /// the bias.
    case convolution(ConvolutionWindow)
}

/// Kernels of an operator that is no convolution.
package struct OperatorKernels: Sendable {
    /// Reads the inputs in their order, and the parameters in theirs as values; writes the result.
    package let forward: Kernel
    /// In the order in which gradients are added up.
    package let gradients: [InputGradient]
    package let parameterGradients: [ParameterGradient]
    /// Floats that each thread needs for itself within any of the kernels, by the maps that are read and the
    /// one that is made.
    package let workspace: @Sendable (_ inputs: [TensorShape], _ output: TensorShape) -> Int

    package init(
        forward: Kernel, gradients: [InputGradient], parameterGradients: [ParameterGradient] = [],
        workspace: @escaping @Sendable (_ inputs: [TensorShape], _ output: TensorShape) -> Int = { _, _ in 0 }
    ) {
        self.forward = forward
        self.gradients = gradients
        self.parameterGradients = parameterGradients
        self.workspace = workspace
    }
}

/// A part of the gradient with respect to an input.
package struct InputGradient: Sendable {
    /// A map that a gradient kernel reads.
    package enum Source: Sendable {
        /// The gradient with respect to the result.
        case gradient
        /// The result, which is kept until then.
        case output
        /// An input, which is kept until then.
        case input(Int)
    }

    package enum Rule: Sendable {
        /// The result's gradient itself, whose buffer may be handed on.
        case unchanged
        /// A kernel that reads the sources in their order, and writes or adds to the input's gradient.
        case kernel(Kernel, reading: [Source])
    }

    package let input: Int
    package let rule: Rule
    /// Whether the kernel writes every value of its target; otherwise the engine clears it first.
    package let writesAll: Bool

    package init(_ input: Int, _ rule: Rule, writesAll: Bool = true) {
        self.input = input
        self.rule = rule
        self.writesAll = writesAll
    }

    package init(_ input: Int, _ kernel: Kernel, reading sources: Source..., writesAll: Bool = true) {
        self.init(input, .kernel(kernel, reading: sources), writesAll: writesAll)
    }
}

/// The gradient with respect to a parameter: a kernel that reads the sources in their order and adds to the
/// first of its values, the parameters following behind.
package struct ParameterGradient: Sendable {
    package let parameter: Int
    package let kernel: Kernel
    package let sources: [InputGradient.Source]

    package init(_ parameter: Int, _ kernel: Kernel, reading sources: InputGradient.Source...) {
        self.parameter = parameter
        self.kernel = kernel
        self.sources = sources
    }
}

/// One piece of work on maps that all workers share, each doing its part.
///
/// The dispatch costs one call a step; loops over pixels are within.
package struct Kernel: Sendable {
    /// In a few words, for tables of a plan: `relu`, `relu's gradient`.
    package let name: String
    package let run: @Sendable (Worker, Operands) -> Void

    package init(_ name: String, _ run: @escaping @Sendable (Worker, Operands) -> Void) {
        self.name = name
        self.run = run
    }
}

/// What a kernel works on, bound to memory once and for all.
package struct Operands {
    /// What it reads, and behind it what it writes.
    package let maps: [FeatureMap]
    /// Parameters, or gradients of parameters.
    package let values: [BufferView]
    /// Whether the kernel adds to what the target holds instead of replacing it.
    package let accumulates: Bool

    package init(maps: [FeatureMap], values: [BufferView], accumulates: Bool) {
        self.maps = maps
        self.values = values
        self.accumulates = accumulates
    }

    package subscript(index: Int) -> FeatureMap { maps[index] }
    package var target: FeatureMap { maps[maps.count - 1] }
}

extension Kernel {
    /// target = factor · gradient (+ target)
    package static func scaledGradient(_ factor: Float) -> Kernel {
        Kernel("gradient passed on") { worker, operands in
            worker.affine(
                operands[0], factor: factor, into: operands.target, accumulates: operands.accumulates)
        }
    }

    /// The gradient as it is, copied or added.
    package static let passOn = scaledGradient(1)

    /// target = 0
    package static let clear = Kernel("zeros") { worker, operands in
        worker.fill(operands.target.floats, with: 0)
    }
}
