import Foundation

/// How much one group of rows differs from another, from the differences of their pairs.
///
/// A pair is two rows that agree in all else, their seed above all; where both were scored on the same
/// images, each image gives a difference of its own. Seeds and images are both samples of what might have
/// been drawn, so the difference dₛᵢ of seed s on image i is taken as δ + aₛ + bᵢ + eₛᵢ with random a, b and
/// e [two-way random effects; Montgomery, Design and Analysis of Experiments, ch. 13]. The variance of its
/// mean is (MSₐ + MS_b − MSₑ) / (S·I), its degrees of freedom by Satterthwaite [1946]; an estimated variance
/// of seeds or images below zero counts as zero. Of rows without images this is Student's paired t-test.
public struct Contrast: Sendable, Equatable {
    /// The mean of the differences.
    public let difference: Double
    public let standardError: Double
    /// A whole number where only seeds, or only images, vary.
    public let degreesOfFreedom: Double
    /// Probability of a difference at least this large, either way, if there were none.
    public let p: Double
    public let seeds: Int
    /// Images that every row of every pair was scored on; 1 where they are not known.
    public let images: Int
    /// Standard deviations of a, b and e; `nil` where images are not known.
    public let deviations: Deviations?
    /// Cohen's d_z: the difference over the standard deviation of single differences.
    public let effect: Double

    public struct Deviations: Sendable, Equatable {
        public let ofSeeds: Double
        public let ofImages: Double
        public let ofRest: Double
    }

    /// - Parameter differences: of each seed, those on the images, the same ones for all seeds; or one for
    ///   each seed.
    /// - Returns: `nil` for fewer than two seeds, and for differences that do not vary, or whose variance is
    ///   not finite: nothing follows from them for other seeds.
    public init?(_ differences: [[Double]]) {
        guard differences.count > 1, let images = differences.first?.count, images > 0,
            differences.allSatisfy({ $0.count == images && $0.allSatisfy(\.isFinite) })
        else { return nil }
        let squares = MeanSquares(differences)
        let (variance, freedom) = squares.varianceOfMean
        // What is equal but for rounding does not vary.
        let largest = differences.joined().map(abs).max() ?? 0
        guard variance.isFinite, freedom.isFinite, freedom > 0, variance > 1e-24 * largest * largest else {
            return nil
        }
        difference = squares.mean
        standardError = variance.squareRoot()
        degreesOfFreedom = freedom
        p = StudentDistribution.twoSided(t: squares.mean / standardError, degreesOfFreedom: freedom)
        deviations = images > 1 ? squares.deviations : nil
        effect = squares.mean / squares.totalVariance.squareRoot()
        (seeds, self.images) = (differences.count, images)
    }

    /// The interval that holds the difference with this confidence.
    public func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
        let reach =
            StudentDistribution.quantile((1 + confidence) / 2, degreesOfFreedom: degreesOfFreedom)
            * standardError
        return difference - reach...difference + reach
    }

    /// About the smallest true difference that such a comparison detects with a power of 80 %, at a level of
    /// 5 % without a correction for others.
    public var detectable: Double {
        (StudentDistribution.quantile(0.975, degreesOfFreedom: degreesOfFreedom)
            + StudentDistribution.quantile(0.8, degreesOfFreedom: degreesOfFreedom)) * standardError
    }
}

/// The mean squares of a two-way layout of seeds and images, without repetitions.
private struct MeanSquares {
    let mean: Double
    private let seeds: Double
    private let images: Double
    private let ofSeeds: Double
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
        for (seed, values) in differences.enumerated() {
            for (image, value) in values.enumerated() {
                let residual = value - rowMeans[seed] - columnMeans[image] + mean
                rest += residual * residual
            }
        }
        (self.mean, seeds, images) = (mean, rows, columns)
        ofSeeds = columns * squares(rowMeans) / (rows - 1)
        ofImages = columns > 1 ? rows * squares(columnMeans) / (columns - 1) : 0
        ofRest = columns > 1 ? rest / ((rows - 1) * (columns - 1)) : 0
    }

    private var seedVariance: Double { max(0, (ofSeeds - ofRest) / images) }
    private var imageVariance: Double { max(0, (ofImages - ofRest) / seeds) }

    /// The variance of one difference.
    var totalVariance: Double { seedVariance + imageVariance + ofRest }

    var deviations: Contrast.Deviations {
        .init(
            ofSeeds: seedVariance.squareRoot(), ofImages: imageVariance.squareRoot(),
            ofRest: ofRest.squareRoot())
    }

    /// With its degrees of freedom.
    var varianceOfMean: (Double, freedom: Double) {
        let (seedFreedom, imageFreedom) = (seeds - 1, images - 1)
        let count = seeds * images
        switch (images > 1, seedVariance > 0, imageVariance > 0) {
        case (false, _, _), (true, true, false): return (ofSeeds / count, seedFreedom)
        case (true, false, true): return (ofImages / count, imageFreedom)
        case (true, false, false): return (ofRest / count, seedFreedom * imageFreedom)
        case (true, true, true):
            let sum = ofSeeds + ofImages - ofRest
            let freedom =
                sum * sum
                / (ofSeeds * ofSeeds / seedFreedom + ofImages * ofImages / imageFreedom
                    + ofRest * ofRest / (seedFreedom * imageFreedom))
            return (sum / count, freedom)
        }
    }
}

/// Holm's step-down correction [1979]: adjusted p-values. In at most 5 % of families is any of them below
/// 0.05 where there is no difference.
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
