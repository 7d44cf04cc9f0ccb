import Diagnostics
import Engine
import Graph

/// Seconds that a forward and a backward pass take, measured on the second of two, for telling how long a training will
/// be before it starts. Takes the memory of one step of `settings`, and gives it back.
/// - Throws: `not-enough-memory`.
public func secondsOfStep(_ graph: Graph, _ settings: TrainingSettings) throws(Diagnostic) -> Double {
    let execution = try Execution(
        graph, batch: settings.batch, height: settings.patch, width: settings.patch, purpose: .training,
        threads: settings.threads)
    execution.load(Weights(zerosFor: graph))
    var seconds = 0.0
    for _ in 0..<2 {
        let watch = Stopwatch()
        _ = execution.gradientPass()
        seconds = watch.seconds
    }
    return seconds
}
