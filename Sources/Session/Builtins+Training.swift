import Data
import Diagnostics
import Evaluation
import Files
import Foundation
import Graph
import Images
import Inference
import OrderedCollections
import Runs
import Tables
import Training

extension Builtin {
    private static let defaults = TrainingSettings(length: .steps(1))

    private static let trainingParameters: [Parameter] =
        Parameter.group(
            "What is trained",
            [
                .required("net", "a network"),
                .required("data", "a dataset").about("pairs that patches are cut from"),
            ])
        + Parameter.group(
            "Length",
            [
                .derived("steps", "a whole number", "none").about("either this or `epochs`"),
                .derived("epochs", "a whole number", "none").about("passes over `data`"),
                .standard("batch", "a whole number", .number(Double(defaults.batch))).about(
                    "patches in a step"),
                .standard("patch", "a whole number", .number(Double(defaults.patch))).about(
                    "side of a patch in pixels"),
            ])
        + Parameter.group(
            "Learning rate",
            [
                .standard("learning_rate", "a number", .number(defaults.learningRate)).about(
                    "Muon wants about 2e-3 in small networks"),
                .standard("decay", "a number", .number(defaults.decay)).about(
                    "the rate falls as (1 − step/steps)^decay"),
                .standard("warmup", "a whole number", .number(Double(defaults.warmup))).about(
                    "steps in which it rises evenly first"),
            ])
        + Parameter.group(
            "First weights",
            [
                .standard("init", "\"lsuv\", \"xavier\" or \"he\"", .text(defaults.initialisation.rawValue))
                    .about("\"lsuv\" scales each layer to outputs of deviation 1"),
                .standard("branch_deviation", "a number", .number(defaults.branchDeviation)).only(
                    with: "init", "lsuv"
                ).about("of the outputs of a residual branch at the start"),
                .derived("from", "a model", "none").about(
                    "whose weights of the same names come first"),
            ])
        + Parameter.group(
            "Loss",
            [
                .standard("loss", "\"mse\" or \"psnr\"", .text(defaults.loss.rawValue)).about(
                    "mean squared error, the paper's; or 10 log10(it + loss_floor) of each patch, which learns "
                        + "faster in short trainings"),
                .standard("loss_floor", "a number", .number(defaults.lossFloor)).only(with: "loss", "psnr"),
                .standard("colour", "\"luma\" or \"rgb\"", .text(defaults.colour.rawValue)).about(
                    "one channel or three"),
            ])
        + Parameter.group(
            "Data",
            [
                .standard(
                    "augment",
                    "true, false or a list of \"flips\", \"turns\", \"colours\", \"saturation\", \"noise\"",
                    .boolean(true)
                ).about("true: flips, turns"),
                .standard("seed", "a whole number", .number(Double(defaults.seed))).about(
                    "of weights, patches and augmentation"),
                .derived("validation", "a dataset", "none").about(
                    "its PSNR is shown on the way, no more"),
            ])
        + Parameter.group(
            "Optimizer",
            [
                .standard("optimizer", "\"adam\" or \"muon\"", .text(defaults.optimizer.rawValue)).about(
                    "Adam is the paper's; Muon makes updates of weights between maps of 8 channels or more "
                        + "orthogonal, learns more in a step and wants batches of 4 or more"),
                .standard("momentum", "a number", .number(defaults.momentum)).only(with: "optimizer", "muon"),
                .standard("beta1", "a number", .number(defaults.beta1)).about(
                    "decay of the gradients' mean"),
                .standard("beta2", "a number", .number(defaults.beta2)).about("decay of their squares' mean"),
                .standard("epsilon", "a number", .number(defaults.epsilon)).about(
                    "Adam's, beside their root"),
            ])
        + Parameter.group(
            "Keeping",
            [
                .derived("checkpoint", "a path", "none").about(
                    "a .safetensors file of the training"),
                .standard("checkpoint_every", "a number of seconds", .number(60)).about(
                    "0 for each step"),
            ])

