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
        let squares = MeanSquares(differences)
        let (variance, freedom) = squares.varianceOfMean
        // What is equal but for rounding has no spread.
        let largest = differences.joined().map(abs).max() ?? 0
        guard variance > 1e-24 * largest * largest else { return nil }
        difference = squares.mean
        standardError = variance.squareRoot()
        degreesOfFreedom = freedom
        p = StudentDistribution.twoSided(t: squares.mean / standardError, degreesOfFreedom: freedom)
        spread = images > 1 ? squares.spread : nil
        effect = squares.mean / squares.totalVariance.squareRoot()
        (pairs, self.images) = (differences.count, images)
    }

    /// The interval that holds the difference with this confidence.
    public func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
        let reach =
            StudentDistribution.quantile((1 + confidence) / 2, degreesOfFreedom: degreesOfFreedom)
            * standardError
        return difference - reach...difference + reach
    }

    /// About the smallest difference that such a comparison tells from none, at a level of 5 % without a
    /// correction, four times in five.
    public var leastTold: Double {
        (StudentDistribution.quantile(0.975, degreesOfFreedom: degreesOfFreedom)
            + StudentDistribution.quantile(0.8, degreesOfFreedom: degreesOfFreedom)) * standardError
    }
}

/// The mean squares of a two-way layout of pairs and pictures, without repetitions.
private struct MeanSquares {
    let mean: Double
    private let pairs: Double
    private let images: Double
    private let ofPairs: Double
    private let ofImages: Double
    private let ofRest: Double

    init(_ differences: [[Double]]) {
        let (rows, columns) = (Double(differences.count), Double(differences[0].count))
        let rowMeans = differences.map { $0.reduce(0, +) / columns }
        let columnMeans = differences[0].indices.map { image in
            differences.reduce(0) { $0 + $1[image] } / rows
        }
        let mean = rowMeans.reduce(0, +) / rows
        func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } }
        var rest = 0.0
        for (pair, values) in differences.enumerated() {
            for (image, value) in values.enumerated() {
                let residual = value - rowMeans[pair] - columnMeans[image] + mean
                rest += residual * residual
            }
        }
        (self.mean, pairs, images) = (mean, rows, columns)
        ofPairs = columns * squares(rowMeans) / (rows - 1)
        ofImages = columns > 1 ? rows * squares(columnMeans) / (columns - 1) : 0
        ofRest = columns > 1 ? rest / ((rows - 1) * (columns - 1)) : 0
    }

    private var seedVariance: Double { max(0, (ofPairs - ofRest) / images) }
    private var imageVariance: Double { max(0, (ofImages - ofRest) / pairs) }

    /// Of one difference.
    var totalVariance: Double { seedVariance + imageVariance + ofRest }

    var spread: Contrast.Spread {
        .init(
            ofSeeds: seedVariance.squareRoot(), ofImages: imageVariance.squareRoot(),
            ofRest: ofRest.squareRoot())
    }

    /// With its degrees of freedom.
    var varianceOfMean: (Double, freedom: Double) {
        let (pairFreedom, imageFreedom) = (pairs - 1, images - 1)
        let count = pairs * images
        switch (images > 1, seedVariance > 0, imageVariance > 0) {
        case (false, _, _), (true, true, false): return (ofPairs / count, pairFreedom)
        case (true, false, true): return (ofImages / count, imageFreedom)
        case (true, false, false): return (ofRest / count, pairFreedom * imageFreedom)
        case (true, true, true):
            let sum = ofPairs + ofImages - ofRest
            let freedom =
                sum * sum
                / (ofPairs * ofPairs / pairFreedom + ofImages * ofImages / imageFreedom
                    + ofRest * ofRest / (pairFreedom * imageFreedom))
            return (sum / count, freedom)
        }
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
