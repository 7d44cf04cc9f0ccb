import Diagnostics
import Engine
import Files
import FirstWeights
import Foundation
import Graph
import Inference
import Language
import ModelFiles
import Models
import Runs
import Tracing
import Training
import Workbench

/// Models in files.
package enum ModelFunctions {
    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "load", .training, [.required("path", .path(.reads))],
                """
                The model in a file that `save` or a training's `checkpoint` wrote. Its network is the one that was trained, \
                whatever has become of the blocks it was written with; `source` shows the text it was made of. `resume` goes on \
                with a training whose state is in the file; `train` takes any model to start `from`.
                """,
                examples: [
                    "parameters(load(\"sharp.safetensors\"))  # 13562"
                ], .init(effect: .reads, makes: .model, runsInPlans: true))
        ) { workbench, arguments throws(Diagnostic) in
            try arguments.blaming("path") { () throws(Diagnostic) in
                try workbench.loadModel(arguments.text("path"), at: arguments.span)
            }
        },
        Function(
            Builtin(
                "weights_from", .training,
                [
                    .required("from", .either([.path(.reads), .model])), .required("net", .network),
                    .derived("map", .list("a list of pairs of texts"), "none"),
                    .standard(
                        "colour", .choice(TrainingSettings.Colour.self),
                        .text(TrainingSettings.Colour.luma.rawValue)),
                ],
                """
                A model of `net` with weights that another program has written as safetensors, found by name. Each \
                [ours, theirs] of `map` says what the beginning of a name, up to a dot, is called in the file; the longest that \
                fits counts. Convolutions are laid out as in PyTorch: [out, in, k, k], transposed ones [in, out, k, k]. Given a \
                model, it takes that model's weights in another network that has the same ones, such as one that uses a shared \
                module more often.
                """,
                examples: [
                    "few = gao2019(widths = [4, 8], scales = 2, modules = 1)\nmodel = train(few, scenes(2, size = 32), steps = 1, batch = 1, patch = 32)\nmany = weights_from(model, few(modules = 3))",
                    "network mine(blurred) { output conv(relu(conv(blurred, 8)), 1) }\nmap = [[\"conv1\", \"encoder.0\"], [\"conv2\", \"decoder.0\"]]\nmodel = weights_from(\"other.safetensors\", mine(), map = map)",
                ], .init(effect: .reads, runsInPlans: true))
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.importWeights(arguments)
        },
        Function(
            Builtin(
                "export", .training, [.required("model", .model), .required("to", .path(.writes))],
                """
                Writes a model as an ONNX file (opset 17) for other programs: `blurred` in, `sharp` out, each batch × channels \
                × height × width, of any height and width: the file pads and crops as `deblur` does, and gives the same \
                values. A luma model takes an image's colours as a batch of three.
                """,
                examples: [
                    "export(load(\"sharp.safetensors\"), to = \"sharp.onnx\")"
                ], .init(effect: .writes)),
            plan: { _, arguments throws(Diagnostic) in
                _ = try onnxPath(arguments)
                return .nothing
            }
        ) { workbench, arguments throws(Diagnostic) in
            let path = try onnxPath(arguments)
            if let trained = try arguments.model("model").trained {
                let notes = try arguments.model("model").notes.merging(["colour": trained.colour.rawValue]) {
                    $1
                }
                try writeONNX(
                    trained.graph, values: { trained.weights[$0] }, notes: notes,
                    version: workbench.configuration.version, to: path)
            }
            return .nothing
        },
    ]

    private static func onnxPath(_ arguments: Arguments) throws(Diagnostic) -> String {
        let path = try arguments.text("to")
        guard path.lowercased().hasSuffix(".onnx") else {
            throw .notAnONNXPath(path, at: arguments.span(of: "to"))
        }
        return path
    }
}

extension Workbench {
    /// - Throws: `unknown-format` for a path that does not say safetensors.
    package static func checkModelPath(_ path: String, at span: Span) throws(Diagnostic) {
        guard path.lowercased().hasSuffix(".safetensors") else { throw .notASafetensorsPath(path, at: span) }
    }

    /// - Throws: `no-state`, `cannot-write`.
    /// - Parameter keepsState: what it takes to go on with its training too; of one that was stopped it is
    ///   kept anyway.
    package func save(_ model: Model, to path: String, keepsState: Bool, at span: Span) throws(Diagnostic) {
        guard let trained = try model.trained else { return }
        let report = try model.report
        let state = keepsState || report?.isInterrupted == true ? model.course?.state : nil
        guard !keepsState || state != nil else { throw .noState(at: span) }
        try ModelFile.write(trained, report, state: state, notes: model.notes, to: path)
    }

