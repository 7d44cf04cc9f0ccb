import Foundation

/// Student's t-test for pairs: whether the differences of two paired samples have a mean other than zero.
public struct PairedTest: Sendable, Equatable {
    /// Mean difference over its standard error.
    public let t: Double
    /// Pairs less one.
    public let degreesOfFreedom: Int
    /// Probability of a |t| at least this large if the mean difference were zero.
    public let p: Double

    /// `nil` for fewer than two pairs, and for differences without spread or that are not finite: t has no
    /// value there.
    public init?(differences: [Double]) {
        guard differences.count > 1, differences.allSatisfy(\.isFinite) else { return nil }
        let sample = Sample(differences)
        guard let deviation = sample.deviation, deviation > 0 else { return nil }
        t = sample.mean / (deviation / Double(differences.count).squareRoot())
        degreesOfFreedom = differences.count - 1
        p = Self.twoSided(t: t, degreesOfFreedom: degreesOfFreedom)
    }

    /// P(|T| ≥ |t|) for Student's distribution of a whole number of degrees of freedom: the finite sums of
    /// Abramowitz & Stegun, 26.7.3 (odd) and 26.7.4 (even).
    ///
    /// Exact to about 1e-15 absolute, so a p below that may come out as zero.
    public static func twoSided(t: Double, degreesOfFreedom: Int) -> Double {
        precondition(degreesOfFreedom >= 1, "\(degreesOfFreedom) degrees of freedom")
        let angle = atan(abs(t) / Double(degreesOfFreedom).squareRoot())
        let cosine = cos(angle)
        let isOdd = !degreesOfFreedom.isMultiple(of: 2)
        // Odd: cos θ + 2/3 cos³ θ + 2·4/(3·5) cos⁵ θ + …; even: 1 + 1/2 cos² θ + 1·3/(2·4) cos⁴ θ + …
        var term = isOdd ? cosine : 1
        var sum = 0.0
        var power = isOdd ? 1 : 0
        while power <= degreesOfFreedom - 2 {
            sum += term
            power += 2
            term *= cosine * cosine * Double(power - 1) / Double(power)
        }
        let inside = isOdd ? 2 / Double.pi * (angle + sin(angle) * sum) : sin(angle) * sum
        return min(1, max(0, 1 - inside))
    }
}

/// Mean and spread of some numbers.
struct Sample {
    let mean: Double
    /// Of the sample (n − 1 below); `nil` for one number, or where it is not finite.
    let deviation: Double?

    /// - Precondition: there is a number.
    init(_ numbers: [Double]) {
        precondition(!numbers.isEmpty, "the mean of nothing")
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        self.mean = mean
        let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = numbers.count > 1 ? (squares / Double(numbers.count - 1)).squareRoot() : nil
        self.deviation = deviation.flatMap { $0.isFinite ? $0 : nil }
    }
}
