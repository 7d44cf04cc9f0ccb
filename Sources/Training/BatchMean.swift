import Foundation

/// The loss and the PSNR of the last batches: one batch's PSNR jumps by decibels from step to step, with the
/// patches that it happens to hold.
public struct BatchMean: Sendable, Equatable, Codable {
    public let loss: Double
    /// In dB; over those batches whose PSNR is finite, or infinite if none is.
    public let psnr: Double
    /// Of the mean PSNR, in dB: the standard deviation over √n; `nil` of fewer than two batches.
    public let psnrError: Double?
    /// How many batches it is the mean of.
    public let batches: Int

    /// `23.95 ± 0.12 dB`
    public var text: String {
        let error = psnrError.map { String(format: " ± %.2f", $0) } ?? ""
        return String(format: "%.2f", psnr) + error + " dB"
    }
}

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
