import Diagnostics
import Training

extension Checkpoints {
    /// Checkpoints as model files.
    /// - Parameters:
    ///   - notes: to stand in the file, by key.
    ///   - keepsState: whether the model's file, once it is done, keeps the training's state too, so that it
    ///     can be gone on with.
    public init(path: String, interval: Double, notes: [String: String], keepsState: Bool = false) {
        self.init(path: path, interval: interval) { trainer throws(Diagnostic) in
            guard !trainer.report.isInterrupted else {
                return try ModelFile.write(
                    trainer.state, of: trainer.task.graph, trainer.task.settings, notes: notes, to: path)
            }
            try ModelFile.write(
                trainer.model, trainer.report, state: keepsState ? trainer.state : nil, notes: notes, to: path
            )
        }
    }
}
