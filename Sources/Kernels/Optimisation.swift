import Foundation

/// The constants of Adam [Kingma & Ba 2015, algorithm 1].
public struct AdamConstants: Hashable, Sendable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double

    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }
}

extension Workers {
    /// The mean over all values of (output − target)², summed in Double, and its gradient.
    ///
    /// - Parameter gradient: if given, takes 2 · (output − target) / count (added to what it holds, if
    ///   `accumulates`).
    package func meanSquaredError(
        _ output: Map, _ target: Map, gradient: Map?, accumulates: Bool = false
    ) -> Double {
        checkEqual(output, target)
        if let gradient { checkEqual(output, gradient) }
        let slope = Float(2 / Double(output.count))
        everywhere { thread in
            let range = share(of: output.count, thread: thread)
            let (output, target) = (output.base, target.base)
            var sum = 0.0
            for index in range {
                let difference = Double(output[index]) - Double(target[index])
                sum += difference * difference
            }
            partialSums[thread] = sum
            guard let gradient = gradient?.base else { return }
            if accumulates {
                for index in range { gradient[index] += slope * (output[index] - target[index]) }
            } else {
                for index in range { gradient[index] = slope * (output[index] - target[index]) }
            }
        }
        var sum = 0.0
        for thread in 0..<threads { sum += partialSums[thread] }
        return sum / Double(output.count)
    }

    /// One step of Adam with bias correction, over all parameters at once.
    ///
    /// - Parameters:
    ///   - first: the running mean of the gradient; zeros before the first step.
    ///   - second: the running mean of its square; zeros before the first step.
    ///   - step: counted from 1.
    package func adam(
        _ parameters: Floats, gradient: Floats, first: Floats, second: Floats, learningRate: Double,
        constants: AdamConstants, step: Int
    ) {
        let count = parameters.count
        precondition(
            gradient.count == count && first.count == count && second.count == count,
            "\(count) parameters, \(gradient.count) gradients, \(first.count) and \(second.count) moments")
        precondition(step > 0, "steps are counted from 1, this is step \(step)")
        let beta1 = Float(constants.beta1)
        let beta2 = Float(constants.beta2)
        let epsilon = Float(constants.epsilon)
        let rate = Float(learningRate / (1 - pow(constants.beta1, Double(step))))
        let correction = Float(1 / (1 - pow(constants.beta2, Double(step))))
        divide(count, smallest: smallestDivided) { range in
            let (parameters, gradient) = (parameters.base, gradient.base)
            let (first, second) = (first.base, second.base)
            for index in range {
                let slope = gradient[index]
                let mean = beta1 * first[index] + (1 - beta1) * slope
                let square = beta2 * second[index] + (1 - beta2) * slope * slope
                first[index] = mean
                second[index] = square
                parameters[index] -= rate * mean / ((square * correction).squareRoot() + epsilon)
            }
        }
    }

    /// Whether every value is a number: no NaN, no infinity.
    package func isFinite(_ map: Map) -> Bool {
        everywhere { thread in
            let values = map.base
            // x · 0 is 0 for a number and NaN for anything else, and a sum with NaN in it is NaN.
            var sum: Float = 0
            for index in share(of: map.count, thread: thread) { sum += values[index] * 0 }
            partialSums[thread] = Double(sum)
        }
        return (0..<threads).allSatisfy { partialSums[$0] == 0 }
    }
}
