import Diagnostics
import Engine
import Graph
import Inference

/// Weights of a model for the start of another network's training: those whose names both have.
public struct WarmStart: Sendable {
    /// Names of the network's weights that the model lacks.
    public let missing: [String]
    private let found: [(id: ParameterID, values: [Float])]

    /// - Throws: `weight-shape` for weights of one name and two shapes; `nothing-in-common` where no name is
    ///   the same.
    public init(of model: TrainedModel, for graph: Graph) throws(Diagnostic) {
        let (common, missing) = try Self.common(model.graph, graph)
        found = common.map { (id: $0.ours, values: model.weights[$0.theirs]) }
        self.missing = missing
    }

    /// The weights whose names both have, and the names that `graph` has alone.
    private static func common(
        _ other: Graph, _ graph: Graph
    ) throws(Diagnostic) -> (found: [(ours: ParameterID, theirs: ParameterID)], missing: [String]) {
        let byName = Dictionary(uniqueKeysWithValues: other.parameterIDs.map { (other[$0].name, $0) })
        var found: [(ours: ParameterID, theirs: ParameterID)] = []
        var missing: [String] = []
        for id in graph.parameterIDs {
            guard let theirs = byName[graph[id].name] else {
                missing.append(graph[id].name)
                continue
            }
            guard other[theirs].shape == graph[id].shape else {
                throw .otherShape(graph[id], not: other[theirs].shape)
            }
            found.append((id, theirs))
        }
        guard !found.isEmpty else { throw .nothingInCommon(other, graph) }
        return (found, missing)
    }

    /// Checks that `graph` can be run with the weights of `other`, before there are any.
    /// - Throws: as for ``init(of:for:)``; `missing-weights` where the other lacks some.
    public static func check(that graph: Graph, canTakeThoseOf other: Graph) throws(Diagnostic) {
        let missing = try common(other, graph).missing
        guard missing.isEmpty else { throw .lacking(missing) }
    }

    /// The network's weights that the model has.
    package var ids: Set<ParameterID> { Set(found.map(\.id)) }

    package func applied(to first: Weights) -> Weights {
        var weights = first
        for (id, values) in found { weights[id] = values }
        return weights
    }
}

extension TrainedModel {
    /// A model of `graph` with the weights that `model` has under the same names.
    /// - Throws: as ``WarmStart/init(of:for:)``; `missing-weights` where the model lacks some.
    public init(_ graph: Graph, from model: TrainedModel) throws(Diagnostic) {
        let warmStart = try WarmStart(of: model, for: graph)
        guard warmStart.missing.isEmpty else { throw .lacking(warmStart.missing) }
        self.init(
            graph: graph, weights: warmStart.applied(to: Weights(zerosFor: graph)), colour: model.colour)
    }
}

extension Diagnostic {
    fileprivate static func lacking(_ names: [String]) -> Diagnostic {
        let more = names.count > 1 ? " and \(names.count - 1) more" : ""
        return Diagnostic(
            "missing-weights", "the model lacks `\(shortened(names[0]))`\(more), which this network has",
            hint: "`train(net, data, from = model, …)` trains those anew")
    }

    fileprivate static func otherShape(_ parameter: Parameter, not shape: [Int]) -> Diagnostic {
        Diagnostic(
            "weight-shape",
            "`\(parameter.name)` is \(shape) in the model to start from, and this network needs \(parameter.shape)",
            hint: "start from a model of the same widths, kernels and `colour`")
    }

    fileprivate static func nothingInCommon(_ model: Graph, _ graph: Graph) -> Diagnostic {
        func first(_ graph: Graph) -> String { graph.parameters.first.map { "`\($0.name)`" } ?? "no weights" }
        return Diagnostic(
            "nothing-in-common",
            "the model to start from has no weights that are called as this network's are",
            notes: ["its first are \(first(model)), the network's \(first(graph))"],
            hint: "weights are found by their names, which roles, sharing modes and block calls make")
    }
}
