import Diagnostics
import Engine
import Graph
import Machine
import TrainingMethods

/// Seconds that a forward and a backward pass take, the shortest of some after the first, for telling how
/// long a training will be before it starts. Takes the memory of one step of `settings`, and gives it back.
/// - Throws: `not-enough-memory`.
public func secondsOfStep(_ graph: Graph, _ settings: TrainingSettings) throws(Diagnostic) -> Double {
    let graph = settings.trainingGraph(of: graph)
    let execution = try Execution(graph, settings.plan(of: graph))
    execution.load(Weights(zerosFor: graph))
    _ = execution.gradientPass(.meanSquaredError)
    // Of a small network one pass is so short that anything else on the machine counts for more.
    let all = Stopwatch()
    var shortest = Double.infinity
    repeat {
        let watch = Stopwatch()
        _ = execution.gradientPass(.meanSquaredError)
        shortest = min(shortest, watch.seconds)
    } while all.seconds < 0.1
    return shortest
}
