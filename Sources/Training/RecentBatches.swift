import Foundation
import LossCurves

/// The scores of the last batches of a training.
struct RecentBatches: Sendable, Equatable, Codable {
    /// How many count.
    static let length = 100

    private var losses: [Double] = []
    private var psnrs: [Double] = []

    mutating func add(loss: Double, psnr: Double) {
        if losses.count == Self.length {
            losses.removeFirst()
            psnrs.removeFirst()
        }
        losses.append(loss)
        psnrs.append(psnr)
    }

    /// Whether a training could have left it.
    var isSound: Bool { losses.count == psnrs.count && losses.count <= Self.length }

    var mean: BatchMean? {
        guard !losses.isEmpty else { return nil }
        let finite = psnrs.filter(\.isFinite)
        let count = Double(finite.count)
        let mean = finite.isEmpty ? psnrs[0] : finite.reduce(0, +) / count
        let squares = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return BatchMean(
            loss: losses.reduce(0, +) / Double(losses.count), psnr: mean,
            psnrError: finite.count < 2 ? nil : (squares / (count - 1) / count).squareRoot(),
            batches: losses.count)
    }
}
