import Inference
import LossCurves

/// What a training was and came to, the weights aside.
public struct TrainingReport: Sendable, Equatable {
    public let settings: TrainingSettings
    /// The loss curve; at most about 1,000 points.
    public let history: [LossPoint]
    /// Steps done; fewer than ``plannedSteps`` where the training was stopped.
    public let steps: Int
    public let plannedSteps: Int
    /// Time of the training, on the clock.
    public let seconds: Double
    /// What its validations came to, where it had any.
    public let validation: ValidationCourse?

    public init(
        settings: TrainingSettings, history: [LossPoint] = [], steps: Int = 0, plannedSteps: Int = 0,
        seconds: Double = 0, validation: ValidationCourse? = nil
    ) {
        self.settings = settings
        self.history = history
        self.steps = steps
        self.plannedSteps = plannedSteps
        self.seconds = seconds
        self.validation = validation
    }

    /// Whether the training ended before its last step because its validations brought nothing better any
    /// more.
    public var isEndedEarly: Bool {
        steps < plannedSteps && validation?.isExhausted(settings.validation?.patience) == true
    }

    /// Whether the training was stopped before its last step: such a model is good to look at, but is no row
    /// of a table.
    public var isInterrupted: Bool { steps < plannedSteps && !isEndedEarly }
}

/// A model, and the training that made it.
public struct TrainingResult: Sendable {
    public let model: TrainedModel
    public let report: TrainingReport
}
