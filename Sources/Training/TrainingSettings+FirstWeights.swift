import Data
import Diagnostics
import Engine
import FirstWeights
import Graph

extension TrainingSettings {
    /// Values that are looked at to scale first weights: beyond some ten thousand pixels a variance changes
    /// no more.
    private static let pixelsLookedAt = 8 * 64 * 64

    /// The first weights of a training: those that are inherited, and the others by its rule.
    /// - Parameter isStopped: asked between layers, whether to give up.
    /// - Throws: what keeps the first batch from being read; `interrupted` where it was stopped.
    package func firstWeights(
        of graph: Graph, on dataset: any Dataset, inheriting inherited: InheritedWeights? = nil,
        isStopped: () -> Bool = { false }
    ) throws(Diagnostic) -> Weights {
        if let inherited, inherited.missing.isEmpty { return inherited.laid(over: Weights(zerosFor: graph)) }
        func byShape(_ rule: VarianceRule) -> Weights {
            let first = graph.firstWeights(rule, seed: seed)
            return inherited?.laid(over: first) ?? first
        }
        switch initialisation {
        case .xavier: return byShape(.xavier)
        case .he: return byShape(.he)
        case .lsuv:
            let multiple = graph.sizeMultiple
            let side = min(patch, max(64 / multiple, 1) * multiple)
            let pictures = min(batch, max(1, Self.pixelsLookedAt / (side * side)))
            var small = try PatchSampler(
                dataset, patch: side, batch: pictures, colour: colour, augmentation: augmentation,
                source: RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("first batch"))
            var blurred = [Float](repeating: 0, count: small.valueCount)
            var sharp = blurred
            try small.next(blurred: &blurred, sharp: &sharp)
            return try graph.unitVarianceWeights(
                on: blurred, batch: pictures, patch: side, seed: seed, branchDeviation: branchDeviation,
                inheriting: inherited, threads: threads, isStopped: isStopped)
        }
    }
}
