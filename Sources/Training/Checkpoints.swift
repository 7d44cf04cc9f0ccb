import Diagnostics

/// Where and how often a training keeps what it has come to, so that one that is killed goes on from there.
public struct Checkpoints: Sendable {
    /// The file, replaced each time: see ``ModelFile``.
    public let path: String
    /// Seconds between two; more where writing one takes long.
    public let interval: Double
    /// To stand in the file, by key.
    public let notes: [String: String]

    public init(path: String, interval: Double, notes: [String: String]) {
        self.path = path
        self.interval = interval
        self.notes = notes
    }
}

/// When the next checkpoint is due.
struct CheckpointSchedule {
    /// Of the training's time that writing may take; unless every step is to be kept, by an interval of zero.
    private static let share = 0.05

    private let checkpoints: Checkpoints
    private var next: Double

    init(_ checkpoints: Checkpoints) {
        self.checkpoints = checkpoints
        next = checkpoints.interval
    }

    /// Writes a checkpoint if one is due.
    /// - Parameter elapsed: seconds since the training began or went on.
    mutating func write(_ trainer: Trainer, at elapsed: Double) throws(Diagnostic) {
        guard elapsed >= next else { return }
        let watch = Stopwatch()
        try trainer.write(checkpoints)
        let pause = checkpoints.interval == 0 ? 0 : max(checkpoints.interval, watch.seconds / Self.share)
        next = elapsed + watch.seconds + pause
    }
}
