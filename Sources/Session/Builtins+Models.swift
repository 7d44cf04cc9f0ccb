import Diagnostics
import Engine
import Experiments
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
        let graph = file.model.graph
        let network = Network(
            .file(
                description: withoutControls(file.notes["network"] ?? "the network in \(path)"),
                source: withoutControls(file.notes["source"] ?? ""), graph), span: span)
        let lines = [("network", hexadecimalHash(graph.canonicalText)), ("weights", file.weightsHash)]
        plan?.add("load", lines)
        let recipe = Recipe(axes: [], inputs: lines.map { Recipe.Line($0.0, $0.1) })
        return .model(Model(network: network, trained: file.model, recipe: recipe, notes: file.notes))
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
