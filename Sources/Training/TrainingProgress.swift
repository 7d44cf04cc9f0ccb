import Foundation
import LossCurves
import Machine

/// How far a training is, after each step.
public struct TrainingProgress: Sendable, Equatable {
    /// Steps done, and to do in all.
    public let step: Int
    public let steps: Int
    /// The means over the last hundred batches or so, this one among them.
    public let recent: BatchMean
    /// The loss of this step's batch, before its update: the sum over the outputs.
    public let loss: Double
    /// The PSNR of the finest output on this step's batch, in dB, for values of 0…1 that are neither clamped
    /// nor rounded.
    public let psnr: Double
    public let learningRate: Double
    public let stepsPerSecond: Double
    public let secondsLeft: Double
    /// The PSNR in dB of the last validation that is part of the training.
    public let validation: Double?
    /// The share of the time that the last twenty steps or so have waited for their data, 0…1.
    public let waiting: Double
}

/// Which share of its time a training waits for data: of late rather than in all, so that the first images,
/// which no thread could have read earlier, are forgotten.
package struct DataWait {
    /// What a step leaves of those before it.
    private static let memory = 0.95

    private var waited = 0.0
    private var elapsed = 0.0
    private var total = (waited: 0.0, elapsed: 0.0)

    package init() {}

    package var fraction: Double { elapsed > 0 ? waited / elapsed : 0 }

    /// Adds a step; both times are in seconds since the training began or went on, taken after the step.
    package mutating func add(waited: Double, of elapsed: Double) {
        self.waited = self.waited * Self.memory + (waited - total.waited)
        self.elapsed = self.elapsed * Self.memory + (elapsed - total.elapsed)
        total = (waited, elapsed)
    }
}

/// Gathers the loss curve: at most about 1,000 points, however long the training.
package struct HistoryRecorder: Sendable, Codable {
    package private(set) var points: [LossPoint] = []
    /// The steps of the whole training.
    package private(set) var steps: Int
    private var stretch: Int { max(1, steps.dividedRoundingUp(by: 1000)) }
    /// Sums over the stretch that is not complete yet.
    private var loss = 0.0
    private var psnr = 0.0
    private var count = 0
    private var lastBatches: RecentBatches?
    var recent: BatchMean? { lastBatches?.mean }

    init(steps: Int) { self.steps = steps }

    /// The curve of a training that will not go on.
    package init(points: [LossPoint], steps: Int) {
        self.points = points
        self.steps = steps
    }

    /// The same curve, of a training that is to have another length.
    func continued(to steps: Int) -> HistoryRecorder {
        var copy = self
        copy.steps = steps
        return copy
    }

    /// Whether it can be the curve of a training of `steps` steps after `done` of them.
    package func isOf(steps: Int, done: Int) -> Bool {
        self.steps == steps && (0...done).contains(count)
            && points.allSatisfy { (0...done).contains($0.step) } && lastBatches?.isSound != false
    }

    /// The curve so far, after `done` steps, of a training that is to have `steps` of them now.
    func planned(for steps: Int, done: Int) -> HistoryRecorder {
        var curve = HistoryRecorder(points: points, steps: steps)
        (curve.loss, curve.psnr, curve.count) = (loss, psnr, count)
        curve.lastBatches = lastBatches
        // A shorter training has shorter stretches: one that is longer than those now is complete.
        if count >= curve.stretch, let last = points.last {
            curve.points.append(
                LossPoint(
                    step: done, loss: loss / Double(count), psnr: psnr / Double(count),
                    learningRate: last.learningRate, recent: recent))
            (curve.loss, curve.psnr, curve.count) = (0, 0, 0)
        }
        return curve
    }

    /// Adds a batch to the last ones, before its ``add(_:)``.
    /// - Returns: their mean.
    mutating func addBatch(loss: Double, psnr: Double) -> BatchMean {
        var batches = lastBatches ?? RecentBatches()
        batches.add(loss: loss, psnr: psnr)
        lastBatches = batches
        return batches.mean ?? BatchMean(loss: loss, psnr: psnr, psnrError: nil, batches: 1)
    }

    /// - Parameter validation: of a validation after this step, which the curve keeps for itself.
    mutating func add(_ progress: TrainingProgress, validation: Double? = nil) {
        loss += progress.loss
        psnr += progress.psnr
        count += 1
        if count >= stretch || progress.step == progress.steps || validation != nil {
            points.append(
                LossPoint(
                    step: progress.step, loss: loss / Double(count), psnr: psnr / Double(count),
                    learningRate: progress.learningRate, recent: progress.recent, validation: validation))
            (loss, psnr, count) = (0, 0, 0)
        }
    }
}
