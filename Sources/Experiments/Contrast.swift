import Foundation

/// How much one group of rows differs from another, from the differences of their pairs.
///
/// A pair is two rows that agree in all else, their seed above all; where both were scored on the same
/// pictures, each picture gives a difference of its own. Seeds and pictures are both samples of what might
/// have been drawn, so the difference dₛᵢ of seed s on picture i is taken as δ + aₛ + bᵢ + eₛᵢ with random a,
/// b and e [two-way random effects; Montgomery, Design and Analysis of Experiments, ch. 13]. The variance of
/// its mean is (MSₐ + MS_b − MSₑ) / (S·I), its degrees of freedom by Satterthwaite [1946]; an estimated
/// variance of seeds or pictures below zero counts as zero. Of rows without pictures this is Student's paired
/// t-test.
public struct Contrast: Sendable, Equatable {
    /// The mean of the differences.
    public let difference: Double
    public let standardError: Double
    /// A whole number where only seeds, or only pictures, vary.
    public let degreesOfFreedom: Double
    /// Probability of a difference at least this large, either way, if there were none.
    public let p: Double
    public let pairs: Int
    /// Pictures that every row of every pair was scored on; 1 where they are not known.
    public let images: Int
    /// Standard deviations of a and of b; `nil` where pictures are not known.
    public let spread: Spread?
    /// Cohen's d: the difference over the standard deviation of single differences.
    public let effect: Double

    public struct Spread: Sendable, Equatable {
        public let ofSeeds: Double
        public let ofImages: Double
        public let ofRest: Double
    }

    /// - Parameter differences: of each pair, those on the pictures, alike in all pairs; or one for each
    ///   pair.
    /// - Returns: `nil` for fewer than two pairs, and for differences without spread or that are not finite:
    ///   nothing can be said from them about other seeds.
    public init?(_ differences: [[Double]]) {
        guard differences.count > 1, let images = differences.first?.count, images > 0,
            differences.allSatisfy({ $0.count == images && $0.allSatisfy(\.isFinite) })
        else { return nil }
        let pairs = differences.count
        let (rows, columns) = (Double(pairs), Double(images))
        let ofRow = differences.map { $0.reduce(0, +) / columns }
        let mean = ofRow.reduce(0, +) / rows
        let ofColumn = (0..<images).map { image in
            differences.reduce(0) { $0 + $1[image] } / rows
        }
        let rowSquare = columns * Self.squares(ofRow, around: mean) / (rows - 1)
        var square = rowSquare
        var freedom = rows - 1
        var spread: Spread?
        var total = rowSquare
        if images > 1 {
            let columnSquare = rows * Self.squares(ofColumn, around: mean) / (columns - 1)
            var rest = 0.0
            for (pair, values) in differences.enumerated() {
                for (image, value) in values.enumerated() {
                    let residual = value - ofRow[pair] - ofColumn[image] + mean
                    rest += residual * residual
                }
            }
            let restFreedom = (rows - 1) * (columns - 1)
            let restSquare = rest / restFreedom
            let seeds = max(0, (rowSquare - restSquare) / columns)
            let pictures = max(0, (columnSquare - restSquare) / rows)
            spread = Spread(
                ofSeeds: seeds.squareRoot(), ofImages: pictures.squareRoot(), ofRest: restSquare.squareRoot())
            total = seeds + pictures + restSquare
            if pictures == 0 {
                (square, freedom) = (
                    max(rowSquare, columnSquare), rowSquare >= columnSquare ? rows - 1 : columns - 1
                )
            } else if seeds == 0 {
                (square, freedom) = (columnSquare, columns - 1)
            } else {
                square = rowSquare + columnSquare - restSquare
                freedom =
                    square * square
                    / (rowSquare * rowSquare / (rows - 1) + columnSquare * columnSquare / (columns - 1)
                        + restSquare * restSquare / restFreedom)
            }
        }
        guard square > 0, square.isFinite else { return nil }
        difference = mean
        standardError = (square / (rows * columns)).squareRoot()
        degreesOfFreedom = freedom
        p = StudentDistribution.twoSided(t: mean / standardError, degreesOfFreedom: freedom)
        effect = mean / total.squareRoot()
        (self.pairs, self.images, self.spread) = (pairs, images, spread)
    }

    private static func squares(_ values: [Double], around mean: Double) -> Double {
        values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }

    /// The interval that holds the difference with this confidence.
    public func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
        let reach =
            StudentDistribution.quantile((1 + confidence) / 2, degreesOfFreedom: degreesOfFreedom)
            * standardError
        return difference - reach...difference + reach
    }

    /// The smallest difference that such a comparison tells from none, at a level of 5 %, four times in five.
    public var leastTold: Double {
        (StudentDistribution.quantile(0.975, degreesOfFreedom: degreesOfFreedom)
            + StudentDistribution.quantile(0.8, degreesOfFreedom: degreesOfFreedom)) * standardError
    }
}

/// Holm's correction [1979]: probabilities so raised that any of those below 0.05 is wrong in one family of
/// 20.
/// - Parameter probabilities: of a family of comparisons; `nil` for those that could not be made, which do
///   not count.
public func holm(_ probabilities: [Double?]) -> [Double?] {
    let order = probabilities.indices.filter { probabilities[$0] != nil }
        .sorted { probabilities[$0] ?? 1 < probabilities[$1] ?? 1 }
    var corrected = probabilities
    var highest = 0.0
    for (place, index) in order.enumerated() {
        highest = max(highest, min(1, Double(order.count - place) * (probabilities[index] ?? 1)))
        corrected[index] = highest
    }
    return corrected
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
