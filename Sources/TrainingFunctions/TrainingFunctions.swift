import Data
import Diagnostics
import Evaluation
import Files
import FirstWeights
import Foundation
import Graph
import Images
import Inference
import Language
import Library
import LossCurves
import Machine
import OrderedCollections
import Runs
import Tables
import Tracing
import Training
import TrainingMethods
import Workbench

/// Training, resuming, scoring.
package enum TrainingFunctions {
    static let defaults = TrainingSettings(length: .steps(1))

    private static let trainingParameters: [Builtin.Parameter] =
        Builtin.Parameter.group(
            "What is trained",
            [
                .required("net", .network),
                .required("data", .dataset).about("pairs that patches are cut from"),
            ])
        + Builtin.Parameter.group(
            "Length",
            [
                .derived("steps", .whole(TrainingSettings.Limits.steps), "none").about(
                    "either this or `epochs`"),
                .derived("epochs", .whole(TrainingSettings.Limits.epochs), "none").about(
                    "passes over `data`"),
            ] + stageParameters)
        + Builtin.Parameter.group(
            "Learning rate",
            [
                .standard("learning_rate", .number, .number(defaults.learningRate)).about(
                    "Muon wants about 2e-3 in small networks")
            ] + scheduleParameters)
        + Builtin.Parameter.group(
            "First weights",
            .choosing("init", defaults.initialisation) + [
                .derived("from", .model, "none").about(
                    "a warm start: weights are taken by name from this model")
            ])
        + Builtin.Parameter.group(
            "Loss",
            lossParameters + [
                .standard("colour", .choice(TrainingSettings.Colour.self), .text(defaults.colour.rawValue))
                    .about(
                        "one channel or three")
            ])
        + Builtin.Parameter.group(
            "Data",
            [
                .standard("augment", .anything(augmentationWords), .boolean(true)).about(augmentationHelp),
                .standard("seed", .whole(TrainingSettings.Limits.seed), .number(Double(defaults.seed))).about(
                    "of weights, patches and augmentation"),
            ])
        + Builtin.Parameter.group("Validation", validationParameters)
        + Builtin.Parameter.group(
            "Optimizer",
            optimizerParameters + stepParameters)
        + Builtin.Parameter.group(
            "Keeping",
            [
                .derived("checkpoint", .path(.writes), "none").about(
                    "a .safetensors file of the training"),
                .standard("checkpoint_every", .numberOf("seconds"), .number(60)).about(
                    "0 for each step"),
            ])

    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "train", .training, trainingParameters,
                """
                Trains the network on random patches and gives a model. The loss is summed over the network's outputs. Patches are \
                drawn ahead on a thread of their own, in up to 128 MB beside the images that the data keep. The paper: 4000 epochs, \
                batch 16, patch 256, learning_rate 1e-4, init "xavier". With `checkpoint`, the same call goes on where a training \
                that was killed stood, to the last bit as if it had never stopped; in an experiment every training is kept so, \
                by its run in results/runs. Once done, the file is the model's, as `save` writes it.
                """,
                examples: [
                    "net = gao2019(widths = [4, 8], scales = 2)\nmodel = train(net, scenes(2, size = 32), steps = 2, batch = 1, patch = 32)"
                ], .init(effect: .trains, makes: .model)),
            plan: { workbench, arguments throws(Diagnostic) in
                .foreign(try workbench.plan(workbench.training(arguments)))
            }
        ) { workbench, arguments throws(Diagnostic) in
            .foreign(
                try workbench.train(workbench.training(arguments)))
        },
        resume,
        Function(
            Builtin(
                "evaluate", .training,
                [
                    .required("model", .model), .required("data", .dataset),
                ] + ImageFunctions.metricsParameters + [
                    .standard("ensemble", .boolean, .boolean(false)).about(
                        "the mean of eight restorations, flipped and turned, is scored (self-ensemble)")
                ],
                """
                Deblurs every pair's blurred image and compares it with the sharp one: a record of the means over images \
                `psnr`, `psnr_blurred` and `psnr_gain` (dB), `ssim`, `ssim_blurred` and `ssim_gain`, the number of `images`, how \
                many of them are `identical` to the sharp ones (and left out of the mean PSNR and gain, which would be infinite), \
                how many are `unscored` (named, and left out of all means), the `seconds` taken and the profiles, which are those of \
                `compare`. A luma model is applied to each colour channel. A table's row names a self-ensemble among its metrics.
                """,
                examples: [
                    "score = evaluate(load(\"sharp.safetensors\"), scenes(2, size = 32))\nscore.images  # 2"
                ], .init(effect: .trains)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.plan(Scoring(arguments)) }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.evaluate(Scoring(arguments))
        },
        Function(
            Builtin(
                "curve", .training, [.required("model", .model)],
                """
                The loss curve of the model's training: a list with a record for each step, of the `step`, the `loss` and the `psnr` of its batch \
                in dB, and the `learning_rate`; of a training with `validate_every` also of the `validation` after it, in dB, or \
                `none`. `plot` draws it.
                """,
                examples: [
                    "model = train(gao2019(widths = [4, 8], scales = 2), scenes(2, size = 32), steps = 3, batch = 1, patch = 32)\ncount(curve(model))  # 3\ncurve(model)[3].step  # 3"
                ], .init(effect: .trains))
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.curve(of: arguments.model("model"))
        },
        Function(
            Builtin(
                "same_function", .training,
                [
                    .required("net_a", .network), .required("net_b", .network),
                    .standard("size", .whole(1...16384), .number(64)),
                    .standard("seed", .whole(TrainingSettings.Limits.seed), .number(1)),
                    .standard("channels", .wholeOf([1, 3]), .number(1)),
                ],
                """
                Gives both networks the same random weights, by order of first call, and compares them on a random image: \
                a record of the largest differences of `outputs` and `gradients`, relative to the largest value.
                """,
                examples: [
                    "a = gao2019(transform = nested(order = 2), widths = [4, 8])\nb = gao2019(transform = residual(units = 2), widths = [4, 8])\nsame_function(a, b, size = 32).outputs < 0.0001  # true"
                ], .init(effect: .computes)),
            plan: { workbench, arguments throws(Diagnostic) in
                _ = try workbench.compared(arguments)
                return .pending
            }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.compareFunctions(arguments)
        },
    ]

    private static let augmentationWords =
        "true, false or a list of " + AugmentationKind.all.map { "\"\($0.name)\"" }.joined(separator: ", ")

    private static let augmentationHelp = AugmentationKind.all.enumerated().map { place, kind in
        let geometric = Augmentation.geometric.kinds.map(\.name).joined(separator: " and ")
        return (
            (place == 0 ? "true (\(geometric)), false or a list of " : "") + "\"\(kind.name)\"", kind.about
        )
    }

    /// `true` stands for flips and turns.
    private static func augmentation(_ arguments: Arguments) throws(Diagnostic) -> Augmentation {
        if case .boolean(let isGeometric) = try arguments.value("augment") {
            return isGeometric ? .geometric : .none
        }
        return Augmentation(try arguments.choices("augment", AugmentationKind.self))
    }

    package static func settings(_ workbench: Workbench, _ arguments: Arguments) throws(Diagnostic)
        -> TrainingSettings
    {
        var settings = try TrainingSettings(
            steps: arguments.given("steps", arguments.whole),
            epochs: arguments.given("epochs", arguments.whole))
        try chooseStages(arguments, in: &settings)
        settings.learningRate = try arguments.number("learning_rate")
        try chooseSchedule(arguments, in: &settings)
        settings.initialisation = try arguments.choice("init", Initialisation.self)
        try chooseOptimizer(arguments, in: &settings)
        try chooseSteps(arguments, in: &settings)
        settings.validation = try validation(arguments)
        for setting in settings.initialisation.settings {
            settings[setting] = try arguments.number(setting.name)
        }
        settings.colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        try chooseLoss(workbench, arguments, in: &settings)
        settings.augmentation = try augmentation(arguments)
        settings.seed = try arguments.whole("seed")
        settings.threads = workbench.configuration.threads
        return settings
    }
}

