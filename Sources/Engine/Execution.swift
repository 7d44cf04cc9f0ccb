import Diagnostics
import Foundation
import Graph
import Kernels

/// A planned graph with its memory, weights and threads: what runs.
///
/// All memory for maps, weights and scratch is taken when it is made; running takes no more than the 32 bytes
/// for which each dispatch to other threads boxes its work, and what OpenBLAS takes and returns within a
/// product. One user at a time: it is not `Sendable`, and its threads are its own. For the same graph, sizes,
/// purpose, weights and number of threads the results are the same to the last bit.
///
/// ```swift
/// let execution = try Execution(graph, batch: 8, height: 64, width: 64, purpose: .training, threads: 2)
/// execution.load(weights)
/// execution.withInput { fill(&$0) }
/// execution.forward()
/// execution.withTarget(0) { fill(&$0) }
/// let loss = execution.meanSquaredError()
/// execution.backward()
/// execution.adamStep(learningRate: 1e-4, step: 1)
/// ```
public final class Execution {
    public let graph: Graph
    public let plan: Plan

    let workers: Workers
    let maps: Memory
    let parameters: Memory
    /// Of the parameters, in the same layout. Empty unless for training, as are the moments.
    let gradients: Memory
    let firstMoments: Memory
    let secondMoments: Memory
    let packed: Memory
    /// Whether the weights have changed since they were last rearranged for the forward and the backward
    /// pass.
    var isForwardStale = true
    var isBackwardStale = true

    /// - Parameters:
    ///   - batch: pictures that run together.
    ///   - threads: threads that share the work, the calling one among them.
    ///   - inputGradient: whether the backward pass goes on to the input, as ``inputGradient()`` then gives it.
    /// - Throws: a diagnostic where a side is no multiple of ``Graph/Graph/sizeMultiple``.
    public init(
        _ graph: Graph, batch: Int, height: Int, width: Int, purpose: Purpose, threads: Int,
        inputGradient: Bool = false
    ) throws(Diagnostic) {
        let multiple = graph.sizeMultiple
        guard height > 0, width > 0, height % multiple == 0, width % multiple == 0 else {
            throw .sizeDoesNotFit(height: height, width: width, multiple: multiple)
        }
        var planner = Planner(
            graph, batch: batch, height: height, width: width, purpose: purpose, threads: threads,
            wantsInputGradient: inputGradient)
        let channels = max(1, graph.inputChannels)
        plan = planner.plan(
            input: Extent(batch: batch, height: height, width: width, channels: channels))
        let available = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        guard plan.peakBytes <= available else {
            throw .notEnoughMemory(needs: plan.peakBytes, has: available)
        }
        self.graph = graph
        workers = Workers(threads: threads, scratch: plan.scratch)
        let training = purpose == .training ? plan.layout.total : 0
        maps = Memory(count: plan.arenaCount)
        parameters = Memory(count: plan.layout.total)
        gradients = Memory(count: training)
        firstMoments = Memory(count: training)
        secondMoments = Memory(count: training)
        packed = Memory(count: plan.packedCount)
    }

    // MARK: Weights

    /// Takes weights over; zeros until then.
    public func load(_ weights: Weights) {
        plan.layout.store(weights, into: parameters)
        weightsHaveChanged()
    }

    public func weights() -> Weights { plan.layout.read(parameters, for: graph) }

    /// Multiplies every value of a parameter, as an initialiser does that looks at what the values give.
    public func scale(_ parameter: ParameterID, by factor: Float) {
        workers.scale(plan.layout.floats(parameter, in: parameters), by: factor)
        weightsHaveChanged()
    }

    func weightsHaveChanged() {
        isForwardStale = true
        isBackwardStale = true
    }

    // MARK: Input and output

    public var inputExtent: Extent { plan.input.extent }

    /// The extent of the supervised output `index`, counted from 0 in the graph's order.
    public func outputExtent(_ index: Int) -> Extent { outputSlot(index).extent }

