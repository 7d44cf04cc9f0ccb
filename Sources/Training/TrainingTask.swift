import Data
import Diagnostics
import Engine
import Graph

/// What a training is of: a network, data and settings that suit each other.
public struct TrainingTask {
    public let graph: Graph
    public let data: any Dataset
    public let settings: TrainingSettings

    /// The one check of a training, before its plan and its memory.
    /// - Throws: as ``TrainingSettings/check(_:on:)``.
    public init(
        _ graph: Graph, on data: any Dataset, _ settings: TrainingSettings
    ) throws(Diagnostic) {
        try settings.check(graph, on: data)
        (self.graph, self.data, self.settings) = (graph, data, settings)
    }

    /// Steps of the whole training.
    public var steps: Int { settings.steps(forImages: data.count) }

    /// The plan of each step.
    /// - Throws: `not-enough-memory`, where the machine has too little for it.
    public func plan() throws(Diagnostic) -> Plan {
        let plan = try settings.stepPlan(of: graph)
        try plan.checkMachine()
        return plan
    }
}

extension TrainingSettings {
    package func stepPlan(of graph: Graph) throws(Diagnostic) -> Plan {
        try Plan(
            graph, InputSize(batch: batch, height: patch, width: patch), purpose: .training, threads: threads)
    }
}
