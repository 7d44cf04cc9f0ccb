import Data
import Diagnostics
import Engine
import FirstWeights
import Graph
import Machine

extension TrainingSettings {
    /// Values that are looked at to scale first weights: beyond some ten thousand pixels a variance changes
    /// no more.
    private static let pixelsLookedAt = 8 * 64 * 64

    /// The first weights of a training: those that are inherited, and the others by its rule.
    /// - Parameter stop: looked at between layers.
    /// - Throws: what keeps the first batch from being read; `interrupted` where it was stopped.
    package func firstWeights(
        of graph: Graph, on dataset: any Dataset, warmStart: WarmStart? = nil,
        stop: StopFlag = StopFlag()
    ) throws(Diagnostic) -> Weights {
        if let warmStart, warmStart.missing.isEmpty { return warmStart.applied(to: Weights(zerosFor: graph)) }
        var request = FirstWeightsRequest(graph, seed: seed, kindSettings, threads: threads) {
            () throws(Diagnostic) in try firstBatch(of: graph, on: dataset)
        }
        (request.warmStart, request.stop) = (warmStart, stop)
        return try initialisation.weights(request)
    }

    /// A small batch that is drawn as those of the training are.
    private func firstBatch(of graph: Graph, on dataset: any Dataset) throws(Diagnostic) -> PatchBatch {
        let multiple = graph.sizeMultiple
        let side = min(patch, max(64 / multiple, 1) * multiple)
        let count = min(batch, max(1, Self.pixelsLookedAt / (side * side)))
        var sampler = PatchSampler(
            dataset, patch: side, batch: count, colour: colour, augmentation: augmentation,
            source: RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("first batch"))
        var blurred = [Float](repeating: 0, count: sampler.valueCount)
        var sharp = blurred
        try sampler.next(blurred: &blurred, sharp: &sharp)
        return PatchBatch(blurred, count: count, side: side)
    }
}