/// A scoring with all that it depends on.
package struct Scoring {
    package let model: Model
    package let data: any Dataset
    package let metrics: Metrics
    package let isEnsemble: Bool

    package init(_ arguments: Arguments) throws(Diagnostic) {
        model = try arguments.model("model")
        data = try arguments.dataset("data")
        metrics = try arguments.metrics()
        isEnsemble = try arguments.boolean("ensemble")
    }

    /// How a table's row names the metrics.
    package var metricNames: [String] { metrics.names + (isEnsemble ? ["self-ensemble"] : []) }

    package func recipeLines() throws(Diagnostic) -> [(key: String, value: String)] {
        [("model", model.recipe.fingerprint), ("data", try data.fingerprint)] + metrics.recipeLines
            + (isEnsemble ? [("ensemble", "8")] : [])
    }
}

extension Workbench {
    /// What a scoring in a row depends on; outside of rows nothing asks.
    private func lines(for scoring: Scoring) throws(Diagnostic) -> [(key: String, value: String)] {
        guard mode.columns != nil else { return [] }
        try scoring.data.hashFiles(stop: configuration.stop)
        return try scoring.recipeLines()
    }

    fileprivate func plan(_ scoring: Scoring) throws(Diagnostic) -> Value {
        if !mode.isCheck {
            mode.plan?.add("evaluate", run: Self.recipe(of: .evaluate, try lines(for: scoring)))
        }
        return .pending
    }

    fileprivate func evaluate(_ scoring: Scoring) throws(Diagnostic) -> Value {
        let lines = try lines(for: scoring)
        guard scoring.model.isTrained else { return .pending }
        mode.recorder?.note(metrics: scoring.metricNames)
        return try kept(.evaluate, lines) { () throws(Diagnostic) in
            try scores(scoring, of: scoring.model.weights())
        }
    }

