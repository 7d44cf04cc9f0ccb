import Graph
import Kernels

/// How images are divided: over threads, and into microbatches that go through a section of the network
/// together.
extension Planner {
    /// Divides the nodes into sections, each with microbatches as large as its own maps allow: the small maps
    /// of a coarse scale go through with all images at once, and so weights are read less often.
    ///
    /// In training a gradient segment must not be divided, for a microbatch goes through its backward pass
    /// before the next one comes; a node that is in none goes with the segment that follows. Otherwise all is
    /// one section.
    mutating func divideIntoSections() {
        let computed = liveNodes.filter { computes($0) }
        let stretches = stretches(of: computed)
        // Neighbours with as many microbatches are one section.
        var sections = [Int](repeating: 0, count: graph.nodes.count)
        for nodes in stretches where !nodes.isEmpty {
            let count = microbatches(of: nodes)
            if sectionMicrobatches.last != count { sectionMicrobatches.append(count) }
            for node in nodes { sections[node.index] = sectionMicrobatches.count - 1 }
        }
        self.sections = sections
        for node in computed {
            let inputs = graph[node].inputs + (fused[node].map { graph[$0].inputs } ?? [])
            for input in inputs where input != fused[node] {
                let holder = holders[input.index]
                if sections[holder.index] != sections[node.index] { isFullBatch.insert(holder) }
            }
        }
    }

    /// The nodes in order, cut wherever no gradient segment goes on.
    private func stretches(of computed: [NodeID]) -> [[NodeID]] {
        let segments = purpose == .training && !wantsInputGradient ? segments(wanted()) : []
        guard !segments.isEmpty else { return [computed] }
        var last: [Int: NodeID] = [:]
        var members: [Int: Int] = [:]
        for node in computed {
            last[segments[node.index]] = node
            members[segments[node.index], default: 0] += 1
        }
        var stretches: [[NodeID]] = [[]]
        // The last node of the segments that have begun.
        var end: NodeID?
        for node in computed {
            stretches[stretches.count - 1].append(node)
            let segment = segments[node.index]
            if members[segment, default: 0] > 1, let last = last[segment] { end = max(end ?? last, last) }
            if end == node {
                stretches.append([])
                end = nil
            }
        }
        return stretches
    }

    /// Into how many microbatches a section of these nodes is divided.
    private func microbatches(of nodes: [NodeID]) -> Int {
        switch purpose {
        case .initialisation: return 1
        case .training where replicas > 1: return replicas
        case .training, .inference:
            let maps = nodes.flatMap { node in
                [fullBatchShapes[node.index]] + (fused[node].map { [fullBatchShapes[$0.index]] } ?? [])
            }
            return microbatchCount(batch: size.batch, maps)
        }
    }

    /// Goes on with the section of `node`.
    mutating func enterSection(of node: NodeID) {
        microbatches = sectionMicrobatches[sections[node.index]]
        if programSections.last?.microbatches != microbatches {
            programSections.append(Section(microbatches: microbatches, steps: program.count..<program.count))
        }
    }

    /// Whether threads had better take images of their own through all of a training step: where the
    /// network and its maps are so small that waiting for one another, and reading what another has written,
    /// costs more than that every thread then reads all weights. Limits measured; see
    /// Documentation/Engine.md.
    func worksInReplicas() -> Bool {
        guard purpose == .training, !wantsInputGradient, threads > 1, fullBatchShapes[0].batch % threads == 0
        else {
            return false
        }
        let largest = liveNodes.map { fullBatchShapes[$0.index].count / threads * 4 }.max() ?? 0
        guard largest <= 1 << 20, layout.total * 4 <= 4 << 20 else { return false }
        var (work, weights) = (0, 0)
        for uses in uses(microbatches: { _ in threads }).values {
            let method = ConvolutionMethod.best(for: uses)
            work += uses.reduce(0) { $0 + method.multiplications($1) }
            weights += uses.reduce(0) { $0 + method.packed($1, for: .transposed) }
        }
        return work >= 16 * weights
    }
}

/// How many microbatches a batch is divided into: as few as keep the largest map of a microbatch within
/// `microbatchBytes`, and so in L3.
///
/// Images have nothing to do with one another until their gradients are added up, so a step over
/// microbatches gives what one over the whole batch does, from a fraction of the memory.
private func microbatchCount(batch: Int, _ shapes: [TensorShape]) -> Int {
    let largest = shapes.map { $0.count / batch * 4 }.max() ?? 0
    let fitting = max(1, microbatchBytes / max(1, largest))
    return (1...batch).first { batch % $0 == 0 && batch / $0 <= fitting } ?? batch
}

/// Measured at batch 8 on a machine with 32 MB of third-level cache: see Documentation/Engine.md.
private let microbatchBytes = 8 << 20

extension TensorShape {
    /// The shape of one of `microbatches` microbatches of a batch of this shape.
    func microbatch(_ microbatches: Int) -> TensorShape {
        TensorShape(batch: batch / microbatches, height: height, width: width, channels: channels)
    }

    /// The shape of the whole batch, where this is that of one of `microbatches` microbatches.
    func fullBatch(_ microbatches: Int) -> TensorShape {
        TensorShape(batch: batch * microbatches, height: height, width: width, channels: channels)
    }
}
