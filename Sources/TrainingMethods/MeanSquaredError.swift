import Foundation

extension Loss {
    /// The mean of (output − target)² over all values: the paper's loss.
    public static let meanSquaredError = Loss(
        "mse", "the mean squared error, the paper's loss",
        objective: { _ in .meanSquaredError }, psnr: { 10 * log10(1 / $0) })
}