    /// Lends the input to be filled, [batch][height][width][channel]. It stays as it is until filled anew.
    public func withInput<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try map(plan.input).floats.withMutableSpan(body)
    }

    /// Lends the supervised output `index` of the last ``forward()``, [batch][height][width][channel].
    public func withOutput<Result, Failure: Error>(
        _ index: Int, _ body: (Swift.Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try map(outputSlot(index)).floats.withSpan(body)
    }

    /// A copy of the supervised output `index` of the last ``forward()``.
    public func output(_ index: Int) -> [Float] { map(outputSlot(index)).floats.copy() }

    // MARK: Forward

    /// Computes every output from the input.
    public func forward() { forward { _ in true } }

    /// Computes the nodes of `range` only, from the values that earlier nodes have: an initialiser goes
    /// through a network once, node by node, scaling weights as it goes.
    ///
    /// - Precondition: the purpose is ``Purpose/inspection``, where no value is ever given up.
    public func forward(_ range: ClosedRange<NodeID>) {
        precondition(plan.purpose == .inspection, "nodes run one by one in inspection, not \(plan.purpose)")
        forward { range.contains($0) }
    }

    private func forward(where isWanted: (NodeID) -> Bool) {
        if isForwardStale {
            for packing in plan.packings where packing.isForward { pack(packing) }
            isForwardStale = false
        }
        for (node, step) in plan.forward where isWanted(node) { run(step) }
    }

    // MARK: Looking inside

    /// What a node gave in the last ``forward()``: lent to `body`, or nil where the plan keeps no such value.
    ///
    /// In inspection every node has one. In training a convolution that is fused with the ReLU or sum after
    /// it has none, and the others are gone once ``backward()`` has run. In inference only outputs have.
    public func withValue<Result, Failure: Error>(
        of node: NodeID, _ body: (Swift.Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard plan.purpose != .inference || graph.outputs.contains(node), let slot = plan.values[node.index]
        else {
            return nil
        }
        return try map(slot).floats.withSpan(body)
    }

    /// A copy of what ``withValue(of:_:)`` lends.
    public func value(of node: NodeID) -> [Float]? {
        // Spelt out for the span, which no generic array initialiser takes.
        withValue(of: node) { span in span.withUnsafeBufferPointer { Array($0) } }
    }

    /// The first node in order of running whose value is not a number or is infinite, or nil if there is
    /// none.
    ///
    /// For after ``forward()`` and before ``backward()``. A fused kernel counts as its last node.
    /// - Precondition: the purpose is not ``Purpose/inference``, which keeps no values to look at.
    public func firstNonFinite() -> NodeID? {
        precondition(plan.purpose != .inference, "in inference values are not kept")
        return plan.forward.first { node, _ in
            plan.values[node.index].map { !workers.isFinite(map($0)) } ?? false
        }?.node
    }

    // MARK: Memory

    func outputSlot(_ index: Int) -> Slot {
        guard let slot = plan.values[graph.outputs[index].index] else {
            preconditionFailure("output \(index) has no value")
        }
        return slot
    }

    func map(_ slot: Slot) -> Map { maps.map(at: plan.offsets[slot.buffer], slot.extent) }

    func parameter(_ parameter: ParameterID) -> Floats { plan.layout.floats(parameter, in: parameters) }

    func gradient(_ parameter: ParameterID) -> Floats { plan.layout.floats(parameter, in: gradients) }

    /// The weights that a convolution's way from coarse to fine reads.
    func spreadingWeights(_ convolution: PlannedConvolution) -> Floats {
        guard let index = convolution.packed else {
            preconditionFailure(
                "the weights of parameter \(convolution.weight.index) were not planned to be packed")
        }
        let packing = plan.packings[index]
        return packed.floats(at: packing.offset, count: packing.count)
    }

    func pack(_ packing: Packing) {
        workers.pack(
            packing.geometry, by: packing.method, parameter(packing.weight),
            into: packed.floats(at: packing.offset, count: packing.count))
    }

    /// Fills all memory that a run must write before it reads with NaN, for tests. The input, targets and
    /// weights stay where they are in memory but are lost as well: set them again.
    package func poison() {
        maps.poison()
        packed.poison()
        workers.poisonScratch()
        weightsHaveChanged()
    }
}
