import Kernels

/// What is minimised: the sum over the outputs of what this gives for each.
public struct LossFunction: Sendable {
    /// A part of the loss at one output, and the gradient there.
    package let evaluate: @Sendable (Worker, OutputBatch) -> Double

    package init(_ evaluate: @escaping @Sendable (Worker, OutputBatch) -> Double) {
        self.evaluate = evaluate
    }

    /// The scalar product of an output and its target, whose gradient is the target itself: for a loss that
    /// is computed elsewhere, and for comparing gradients.
    public static let projection = LossFunction { worker, batch in
        worker.projection(batch.maps)
    }
}

/// One output of a microbatch, beside its target.
package struct OutputBatch {
    package let maps: LossMaps
    /// Microbatches in the batch.
    let microbatches: Int

    /// Values of the output for the whole batch.
    package var batchValues: Int { maps.output.count * microbatches }
    /// Images of the whole batch.
    package var batchImages: Int { maps.output.shape.batch * microbatches }
}
