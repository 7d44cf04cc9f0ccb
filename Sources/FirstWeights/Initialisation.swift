import Diagnostics
import Engine
import Graph
import Kinds
import Machine

/// How weights begin. Biases begin at zero.
public struct Initialisation: NamedKind {
    public static let all = [lsuv, xavier, he]

    public let name: String
    public let about: String
    public let settings: [Setting]
    /// The first weights of a network, over which those that are inherited are laid.
    /// - Throws: what keeps the first batch from being read; `interrupted` where it was stopped.
    package let weights: @Sendable (FirstWeightsRequest) throws(Diagnostic) -> Weights

    init(
        _ name: String, _ about: String, settings: [Setting] = [],
        weights: @escaping @Sendable (FirstWeightsRequest) throws(Diagnostic) -> Weights
    ) {
        (self.name, self.about, self.settings, self.weights) = (name, about, settings, weights)
    }
}

/// What first weights are made from.
package struct FirstWeightsRequest {
    package let graph: Graph
    package let seed: Int
    package let settings: SettingValues
    /// Weights that stay as they are.
    package var warmStart: WarmStart?
    package let threads: Int
    /// Draws patches for rules that look at feature maps.
    package let batch: () throws(Diagnostic) -> PatchBatch
    /// Looked at between layers.
    package var stop = StopFlag()

    package init(
        _ graph: Graph, seed: Int, _ settings: SettingValues, threads: Int,
        batch: @escaping () throws(Diagnostic) -> PatchBatch
    ) {
        (self.graph, self.seed, self.settings) = (graph, seed, settings)
        (self.threads, self.batch) = (threads, batch)
    }

    /// The weights of a rule that looks at shapes alone.
    func weights(by rule: VarianceRule) -> Weights {
        let first = graph.firstWeights(rule, seed: seed)
        return warmStart?.applied(to: first) ?? first
    }
}

/// Square patches, as a network reads them.
package struct PatchBatch: Sendable {
    /// [patch][row][column][channel].
    package let values: [Float]
    package let count: Int
    /// In pixels.
    package let side: Int

    package init(_ values: [Float], count: Int, side: Int) {
        (self.values, self.count, self.side) = (values, count, side)
    }
}
