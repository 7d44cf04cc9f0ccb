import Graph
import Kernels

/// Makes a ``Plan``: fuses nodes into kernels, puts the kernels in order, notes when each map is needed.
///
/// A convolution takes the ReLU that is its only user with it, or the sum: what a node of a graph computes
/// and what a kernel computes differ only in that. In a sum the convolution adds to the other term as it
/// leaves its result.
///
/// In training the backward pass of a part of the graph begins as soon as that part's outputs are there: a network from
/// coarse to fine that detaches each scale from the one below gives up a scale's values before it takes up the next.
struct Planner {
    let graph: Graph
    let purpose: Purpose
    let threads: Int
    /// Of all pictures together.
    let wholes: [Extent]
    /// See ``Plan/replicas``.
    private var replicas = 1
    /// Groups of the section that is planned; see ``Section``.
    private(set) var groups: Int
    /// The section of each node that is computed, and the groups of each section.
    private var sections: [Int] = []
    private var sectionGroups: [Int] = []
    private var programSections: [Section] = []
    let wantsInputGradient: Bool
    let layout: ParameterLayout

    /// The convolution that a ReLU or a sum has taken into its own kernel.
    private(set) var fused: [NodeID: NodeID] = [:]
    private var isFusedAway: Set<NodeID> = []
    /// Whether an output depends on a node; the others need not be computed.
    private var isLive: [Bool]
    /// The node whose buffer a node's value stands in: itself, but for what only detaches.
    let holders: [NodeID]
    /// The last kernel that reads a node's buffer, by holder.
    private var lastReader: [NodeID?]
    /// Buffers that hold the maps of all pictures: of outputs, and of what one section leaves for another.
    private var isWhole: Set<NodeID>
    private let isOutput: Set<NodeID>

