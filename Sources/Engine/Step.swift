import Graph
import Kernels
import Operators

/// Where a map stands: a buffer of the plan, and its shape there for one microbatch.
struct PlannedBuffer: Hashable, Sendable {
    let index: Int
    let shape: TensorShape
    /// Microbatches in the section of the program that reads or writes the map in this shape.
    let microbatches: Int
    /// Whether the buffer holds the maps of all microbatches, one after the other: of input, targets,
    /// outputs, and of what one section leaves for another.
    let isFullBatch: Bool

    /// The same buffer as a section with so many microbatches sees it.
    func inMicrobatches(_ microbatches: Int) -> PlannedBuffer {
        if microbatches == self.microbatches { return self }
        precondition(isFullBatch, "a buffer of one microbatch is read by another section")
        return PlannedBuffer(
            index: index, shape: shape.fullBatch(self.microbatches).microbatch(microbatches),
            microbatches: microbatches,
            isFullBatch: true)
    }
}

/// A run of a plan's kernels that the images go through in microbatches of one size, one microbatch after
/// the other.
struct Section: Hashable, Sendable {
    let microbatches: Int
    var steps: Range<Int>
}

/// One convolution of either kind as planned.
struct PlannedConvolution: Sendable {
    let geometry: ConvolutionGeometry
    let method: ConvolutionMethod
    let isTransposed: Bool
    let weight: ParameterID
    /// Nil for a convolution without one.
    let bias: ParameterID?
    /// The weights that this use reads: as they are stored, as they are kept for all uses, or as the step
    /// before has left them for this use alone.
    let weights: ValueSource
}

/// A run of values that a step reads or adds to, beside its maps.
enum ValueSource: Sendable {
    case parameter(ParameterID)
    case gradient(ParameterID)
    /// A place among the plan's packings.
    case packing(Int)
    /// What stands in a map's buffer.
    case buffer(PlannedBuffer)

    /// The buffer that it stands in, if it is one of the plan's.
    var plannedBuffer: PlannedBuffer? {
        switch self {
        case .parameter, .gradient, .packing: nil
        case .buffer(let buffer): buffer
        }
    }
}

/// One parameter's weights packed for one method and direction; done once whenever the weights have
/// changed, for all who share it.
struct Packing: Sendable {
    let weight: ParameterID
    let geometry: ConvolutionGeometry
    let method: ConvolutionMethod
    let direction: Direction
    let offset: Int
    let count: Int

    /// Whether this arrangement serves another convolution as well: it depends on the weights and on how they
    /// meet the grid, not on the maps' sizes.
    func serves(
        _ weight: ParameterID, _ geometry: ConvolutionGeometry, _ method: ConvolutionMethod,
        _ direction: Direction
    ) -> Bool {
        self.weight == weight && self.method == method && self.direction == direction
            && self.geometry.stride == geometry.stride && self.geometry.padding == geometry.padding
    }
}

/// One kernel of a plan, or the loss at one output, with all that it touches.
struct Step: Sendable {
    enum Work: Sendable {
        case kernel(Kernel)
        /// The loss at a supervised output, from its value and its target, and the gradient there.
        case loss(output: Int)
    }

    let node: NodeID
    let phase: Plan.Kernel.Phase
    let work: Work
    /// Every map that it reads or writes, the one that it writes last.
    let buffers: [PlannedBuffer]
    var values: [ValueSource] = []
    /// Whether it adds to what the last map holds instead of replacing it.
    var accumulates = false
    /// The convolution that it computes, or one of whose gradients.
    var convolution: PlannedConvolution?

    var name: String {
        switch work {
        case .kernel(let kernel): kernel.name
        case .loss(let output): "loss of output \(output + 1)"
        }
    }
}
