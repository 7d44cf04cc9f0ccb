import Graph
import Kernels

extension Plan {
    /// One kernel of a plan, for people to look at.
    public struct Kernel: Sendable, Equatable {
        public enum Pass: String, Sendable { case weights, forward, loss, backward }

        public let node: NodeID
        public let pass: Pass
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
        /// The extent of the map that it writes, or whose gradient it reads.
        public let extent: Extent
    }

    /// All kernels in the order in which they run, for each group of pictures anew.
    public var kernels: [Kernel] {
        groupedSteps.map { node, step, groups in
            let convolution = step.convolution
            let (geometry, method) = (convolution?.geometry, convolution?.method)
            let values = step.slots.reduce(0) { $0 + $1.extent.count }
            return Kernel(
                node: node, pass: step.pass, work: step.work, method: method?.rawValue ?? "",
                multiplyAccumulates: geometry.map { $0.weightCount * $0.coarse.pixels * groups } ?? 0,
                multiplications: convolution.map { $0.method.multiplications($0.geometry) * groups } ?? 0,
                bytes: values * 4 * groups, extent: step.slots[step.slots.count - 1].extent)
        }
    }
}

extension Step {
    fileprivate var pass: Plan.Kernel.Pass {
        switch self {
        case .pack: .weights
        case .forward: .forward
        case .loss: .loss
        case .backward: .backward
        }
    }

    /// The convolution that it computes, or one of whose gradients.
    fileprivate var convolution: PlannedConvolution? {
        switch self {
        case .forward(.convolve(let convolution, _, _, _, _)),
            .backward(.weight(let convolution, _, _, _)),
            .backward(.convolutionInput(let convolution, _, _, _, _)):
            convolution
        case .pack, .forward, .loss, .backward: nil
        }
    }

    fileprivate var work: String {
        switch self {
        case .pack(let convolution, _, _): "weights of \(convolution.name)"
        case .forward(let step): step.work
        case .loss(let output, _, _, _, _): "loss of output \(output + 1)"
        case .backward(let step): step.work
        }
    }
}

extension ForwardStep {
    fileprivate var work: String {
        switch self {
        case .convolve(let convolution, _, let residual, let relu, _):
            convolution.name + (residual == nil ? "" : " + sum") + (relu ? " + ReLU" : "")
        case .activate(let activation, _, _): activation.rawValue
        case .add: "sum"
        case .subtract: "difference"
        case .multiply: "product"
        case .affine: "affine"
        case .concatenate: "concat"
        case .slice: "slice"
        case .resize: "resize"
        case .downsize: "downsize"
        case .pixelShuffle: "pixel shuffle"
        case .clear: "zeros"
        }
    }
}

extension BackwardStep {
    fileprivate var work: String {
        switch self {
        case .bias(_, _, let mask): mask == nil ? "bias's gradient" : "ReLU mask and bias's gradient"
        case .weight(_, _, _, let withBias): withBias ? "weights' and bias's gradient" : "weights' gradient"
        case .convolutionInput(_, _, _, let accumulates, let mask):
            "input's gradient" + (accumulates ? " + sum" : "") + (mask == nil ? "" : " + ReLU mask")
        case .activation(let activation, _, _, _, _): "\(activation.rawValue)'s gradient"
        case .scaled: "gradient passed on"
        case .product: "product's gradient"
        case .channels: "channels' gradient"
        case .resize: "resize's gradient"
        case .downsize: "downsize's gradient"
        case .pixelShuffle: "pixel shuffle's gradient"
        case .clear: "zeros"
        }
    }
}

extension PlannedConvolution {
    fileprivate var name: String {
        let kernel = "\(geometry.kernel)×\(geometry.kernel)"
        return (isTransposed ? "deconv " : "conv ") + kernel
            + (geometry.stride == 1 ? "" : " \(isTransposed ? "×" : "/")\(geometry.stride)")
    }
}