    var values: [Slot?]
    var lifetimes: [Lifetime] = []
    var program: [(node: NodeID, step: Step)] = []
    var moment = 0
    /// By weight, for all convolutions that it serves.
    private var methods: [ParameterID: ConvolutionMethod] = [:]
    /// Weights that are rearranged for each use anew; see ``isMadeForEachUse(_:_:)``.
    private var isMade: Set<ParameterID> = []
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
        wholes = graph.nodeIDs.map { graph.extent(of: $0, batch: batch, height: height, width: width) }
        groups = 1
        values = graph.nodes.map { _ in nil }
        isLive = graph.nodes.map { _ in purpose == .inspection }
        for output in graph.outputs { isLive[output.index] = true }
        for node in graph.nodeIDs.reversed() where isLive[node.index] {
            for input in graph[node].inputs { isLive[input.index] = true }
        }
        var holders: [NodeID] = []
        for (index, node) in graph.nodes.enumerated() {
            holders.append(node.operation == .detach ? holders[node.inputs[0].index] : NodeID(index))
        }
        self.holders = holders
        isOutput = Set(graph.outputs.map { holders[$0.index] })
        isWhole = isOutput
        lastReader = graph.nodes.map { _ in nil }
    }

    mutating func plan(input inputExtent: Extent) -> Plan {
        let isTraining = purpose == .training
        if purpose != .inspection { fuse() }
        noteReaders()
        if worksInReplicas() { replicas = threads }
        let input = newSlot(inputExtent, isWhole: true)
        let targets = isTraining ? graph.outputs.map { newSlot(wholes[$0.index], isWhole: true) } : []
        divideIntoSections()
        chooseMethods()
        var inputGradient: Slot?
        if isTraining {
            inputGradient = planTraining(input: input, targets: targets)
        } else {
            for node in liveNodes where computes(node) {
                enterSection(of: node)
                planForward(node, input: input)
            }
            if purpose == .inspection { values.forEach { keep($0) } }
        }
        return Plan(
            purpose: purpose, threads: threads, replicas: replicas, sections: programSections,
            program: program, values: values, input: input, targets: targets, inputGradient: inputGradient,
            packings: packings, packedCount: packedCount, layout: layout, arena: Arena(lifetimes),
            lastMoments: lifetimes.map(\.last), scratch: scratch)
    }

    var liveNodes: [NodeID] { graph.nodeIDs.filter { isLive[$0.index] } }

    func computes(_ node: NodeID) -> Bool { isLive[node.index] && !isFusedAway.contains(node) }

    func value(_ node: NodeID) -> Slot {
        guard let slot = values[node.index] else {
            preconditionFailure("node \(node.index) is read before it has a value")
        }
        return slot.regrouped(groups)
    }

    /// Of one group of pictures.
    func extent(_ node: NodeID) -> Extent { wholes[node.index].grouped(groups) }

    // MARK: Sections

    /// Divides the nodes into sections, each with groups as large as its own maps allow: the small maps of a coarse scale
    /// go through with all pictures at once, and so weights are read less often.
    ///
    /// In training the parts that gradients connect must not be divided, for a group of pictures goes through its backward
    /// pass before the next one comes; what is in no such part goes with the part that follows. Otherwise all is one section.
    private mutating func divideIntoSections() {
        let computed = liveNodes.filter { computes($0) }
        var section = [Int](repeating: 0, count: graph.nodes.count)
        var maps: [[Extent]] = [[]]
        let parts = purpose == .training && !wantsInputGradient ? parts(wanted()) : []
        var last: [Int: NodeID] = [:]
        var members: [Int: Int] = [:]
        for node in computed where !parts.isEmpty {
            last[parts[node.index]] = node
            members[parts[node.index], default: 0] += 1
        }
        // The last node of the parts that have begun.
        var end: NodeID?
        for node in computed {
            section[node.index] = maps.count - 1
            maps[maps.count - 1].append(wholes[node.index])
            if let convolution = fused[node] { maps[maps.count - 1].append(wholes[convolution.index]) }
            guard !parts.isEmpty else { continue }
            let part = parts[node.index]
            if members[part, default: 0] > 1, let last = last[part] { end = max(end ?? last, last) }
            if end == node {
                maps.append([])
                end = nil
            }
        }
        let batch = wholes[0].batch
        // Neighbours with as many groups are one section.
        var merged: [Int] = []
        for maps in maps {
            let count =
                switch purpose {
                case .inspection: 1
                case .training where replicas > 1: replicas
                case .training, .inference: maps.isEmpty ? 1 : groupCount(batch: batch, maps)
                }
            if maps.isEmpty || sectionGroups.last == count {
                merged.append(max(0, sectionGroups.count - 1))
            } else {
                sectionGroups.append(count)
                merged.append(sectionGroups.count - 1)
            }
        }
        section = section.map { merged[$0] }
        sections = section
        for node in computed {
            let inputs = graph[node].inputs + (fused[node].map { graph[$0].inputs } ?? [])
            for input in inputs where input != fused[node] {
                let holder = holders[input.index]
                if section[holder.index] != section[node.index] { isWhole.insert(holder) }
            }
        }
    }

    /// Goes on with the section of `node`.
    mutating func enterSection(of node: NodeID) {
        groups = sectionGroups[sections[node.index]]
        if programSections.last?.groups != groups {
            programSections.append(Section(groups: groups, steps: program.count..<program.count))
        }
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
                .activation(.tanh), .subtract, .multiply, .affine, .concatenate, .slice, .resize, .downsize,
                .pixelShuffle, .detach:
                continue
            }
        }
    }

    private mutating func noteReaders() {
        for node in liveNodes where computes(node) {
            let convolution = fused[node]
            let inputs = graph[node].inputs + (convolution.map { graph[$0].inputs } ?? [])
            for input in inputs where input != convolution { lastReader[holders[input.index].index] = node }
        }
    }

    /// The buffer of a map that `node` adds its result to, where nothing reads that map any more: the sum can stand in
    /// its place.
    func reusable(_ other: NodeID, for node: NodeID) -> Slot? {
        let holder = holders[other.index]
        guard purpose == .inference, let convolution = fused[node], lastReader[holder.index] == node,
            !isOutput.contains(holder), !isOutput.contains(node), graph[holder].operation != .input,
            // A convolution reads around the pixel that it writes.
            holders[graph[convolution].inputs[0].index] != holder
        else {
            return nil
        }
        return value(other)
    }

    // MARK: Buffers

    /// Keeps a buffer for itself alone from beginning to end.
    mutating func keep(_ slot: Slot?) {
        guard let slot else { return }
        lifetimes[slot.buffer].first = 0
        lifetimes[slot.buffer].last = .max
    }

    /// A buffer whose life begins and ends with the steps that ``reach(_:)`` it; one for all groups is kept.
    mutating func newSlot(_ extent: Extent, isWhole: Bool = false) -> Slot {
        lifetimes.append(
            Lifetime(count: extent.count * (isWhole ? groups : 1), first: .max, last: .min))
        let slot = Slot(buffer: lifetimes.count - 1, extent: extent, groups: groups, isWhole: isWhole)
        if isWhole { keep(slot) }
        return slot
    }

    /// The buffer for a node's value.
    mutating func newValue(_ node: NodeID) -> Slot {
        newSlot(extent(node), isWhole: isWhole.contains(holders[node.index]))
    }

    mutating func add(_ step: Step, of node: NodeID) {
        moment += 1
        for slot in step.slots { lifetimes[slot.buffer].reach(moment) }
        program.append((node, step))
        let section = programSections.count - 1
        programSections[section].steps = programSections[section].steps.lowerBound..<program.count
    }

    // MARK: Convolutions

    /// - Parameters:
    ///   - node: the convolution itself, whether it is fused or not.
    ///   - direction: which way its weights are passed, or nil where they are not.
    mutating func planned(_ node: NodeID, _ direction: Direction?) -> PlannedConvolution {
        guard let (convolution, geometry) = convolution(node, groups: groups),
            let method = methods[convolution.weight]
        else {
            preconditionFailure("node \(node.index) is no convolution")
        }
        let output = extent(node)
        let shape = graph[convolution.weight].shape
        precondition(
            shape == [
                geometry.coarse.channels, geometry.fine.channels, convolution.kernel, convolution.kernel,
            ],
            "weight \(graph[convolution.weight].name) of \(shape) for \(geometry)")
        scratch = max(scratch, method.scratch(for: geometry, trains: purpose == .training))
        if purpose == .training {
            scratch = max(scratch, Worker.biasScratch(channels: output.channels))
            if let shape = layout.muonShape(convolution.weight) {
                scratch = max(scratch, Worker.muonScratch(shape))
            }
        }
        func planned(_ weights: WeightSource) -> PlannedConvolution {
            PlannedConvolution(
                geometry: geometry, method: method, isTransposed: graph[node].operation.isTransposed,
                weight: convolution.weight, bias: convolution.bias, weights: weights)
        }
        guard let direction else { return planned(.stored) }
        let count = method.packed(geometry, for: direction)
        if count == 0 { return planned(.stored) }
        if isMade.contains(convolution.weight) {
            let slot = newSlot(Extent(batch: 1, height: 1, width: 1, channels: count))
            add(.pack(planned(.made(slot)), direction, into: slot), of: node)
            return planned(.made(slot))
        }
        return planned(.kept(packing(convolution.weight, geometry, method, direction, count: count)))
    }

    /// A node's convolution and how its maps meet, or nil where it is none.
    private func convolution(_ node: NodeID, groups: Int) -> (Convolution, ConvolutionGeometry)? {
        guard let convolution = graph[node].operation.convolution else { return nil }
        let isTransposed = graph[node].operation.isTransposed
        let input = wholes[graph[node].inputs[0].index].grouped(groups)
        let output = wholes[node.index].grouped(groups)
        return (
            convolution,
            ConvolutionGeometry(
                kernel: convolution.kernel, stride: convolution.stride, padding: convolution.padding,
                fine: isTransposed ? output : input, coarse: isTransposed ? input : output)
        )
    }

    /// One method for each set of weights, by all the maps that they meet.
    private mutating func chooseMethods() {
        let uses = uses { sectionGroups[sections[$0.index]] }
        methods = uses.mapValues { ConvolutionMethod.best(for: $0) }
        isMade = Set(uses.filter { isMadeForEachUse($0.key, $0.value) }.keys)
    }

    /// The maps that each set of weights meets.
    private func uses(groups: (NodeID) -> Int) -> [ParameterID: [ConvolutionGeometry]] {
        var uses: [ParameterID: [ConvolutionGeometry]] = [:]
        for node in liveNodes where computes(node) {
            guard let (convolution, geometry) = convolution(fused[node] ?? node, groups: groups(node)) else {
                continue
            }
            uses[convolution.weight, default: []].append(geometry)
        }
        return uses
    }

    /// Whether threads had better take pictures of their own through all of a training step: where the network and its maps
    /// are so small that waiting for one another, and reading what another has written, costs more than that every thread
    /// then reads all weights. Limits measured; see Documentation/Engine.md.
    private func worksInReplicas() -> Bool {
        guard purpose == .training, !wantsInputGradient, threads > 1, wholes[0].batch % threads == 0 else {
            return false
        }
        let largest = liveNodes.map { wholes[$0.index].count / threads * 4 }.max() ?? 0
        guard largest <= 1 << 20, layout.total * 4 <= 4 << 20 else { return false }
        var (work, weights) = (0, 0)
        for uses in uses(groups: { _ in threads }).values {
            let method = ConvolutionMethod.best(for: uses)
            work += uses.reduce(0) { $0 + method.multiplications($1) }
            weights += uses.reduce(0) { $0 + method.packed($1, for: .spreading) }
        }
        return work >= 16 * weights
    }

    /// Whether weights are better rearranged for each use than kept so from one step to the next, in training for both
    /// directions: where their uses are few and have so many pixels that it takes next to nothing.
    ///
    /// A use costs its multiplications, rearranging a weight about as much as a tile of Winograd's. What is not transformed takes
    /// no more room than the weights themselves, and is better kept in inference.
    private func isMadeForEachUse(_ weight: ParameterID, _ uses: [ConvolutionGeometry]) -> Bool {
        guard replicas == 1, uses.count <= 4, let method = methods[weight],
            purpose == .training || method.isTransformed
        else { return false }
        let work = uses.reduce(0) { $0 + method.multiplications($1) }
        let rearranged = uses.reduce(0) { $0 + method.packed($1, for: .spreading) }
        return work >= 40 * rearranged
    }

    private mutating func packing(
        _ weight: ParameterID, _ geometry: ConvolutionGeometry, _ method: ConvolutionMethod,
        _ direction: Direction, count: Int
    ) -> Int {
        if let found = packings.firstIndex(where: { $0.serves(weight, geometry, method, direction) }) {
            return found
        }
        packings.append(
            Packing(
                weight: weight, geometry: geometry, method: method, direction: direction, offset: packedCount,
                count: count))
        packedCount += Memory.aligned(count)
        return packings.count - 1
    }
}

/// Pictures go through the network in groups that are as large as keeps the largest map of a group in the last cache.
///
/// Pictures have nothing to do with one another until their gradients are added up, so a step over groups gives what
/// one over the whole batch does, from a fraction of the memory.
private func groupCount(batch: Int, _ extents: [Extent]) -> Int {
    let largest = extents.map { $0.count / batch * 4 }.max() ?? 0
    let fitting = max(1, groupBytes / max(1, largest))
    return (1...batch).first { batch % $0 == 0 && batch / $0 <= fitting } ?? batch
}

/// Measured at batch 8 on a machine with 32 MB of third-level cache: see Documentation/Engine.md.
private let groupBytes = 8 << 20

extension Extent {
    /// That of one of so many groups.
    func grouped(_ groups: Int) -> Extent {
        Extent(batch: batch / groups, height: height, width: width, channels: channels)
    }

    /// That of all groups together.
    func ungrouped(_ groups: Int) -> Extent {
        Extent(batch: batch * groups, height: height, width: width, channels: channels)
    }
}
