import Diagnostics
import Engine
import Experiments
import Files
import Foundation
import Graph
import Models
import Training

extension Builtin {
    static let models: [Builtin] = [
        Builtin(
            "load", .training, [.required("path", "a path")],
            """
            The model in a file that `save` or a training's `checkpoint` wrote. Its network is the one that was trained, \
            whatever has become of the blocks it was written with; `source` shows the text it was made of.
            """,
            examples: ["function again() { return load(\"x.safetensors\") }"]
        ) { session, arguments throws(Diagnostic) in
            try session.loadModel(arguments.text("path"), at: arguments.span)
        },
        Builtin(
            "weights_from", .training,
            [
                .required("path", "a path"), .required("net", "a network"),
                .derived("map", "a list of pairs of texts", "none"),
                .standard("colour", "\"luma\" or \"rgb\"", .text(TrainingSettings.Colour.luma.rawValue)),
            ],
            """
            A model of `net` with weights that another program has written as safetensors, found by name. Each \
            [ours, theirs] of `map` says what the beginning of a name, up to a dot, is called in the file; the longest that \
            fits counts. Convolutions are laid out as in PyTorch: [out, in, k, k], transposed ones [in, out, k, k].
            """,
            examples: [
                "function theirs(net) { return weights_from(\"x.safetensors\", net, map = [[\"extract[1]\", \"encoder.0\"]]) }"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.importWeights(arguments)
        },
        Builtin(
            "export", .training, [.required("model", "a model"), .required("to", "a path")],
            """
            Writes a model as an ONNX file (opset 17) for other programs: `blurred` in, `sharp` out, each batch × channels \
            × height × width; height and width are multiples of what its metadata calls `size_multiple`. A luma model \
            takes a picture's colours as a batch of three.
            """,
            examples: ["function hand_over(model) { export(model, to = \"x.onnx\") }"]
        ) { session, arguments throws(Diagnostic) in
            let path = try arguments.text("to")
            guard path.lowercased().hasSuffix(".onnx") else {
                throw .notAnONNXPath(path, at: arguments.span(of: "to"))
            }
            let model = try arguments.model("model")
            if let trained = model.trained, !session.isRehearsal {
                let notes = model.notes.merging(["colour": trained.colour.rawValue]) { $1 }
                try writeONNX(
                    trained.graph, values: { trained.weights[$0] }, notes: notes,
                    version: session.configuration.version, to: path)
            }
            return .nothing
        },
    ]
}

extension Session {
    /// - Throws: `unknown-format` for a path that does not say safetensors; `cannot-write`.
    func save(_ model: Model, to path: String, at span: Span) throws(Diagnostic) {
        guard path.lowercased().hasSuffix(".safetensors") else { throw .notASafetensorsPath(path, at: span) }
        // Nothing is there to be written in a rehearsal.
        guard !isRehearsal, let trained = model.trained else { return }
        try ModelFile.write(trained, notes: model.notes, to: path)
    }

    /// A model out of a file. In a rehearsal a file that the script itself will write may not be there yet.
    func loadModel(_ path: String, at span: Span) throws(Diagnostic) -> Value {
        if isRehearsal, !FileManager.default.fileExists(atPath: path) { return .pending }
        let file = try ModelFile(reading: path)
        let network = Network(
            .file(
                description: withoutControls(file.notes["network"] ?? "the network in \(path)"),
                source: withoutControls(file.notes["source"] ?? ""), file.model.graph), span: span)
        let recipe = planned(file.model, as: "load")
        return .model(Model(network: network, trained: file.model, recipe: recipe, notes: file.notes))
    }

    /// What results of a model that came out of a file depend on.
    private func planned(_ model: TrainedModel, as kind: String) -> Recipe {
        let lines = [("network", shortDigest(model.graph.canonicalText)), ("weights", model.weightsHash)]
        plan?.add(kind, lines)
        return Recipe(axes: [], inputs: lines.map { Recipe.Line($0.0, $0.1) })
    }

    fileprivate func importWeights(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (path, network) = (try arguments.text("path"), try arguments.network("net"))
        let colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        var renamings: [ImportedWeights.Renaming] = []
        if let map = arguments.optional("map") {
            for pair in try arguments.elements("map") {
                guard let pair = pair.elements, pair.count == 2, case .text(let ours) = pair[0],
                    case .text(let theirs) = pair[1]
                else {
                    throw arguments.wrong("map", map, hint: "such as [[\"unit1.conv1\", \"body.0\"]]")
                }
                renamings.append(.init(ours: ours, theirs: theirs))
            }
        }
        let graph = try network.graph(channels: colour.channels, in: self)
        if isRehearsal, !FileManager.default.fileExists(atPath: path) { return .pending }
        let imported = try ImportedWeights(from: path, for: graph, renamings)
        let model = try TrainedModel(graph, imported, colour: colour)
        if plan == nil, !imported.unused.isEmpty {
            let names = imported.unused.prefix(4).map { "`\(shortened($0))`" }.joined(separator: ", ")
            let more = imported.unused.count > 4 ? " and \(imported.unused.count - 4) more" : ""
            front.notice("\(path): not used: \(names)\(more)")
        }
        let recipe = planned(model, as: "weights_from")
        var source = NetworkSource(globals: globals)
        let notes = [
            "network": network.description, "source": source.text(of: network), "recipe": recipe.text,
            "weights": path, "version": configuration.version,
        ]
        return .model(Model(network: network, trained: model, recipe: recipe, notes: notes))
    }
}

extension Diagnostic {
    static func notASafetensorsPath(_ path: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-format",
            "models are written as safetensors, and \"\(path)\" does not end with .safetensors",
            at: span, hint: "write to = \"….safetensors\"")
    }

    static func notAnONNXPath(_ path: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-format", "models are exported as ONNX, and \"\(path)\" does not end with .onnx",
            at: span,
            hint: "write to = \"….onnx\"")
    }
}
