import Foundation
import Statistics
import Testing

struct ContrastTests {
    private struct Paired: Decodable {
        struct Tail: Decodable { let t: Double, degreesOfFreedom: Int, p: Double }
        struct Test: Decodable {
            let left: [Double], right: [Double], t: Double, degreesOfFreedom: Int, p: Double
        }
        let tails: [Tail]
        let tests: [Test]
    }

    private struct Crossed: Decodable {
        struct Expected: Decodable {
            let differences: [[Double]]
            let difference: Double, error: Double, freedom: Double, p: Double, low: Double, high: Double
            let seeds: Double, images: Double, rest: Double, effect: Double, least: Double
        }
        struct Quantile: Decodable { let p: Double, freedom: Double, t: Double }
        struct Family: Decodable { let p: [Double], holm: [Double] }
        let contrasts: [Expected]
        let quantiles: [Quantile]
        let families: [Family]
    }

    private func oracle<Values: Decodable>(_ name: String) throws -> Values {
        let path = URL(filePath: #filePath).appending(path: "../../Oracles/\(name).json").standardized
        return try JSONDecoder().decode(Values.self, from: Data(contentsOf: path))
    }

    private func equal(_ left: Double, _ right: Double, within relative: Double = 1e-9) -> Bool {
        abs(left - right) <= relative * max(abs(right), 1e-3)
    }

    @Test func `Student's distribution equals SciPy's`() throws {
        let tails = (try oracle("student_t") as Paired).tails
        #expect(tails.count == 70)
        for tail in tails {
            let freedom = Double(tail.degreesOfFreedom)
            let p = StudentDistribution.twoSided(t: tail.t, degreesOfFreedom: freedom)
            #expect(abs(p - tail.p) < 1e-13, "t = \(tail.t), \(freedom) degrees of freedom")
            #expect(StudentDistribution.twoSided(t: -tail.t, degreesOfFreedom: freedom) == p)
        }
        let quantiles = (try oracle("contrast") as Crossed).quantiles
        #expect(quantiles.count == 36)
        for quantile in quantiles {
            let t = StudentDistribution.quantile(quantile.p, degreesOfFreedom: quantile.freedom)
            #expect(equal(t, quantile.t), "p = \(quantile.p), \(quantile.freedom) degrees of freedom")
        }
    }

    @Test func `without images a contrast is SciPy's paired t-test`() throws {
        for expected in (try oracle("student_t") as Paired).tests {
            let contrast = try #require(Contrast(zip(expected.left, expected.right).map { [$0 - $1] }))
            #expect(equal(contrast.difference / contrast.standardError, expected.t))
            #expect(contrast.degreesOfFreedom == Double(expected.degreesOfFreedom))
            #expect(abs(contrast.p - expected.p) < 1e-12)
            #expect(contrast.deviations == nil && contrast.images == 1)
        }
    }

    @Test func `over seeds and images a contrast is that of statsmodels' mean squares`() throws {
        let contrasts = (try oracle("contrast") as Crossed).contrasts
        #expect(contrasts.count == 7)
        for expected in contrasts {
            let contrast = try #require(Contrast(expected.differences))
            let spread = try #require(contrast.deviations)
            let interval = contrast.interval()
            let pairs = [
                (contrast.difference, expected.difference), (contrast.standardError, expected.error),
                (contrast.degreesOfFreedom, expected.freedom), (contrast.p, expected.p),
                (interval.lowerBound, expected.low), (interval.upperBound, expected.high),
                (spread.ofSeeds, expected.seeds), (spread.ofImages, expected.images),
                (spread.ofRest, expected.rest), (contrast.effect, expected.effect),
                (contrast.detectable, expected.least),
            ]
            for (place, (ours, theirs)) in pairs.enumerated() {
                #expect(equal(ours, theirs, within: 1e-7), "number \(place): \(ours), not \(theirs)")
            }
        }
    }

    /// The interval's promise, kept: of 2000 layouts drawn with a known difference, 95 % of the intervals
    /// hold it.
    @Test(arguments: [(0.1, 0.1, 0.2), (0.0, 0.2, 0.3), (0.2, 0.0, 0.1)])
    func `intervals hold the difference as often as they say`(seeds: Double, images: Double, rest: Double)
        throws
    {
        var random = FixedGenerator(state: 5)
        func normal() -> Double {
            let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &random))).squareRoot()
            return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
        }
        var held = 0
        for _ in 0..<2000 {
            let ofImage = (0..<24).map { _ in images * normal() }
            let differences = (0..<5).map { _ in
                let ofSeed = seeds * normal()
                return ofImage.map { 0.3 + ofSeed + $0 + rest * normal() }
            }
            let contrast = try #require(Contrast(differences))
            if contrast.interval().contains(0.3) { held += 1 }
        }
        // 95 % of 2000 trials, and four standard errors of such a count either way.
        #expect((1861...1939).contains(held), "\(held) of 2000")
    }

    @Test func `Holm's correction is statsmodels'`() throws {
        let families = (try oracle("contrast") as Crossed).families
        #expect(families.count == 4)
        for family in families {
            let corrected = holm(family.p)
            for (ours, theirs) in zip(corrected, family.holm) { #expect(equal(ours ?? .nan, theirs)) }
        }
        #expect(holm([nil, 0.03, nil, 0.01]) == [nil, 0.03, nil, 0.02])
    }

    @Test func `there is no contrast without a spread`() {
        #expect(Contrast([]) == nil)
        #expect(Contrast([[1]]) == nil)
        #expect(Contrast([[1, 2, 3]]) == nil)
        #expect(Contrast([[1], [1], [1]]) == nil)
        #expect(Contrast([[1, 1], [1, 1]]) == nil)
        #expect(Contrast([[1], [.infinity]]) == nil)
        // Equal, but for what the subtraction of rates has rounded.
        #expect(Contrast(Array(repeating: [0.004 - 0.001], count: 3)) == nil)
        #expect(Contrast(Array(repeating: [0.1, 0.1, 0.1], count: 3)) == nil)
        // Differences whose squares no number holds.
        #expect(Contrast([[1e160], [-1e160]]) == nil)
    }
}

/// A generator that gives the same numbers at each run: SplitMix64.
private struct FixedGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