    private func scores(
        _ scoring: Scoring, of trained: TrainedModel
    ) throws(Diagnostic) -> WorkOutcome {
        let (data, metrics, isEnsemble) = (scoring.data, scoring.metrics, scoring.isEnsemble)
        try prepare(data)
        defer { frontEnd.progressEnded() }
        let watch = Stopwatch()
        let scores = try Evaluation.evaluate(
            Restorer(trained, threads: configuration.threads, isEnsemble: isEnsemble), on: data,
            metrics: metrics, stop: configuration.stop
        ) { done, count in
            frontEnd.progress(
                WorkProgress(
                    title: "evaluate", part: Double(done) / Double(count), facts: ["\(done)/\(count)"],
                    secondsLeft: watch.secondsLeft(Double(done) / Double(count))))
        }
        let (restored, blurred) = (scores.restored, scores.blurred)
        frontEnd.notice(restored.unscored)
        for index in 0..<data.count {
            for _ in 0..<(isEnsemble ? 8 : 1) { count(trained, on: data.size(at: index)) }
        }
        meter.completedWorks += 1
        var fields: OrderedDictionary<String, Value> = [
            "psnr": .number(restored.psnr), "psnr_blurred": .number(blurred.psnr),
            "psnr_gain": .number(scores.psnrGain),
            "ssim": .number(restored.ssim), "ssim_blurred": .number(blurred.ssim),
            "ssim_gain": .number(scores.ssimGain),
            "images": .number(Double(restored.images.count)),
            "identical": .number(Double(restored.identical)),
            "identical_blurred": .number(Double(blurred.identical)),
            "unscored": .number(Double(restored.unscored.count)),
            "seconds": .number(scores.seconds),
        ]
        metrics.add(to: &fields)
        return WorkOutcome(fields: fields, texts: [.images: scores.table], seconds: scores.seconds)
    }

    fileprivate func curve(of model: Model) throws(Diagnostic) -> Value {
        guard model.isTrained else { return .pending }
        let points = try lossPoints(of: model)
        let isValidated = points.contains { $0.validation != nil }
        return .list(
            List(
                points.map { point in
                    var fields: OrderedDictionary<String, Value> = [
                        "step": .number(Double(point.step)), "loss": .number(point.loss),
                        "psnr": .number(point.psnr), "learning_rate": .number(point.learningRate),
                    ]
                    if isValidated { fields["validation"] = point.validation.map { .number($0) } ?? .nothing }
                    return .record(fields)
                }))
    }

    /// The course of a model's training. It comes out of the model's run, where a row is made and the run is
    /// complete: a model whose weights are gone need not be trained again for its curve.
    package func lossPoints(of model: Model) throws(Diagnostic) -> [LossPoint] {
        guard let store = mode.recorder?.store, isDone(model.recipe.fingerprint, in: store),
            FileManager.default.fileExists(atPath: store.path(of: model.recipe.fingerprint, .curve))
        else { return try model.report?.history ?? [] }
        return try store.curve(of: model.recipe.fingerprint)
    }

    /// The networks that `same_function` compares, and how; a row that is planned depends on them.
    fileprivate func compared(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (first: Graph, second: Graph, side: Int) {
        let first = try NetworkFunctions.graph("net_a", self, arguments)
        let second = try NetworkFunctions.graph("net_b", self, arguments)
        let side = try NetworkFunctions.side("size", arguments, for: [first, second])
        mode.plan?.add(
            "same_function",
            [
                ("net_a", shortDigest(first.canonicalText)),
                ("net_b", shortDigest(second.canonicalText)),
                ("size", "\(side)"), ("seed", "\(try arguments.whole("seed"))"),
            ])
        return (first, second, side)
    }

    fileprivate func compareFunctions(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (first, second, side) = try compared(arguments)
        let names = (try arguments.network("net_a").description, try arguments.network("net_b").description)
        let comparison = try Evaluation.compareFunctions(
            first, second, names: names, side: side, seed: arguments.whole("seed"),
            threads: configuration.threads)
        return .record([
            "outputs": .number(comparison.outputs.relative),
            "gradients": .number(comparison.gradients.relative),
        ])
    }
}

extension RestorationScores {
    /// A line for each image, as CSV.
    fileprivate var table: String {
        let columns = ["image", "psnr_db", "ssim", "psnr_blurred_db", "ssim_blurred"]
        return CommaSeparated.line(columns.map { .text($0) })
            + zip(restored.images, blurred.images).map { after, before in
                CommaSeparated.line(
                    [.text(after.name)]
                        + [after.psnr, after.ssim, before.psnr, before.ssim].map { .number($0) })
            }.joined()
            + restored.unscored.map {
                CommaSeparated.line(
                    [.text($0.name)] + [Cell](repeating: .missing, count: columns.count - 1))
            }.joined()
    }
}
