import Graph
import Kernels

/// Where a map stands: a buffer of the plan, and its extent there for one group of pictures.
struct Slot: Hashable, Sendable {
    let buffer: Int
    let extent: Extent
    /// Groups of pictures in the section of the program that reads or writes it so.
    let groups: Int
    /// Whether the buffer holds the maps of all groups, one after the other: of input, targets, outputs, and
    /// of what one section leaves for another.
    let isWhole: Bool

    /// The same buffer as a section with so many groups sees it.
    func regrouped(_ groups: Int) -> Slot {
        if groups == self.groups { return self }
        precondition(isWhole, "a buffer of one group is read by another section")
        return Slot(
            buffer: buffer, extent: extent.ungrouped(self.groups).grouped(groups), groups: groups,
            isWhole: true)
    }
}

/// A run of a plan's kernels that the pictures go through in groups of one size, one group after the other.
struct Section: Hashable, Sendable {
    let groups: Int
    var steps: Range<Int>
}

/// One convolution of either kind as planned.
struct PlannedConvolution: Sendable {
    let geometry: ConvolutionGeometry
    let method: ConvolutionMethod
    let isTransposed: Bool
    let weight: ParameterID
    let bias: ParameterID
    /// What this use reads.
    let weights: WeightSource
}

/// Where a use of a convolution finds its weights.
enum WeightSource: Sendable {
    /// As they are stored.
    case stored
    /// Rearranged once for all uses: a place among the plan's packings.
    case kept(Int)
    /// Rearranged for this use alone, by the step before it.
    case made(Slot)

    var slot: Slot? {
        if case .made(let slot) = self { slot } else { nil }
    }
}

/// One parameter's weights rearranged for one method and direction; done once whenever the weights have
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

/// One kernel of a plan, or the loss at one output.
enum Step: Sendable {
    /// A convolution's weights rearranged for the next step, which reads them once.
    case pack(PlannedConvolution, Direction, into: Slot)
    case forward(ForwardStep)
    /// The loss at a supervised output, and its gradient, added to what the slot holds if the output is
    /// supervised twice.
    case loss(Int, value: Slot, target: Slot, gradient: Slot, accumulates: Bool)
    case backward(BackwardStep)

    /// Every map that the step reads or writes.
    var slots: [Slot] {
        switch self {
        case .pack(_, _, let target): [target]
        case .forward(let step): step.slots
        case .loss(_, let value, let target, let gradient, _): [value, target, gradient]
        case .backward(let step): step.slots
        }
    }
}

/// A kernel of the forward pass.
enum ForwardStep: Sendable {
    case convolve(PlannedConvolution, Slot, residual: Slot?, relu: Bool, into: Slot)
    case activate(Activation, Slot, into: Slot)
    case add(Slot, Slot, into: Slot)
    case subtract(Slot, Slot, into: Slot)
    case multiply(Slot, Slot, into: Slot)
    case affine(Slot, factor: Float, offset: Float, into: Slot)
    case concatenate([Slot], into: Slot)
    case slice(Slot, first: Int, into: Slot)
    case resize(Slot, into: Slot)
    case downsize(Slot, factor: Int, into: Slot)
    case pixelShuffle(Slot, factor: Int, into: Slot)
    case clear(Slot)

    /// Every map that the step reads or writes, the one that it writes last.
    var slots: [Slot] {
        switch self {
        case .convolve(let convolution, let source, let residual, _, let target):
            [source] + [residual, convolution.weights.slot].compactMap { $0 } + [target]
        case .activate(_, let source, let target), .affine(let source, _, _, let target),
            .slice(let source, _, let target), .resize(let source, let target),
            .downsize(let source, _, let target), .pixelShuffle(let source, _, let target):
            [source, target]
        case .add(let left, let right, let target), .subtract(let left, let right, let target),
            .multiply(let left, let right, let target):
            [left, right, target]
        case .concatenate(let sources, let target): sources + [target]
        case .clear(let target): [target]
        }
    }
}

/// A kernel of the backward pass. `accumulates`: adds to what the target holds instead of replacing it.
enum BackwardStep: Sendable {
    /// The bias's gradient, after the gradient has been masked in place by the ReLU's output, if one is
    /// given.
    case bias(ParameterID, gradient: Slot, maskedBy: Slot?)
    /// The weights' gradient; the bias's along with it, where the method has it at hand.
    case weight(PlannedConvolution, input: Slot, gradient: Slot, withBias: Bool)
    /// The input's gradient; set to 0 where the ReLU's output that the input is, if given, was not positive.
    case convolutionInput(PlannedConvolution, gradient: Slot, into: Slot, accumulates: Bool, maskedBy: Slot?)
    case activation(Activation, output: Slot, gradient: Slot, into: Slot, accumulates: Bool)
    /// target = factor · gradient (+ target)
    case scaled(Slot, factor: Float, into: Slot, accumulates: Bool)
    /// target = gradient · other (+ target)
    case product(Slot, Slot, into: Slot, accumulates: Bool)
    case channels(Int, of: Slot, from: Int, into: Slot, at: Int, accumulates: Bool)
    case resize(Slot, into: Slot, accumulates: Bool)
    case downsize(Slot, factor: Int, into: Slot, accumulates: Bool)
    case pixelShuffle(Slot, factor: Int, into: Slot, accumulates: Bool)
    case clear(Slot)

    /// Every map that the step reads or writes.
    var slots: [Slot] {
        switch self {
        case .bias(_, let gradient, let mask): [gradient] + [mask].compactMap { $0 }
        case .weight(_, let input, let gradient, _): [input, gradient]
        case .convolutionInput(let convolution, let gradient, let target, _, let mask):
            [gradient] + [mask, convolution.weights.slot].compactMap { $0 } + [target]
        case .activation(_, let output, let gradient, let target, _): [output, gradient, target]
        case .product(let gradient, let other, let target, _): [gradient, other, target]
        case .scaled(let gradient, _, let target, _),
            .channels(_, let gradient, _, let target, _, _), .resize(let gradient, let target, _),
            .downsize(let gradient, _, let target, _), .pixelShuffle(let gradient, _, let target, _):
            [gradient, target]
        case .clear(let target): [target]
        }
    }
}
