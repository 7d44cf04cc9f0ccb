import Data
import Diagnostics
import Engine
import Graph

/// What a training is of: a network, data and settings that suit each other.
public struct TrainingTask {
    public let graph: Graph
    public let data: any Dataset
    public let settings: TrainingSettings
    /// What it is validated on, where the settings ask for that.
    public let validationData: (any Dataset)?

    /// The one check of a training, before its plan and its memory.
    /// - Throws: as ``TrainingSettings/check(_:on:)``; `no-validation` where there is nothing to validate on.
    public init(
        _ graph: Graph, on data: any Dataset, _ settings: TrainingSettings,
        validatedOn validationData: (any Dataset)? = nil
    ) throws(Diagnostic) {
        try settings.check(graph, on: data)
        if settings.validation != nil {
            guard let validationData else { throw .nothingToValidateOn }
            guard validationData.count > 0 else { throw .noPictures(validationData, of: "validation") }
        }
        (self.graph, self.data, self.settings) = (graph, data, settings)
        self.validationData = settings.validation == nil ? nil : validationData
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

extension Diagnostic {
    fileprivate static let nothingToValidateOn = Diagnostic(
        "no-validation", "nothing is given to validate on",
        hint: "`validation = …` is a dataset, such as the second part of `split(data, 0.9)`"
    ).of(argument: "validate_every")
}

extension TrainingSettings {
    package func stepPlan(of graph: Graph) throws(Diagnostic) -> Plan {
        try Plan(
            graph, InputSize(batch: batch, height: patch, width: patch), purpose: .training, threads: threads)
    }
}
