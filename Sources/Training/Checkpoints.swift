import Diagnostics
import Machine

/// Where and how often a training is kept while it goes on, so that one that is killed goes on from there.
public struct Checkpoints: Sendable {
    /// Writes a training as it stands: its model where it is done, else its state.
    /// - Throws: `cannot-write`.
    public typealias Writer = @Sendable (Trainer) throws(Diagnostic) -> Void

    /// The file, replaced each time.
    public let path: String
    /// Seconds between two, once it has gone on for as long; less before, and more where writing one takes
    /// long.
    public let interval: Double
    let write: Writer

    public init(path: String, interval: Double, write: @escaping Writer) {
        self.path = path
        self.interval = interval
        self.write = write
    }
}

/// When the next checkpoint is due.
package struct CheckpointSchedule {
    /// The largest fraction of the training's time that writing takes, unless an interval of zero asks for
    /// every step.
    private static let share = 0.05
    /// Seconds after which the first is written: what is killed right after it began has lost little.
    private static let first = 1.0

    private let checkpoints: Checkpoints
    private var next: Double

    init(_ checkpoints: Checkpoints) {
        self.checkpoints = checkpoints
        next = min(checkpoints.interval, Self.first)
    }

    /// Writes a checkpoint if one is due.
    /// - Parameter elapsed: seconds since the training began or went on.
    mutating func write(_ trainer: Trainer, at elapsed: Double) throws(Diagnostic) {
        guard elapsed >= next else { return }
        let watch = Stopwatch()
        try checkpoints.write(trainer)
        next =
            elapsed + watch.seconds
            + Self.pause(checkpoints.interval, afterSeconds: elapsed, writing: watch.seconds)
    }

    /// Seconds from one checkpoint to the next: at first as many as the training has gone on for, so that a
    /// kill costs half of what has been done at most, however short that is.
    package static func pause(_ interval: Double, afterSeconds elapsed: Double, writing: Double) -> Double {
        interval == 0 ? 0 : max(min(interval, max(elapsed, first)), writing / share)
    }
}
