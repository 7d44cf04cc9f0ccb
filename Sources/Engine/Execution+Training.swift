import Graph
import Kernels

extension Execution {
    // MARK: Loss

    /// Lends the target of the supervised output `index` to be filled, in the output's shape. It stays until
    /// filled anew.
    public func withTarget<Result, Failure: Error>(
        _ index: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        requireTraining()
        return try fullBatch(plan.targets[index]).withMutableSpan(body)
    }

    /// Computes the outputs, the losses and the gradients of all parameters. A shared parameter's gradient is
    /// the sum over its uses.
    ///
    /// - Returns: the loss. Where it is no finite number the pass has stopped there: the gradients are
    ///   unfinished, and ``firstNonFinite()`` tells which layer went wrong.
    public func gradientPass(_ lossFunction: LossFunction) -> Double {
        requireTraining()
        for replica in replicas {
            for output in replica.losses.indices { replica.losses[output] = 0 }
            replica.stop = nil
        }
        perform(.gradient(lossFunction))
        return graph.outputs.indices.reduce(0) { $0 + loss(ofOutput: $1) }
    }

    /// The part of the supervised output `index` in the last ``gradientPass(_:)``'s loss.
    public func loss(ofOutput index: Int) -> Double { replicas.reduce(0) { $0 + $1.losses[index] } }

    // MARK: Gradients

    /// The gradients of all parameters, after a gradient pass.
    var gradients: BufferView { replicas[0].gradients.floats }

    /// Lends all parameters' gradients as one run of values, between ``gradientPass(_:)`` and the optimiser:
    /// the place to clip them, or to average them with other processes'.
    ///
    /// The order is the kernels' own, the same for every execution of the same graph.
    public func withGradients<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        requireTraining()
        return try gradients.withMutableSpan(body)
    }

    /// A copy of the gradients, by parameter.
    public func parameterGradients() -> Weights {
        requireTraining()
        return plan.layout.read(replicas[0].gradients, for: graph)
    }

    /// A copy of the gradient with respect to the input, or nil if the execution was made without.
    public func inputGradient() -> [Float]? { plan.inputGradient.map { fullBatch($0).copy() } }

    /// Makes the gradients smaller where they are large.
    public func clipGradients(by clip: GradientClip) {
        requireTraining()
        perform(.clip(clip))
    }

    // MARK: Average

    /// Moves the average of the weights to 1 − `keep` of its way to them.
    public func average(keeping keep: Double) {
        requireAverage()
        perform(.average(share: Float(1 - keep)))
    }

    /// A copy of the weights' running mean.
    public func averagedWeights() -> Weights {
        requireAverage()
        return plan.layout.read(averages, for: graph)
    }

    /// Begins the running mean, at the first weights, or takes it over from a checkpoint.
    public func loadAverage(_ weights: Weights) {
        requireAverage()
        plan.layout.store(weights, into: averages)
    }

    private func requireAverage() {
        precondition(
            averages.count == plan.layout.total, "this execution was made without an average of its weights")
    }

    // MARK: Optimiser

    /// One step of an optimiser with the gradients as they stand.
    ///
    /// - Parameter step: counted from 1, for the correction of the moments' bias.
    public func update(by rule: UpdateRule, learningRate: Double, step: Int) {
        requireTraining()
        perform(.update(rule, learningRate: learningRate, step: step))
        weightsHaveChanged()
    }

    /// Copies of the running means of the gradient and, for Adam, of its square, for a checkpoint.
    public func moments() -> (first: Weights, second: Weights) {
        requireTraining()
        return (plan.layout.read(firstMoments, for: graph), plan.layout.read(secondMoments, for: graph))
    }

    /// Takes an optimiser's means over from a checkpoint; zeros until then.
    public func loadMoments(first: Weights, second: Weights) {
        requireTraining()
        plan.layout.store(first, into: firstMoments)
        plan.layout.store(second, into: secondMoments)
    }

    private func requireTraining() {
        precondition(plan.purpose == .training, "this execution is for \(plan.purpose), not for training")
    }
}
