import Graph
import Kernels

/// Makes a ``Plan``: fuses nodes into kernels, puts the kernels in order, notes when each map is needed.
///
/// A convolution takes the ReLU that is its only user with it, or the sum: what a node of a graph computes
/// and what a kernel computes differ only in that. In a sum the convolution adds to the other term as it
/// leaves its result.
struct Planner {
    let graph: Graph
    let purpose: Purpose
    let threads: Int
    let extents: [Extent]
    let wantsInputGradient: Bool
    let layout: ParameterLayout

    /// The convolution that a ReLU or a sum has taken into its own kernel.
    private(set) var fused: [NodeID: NodeID] = [:]
    private var isFusedAway: Set<NodeID> = []
    /// Whether an output depends on a node; the others need not be computed.
    private var isLive: [Bool]

    var values: [Slot?]
    var lifetimes: [Lifetime] = []
    var forward: [(node: NodeID, step: ForwardStep)] = []
    var backward: [(node: NodeID, step: BackwardStep)] = []
    var moment = 0
    private var packings: [Packing] = []
    private var packedCount = 0
    private var scratch = 0

    init(
        _ graph: Graph, batch: Int, height: Int, width: Int, purpose: Purpose, threads: Int,
        wantsInputGradient: Bool
    ) {
        self.graph = graph
        self.purpose = purpose
        self.threads = threads
        self.wantsInputGradient = wantsInputGradient
        layout = ParameterLayout(graph)
        extents = graph.nodeIDs.map { graph.extent(of: $0, batch: batch, height: height, width: width) }
        values = graph.nodes.map { _ in nil }
        isLive = graph.nodes.map { _ in purpose == .inspection }
        for output in graph.outputs { isLive[output.index] = true }
        for node in graph.nodeIDs.reversed() where isLive[node.index] {
            for input in graph[node].inputs { isLive[input.index] = true }
        }
    }

    mutating func plan(input inputExtent: Extent) -> Plan {
        let isTraining = purpose == .training
        let input = newSlot(inputExtent)
        keep(input)
        if purpose != .inspection { fuse() }
        for node in liveNodes where !isFusedAway.contains(node) { planForward(node, input: input) }

        // Between forward and backward: values can be looked at, the loss reads outputs and writes seeds.
        var targets: [Slot] = []
        var seeds: [Slot] = []
        var inputGradient: Slot?
        if purpose != .inference { values.forEach { reach($0) } }
        if isTraining {
            targets = graph.outputs.map { newSlot(extents[$0.index]) }
            targets.forEach { keep($0) }
            seeds = newSeeds()
            seeds.forEach { reach($0) }
            moment += 1
            inputGradient = planBackward(seeds: seeds, input: input)
        }
        moment += 1
        for output in graph.outputs { reach(values[output.index]) }

        let (offsets, total) = assignPlaces(lifetimes)
        return Plan(
            purpose: purpose, threads: threads, forward: forward, backward: backward, values: values,
            input: input,
            targets: targets, seeds: seeds, inputGradient: inputGradient, packings: packings,
            packedCount: packedCount, layout: layout, offsets: offsets, arenaCount: total, scratch: scratch)
    }

    var liveNodes: [NodeID] { graph.nodeIDs.filter { isLive[$0.index] } }

    func computes(_ node: NodeID) -> Bool { isLive[node.index] && !isFusedAway.contains(node) }

    func value(_ node: NodeID) -> Slot {
        guard let slot = values[node.index] else {
            preconditionFailure("node \(node.index) is read before it has a value")
        }
        return slot
    }

