import Engine
import Graph

/// A network with the weights that a training gave it.
public struct TrainedModel: Sendable {
    public let graph: Graph
    public let weights: Weights
    public let settings: TrainingSettings
    /// The loss curve; at most about 1,000 points.
    public let history: [HistoryPoint]
    /// Steps done; fewer than ``plannedSteps`` where the training was stopped.
    public let steps: Int
    public let plannedSteps: Int
    /// Time of the training, on the clock.
    public let seconds: Double

    public init(
        graph: Graph, weights: Weights, settings: TrainingSettings, history: [HistoryPoint], steps: Int,
        plannedSteps: Int, seconds: Double
    ) {
        self.graph = graph
        self.weights = weights
        self.settings = settings
        self.history = history
        self.steps = steps
        self.plannedSteps = plannedSteps
        self.seconds = seconds
    }

    public var colour: TrainingSettings.Colour { settings.colour }

    /// Whether the training was stopped before its last step: such a model is good to look at, but is no row
    /// of a table.
    public var isInterrupted: Bool { steps < plannedSteps }
}
