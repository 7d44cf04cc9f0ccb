import Kernels
import LayerKernels

extension Operator {
    /// The shape of two inputs combined value by value: one that has a single channel, row or column is
    /// repeated along it.
    package func broadcast(_ inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard inputs.count == 2 else { throw .unfit(kind) }
        let (left, right) = (inputs[0], inputs[1])
        if left == right { return left }
        func joint(_ one: Extent, _ other: Extent) -> Extent? {
            one == other || other == .fixed(1) ? one : one == .fixed(1) ? other : nil
        }
        guard let height = joint(left.size.height, right.size.height),
            let width = joint(left.size.width, right.size.width)
        else {
            throw ShapeFault(
                "shape-clash", "feature maps of different shapes cannot be combined", at: .pair(0, 1),
                hint: ShapeFault.resizing + "; a map of one pixel goes with any size")
        }
        guard left.channels == right.channels || left.channels == 1 || right.channels == 1 else {
            throw ShapeFault(
                "shape-clash", "feature maps of different shapes cannot be combined", at: .pair(0, 1),
                hint: "a `conv` with `channels = …` changes the number of channels; one channel goes with any"
            )
        }
        return Shape(
            channels: max(left.channels, right.channels), size: MapSize(height: height, width: width))
    }
}

extension Arithmetic {
    /// Kernels for maps that are repeated where they have one channel, row or column.
    package func kernels(for inputs: [Shape], _ name: String) -> OperatorKernels {
        let forward = Kernel(name) { worker, operands in
            worker.combine(self, operands[0], operands[1], into: operands.target, accumulates: false)
        }
        return OperatorKernels(
            forward: forward,
            gradients: [gradient(0, inputs, name), gradient(1, inputs, name)],
            workspace: { _, output in Worker.sumsWorkspace(of: output, terms: 1) })
    }

    private func gradient(_ input: Int, _ inputs: [Shape], _ name: String) -> InputGradient {
        let name = "\(name)'s gradient"
        let isWhole = try? inputs[input] == Divide().broadcast(inputs)
        switch (self, input) {
        case (.sum, _), (.difference, 0): return sums(.gradient, input, name)
        case (.difference, _): return sums(.minusGradient, input, name)
        case (.product, _) where isWhole == true, (.quotient, 0) where isWhole == true:
            let kernel = Kernel(name) { worker, operands in
                worker.combine(
                    self, operands[0], operands[1], into: operands.target, accumulates: operands.accumulates)
            }
            return InputGradient(input, kernel, reading: .gradient, .input(1 - input))
        case (.product, _): return sums(.product, input, name, reading: .input(1 - input))
        case (.quotient, 0): return sums(.quotient, input, name, reading: .input(1))
        // d(a / b) / db = −(a / b) / b, and b is the same wherever it is repeated.
        case (.quotient, _):
            return sums(.minusProductOverValue, input, name, reading: .output, .input(1))
        }
    }

    private func sums(
        _ term: Worker.RepetitionTerm, _ input: Int, _ name: String, reading others: InputGradient.Source...
    ) -> InputGradient {
        let count = others.count
        let kernel = Kernel(name) { worker, operands in
            worker.sumRepetitions(
                term, operands[0], count > 0 ? operands[1] : nil, of: count > 1 ? operands[2] : nil,
                into: operands.target, accumulates: operands.accumulates)
        }
        return InputGradient(input, .kernel(kernel, reading: [.gradient] + others))
    }
}
