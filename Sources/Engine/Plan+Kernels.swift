import Graph
import Kernels

extension Plan {
    /// One kernel of a plan, for people to look at.
    public struct Kernel: Sendable, Equatable {
        /// The part of a pass through the program that a kernel belongs to.
        public enum Phase: String, Sendable { case weights, forward, loss, backward }

        public let node: NodeID
        public let phase: Phase
        /// What it does: `conv 3×3 + ReLU`, `weights' gradient`, …
        public let work: String
        /// How a convolution is computed; empty for other kernels.
        public let method: String
        /// What a direct convolution would take for the whole batch; 0 for other kernels.
        public let multiplyAccumulates: Int
        /// What the method takes, without its transforms.
        public let multiplications: Int
        /// Bytes of feature maps that it reads and writes, for the whole batch.
        public let bytes: Int
        /// The shape of the map that it writes, or whose gradient it reads.
        public let shape: TensorShape
    }

    /// All kernels in the order in which they run, for each microbatch of images anew.
    public var kernels: [Kernel] {
        stepsWithMicrobatches.map { step, microbatches in
            let convolution = step.convolution
            let (geometry, method) = (convolution?.geometry, convolution?.method)
            let values = step.buffers.reduce(0) { $0 + $1.shape.count }
            return Kernel(
                node: step.node, phase: step.phase, work: step.name, method: method?.rawValue ?? "",
                multiplyAccumulates: geometry.map { $0.weightCount * $0.output.pixels * microbatches } ?? 0,
                multiplications: convolution.map { $0.method.multiplications($0.geometry) * microbatches }
                    ?? 0,
                bytes: values * 4 * microbatches, shape: step.buffers[step.buffers.count - 1].shape)
        }
    }
}
