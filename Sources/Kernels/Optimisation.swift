import Foundation
import VectorKernels

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

extension Worker {
    /// The sum over all values of `loss(output, target)`, in Double, and the gradient `slope(output,
    /// target)`, which is added to what `gradient` holds if `accumulates`.
    ///
    /// Inlined where it is called, in other targets too, so that the loops are over `loss` and `slope`
    /// themselves.
    @inlinable @inline(__always)
    package func pointwiseLoss(
        _ output: Map, _ target: Map, gradient: Map, accumulates: Bool,
        loss: (Float, Float) -> Double, slope: (Float, Float) -> Float
    ) -> Double {
        checkEqual(output, target)
        checkEqual(output, gradient)
        let range = share(of: output.count)
        let (values, wanted, slopes) = (output.base, target.base, gradient.base)
        var total = 0.0
        for index in range { total += loss(values[index], wanted[index]) }
        if accumulates {
            for index in range { slopes[index] += slope(values[index], wanted[index]) }
        } else {
            for index in range { slopes[index] = slope(values[index], wanted[index]) }
        }
        return sum(total)
    }

    /// The sum over images of `loss(mean squared error)`, and its gradient by `slope`, the derivative of
    /// `loss`, each divided by `images`: those of the whole batch, of which these may be a microbatch.
    ///
    /// - Parameter accumulates: whether the gradient is added to what `gradient` holds.
    package func errorLoss(
        _ output: Map, _ target: Map, of images: Int, gradient: Map, accumulates: Bool,
        loss: (Double) -> Double, slope: (Double) -> Double
    ) -> Double {
        checkEqual(output, target)
        checkEqual(output, gradient)
        let size = output.count / output.extent.batch
        let (values, wanted, slopes) = (output.base, target.base, gradient.base)
        var total = 0.0
        for image in 0..<output.extent.batch {
            let share = share(of: size)
            let range = image * size + share.lowerBound..<image * size + share.upperBound
            var squares = 0.0
            for index in range {
                let difference = Double(values[index]) - Double(wanted[index])
                squares += difference * difference
            }
            let error = sum(squares) / Double(size)
            total += loss(error) / Double(images)
            let factor = Float(slope(error) * 2 / Double(size * images))
            for index in range {
                let part = factor * (values[index] - wanted[index])
                slopes[index] = accumulates ? slopes[index] + part : part
            }
        }
        return total
    }

    /// The sum over all values of output · weight, in Double, and its gradient, which is the weight.
    package func projection(
        _ output: Map, _ weight: Map, gradient: Map, accumulates: Bool = false
    ) -> Double {
        checkEqual(output, weight)
        checkEqual(output, gradient)
        let (values, weights, slopes) = (output.base, weight.base, gradient.base)
        var products = 0.0
        for index in share(of: output.count) {
            products += Double(values[index]) * Double(weights[index])
            slopes[index] = accumulates ? slopes[index] + weights[index] : weights[index]
        }
        return sum(products)
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
        var step = AdamCoefficients(
            beta1: Float(constants.beta1), oneMinusBeta1: Float(1 - constants.beta1),
            beta2: Float(constants.beta2), oneMinusBeta2: Float(1 - constants.beta2),
            stepSize: Float(learningRate / (1 - pow(constants.beta1, Double(step)))),
            secondMomentCorrection: Float(1 / (1 - pow(constants.beta2, Double(step)))),
            epsilon: Float(constants.epsilon))
        divide(count, smallest: smallestDivided) { range in
            let start = range.lowerBound
            kernels.adam(
                range.count, parameters.base + start, gradient.base + start, first.base + start,
                second.base + start, &step)
        }
    }

    /// Whether every value is a number: no NaN, no infinity.
    package func isFinite(_ map: Map) -> Bool {
        let values = map.base
        // x · 0 is 0 for a number and NaN for anything else, and a sum with NaN in it is NaN.
        var zero: Float = 0
        for index in share(of: map.count) { zero += values[index] * 0 }
        return sum(Double(zero)) == 0
    }
}
