import Foundation

/// The loss and the PSNR of the last batches: one batch's PSNR jumps by decibels from step to step, with the
/// patches that it happens to hold.
public struct BatchMean: Sendable, Equatable, Codable {
    /// `nil` where a table of a curve does not hold it.
    public let loss: Double?
    /// In dB; over those batches whose PSNR is finite, or infinite if none is.
    public let psnr: Double
    /// The standard error of the mean PSNR, in dB: the standard deviation over √n; `nil` of fewer than two
    /// batches.
    public let psnrError: Double?
    /// How many batches it is the mean of; `nil` where a table of a curve does not hold it.
    public let batches: Int?

    public init(loss: Double?, psnr: Double, psnrError: Double?, batches: Int?) {
        (self.loss, self.psnr, self.psnrError, self.batches) = (loss, psnr, psnrError, batches)
    }

    /// `23.95 ± 0.12 dB`
    public var text: String {
        let error = psnrError.map { String(format: " ± %.2f", $0) } ?? ""
        return String(format: "%.2f", psnr) + error + " dB"
    }
}
