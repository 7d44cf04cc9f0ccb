import Diagnostics
import Engine
import Graph
import Machine
import Operators

extension Graph {
    /// First weights by layer-sequential unit variance [Mishkin & Matas 2016, with a Gaussian start]: for one
    /// batch, every convolution's output has variance 1, over all its values together; biases are zero.
    /// Shared weights are scaled at their first use.
    ///
    /// A residual branch's last convolution (``residualBranches``) has the small deviation
    /// `branchDeviation` instead: what a chain of them adds would grow from one to the next, and Adam's
    /// first step moves a head's output by the rate times the magnitude of all the features that it reads.
    ///
    /// The heads (``headWeights``) are zero, so that a network with a skip from its input to its output
    /// starts as the identity, and are so already while the others are scaled. A convolution whose output
    /// does not vary (it reads only zeros) is scaled at the next use of its weights, or stays at its start.
    /// - Parameters:
    ///   - blurred: the batch, [batch][patch][patch][channel].
    ///   - branchDeviation: of what a residual branch adds, where that to which it is added has about 1.
    ///   - inherited: weights that are to stay as they are, so that the others are scaled to what comes out
    ///     of these.
    ///   - isStopped: asked between layers, whether to give up.
    /// - Throws: `size-does-not-fit` where the patch is no multiple of ``sizeMultiple``; `interrupted` where
    ///   it was stopped.
    /// - Complexity: two passes over each convolution; memory for the values that are still to be read.
    package func unitVarianceWeights(
        on blurred: [Float], batch: Int, patch: Int, seed: Int, branchDeviation: Double,
        inheriting inherited: InheritedWeights? = nil, threads: Int, isStopped: () -> Bool = { false }
    ) throws(Diagnostic) -> Weights {
        var weights = firstWeights(.he, seed: seed)
        let heads = headWeights
        for head in heads { weights[head] = [Float](repeating: 0, count: self[head].count) }
        if let inherited { weights = inherited.laid(over: weights) }
        let execution = try Execution(
            self, batch: batch, height: patch, width: patch, purpose: .initialisation, threads: threads)
        execution.load(weights)
        execution.withInput { $0.fill(with: blurred) }

        let branches = residualBranches
        var settled = heads.union(inherited?.ids ?? [])
        for id in nodeIDs {
            guard !isStopped() else { throw .stoppedPreparing }
            execution.forward(id...id)
            guard let weight = weight(of: self[id]), !settled.contains(weight) else {
                continue
            }
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
