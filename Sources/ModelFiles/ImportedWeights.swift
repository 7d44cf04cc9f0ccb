import Diagnostics
import Engine
import Graph
import Images
import Inference
import Models

/// Weights of another program, brought into a network by name.
public struct ImportedWeights: Sendable {
    /// A rule that the beginning of a name, up to a dot or its end, is called otherwise in the file.
    public struct Renaming: Sendable {
        public let ours: String
        public let theirs: String

        public init(ours: String, theirs: String) {
            self.ours = ours
            self.theirs = theirs
        }

        func fits(_ name: String) -> Bool { name == ours || name.hasPrefix(ours + ".") }
    }

    public let weights: Weights
    /// Tensors of the file that the network has no use for.
    public let unused: [String]

    /// Looks every parameter of `graph` up in a safetensors file: by its own name, or as the longest of
    /// `renamings` that fits says. Several parameters may take one tensor.
    ///
    /// Convolutions are laid out as PyTorch has them: [out, in, k, k], transposed ones [in, out, k, k]. Sides
    /// of 1 do not count: programs differ in whether a scale of each channel is [C], [C, 1, 1] or [1, C, 1,
    /// 1].
    /// - Throws: `unused-map` for a renaming of no weight of the network's; `cannot-read`, `bad-safetensors`,
    ///   `bad-element-type`, `not-finite-weights`; `missing-weights`, `weight-shape` naming the parameter and
    ///   what the file has.
    public init(from path: String, for graph: Graph, _ renamings: [Renaming]) throws(Diagnostic) {
        let names = graph.parameters.map(\.name)
        for renaming in renamings where !names.contains(where: renaming.fits) {
            throw .unusedMap(renaming.ours, among: names)
        }
        let file = try Safetensors(reading: path)
        let byName = Dictionary(file.tensors.map { ($0.name, $0) }) { first, _ in first }
        let wanted = graph.parameters.map { Self.renamed($0.name, renamings) }
        let missing = wanted.indices.filter { byName[wanted[$0]] == nil }
        guard missing.isEmpty else {
            throw .missingWeights(
                missing.map { (graph.parameters[$0].name, wanted[$0]) }, in: path,
                found: file.tensors.map(\.name))
        }
        var weights = Weights(zerosFor: graph)
        for (id, name) in zip(graph.parameterIDs, wanted) {
            guard let tensor = byName[name] else { continue }
            guard tensor.shape.filter({ $0 != 1 }) == graph[id].shape.filter({ $0 != 1 }) else {
                throw .weightShape(graph[id], tensor, in: path)
            }
            weights[id] = try file.finiteFloats(of: tensor)
        }
        self.weights = weights
        let used = Set(wanted)
        unused = file.tensors.map(\.name).filter { !used.contains($0) }
    }

    private static func renamed(_ name: String, _ renamings: [Renaming]) -> String {
        let fitting = renamings.filter { $0.fits(name) }
        guard let longest = fitting.max(by: { $0.ours.utf8.count < $1.ours.utf8.count }) else { return name }
        return longest.theirs + name.dropFirst(longest.ours.count)
    }
}

extension TrainedModel {
    /// A model of weights that another program has trained.
    /// - Throws: as `checkRestoring` where the network does not restore images of `colour`.
    public init(_ graph: Graph, _ imported: ImportedWeights, colour: InputColour) throws(Diagnostic) {
        try graph.checkRestoring(colour)
        self.init(graph: graph, weights: imported.weights, colour: colour)
    }
}

extension Diagnostic {
    fileprivate static func unusedMap(_ ours: String, among names: [String]) -> Diagnostic {
        // What could have been meant: every name, and every beginning of one up to a dot.
        var candidates: [String] = []
        for name in names {
            let parts = name.split(separator: ".")
            for count in 1...parts.count {
                let beginning = parts.prefix(count).joined(separator: ".")
                if candidates.last != beginning, !candidates.contains(beginning) {
                    candidates.append(beginning)
                }
            }
        }
        return Diagnostic(
            "unused-map", "`map` renames `\(shortened(ours))`, and no weight of the network begins so",
            notes: ["its first weights are " + names.prefix(4).map { "`\($0)`" }.joined(separator: ", ")],
            hint: nearest(to: ours, among: candidates).map { "did you mean `\($0)`?" }
        ).of(argument: "map")
    }

    fileprivate static func missingWeights(
        _ missing: [(ours: String, theirs: String)], in path: String, found: [String]
    ) -> Diagnostic {
        let (ours, theirs) = missing[0]
        let more = missing.count == 1 ? "" : ", and \(missing.count - 1) more of the network's"
        let listed = found.prefix(6).map { "`\(shortened($0))`" }.joined(separator: ", ")
        return Diagnostic(
            "missing-weights",
            "\(path) holds no `\(shortened(theirs))`\(ours == theirs ? "" : ", for `\(ours)`")\(more)",
            notes: found.isEmpty
                ? ["it holds no tensors at all"]
                : ["it holds \(listed)\(found.count > 6 ? " and \(found.count - 6) more" : "")"],
            hint: "`map` says what weights are called there: map = [[\"\(ours)\", \"…\"]]")
    }

    fileprivate static func weightShape(
        _ parameter: Parameter, _ tensor: Safetensors.Tensor, in path: String
    ) -> Diagnostic {
        Diagnostic(
            "weight-shape",
            "`\(shortened(tensor.name))` in \(path) is \(tensor.shape), and `\(parameter.name)` needs \(parameter.shape)"
        )
    }
}
