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

/// An output of a network beside its target.
package struct LossMaps {
    package let output: FeatureMap
    package let target: FeatureMap
    /// Takes the gradient of the loss with respect to ``output``.
    package let gradient: FeatureMap
    /// Whether the gradient is added to what ``gradient`` holds.
    package let accumulates: Bool

    package init(output: FeatureMap, target: FeatureMap, gradient: FeatureMap, accumulates: Bool) {
        (self.output, self.target) = (output, target)
        (self.gradient, self.accumulates) = (gradient, accumulates)
    }

    @usableFromInline func check(on worker: Worker) {
        worker.checkEqual(output, target)
        worker.checkEqual(output, gradient)
    }
}

/// One step of Adam, and its constants.
package struct AdamStep {
    let constants: AdamConstants
    let learningRate: Double
    /// Counted from 1.
    let number: Int

    package init(_ number: Int, learningRate: Double, _ constants: AdamConstants = AdamConstants()) {
        precondition(number > 0, "steps are counted from 1, this is step \(number)")
        (self.number, self.learningRate, self.constants) = (number, learningRate, constants)
    }

    fileprivate var coefficients: AdamCoefficients {
        AdamCoefficients(
            beta1: Float(constants.beta1), oneMinusBeta1: Float(1 - constants.beta1),
            beta2: Float(constants.beta2), oneMinusBeta2: Float(1 - constants.beta2),
            stepSize: Float(learningRate / (1 - pow(constants.beta1, Double(number)))),
            secondMomentCorrection: Float(1 / (1 - pow(constants.beta2, Double(number)))),
            epsilon: Float(constants.epsilon))
    }
}

extension Worker {
    /// The sum over all values of `loss(output, target)`, in Double, and the gradient `slope(output,
    /// target)`.
    ///
    /// Inlined where it is called, in other targets too, so that the loops are over `loss` and `slope`
    /// themselves.
    @inlinable @inline(__always)
    package func pointwiseLoss(
        _ maps: LossMaps, loss: (Float, Float) -> Double, slope: (Float, Float) -> Float
    ) -> Double {
        maps.check(on: self)
        let range = share(of: maps.output.count)
        let (values, wanted, slopes) = (maps.output.base, maps.target.base, maps.gradient.base)
        var total = 0.0
        for index in range { total += loss(values[index], wanted[index]) }
        if maps.accumulates {
            for index in range { slopes[index] += slope(values[index], wanted[index]) }
        } else {
            for index in range { slopes[index] = slope(values[index], wanted[index]) }
        }
        return sum(total)
    }

    /// The sum over images of `loss(mean squared error)`, and its gradient by `slope`, the derivative of
    /// `loss`, each divided by `images`: those of the whole batch, of which these may be a microbatch.
    package func errorLoss(
        _ maps: LossMaps, of images: Int, loss: (Double) -> Double, slope: (Double) -> Double
    ) -> Double {
        maps.check(on: self)
        let size = maps.output.count / maps.output.shape.batch
        let (values, wanted, slopes) = (maps.output.base, maps.target.base, maps.gradient.base)
        var total = 0.0
        for image in 0..<maps.output.shape.batch {
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
                slopes[index] = maps.accumulates ? slopes[index] + part : part
            }
        }
        return total
    }

    /// The sum over all values of output · target, in Double, and its gradient, which is the target.
    package func projection(_ maps: LossMaps) -> Double {
        maps.check(on: self)
        let (values, weights, slopes) = (maps.output.base, maps.target.base, maps.gradient.base)
        var products = 0.0
        for index in share(of: maps.output.count) {
            products += Double(values[index]) * Double(weights[index])
            slopes[index] = maps.accumulates ? slopes[index] + weights[index] : weights[index]
        }
        return sum(products)
    }

    /// One step of Adam with bias correction, over all parameters at once.
    ///
    /// - Parameters:
    ///   - first: the running mean of the gradient; zeros before the first step.
    ///   - second: the running mean of its square; zeros before the first step.
    package func adam(
        _ parameters: BufferView, gradient: BufferView, first: BufferView, second: BufferView,
        _ step: AdamStep
    ) {
        let count = parameters.count
        precondition(
            gradient.count == count && first.count == count && second.count == count,
            "\(count) parameters, \(gradient.count) gradients, \(first.count) and \(second.count) moments")
        var coefficients = step.coefficients
        divide(count, smallest: smallestDivided) { range in
            let start = range.lowerBound
            kernels.adam(
                range.count, parameters.base + start, gradient.base + start, first.base + start,
                second.base + start, &coefficients)
        }
    }

    /// Whether every value is a number: no NaN, no infinity.
    package func isFinite(_ map: FeatureMap) -> Bool {
        let values = map.base
        // x · 0 is 0 for a number and NaN for anything else, and a sum with NaN in it is NaN.
        var zero: Float = 0
        for index in share(of: map.count) { zero += values[index] * 0 }
        return sum(Double(zero)) == 0
    }
}
