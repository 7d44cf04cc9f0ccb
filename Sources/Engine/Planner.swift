import Graph
import Kernels
import Operators

/// Makes a ``Plan``: fuses nodes into kernels, puts the kernels in order, notes when each map is needed.
///
/// A convolution whose only user is a ReLU or a sum is fused with it: what a node of a graph computes and
/// what a kernel computes differ only in that. In a sum the convolution adds the other term as it stores its
/// result.
///
/// In training the backward pass of a gradient segment begins as soon as that segment's outputs are there: a
/// network from coarse to fine that detaches each scale from the one below gives up a scale's values before
/// it takes up the next.
struct Planner {
    let graph: Graph
    let purpose: Purpose
    let threads: Int
    let size: InputSize
    /// The shape of each node's feature map for the full batch.
    let fullBatchShapes: [TensorShape]
    /// See ``Plan/replicas``.
    var replicas = 1
    /// Microbatches of the section that is planned; see ``Section``.
    var microbatches: Int
    /// The section of each node that is computed, and the microbatches of each section.
    var sections: [Int] = []
    var sectionMicrobatches: [Int] = []
    var programSections: [Section] = []
    let wantsInputGradient: Bool
    let layout: ParameterLayout
    /// How each node is computed.
    let lowerings: [Lowering]

    /// For a ReLU or a sum, the convolution that is fused with it.
    private(set) var fused: [NodeID: NodeID] = [:]
    private var isFusedAway: Set<NodeID> = []
    /// Whether an output depends on a node; the others need not be computed.
    private var isLive: [Bool]
    /// The node whose buffer a node's value stands in: itself, but for what only detaches.
    let holders: [NodeID]
    /// The last kernel that reads a node's buffer, by holder.
    private var lastReader: [NodeID?]
    /// Buffers that hold the maps of all images: of outputs, and of what one section leaves for another.
    var isFullBatch: Set<NodeID>
    private let isOutput: Set<NodeID>

    var values: [PlannedBuffer?]
    var lifetimes: [Lifetime] = []
    var program: [Step] = []
    /// The method of each weight, for all convolutions that it serves.
    var methods: [ParameterID: ConvolutionMethod] = [:]
    /// Weights that are packed anew for each use; see ``isPackedForEachUse(_:_:)``.
    var packedForEachUse: Set<ParameterID> = []
    var packings: [Packing] = []
    var packedCount = 0
    var workspace = 0

    init(
        _ graph: Graph, _ size: InputSize, purpose: Purpose, threads: Int, wantsInputGradient: Bool
    ) {
        self.graph = graph
        self.purpose = purpose
        self.threads = threads
        self.wantsInputGradient = wantsInputGradient
        layout = ParameterLayout(graph)
        let lowerings = graph.nodes.map { $0.operation.lowering(for: graph.inputShapes(of: $0)) }
        self.lowerings = lowerings
        self.size = size
        fullBatchShapes = graph.nodeIDs.map {
            graph.shape(of: $0, batch: size.batch, height: size.height, width: size.width)
        }
        microbatches = 1
        values = graph.nodes.map { _ in nil }
        isLive = graph.nodes.map { _ in purpose == .initialisation }
        for output in graph.outputs { isLive[output.index] = true }
        for node in graph.nodeIDs.reversed() where isLive[node.index] {
            for input in graph[node].inputs { isLive[input.index] = true }
        }
        var holders: [NodeID] = []
        for (index, node) in graph.nodes.enumerated() {
            holders.append(lowerings[index].isDetached ? holders[node.inputs[0].index] : NodeID(index))
        }
        self.holders = holders
        isOutput = Set(graph.outputs.map { holders[$0.index] })
        isFullBatch = isOutput
        lastReader = graph.nodes.map { _ in nil }
    }

    /// Buffers through which a program is fed, and what it gives besides its nodes' values.
    struct Ends {
        let input: PlannedBuffer
        let targets: [PlannedBuffer]
        let inputGradient: PlannedBuffer?
    }

    /// Makes the program, and gives the buffers at its ends.
    mutating func makeProgram() -> Ends {
        let isTraining = purpose == .training
        if purpose != .initialisation { fuse() }
        noteReaders()
        if worksInReplicas() { replicas = threads }
        let input = newBuffer(
            TensorShape(
                batch: size.batch, height: size.height, width: size.width,
                channels: max(1, graph.inputChannels)), isFullBatch: true)
        let targets =
            isTraining ? graph.outputs.map { newBuffer(fullBatchShapes[$0.index], isFullBatch: true) } : []
        divideIntoSections()
        chooseMethods()
        var inputGradient: PlannedBuffer?
        if isTraining {
            inputGradient = planTraining(input: input, targets: targets)
        } else {
            for node in liveNodes where computes(node) {
                enterSection(of: node)
                planForward(node, input: input)
            }
        }
        return Ends(input: input, targets: targets, inputGradient: inputGradient)
    }

