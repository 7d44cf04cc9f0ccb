import Kernels
import Operators

/// The kernels of a convolution of either kind: what other operators' own kernels are, with a method that the
/// plan has chosen and what is fused into them.
extension PlannedConvolution {
    /// `conv 3×3 /2`
    var name: String {
        let kernel = "\(geometry.kernel)×\(geometry.kernel)"
        return (isTransposed ? "deconv " : "conv ") + kernel
            + (geometry.stride == 1 ? "" : " \(isTransposed ? "×" : "/")\(geometry.stride)")
    }

    /// The way from the input to the output.
    var forward: Direction { isTransposed ? .transposed : .convolution }
    /// The way of the input's gradient.
    var backward: Direction { isTransposed ? .convolution : .transposed }

    /// Rearranges the weights: the first of the values, into the second.
    func packingKernel(_ direction: Direction) -> Kernel {
        let (geometry, method) = (geometry, method)
        return Kernel("weights of \(name)") { worker, operands in
            worker.pack(geometry, by: method, for: direction, operands.values[0], into: operands.values[1])
        }
    }

    /// Reads the input and, where there is one, the map to add. Values: the weights as this use reads them,
    /// the bias.
    func forwardKernel(hasResidual: Bool, relu: Bool) -> Kernel {
        Kernel(name + (hasResidual ? " + sum" : "") + (relu ? " + ReLU" : "")) { worker, operands in
            let epilogue = Epilogue(
                bias: operands.values.dropFirst().first, residual: hasResidual ? operands[1] : nil, relu: relu
            )
            worker.run(self, forward, operands, epilogue)
        }
    }

    /// Reads the output's gradient and, if given, the ReLU's output that masks it in place. Values: the
    /// bias's gradient, where there is a bias.
    func biasKernel(isMasked: Bool) -> Kernel {
        guard bias != nil else {
            return Kernel("ReLU mask") { worker, operands in worker.mask(operands[0], by: operands[1]) }
        }
        return Kernel(isMasked ? "ReLU mask and bias's gradient" : "bias's gradient") { worker, operands in
            worker.addBiasGradient(
                operands[0], maskedBy: isMasked ? operands[1] : nil, into: operands.values[0])
        }
    }

    /// Reads the input and the output's gradient. Values: the weights' gradient and, where the method has it
    /// at hand, the bias's.
    func weightKernel(withBias: Bool) -> Kernel {
        let (geometry, method, isTransposed) = (geometry, method, isTransposed)
        return Kernel(withBias ? "weights' and bias's gradient" : "weights' gradient") { worker, operands in
            let (input, output) = isTransposed ? (operands[1], operands[0]) : (operands[0], operands[1])
            worker.addWeightGradient(
                geometry, by: method, input: input, output: output, into: operands.values[0],
                bias: withBias ? operands.values[1] : nil)
        }
    }

    /// Reads the output's gradient and, if given, the ReLU's output that the input is: where it is not
    /// positive, the input's gradient becomes 0. Values: the weights as this use reads them.
    func inputKernel(accumulates: Bool, isMasked: Bool) -> Kernel {
        let name = "input's gradient" + (accumulates ? " + sum" : "") + (isMasked ? " + ReLU mask" : "")
        return Kernel(name) { worker, operands in
            let epilogue = Epilogue(mask: isMasked ? operands[1] : nil, accumulates: accumulates)
            worker.run(self, backward, operands, epilogue)
        }
    }
}

extension Worker {
    /// A product of a convolution, from the first of the maps to the last.
    fileprivate func run(
        _ convolution: PlannedConvolution, _ direction: Direction, _ operands: Operands, _ epilogue: Epilogue
    ) {
        switch direction {
        case .convolution:
            convolve(
                convolution.geometry, by: convolution.method, operands[0], weights: operands.values[0],
                into: operands.target, epilogue: epilogue)
        case .transposed:
            convolveTransposed(
                convolution.geometry, by: convolution.method, operands[0], weights: operands.values[0],
                into: operands.target, epilogue: epilogue)
        }
    }
}
