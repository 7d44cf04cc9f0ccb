import Data
import Diagnostics
import Language
import Library
import Machine
import Tracing
import Training
import Workbench

/// Images that a training is not given, restored now and then to see how it does; they change nothing of
/// it.
package struct Validation {
    /// Images beyond these are not looked at: enough to see a trend, few enough to cost little.
    private static let limit = 4
    /// The share of a training's time that looking may take.
    private static let share = 0.05

    package let data: any Dataset
    /// The mean PSNR in dB when it was last looked at.
    package private(set) var psnr: Double?
    private var lookedAt = 0
    private var spent = 0.0
    private let clock = Stopwatch()

    package init(_ data: any Dataset) { self.data = data }

    /// Looks again, where a hundredth of the training has passed since the last time.
    /// - Throws: what keeps an image from being read.
    package mutating func look(at trainer: Trainer, _ progress: TrainingProgress, threads: Int)
        throws(Diagnostic)
    {
        let isLast = progress.step == progress.steps
        let elapsed = clock.seconds
        guard isLast || progress.step - lookedAt >= max(1, progress.steps / 100),
            isLast || spent <= Self.share * elapsed
        else { return }
        lookedAt = progress.step
        let look = Stopwatch()
        let count = min(data.count, Self.limit)
        psnr =
            count > 0
            ? try meanPSNR(of: trainer.model, on: data, images: count, threads: threads) : nil
        spent += look.seconds
    }
}

extension Workbench {
    /// Tells how far a training is.
    package func report(
        _ progress: TrainingProgress, of title: String, _ trainer: Trainer, _ validation: inout Validation?
    ) {
        do throws(Diagnostic) {
            try validation?.look(at: trainer, progress, threads: configuration.threads)
        } catch {
            // An image that cannot be read ends the looking, not the training.
            validation = nil
            frontEnd.report(error)
        }
        frontEnd.progress(progress, validation: progress.validation ?? validation?.psnr, of: title)
    }
}
