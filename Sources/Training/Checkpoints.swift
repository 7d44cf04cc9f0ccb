import Diagnostics

/// Where and how often a training keeps what it has come to, so that one that is killed goes on from there.
public struct Checkpoints: Sendable {
    /// The file, replaced each time: see ``ModelFile``.
    public let path: String
    /// Seconds between two, once it has gone on for as long; less before, and more where writing one takes
    /// long.
    public let interval: Double
    /// To stand in the file, by key.
    public let notes: [String: String]
    /// Whether the model's file, once it is done, keeps the training's state too, so that it can be gone on
    /// with.
    public let keepsState: Bool

    public init(path: String, interval: Double, notes: [String: String], keepsState: Bool = false) {
        self.keepsState = keepsState
        self.path = path
        self.interval = interval
        self.notes = notes
    }
}

/// When the next checkpoint is due.
package struct CheckpointSchedule {
    /// Of the training's time that writing may take; unless every step is to be kept, by an interval of zero.
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
        try trainer.write(checkpoints)
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