    private mutating func fuse() {
        var uses = [Int](repeating: 0, count: graph.nodes.count)
        for output in graph.outputs { uses[output.index] += 1 }
        for node in liveNodes {
            for input in graph[node].inputs { uses[input.index] += 1 }
        }
        for node in liveNodes {
            let candidates = graph[node].inputs.filter {
                graph[$0].operation.convolution != nil && uses[$0.index] == 1
            }
            switch graph[node].operation {
            case .activation(.relu), .add:
                // The later of two, so that the other is there when the kernel runs.
                guard let convolution = candidates.max() else { continue }
                fused[node] = convolution
                isFusedAway.insert(convolution)
            case .input, .zeros, .convolution, .transposedConvolution, .activation(.sigmoid),
                .activation(.tanh),
                .subtract, .multiply, .affine, .concatenate, .slice, .resize, .downsize, .pixelShuffle,
                .detach:
                continue
            }
        }
    }

    // MARK: Buffers

    /// Keeps a buffer for itself alone from beginning to end.
    mutating func keep(_ slot: Slot) {
        lifetimes[slot.buffer].first = 0
        lifetimes[slot.buffer].last = .max
    }

    /// A buffer whose life begins and ends with the steps that ``reach(_:)`` it.
    mutating func newSlot(_ extent: Extent) -> Slot {
        lifetimes.append(Lifetime(count: extent.count, first: .max, last: .min))
        return Slot(buffer: lifetimes.count - 1, extent: extent)
    }

    mutating func reach(_ slot: Slot?) {
        if let slot { lifetimes[slot.buffer].reach(moment) }
    }

    /// One for each output; a node that is supervised twice has one for both.
    private mutating func newSeeds() -> [Slot] {
        var seeds: [NodeID: Slot] = [:]
        return graph.outputs.map { output in
            let seed = seeds[output] ?? newSlot(extents[output.index])
            seeds[output] = seed
            return seed
        }
    }

    // MARK: Convolutions

    /// - Parameter node: the convolution itself, whether it is fused or not.
    mutating func planned(_ node: NodeID, spreadsForward: Bool, spreadsBackward: Bool) -> PlannedConvolution {
        guard let convolution = graph[node].operation.convolution else {
            preconditionFailure("node \(node.index) is no convolution")
        }
        let isTransposed = graph[node].operation.isTransposed
        let (input, output) = (extents[graph[node].inputs[0].index], extents[node.index])
        let geometry = ConvolutionGeometry(
            kernel: convolution.kernel, stride: convolution.stride, padding: convolution.padding,
            fine: isTransposed ? output : input, coarse: isTransposed ? input : output)
        let shape = graph[convolution.weight].shape
        precondition(
            shape == [
                geometry.coarse.channels, geometry.fine.channels, convolution.kernel, convolution.kernel,
            ],
            "weight \(graph[convolution.weight].name) of \(shape) between \(input) and \(output)")
        let method = ConvolutionMethod.best(for: geometry)
        scratch = max(scratch, method.scratch(for: geometry))
        if purpose == .training {
            scratch = max(scratch, Workers.biasScratch(channels: output.channels))
        }
        var planned = PlannedConvolution(
            geometry: geometry, method: method, isTransposed: isTransposed, weight: convolution.weight,
            bias: convolution.bias)
        if spreadsForward || spreadsBackward {
            planned.packed = packing(planned, isForward: spreadsForward)
        }
        return planned
    }

    private mutating func packing(_ convolution: PlannedConvolution, isForward: Bool) -> Int {
        let geometry = convolution.geometry
        let found = packings.firstIndex {
            // The arrangement depends on the weights and on how they meet the grid, not on the maps' sizes.
            $0.weight == convolution.weight && $0.method == convolution.method
                && $0.geometry.stride == geometry.stride && $0.geometry.padding == geometry.padding
        }
        if let found {
            packings[found].isForward = packings[found].isForward || isForward
            return found
        }
        let count = convolution.method.packedForSpreading(geometry)
        packings.append(
            Packing(
                weight: convolution.weight, geometry: geometry, method: convolution.method,
                offset: packedCount,
                count: count, isForward: isForward))
        packedCount += Memory.aligned(count)
        return packings.count - 1
    }
}
