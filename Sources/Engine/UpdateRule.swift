import Kernels

/// One step of an optimiser, with its constants.
public struct UpdateRule: Sendable {
    package let division: Division
    /// Moves parameters by their gradient.
    package let update: @Sendable (Worker, ParameterStep) -> Void

    /// How the work is divided over the threads.
    package enum Division: Sendable {
        /// All threads share the parameters as one run of values.
        case together
        /// Each thread updates whole parameters of its own.
        case eachParameter
    }

    package init(_ division: Division, _ update: @escaping @Sendable (Worker, ParameterStep) -> Void) {
        (self.division, self.update) = (division, update)
    }
}

/// The parameters that a rule updates, and what it knows of them.
package struct ParameterStep {
    package let values: BufferView
    package let gradient: BufferView
    /// Running means that the rule keeps; zeros before the first step.
    package let firstMoment: BufferView
    package let secondMoment: BufferView
    /// The matrix that a weight between feature maps is; `nil` for other parameters, and for a run of
    /// several.
    package let matrix: MuonShape?
    /// Whether weight decay reaches them.
    package let decays: Bool
    package let learningRate: Double
    /// Counted from 1.
    package let step: Int
}