    static let training: [Builtin] = [
        Builtin(
            "train", .training,
            trainingParameters,
            """
            Trains the network on random patches and gives a model. The loss is summed over the network's outputs. Patches are \
            drawn ahead on a thread of their own, in up to 128 MB beside the pictures that the data keep. The paper: 4000 epochs, \
            batch 16, patch 256, learning_rate 1e-4, init "xavier". With `checkpoint`, the same call goes on where a training \
            that was killed stood, to the last bit as if it had never stopped; in an experiment every training is kept so, \
            by its run in results/runs. Once done, the file is the model's, as `save` writes it.
            """,
            examples: [
                "net = gao2019(widths = [4, 8], scales = 2)\nmodel = train(net, scenes(2, size = 32), steps = 2, batch = 1, patch = 32)"
            ]
        ) { session, arguments throws(Diagnostic) in
            let settings = try settings(session, arguments)
            let interval = try arguments.number("checkpoint_every")
            guard (0...1e9).contains(interval) else {
                throw .outOfRange(
                    "`checkpoint_every`", wanted: "a number of seconds, 0 for every step", got: interval,
                    at: arguments.span(of: "checkpoint_every"))
            }
            let path = try arguments.given("checkpoint", arguments.text)
            if path == nil, session.plan == nil, session.recorded == nil {
                try arguments.refuse(["checkpoint_every"], because: "for a training that `checkpoint` keeps")
            }
            if let path, !path.lowercased().hasSuffix(".safetensors") {
                throw .notASafetensorsPath(path, at: arguments.span(of: "checkpoint"))
            }
            let origin =
                arguments.optional("from") == nil
                ? nil
                : TrainingOrigin(
                    model: try arguments.model("from"), span: arguments.span(of: "from"),
                    initialisation: arguments.given.contains { $0.name == "init" }
                        ? arguments.span(of: "init") : nil)
            let watched = try arguments.given("validation", arguments.dataset)
            return .model(
                try session.validating(on: watched) { () throws(Diagnostic) in
                    try session.train(
                        try arguments.network("net"), on: try arguments.dataset("data"), settings,
                        from: origin,
                        keptIn: path, every: interval)
                })
        },
        resume,
        Builtin(
            "evaluate", .training,
            [
                .required("model", "a model"), .required("data", "a dataset"),
            ] + metricsParameters + [
                .standard("ensemble", "true or false", .boolean(false)).about(
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
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.evaluate(
                try arguments.model("model"), on: try arguments.dataset("data"),
                metrics: try arguments.metrics(), isEnsemble: try arguments.boolean("ensemble"))
        },
        Builtin(
            "curve", .training, [.required("model", "a model")],
            """
            The course of its training: a list with a record for each step, of the `step`, the `loss` and the `psnr` of its batch \
            in dB, and the `learning_rate`. `plot` draws it.
            """,
            examples: [
                "model = train(gao2019(widths = [4, 8], scales = 2), scenes(2, size = 32), steps = 3, batch = 1, patch = 32)\ncount(curve(model))  # 3\ncurve(model)[3].step  # 3"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.curve(of: arguments.model("model"))
        },
        Builtin(
            "same_function", .training,
            [
                .required("net_a", "a network"), .required("net_b", "a network"),
                .standard("size", "a whole number", .number(64)),
                .standard("seed", "a whole number", .number(1)),
                .standard("channels", "1 or 3", .number(1)),
            ],
            """
            Gives both networks the same random weights, by order of first call, and compares them on a random image: \
            a record of the largest differences of `outputs` and `gradients`, relative to the largest value.
            """,
            examples: [
                "a = gao2019(transform = nested(order = 2), widths = [4, 8])\nb = gao2019(transform = residual(units = 2), widths = [4, 8])\nsame_function(a, b, size = 32).outputs < 0.0001  # true"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.compareFunctions(arguments)
        },
    ]

    /// `true` stands for flips and turns.
    private static func augmentation(_ arguments: Arguments) throws(Diagnostic) -> Augmentation {
        let value = try arguments.value("augment")
        if case .boolean(let isGeometric) = value { return isGeometric ? .geometric : .none }
        var kinds: [Augmentation.Kind] = []
        for element in value.elements ?? [value] {
            guard case .text(let text) = element else { throw arguments.wrong("augment", value) }
            guard let kind = Augmentation.Kind(rawValue: text) else {
                throw .unknownChoice(
                    text, of: "`augment` of `train`", known: Augmentation.Kind.allCases.map(\.rawValue),
                    at: arguments.span(of: "augment"))
            }
            kinds.append(kind)
        }
        return Augmentation(kinds)
    }

    private static func settings(_ session: Session, _ arguments: Arguments) throws(Diagnostic)
        -> TrainingSettings
    {
        typealias Limits = TrainingSettings.Limits
        var settings = try TrainingSettings(
            steps: arguments.optional("steps") == nil ? nil : arguments.whole("steps", Limits.steps),
            epochs: arguments.optional("epochs") == nil ? nil : arguments.whole("epochs", Limits.epochs))
        settings.batch = try arguments.whole("batch", Limits.batch)
        settings.patch = try arguments.whole("patch", Limits.patch)
        settings.learningRate = try arguments.number("learning_rate")
        settings.decay = try arguments.number("decay")
        settings.warmup = try arguments.whole("warmup", Limits.warmup)
        settings.initialisation = try arguments.choice("init", TrainingSettings.Initialisation.self)
        settings.branchDeviation = try arguments.number("branch_deviation")
        settings.loss = try arguments.choice("loss", TrainingSettings.Loss.self)
        settings.lossFloor = try arguments.number("loss_floor")
        settings.colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        settings.augmentation = try augmentation(arguments)
        settings.seed = try arguments.whole("seed", Limits.seed)
        settings.optimizer = try arguments.choice("optimizer", TrainingSettings.Optimizer.self)
        if settings.optimizer == .muon { settings.momentum = try arguments.number("momentum") }
        settings.beta1 = try arguments.number("beta1")
        settings.beta2 = try arguments.number("beta2")
        settings.epsilon = try arguments.number("epsilon")
        settings.threads = session.configuration.threads
        return settings
    }
}

extension Session {
    func evaluate(
        _ model: Model, on data: any Dataset, metrics: Metrics, isEnsemble: Bool
    ) throws(Diagnostic) -> Value {
        let names = metrics.names + (isEnsemble ? ["self-ensemble"] : [])
        guard !configuration.isCheck else { return .pending }
        if plan != nil || rowRuns != nil { try data.hashFiles(isStopped: isStopped) }
        let lines =
            plan == nil && rowRuns == nil
            ? []
            : [("model", model.recipe.fingerprint), ("data", try data.fingerprint)]
                + metrics.recipeLines + (isEnsemble ? [("ensemble", "8")] : [])
        if isRehearsal {
            plan?.add("evaluate", run: Self.recipe(of: .evaluate, lines))
            return .pending
        }
        guard model.isTrained else { return .pending }
        self.metrics.formUnion(names)
        return try kept(.evaluate, lines) { () throws(Diagnostic) in
            try scores(of: model.weights(), on: data, metrics: metrics, isEnsemble: isEnsemble)
        }
    }

    private func scores(
        of trained: TrainedModel, on data: any Dataset, metrics: Metrics, isEnsemble: Bool
    ) throws(Diagnostic) -> WorkOutcome {
        try prepare(data)
        defer { front.progressEnded() }
        let watch = WorkWatch()
        let scores = try Evaluation.evaluate(
            trained, on: data, threads: configuration.threads, metrics: metrics, isEnsemble: isEnsemble,
            stop: configuration.stop
        ) { done, count in
            front.progress(
                WorkProgress(
                    title: "evaluate", part: Double(done) / Double(count), facts: ["\(done)/\(count)"],
                    secondsLeft: watch.secondsLeft(Double(done) / Double(count))))
        }
        guard let scores else { throw .stopped }
        front.notice(scores.unscored)
        for index in 0..<data.count {
            for _ in 0..<(isEnsemble ? 8 : 1) { count(trained, on: data.size(at: index)) }
        }
        finishedWorks += 1
        var fields: OrderedDictionary<String, Value> = [
            "psnr": .number(scores.psnr), "psnr_blurred": .number(scores.psnrBlurred),
            "psnr_gain": .number(scores.psnrGain),
            "ssim": .number(scores.ssim), "ssim_blurred": .number(scores.ssimBlurred),
            "ssim_gain": .number(scores.ssimGain),
            "images": .number(Double(scores.images)), "identical": .number(Double(scores.identical)),
            "identical_blurred": .number(Double(scores.identicalBlurred)),
            "unscored": .number(Double(scores.unscored.count)),
            "seconds": .number(scores.seconds),
        ]
        metrics.add(to: &fields)
        return WorkOutcome(fields: fields, texts: [.images: scores.table], seconds: scores.seconds)
    }

    fileprivate func curve(of model: Model) throws(Diagnostic) -> Value {
        guard !isRehearsal, model.isTrained else { return .pending }
        return .list(
            List(
                try lossPoints(of: model).map { point in
                    .record([
                        "step": .number(Double(point.step)), "loss": .number(point.loss),
                        "psnr": .number(point.psnr), "learning_rate": .number(point.learningRate),
                    ])
                }))
    }

    /// The course of a model's training. It comes out of the model's run, where a row is made and the run is
    /// complete: a model whose weights are gone need not be trained again for its curve.
    func lossPoints(of model: Model) throws(Diagnostic) -> [LossPoint] {
        guard let store = rowRuns?.store, isDone(model.recipe.fingerprint, in: store),
            FileManager.default.fileExists(atPath: store.path(of: model.recipe.fingerprint, .curve))
        else { return try model.report?.lossPoints ?? [] }
        return try store.curve(of: model.recipe.fingerprint)
    }

    fileprivate func compareFunctions(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let first = try Builtin.graph("net_a", self, arguments)
        let second = try Builtin.graph("net_b", self, arguments)
        let side = try Builtin.side("size", arguments, for: [first, second])
        let seed = try arguments.whole("seed", TrainingSettings.Limits.seed)
        plan?.add(
            "same_function",
            [
                ("net_a", shortDigest(first.canonicalText)),
                ("net_b", shortDigest(second.canonicalText)),
                ("size", "\(side)"), ("seed", "\(seed)"),
            ])
        if isRehearsal { return .pending }
        try requireComputing()
        let names = (try arguments.network("net_a").description, try arguments.network("net_b").description)
        let comparison = try Evaluation.compareFunctions(
            first, second, names: names, side: side, seed: seed, threads: configuration.threads)
        return .record([
            "outputs": .number(comparison.outputs.relative),
            "gradients": .number(comparison.gradients.relative),
        ])
    }
}

extension Scores {
    /// A line for each picture, as CSV.
    fileprivate var table: String {
        let columns = ["image", "psnr_db", "ssim", "psnr_blurred_db", "ssim_blurred"]
        return CommaSeparated.line(columns.map { .text($0) })
            + pictures.map { picture in
                CommaSeparated.line(
                    [.text(picture.name)]
                        + [picture.psnr, picture.ssim, picture.psnrBlurred, picture.ssimBlurred].map {
                            .number($0)
                        })
            }.joined()
            + unscored.map {
                CommaSeparated.line(
                    [.text($0.name)] + [Cell](repeating: .missing, count: columns.count - 1))
            }.joined()
    }
}

extension Diagnostic {
    static let stopped = Diagnostic(interruptedCode, "stopped at your request")
}
