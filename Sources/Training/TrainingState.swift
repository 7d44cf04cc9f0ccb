import Engine
import Graph
import Inference

/// A training between two steps: what a checkpoint keeps.
public struct TrainingState: Sendable {
    public let step: Int
    public let tensors: TrainingTensors
    package let history: HistoryRecorder
    package let seconds: Double
    package let validation: ValidationCourse?
    /// Whether the training has ended before its last step.
    package var isEndedEarly = false

    package init(
        step: Int, tensors: TrainingTensors, history: HistoryRecorder, seconds: Double,
        validation: ValidationCourse?
    ) {
        (self.step, self.tensors, self.history, self.seconds) = (step, tensors, history, seconds)
        self.validation = validation
    }

    /// The same state of a training that is to have `steps` steps in all: to go on beyond its end, or to end
    /// it sooner.
    public func planned(for steps: Int) -> TrainingState {
        var validation = validation
        // Who goes on with one that has ended early asks for as much patience again.
        if isEndedEarly { validation?.sinceBest = 0 }
        return TrainingState(
            step: step, tensors: tensors, history: history.planned(for: steps, done: step), seconds: seconds,
            validation: validation)
    }

    /// What a training that goes on from it depends on, the settings and the data aside.
    public func hash(of graph: Graph) -> String {
        "\(step) of \(history.steps) " + digest(of: tensors.all, graph)
    }
}

/// What of a training is as large as its weights.
public struct TrainingTensors: Sendable, Equatable {
    /// As the last step left them.
    public let weights: Weights
    /// Running means of the gradient and, for Adam, of its square.
    public let firstMoments: Weights
    public let secondMoments: Weights
    /// The running mean of the weights, where there is one.
    public var average: Weights?
    /// The weights that did best in a validation, where the model is to have these.
    public var best: Weights?

    package init(weights: Weights, firstMoments: Weights, secondMoments: Weights) {
        (self.weights, self.firstMoments, self.secondMoments) = (weights, firstMoments, secondMoments)
    }

    /// The weights of the model that the training has come to.
    public var modelWeights: Weights { best ?? average ?? weights }

    fileprivate var all: [Weights] {
        [weights, firstMoments, secondMoments] + [average, best].compactMap(\.self)
    }
}
