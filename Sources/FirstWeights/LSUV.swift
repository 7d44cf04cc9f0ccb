import Diagnostics
import Engine
import Graph
import Kinds
import Machine
import Operators

extension Initialisation {
    /// Layer-sequential unit variance [Mishkin & Matas 2016]; see ``UnitVariance``.
    public static let lsuv = Initialisation(
        "lsuv", "scales each layer to outputs of deviation 1, and starts as the identity",
        settings: [.branchDeviation],
        weights: { request throws(Diagnostic) in
            let rule = UnitVariance(
                seed: request.seed, branchDeviation: request.settings[.branchDeviation],
                threads: request.threads)
            return try rule.weights(
                of: request.graph, on: request.batch(), warmStart: request.warmStart,
                stop: request.stop)
        })
}

extension Setting {
    /// At 1 a chain of branches begins with features of magnitude 15 and more, and Adam's first steps
    /// overshoot; see Documentation/Decisions/0012.
    public static let branchDeviation = Setting(
        "branch_deviation", 0.03, .positive(upTo: 10), written: .unlessStandard,
        hint: "0.03 is the default; 1 treats branches as all other layers",
        about: "of the outputs of a residual branch at the start")
}

/// First weights by layer-sequential unit variance [Mishkin & Matas 2016, with a Gaussian start]: for one
/// batch, every convolution's output has variance 1, over all its values together; biases are zero. Shared
/// weights are scaled at their first use.
///
/// A residual branch's last convolution (``Graph/residualBranches``) has the small deviation
/// `branchDeviation` instead: what a chain of branches adds would grow from one to the next, and Adam's first
/// step moves an output by the rate times the magnitude of all the features that its layer reads.
///
/// The output layers (``Graph/outputLayerWeights``) are zero, so that a network with a skip from its input to
/// its output starts as the identity, and are so already while the others are scaled. A convolution whose
/// output does not vary (it reads only zeros) is scaled at the next use of its weights, or stays at its
/// start.
package struct UnitVariance {
    let seed: Int
    /// The standard deviation of what a residual branch adds, where that to which it is added has one of
    /// about 1.
    let branchDeviation: Double
    let threads: Int

    package init(seed: Int, branchDeviation: Double, threads: Int) {
        (self.seed, self.branchDeviation, self.threads) = (seed, branchDeviation, threads)
    }

    /// - Parameters:
    ///   - warmStart: weights that stay as they are; the others are scaled to what these give.
    ///   - stop: looked at between layers.
    /// - Throws: `size-does-not-fit` where the patch is no multiple of ``Graph/sizeMultiple``; `interrupted`
    ///   where it was stopped.
    /// - Complexity: two passes over each convolution; memory for the values that are still to be read.
    package func weights(
        of graph: Graph, on batch: PatchBatch, warmStart: WarmStart? = nil,
        stop: StopFlag = StopFlag()
    ) throws(Diagnostic) -> Weights {
        var weights = graph.firstWeights(.he, seed: seed)
        let outputLayers = graph.outputLayerWeights
        for weight in outputLayers { weights[weight] = [Float](repeating: 0, count: graph[weight].count) }
        if let warmStart { weights = warmStart.applied(to: weights) }
        let execution = try Execution(
            graph, InputSize(batch: batch.count, height: batch.side, width: batch.side),
            purpose: .initialisation, threads: threads)
        execution.load(weights)
        execution.withInput { $0.fill(with: batch.values) }

        let branches = graph.residualBranches
        var settled = outputLayers.union(warmStart?.ids ?? [])
        for id in graph.nodeIDs {
            try stop.check()
            execution.forward(id...id)
            guard let weight = graph.weight(of: graph[id]), !settled.contains(weight) else { continue }
            let variance = execution.withValue(of: id) { meanSquareDeviation(of: $0) } ?? 0
            let deviation = branches.contains(id) ? branchDeviation : 1
            let factor = deviation / variance.squareRoot()
            guard factor.isFinite, factor < 1e10 else { continue }
            execution.scale(weight, by: Float(factor))
            execution.forward(id...id)
            settled.insert(weight)
        }
        return execution.weights()
    }
}

extension Graph {
    /// The convolutions whose output is added to something that they are themselves computed from.
    package var residualBranches: Set<NodeID> {
        var branches: Set<NodeID> = []
        for node in nodes {
            guard node.operation is Add else { continue }
            for (branch, skip) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])]
            where !self[branch].parameters.isEmpty && isComputed(branch, from: skip) {
                branches.insert(branch)
            }
        }
        return branches
    }

    private func isComputed(_ node: NodeID, from other: NodeID) -> Bool {
        var seen: Set<NodeID> = []
        var open = self[node].inputs
        while let id = open.popLast() {
            if id == other { return true }
            // Inputs come before their users.
            guard id.index > other.index, seen.insert(id).inserted else { continue }
            open += self[id].inputs
        }
        return false
    }
}

/// Mean square distance from the mean, over all values; in Double, in two passes.
func meanSquareDeviation(of values: Swift.Span<Float>) -> Double {
    var sum = 0.0
    for index in values.indices { sum += Double(values[index]) }
    let mean = sum / Double(values.count)
    var squares = 0.0
    for index in values.indices {
        let distance = Double(values[index]) - mean
        squares += distance * distance
    }
    return squares / Double(values.count)
}
