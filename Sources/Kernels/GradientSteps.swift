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
}
