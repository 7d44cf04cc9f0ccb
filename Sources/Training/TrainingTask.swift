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

    /// The plan of a step, by default the first, and of all that are like it.
    /// - Throws: `not-enough-memory`, where the machine has too little for it, or for a later one.
    public func plan(atStep step: Int = 0) throws(Diagnostic) -> Plan { try plans(fromStep: step)[0] }

    /// What the largest step from one on needs.
    public func peakBytes(fromStep step: Int) throws(Diagnostic) -> Int {
        try plans(fromStep: step).map(\.peakBytes).max() ?? 0
    }

    private func plans(fromStep step: Int) throws(Diagnostic) -> [Plan] {
        var plans: [Plan] = []
        var planned: [TrainingStage] = []
        for stage in settings.stages(of: min(step, steps - 1)..<steps)
        where !planned.contains(where: stage.isLike) {
            let plan = try settings.stepPlan(of: graph, stage)
            try plan.checkMachine()
            plans.append(plan)
            planned.append(stage)
        }
        return plans
    }
}

extension Diagnostic {
    fileprivate static let nothingToValidateOn = Diagnostic(
        "no-validation", "nothing is given to validate on",
        hint: "`validation = …` is a dataset, such as the second part of `split(data, 0.9)`"
    ).of(argument: "validate_every")
}

extension TrainingSettings {
    /// Of the first step of a network's training.
    package func stepPlan(of network: Graph) throws(Diagnostic) -> Plan {
        try plan(of: trainingGraph(of: network))
    }

    func stepPlan(of network: Graph, _ stage: TrainingStage) throws(Diagnostic) -> Plan {
        try plan(of: trainingGraph(of: network), stage)
    }

    func plan(of graph: Graph) throws(Diagnostic) -> Plan { try plan(of: graph, stage(atStep: 0, of: 1)) }

    private func plan(of graph: Graph, _ stage: TrainingStage) throws(Diagnostic) -> Plan {
        let size = InputSize(batch: stage.batch, height: stage.patch, width: stage.patch)
        return try Plan(graph, size, purpose: .training, threads: threads)
    }
}
