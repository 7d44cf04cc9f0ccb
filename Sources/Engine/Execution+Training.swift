import Graph
import Kernels

extension Execution {
    // MARK: Loss

    /// Lends the target of the supervised output `index` to be filled, in the output's extent. It stays until
    /// filled anew.
    public func withTarget<Result, Failure: Error>(
        _ index: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        requireTraining()
        return try map(plan.targets[index]).floats.withMutableSpan(body)
    }

    /// The sum over the outputs of each one's mean squared error against its target; leaves its gradient for
    /// ``backward()``. For after ``forward()``.
    public func meanSquaredError() -> Double {
        requireTraining()
        var loss = 0.0
        for index in graph.outputs.indices {
            let seed = plan.seeds[index]
            // An output that is supervised twice has one gradient for both.
            let isFirst = plan.seeds.firstIndex(of: seed) == index
            loss += workers.meanSquaredError(
                map(outputSlot(index)), map(plan.targets[index]), gradient: map(seed), accumulates: !isFirst)
        }
        return loss
    }

    /// Lends the gradient with respect to the output `index`, for a loss that is computed elsewhere: fill
    /// that of every output between ``forward()`` and ``backward()``. Two outputs that are one node have one
    /// gradient.
    public func withOutputGradient<Result, Failure: Error>(
        _ index: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        requireTraining()
        return try map(plan.seeds[index]).floats.withMutableSpan(body)
    }

    // MARK: Backward

    /// Computes the gradients of all parameters from those of the outputs. A shared parameter's is the sum
    /// over its uses.
    ///
    /// Uses up what the forward pass and the loss have left: one backward pass for each forward pass.
    public func backward() {
        requireTraining()
        if isBackwardStale {
            for packing in plan.packings { pack(packing) }
            isForwardStale = false
            isBackwardStale = false
        }
        workers.fill(gradients.floats, with: 0)
        for (_, step) in plan.backward { run(step) }
    }

    /// Lends all parameters' gradients as one run of values, between ``backward()`` and the optimiser: the
    /// place to clip them, or to average them with other processes'.
    ///
    /// The order is the kernels' own, the same for every execution of the same graph.
    public func withGradients<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        requireTraining()
        return try gradients.floats.withMutableSpan(body)
    }

    /// A copy of the gradients, by parameter.
    public func parameterGradients() -> Weights {
        requireTraining()
        return plan.layout.read(gradients, for: graph)
    }

    /// A copy of the gradient with respect to the input, or nil if the execution was made without.
    public func inputGradient() -> [Float]? { plan.inputGradient.map { map($0).floats.copy() } }

    // MARK: Optimiser

    /// One step of Adam [Kingma & Ba 2015] with the gradients as they stand.
    ///
    /// - Parameter step: counted from 1, for the correction of the moments' bias.
    public func adamStep(learningRate: Double, constants: AdamConstants = AdamConstants(), step: Int) {
        requireTraining()
        workers.adam(
            parameters.floats, gradient: gradients.floats, first: firstMoments.floats,
            second: secondMoments.floats, learningRate: learningRate, constants: constants, step: step)
        weightsHaveChanged()
    }

    /// Copies of Adam's running means of the gradient and of its square, for a checkpoint.
    public func moments() -> (first: Weights, second: Weights) {
        requireTraining()
        return (plan.layout.read(firstMoments, for: graph), plan.layout.read(secondMoments, for: graph))
    }

    /// Takes Adam's moments over from a checkpoint; zeros until then.
    public func loadMoments(first: Weights, second: Weights) {
        requireTraining()
        plan.layout.store(first, into: firstMoments)
        plan.layout.store(second, into: secondMoments)
    }

    private func requireTraining() {
        precondition(plan.purpose == .training, "this execution is for \(plan.purpose), not for training")
    }
}
