import Engine
import Graph
import Inference

/// A training between two steps: what a checkpoint keeps.
public struct TrainingState: Sendable {
    public let step: Int
    public let tensors: TrainingTensors
    package let history: HistoryRecorder
    package let seconds: Double

    package init(step: Int, tensors: TrainingTensors, history: HistoryRecorder, seconds: Double) {
        (self.step, self.tensors, self.history, self.seconds) = (step, tensors, history, seconds)
    }

    /// The same state of a training that is to have `steps` steps in all: to go on beyond its end, or to end
    /// it sooner.
    public func planned(for steps: Int) -> TrainingState {
        TrainingState(
            step: step, tensors: tensors, history: history.planned(for: steps, done: step), seconds: seconds)
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

    package init(weights: Weights, firstMoments: Weights, secondMoments: Weights) {
        (self.weights, self.firstMoments, self.secondMoments) = (weights, firstMoments, secondMoments)
    }

    /// The weights of the model that the training has come to.
    public var modelWeights: Weights { average ?? weights }

    fileprivate var all: [Weights] {
        [weights, firstMoments, secondMoments] + [average].compactMap(\.self)
    }
}
