/// A point of a training's loss curve: some steps, their values averaged so that the curve is smooth and of
/// bounded length.
public struct LossPoint: Sendable, Equatable, Codable {
    /// The last of the steps, from 1.
    public let step: Int
    public let loss: Double
    /// The PSNR of the finest output on the training batches, in dB.
    public let psnr: Double
    /// The learning rate of the last step.
    public let learningRate: Double
    /// The means over the last hundred batches up to it; `nil` in files of earlier versions.
    public var recent: BatchMean?

    /// The PSNR in dB of a validation after this step; `nil` where there was none.
    public var validation: Double?

    public init(
        step: Int, loss: Double, psnr: Double, learningRate: Double, recent: BatchMean? = nil,
        validation: Double? = nil
    ) {
        (self.step, self.loss, self.psnr) = (step, loss, psnr)
        (self.learningRate, self.recent, self.validation) = (learningRate, recent, validation)
    }
}
