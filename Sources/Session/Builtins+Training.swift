import Data
import Diagnostics
import Experiments
import Files
import Graph
import Images
import OrderedCollections
import Training

extension Builtin {
    private static let defaults = TrainingSettings(length: .steps(1))

    static let training: [Builtin] = [
        Builtin(
            "train", .training,
            [
                .required("net", "a network"), .required("data", "a dataset"),
                .derived("steps", "a whole number", "none"), .derived("epochs", "a whole number", "none"),
                .standard("batch", "a whole number", .number(Double(defaults.batch))),
                .standard("patch", "a whole number", .number(Double(defaults.patch))),
                .standard("learning_rate", "a number", .number(defaults.learningRate)),
                .standard("decay", "a number", .number(defaults.decay)),
                .standard("warmup", "a whole number", .number(Double(defaults.warmup))),
                .standard("init", "\"lsuv\", \"xavier\" or \"he\"", .text(defaults.initialisation.rawValue)),
                .derived("from", "a model", "none"),
                .standard("loss", "\"mse\" or \"psnr\"", .text(defaults.loss.rawValue)),
                .standard("loss_floor", "a number", .number(defaults.lossFloor)),
                .standard("colour", "\"luma\" or \"rgb\"", .text(defaults.colour.rawValue)),
                .standard(
                    "augment",
                    "true, false or a list of \"flips\", \"turns\", \"colours\", \"saturation\", \"noise\"",
                    .boolean(true)),
                .standard("seed", "a whole number", .number(Double(defaults.seed))),
                .derived("validation", "a dataset", "none"),
                .standard("optimizer", "\"adam\" or \"muon\"", .text(defaults.optimizer.rawValue)),
                .standard("momentum", "a number", .number(defaults.momentum)),
                .standard("beta1", "a number", .number(defaults.beta1)),
                .standard("beta2", "a number", .number(defaults.beta2)),
                .standard("epsilon", "a number", .number(defaults.epsilon)),
                .derived("checkpoint", "a path", "none"),
                .standard("checkpoint_every", "a number of seconds", .number(60)),
            ],
            """
            Trains the network on random patches, for a number of `steps` or of `epochs`, and gives a model. \
            The loss is summed over the outputs: the mean squared error ("mse", the paper's), or the mean over patches of \
            10 log10(mean squared error + loss_floor) ("psnr"), which learns faster in short trainings. The learning \
            rate falls as (1 − step/steps)^decay, after it has risen evenly over the first `warmup` steps. The paper: 4000 \
            epochs, batch 16, patch 256, learning_rate 1e-4, init "xavier". The `optimizer` is Adam, the paper's, or Muon, which makes \
            the update of every weight between maps of eight channels or more orthogonal and leaves the others to \
            Adam; it learns more in each step, wants batches of 4 or more and, in small networks, a rate of about 2e-3; `momentum` is \
            its own. With `from` the weights begin as that model's of \
            the same names, wherever it comes from; those that it lacks begin as `init` says ("lsuv" scales them to \
            what comes out of those that it has). Patches are drawn ahead on a \
            thread of its own, in up to 128 MB beside the pictures that the data keep. \
            The training is kept in the file `checkpoint` every so many seconds, and goes on from there, to the last bit \
            as if it had never stopped, when the same call finds it there again; in an experiment that is a file in \
            NAME.runs/ unless another is given. Once done the file is the model's, as `save` writes it. `validation`: \
            data whose PSNR the progress line shows; it changes nothing of the training.
            """,
            examples: [
                "train(gao2019(widths = [4, 8], scales = 2), scenes(2, size = 32), steps = 2, batch = 1, patch = 32)"
            ]
        ) { session, arguments throws(Diagnostic) in
            let settings = try settings(session, arguments)
            let interval = try arguments.number("checkpoint_every")
            guard (0...1e9).contains(interval) else {
                throw .outOfRange(
                    "`checkpoint_every`", wanted: "a number of seconds, 0 for every step", got: interval,
                    at: arguments.span(of: "checkpoint_every"))
            }
            let path = arguments.optional("checkpoint") == nil ? nil : try arguments.text("checkpoint")
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
            let watched = arguments.optional("validation") == nil ? nil : try arguments.dataset("validation")
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
            ] + metricsParameters + [.standard("ensemble", "true or false", .boolean(false))],
            """
            Deblurs every pair's blurred image and compares it with the sharp one: a record of the means over images \
            `psnr`, `psnr_blurred` (dB), `ssim`, `ssim_blurred`, the number of `images`, how many of them are \
            `identical` to the sharp ones (and left out of the mean PSNR, which would be infinite), the `seconds` \
            taken and the profiles. A luma model is applied to each colour channel. The profiles are those of `compare`. \
            With `ensemble = true` each image is restored eight times, flipped and turned, and the mean is scored \
            ("self-ensemble"); a table's row says so among its metrics.
            """,
            examples: [
                "evaluate(train(gao2019(widths = [4, 8], scales = 2), scenes(2, size = 32), steps = 1, batch = 1, patch = 32), scenes(2, size = 32))"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.evaluate(
                try arguments.model("model"), on: try arguments.dataset("data"),
                metrics: try arguments.metrics(), isEnsemble: try arguments.boolean("ensemble"))
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
                "same_function(gao2019(transform = nested(order = 2), widths = [4, 8]), gao2019(transform = residual(units = 2), widths = [4, 8]), size = 32)"
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
        settings.loss = try arguments.choice("loss", TrainingSettings.Loss.self)
        settings.lossFloor = try arguments.number("loss_floor")
        settings.colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        settings.augmentation = try augmentation(arguments)
        settings.seed = try arguments.whole("seed", Limits.seed)
        settings.optimizer = try arguments.choice("optimizer", TrainingSettings.Optimizer.self)
        if settings.optimizer == .muon {
            settings.momentum = try arguments.number("momentum")
        } else if arguments.given.contains(where: { $0.name == "momentum" }) {
            throw Diagnostic(
                "momentum-of-adam", "`momentum` is of Muon, and the optimizer here is Adam",
                at: arguments.span(of: "momentum"),
                hint: "ask for `optimizer = \"muon\"`; Adam's own is `beta1`")
        }
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
        if isRehearsal {
            if let plan {
                try data.hashFiles(isStopped: isStopped)
                plan.add(
                    "evaluate",
                    [("model", model.recipe.fingerprint), ("data", try data.fingerprint)]
                        + metrics.recipeLines + (isEnsemble ? [("ensemble", "8")] : []))
            }
            return .pending
        }
        guard let trained = model.trained else { return .pending }
        try prepare(data)
        defer { front.progressEnded() }
        let watch = WorkWatch()
        let scores = try Training.evaluate(
            trained, on: data, threads: configuration.threads, metrics: metrics, isEnsemble: isEnsemble,
            stop: configuration.stop
        ) { done, count in
            front.progress(
                WorkProgress(
                    title: "evaluate", part: Double(done) / Double(count), facts: ["\(done)/\(count)"],
                    secondsLeft: watch.secondsLeft(Double(done) / Double(count))))
        }
        guard let scores else { throw .stopped }
        for index in 0..<data.count {
            for _ in 0..<(isEnsemble ? 8 : 1) { count(trained, on: data.size(at: index)) }
        }
        finishedWorks += 1
        self.metrics.formUnion(names)
        var fields: OrderedDictionary<String, Value> = [
            "psnr": .number(scores.psnr), "ssim": .number(scores.ssim),
            "psnr_blurred": .number(scores.psnrBlurred), "ssim_blurred": .number(scores.ssimBlurred),
            "images": .number(Double(scores.images)), "identical": .number(Double(scores.identical)),
            "seconds": .number(scores.seconds),
        ]
        metrics.add(to: &fields)
        return .record(fields)
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
        let names = (try arguments.network("net_a").description, try arguments.network("net_b").description)
        let comparison = try Training.compareFunctions(
            first, second, names: names, side: side, seed: seed, threads: configuration.threads)
        return .record([
            "outputs": .number(comparison.outputs.relative),
            "gradients": .number(comparison.gradients.relative),
        ])
    }
}

extension Diagnostic {
    static let stopped = Diagnostic(interruptedCode, "stopped at your request")
}