    var liveNodes: [NodeID] { graph.nodeIDs.filter { isLive[$0.index] } }

    func computes(_ node: NodeID) -> Bool { isLive[node.index] && !isFusedAway.contains(node) }

    func value(_ node: NodeID) -> PlannedBuffer {
        guard let buffer = values[node.index] else {
            preconditionFailure("node \(node.index) is read before it has a value")
        }
        return buffer.inMicrobatches(microbatches)
    }

    /// The shape of a node's feature map for one microbatch.
    func shape(_ node: NodeID) -> TensorShape { fullBatchShapes[node.index].microbatch(microbatches) }

    private mutating func fuse() {
        var uses = [Int](repeating: 0, count: graph.nodes.count)
        for output in graph.outputs { uses[output.index] += 1 }
        for node in liveNodes {
            for input in graph[node].inputs { uses[input.index] += 1 }
        }
        for node in liveNodes where graph[node].operation.fusesAsEpilogue != nil {
            // A sum that repeats a term is no epilogue.
            guard Set(graph[node].inputs.map { graph[$0].shape }).count == 1 else { continue }
            let candidates = graph[node].inputs.filter {
                lowerings[$0.index].convolution != nil && uses[$0.index] == 1
            }
            // The later of two, so that the other is there when the kernel runs.
            guard let convolution = candidates.max() else { continue }
            fused[node] = convolution
            isFusedAway.insert(convolution)
        }
    }

    private mutating func noteReaders() {
        for node in liveNodes where computes(node) {
            let convolution = fused[node]
            let inputs = graph[node].inputs + (convolution.map { graph[$0].inputs } ?? [])
            for input in inputs where input != convolution { lastReader[holders[input.index].index] = node }
        }
    }

    /// The buffer of a map that `node` adds its result to, where nothing reads that map any more: the sum can
    /// stand in its place.
    func reusable(_ other: NodeID, for node: NodeID) -> PlannedBuffer? {
        let holder = holders[other.index]
        guard purpose == .inference, let convolution = fused[node], lastReader[holder.index] == node,
            !isOutput.contains(holder), !isOutput.contains(node), !lowerings[holder.index].isImage,
            // A convolution reads around the pixel that it writes.
            holders[graph[convolution].inputs[0].index] != holder
        else {
            return nil
        }
        return value(other)
    }

    /// Makes room for what the kernels of a node need for themselves.
    mutating func reserveWorkspace(for kernels: OperatorKernels, of node: NodeID) {
        let needed = kernels.workspace(graph[node].inputs.map { shape($0) }, shape(node))
        workspace = max(workspace, needed)
    }

    // MARK: Buffers

    /// Keeps a buffer for itself alone from beginning to end.
    mutating func keep(_ buffer: PlannedBuffer?) {
        guard let buffer else { return }
        lifetimes[buffer.index].keep()
    }

    /// A buffer whose life begins and ends with the steps that use it; one for all microbatches is kept.
    mutating func newBuffer(_ shape: TensorShape, isFullBatch: Bool = false) -> PlannedBuffer {
        lifetimes.append(Lifetime(count: shape.count * (isFullBatch ? microbatches : 1)))
        let buffer = PlannedBuffer(
            index: lifetimes.count - 1, shape: shape, microbatches: microbatches, isFullBatch: isFullBatch)
        if isFullBatch { keep(buffer) }
        return buffer
    }

    /// The buffer for a node's value.
    mutating func newValue(_ node: NodeID) -> PlannedBuffer {
        newBuffer(shape(node), isFullBatch: isFullBatch.contains(holders[node.index]))
    }

    mutating func add(_ step: Step) {
        program.append(step)
        for buffer in step.buffers { lifetimes[buffer.index].use(at: program.count) }
        let section = programSections.count - 1
        programSections[section].steps = programSections[section].steps.lowerBound..<program.count
    }
}

extension Lowering {
    var isImage: Bool {
        switch self {
        case .image: true
        case .detached, .kernels, .convolution: false
        }
    }

    var isDetached: Bool {
        switch self {
        case .detached: true
        case .image, .kernels, .convolution: false
        }
    }

    var convolution: ConvolutionWindow? {
        switch self {
        case .convolution(let window): window
        case .image, .detached, .kernels: nil
        }
    }
}