    /// A model out of a file.
    package func loadModel(_ path: String, at span: Span) throws(Diagnostic) -> Value {
        if isYetToBeWritten(path) { return .pending }
        let file = try ModelFile(reading: path)
        let network = Network(
            .file(
                description: withoutControls(file.notes["network"] ?? "the network in \(path)"),
                source: withoutControls(file.notes["source"] ?? ""), file.model.graph), span: span)
        let recipe = planned(file.model, file.state.map { ($0, file.training.settings) }, as: "load")
        let course = file.state.map {
            ResumableTraining(data: nil, settings: file.training.settings, state: $0)
        }
        return .foreign(
            Model(
                network: network, trained: file.model, file.training, recipe: recipe, course: course,
                notes: file.notes))
    }

    /// What results of a model that came out of a file depend on.
    private func planned(
        _ model: TrainedModel, _ training: (state: TrainingState, settings: TrainingSettings)? = nil,
        as kind: String
    ) -> Recipe {
        var lines = [("network", shortDigest(model.graph.canonicalText)), ("weights", model.weightsHash)]
        if let (state, settings) = training {
            let settings = settings.recipeLines.map { "\($0.key) \($0.value)" }.joined(separator: "\n")
            lines.append(("training", shortDigest("\(state.hash(of: model.graph)) \(settings)")))
        }
        mode.plan?.add(kind, lines)
        return Recipe(axes: [], inputs: lines.map { Recipe.Line($0.0, $0.1) })
    }

    fileprivate func importWeights(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let network = try arguments.network("net")
        let colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        if let model = try arguments.value("from").as(Model.self) {
            try arguments.refuse(["map"], because: "for files")
            return .foreign(try transplanted(model, into: network, colour, at: arguments.span(of: "from")))
        }
        let path = try arguments.text("from")
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
        let graph = try network.graph(channels: colour.channels, in: tracing)
        if isYetToBeWritten(path) { return .pending }
        let imported = try ImportedWeights(from: path, for: graph, renamings)
        let model = try TrainedModel(graph, imported, colour: colour)
        if mode.plan == nil, !imported.unused.isEmpty {
            frontEnd.notice("\(path): not used: \(weightNames(imported.unused))")
        }
        let recipe = planned(model, as: "weights_from")
        var source = NetworkSource(globals: interpreter.globals)
        let notes = [
            "network": network.description, "source": source.text(of: network), "recipe": recipe.text,
            "weights": path, "version": configuration.version,
        ]
        return .foreign(Model(network: network, trained: model, recipe: recipe, notes: notes))
    }
}

extension Workbench {
    /// A model of another network with the weights of `model`, by their names.
    /// - Throws: `weight-shape`, `nothing-in-common`; `missing-weights` for a network that has more.
    private func transplanted(
        _ model: Model, into network: Network, _ colour: TrainingSettings.Colour, at span: Span
    ) throws(Diagnostic) -> Model {
        let graph = try network.graph(channels: colour.channels, in: tracing)
        do throws(Diagnostic) {
            try WarmStart.check(
                that: graph, canTakeThoseOf: model.network.graph(channels: colour.channels, in: tracing))
        } catch { throw error.located(at: span) }
        let recipe = Recipe(
            axes: [],
            inputs: [
                Recipe.Line("network", shortDigest(graph.canonicalText)),
                Recipe.Line("weights.from", model.recipe.fingerprint),
            ])
        var source = NetworkSource(globals: interpreter.globals)
        let notes = [
            "network": network.description, "source": source.text(of: network), "recipe": recipe.text,
            "version": configuration.version,
        ]
        guard model.isTrained else {
            return Model(network: network, trained: nil, recipe: recipe, notes: notes)
        }
        return Model(network: network, recipe: recipe, notes: notes) { () throws(Diagnostic) in
            do throws(Diagnostic) {
                // The format of models' files has settings in every one: here those of the weights' training.
                let report = try model.report.map { TrainingReport(settings: $0.settings) }
                return (try TrainedModel(graph, from: model.weights()), report)
            } catch {
                throw error.located(at: span)
            }
        }
    }
}

/// The first names of weights, for a notice.
package func weightNames(_ names: [String]) -> String {
    names.prefix(4).map { "`\(shortened($0))`" }.joined(separator: ", ")
        + (names.count > 4 ? " and \(names.count - 4) more" : "")
}

extension Diagnostic {
    fileprivate static func noState(at span: Span) -> Diagnostic {
        Diagnostic(
            "no-state", "this model does not know the state of a training, so it cannot be saved", at: span,
            hint: "models that `train` gave in this session do; leave `state` out to save the weights")
    }

    package static func notASafetensorsPath(_ path: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-format",
            "models are written as safetensors, and \"\(path)\" does not end with .safetensors",
            at: span, hint: "give it that ending")
    }

    package static func notAnONNXPath(_ path: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-format", "models are exported as ONNX, and \"\(path)\" does not end with .onnx",
            at: span,
            hint: "write to = \"….onnx\"")
    }
}
