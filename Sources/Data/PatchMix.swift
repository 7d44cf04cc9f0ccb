import Foundation

/// What a patch takes from another of its batch, in both images of the pair.
struct PatchMix: Sendable {
    enum Form: Sendable {
        /// So much of itself, and the rest of the other.
        case blend(Float)
        /// A square of the other in place of its own.
        case paste(Square)
    }

    /// A square in shares of the patch's side, which may reach beyond it.
    struct Square: Sendable {
        let x: Double
        let y: Double
        let side: Double

        func pixels(side patch: Int) -> (columns: Range<Int>, rows: Range<Int>) {
            func range(_ centre: Double) -> Range<Int> {
                let low = Int(((centre - side / 2) * Double(patch)).rounded())
                let high = Int(((centre + side / 2) * Double(patch)).rounded())
                return max(low, 0)..<max(min(high, patch), max(low, 0))
            }
            return (range(x), range(y))
        }
    }

    let form: Form
    /// 0..<1, among the batch's other patches.
    let choice: Double

    func partner(of offset: Int, in batch: Int) -> Int {
        (offset + 1 + Int(choice * Double(batch - 1))) % batch
    }
}

extension RandomSource {
    /// From the beta distribution with both parameters `shape`, as the ratio of gamma variates.
    mutating func beta(_ shape: Double) -> Double {
        let (one, other) = (gamma(shape), gamma(shape))
        return one / (one + other)
    }

    /// From the gamma distribution of a shape of 1 or more [Marsaglia & Tsang 2000].
    private mutating func gamma(_ shape: Double) -> Double {
        precondition(shape >= 1, "shape \(shape)")
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let normal = gaussian()
            let root = 1 + c * normal
            guard root > 0 else { continue }
            let v = root * root * root
            let u = 1 - uniform()
            if log(u) < normal * normal / 2 + d - d * v + d * log(v) { return d * v }
        }
    }
}
