// What optimisers do beside Adam and Muon: plain loops that the compiler makes vectors of, since they are
// bound by memory.

extension Worker {
    /// One step of gradient descent with momentum, as PyTorch's `SGD` takes it: the velocity is `momentum`
    /// times its old value plus the gradient.
    /// - Parameters:
    ///   - velocity: zeros before the first step.
    ///   - decay: times the parameters, added to their gradients.
    package func descend(
        _ parameters: BufferView, gradient: BufferView, velocity: BufferView, learningRate: Float,
        momentum: Float, decay: Float
    ) {
        let count = parameters.count
        precondition(
            gradient.count == count && velocity.count == count,
            "\(count) parameters, \(gradient.count) gradients and \(velocity.count) velocities")
        divide(count, smallest: smallestDivided) { range in
            let (values, slopes, speeds) = (parameters.base, gradient.base, velocity.base)
            for index in range {
                let slope = slopes[index] + decay * values[index]
                speeds[index] = momentum * speeds[index] + slope
                values[index] -= learningRate * speeds[index]
            }
        }
    }

    /// The sum of all squares, in Double, the same on all workers. Waits for all.
    package func sumOfSquares(_ values: BufferView) -> Double {
        let base = values.base
        var total = 0.0
        for index in share(of: values.count) { total += Double(base[index]) * Double(base[index]) }
        return sum(total)
    }

    /// Brings every value into −limit…limit.
    package func clamp(_ values: BufferView, to limit: Float) {
        divide(values.count, smallest: smallestDivided) { range in
            let base = values.base
            for index in range { base[index] = min(max(base[index], -limit), limit) }
        }
    }

    /// Moves every value of `mean` by a share of its way to `values`.
    package func approach(_ values: BufferView, from mean: BufferView, by share: Float) {
        precondition(values.count == mean.count, "\(values.count) values meet \(mean.count)")
        divide(mean.count, smallest: smallestDivided) { range in
            let (base, target) = (mean.base, values.base)
            for index in range { base[index] += share * (target[index] - base[index]) }
        }
    }
}
