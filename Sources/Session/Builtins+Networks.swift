import Diagnostics
import Engine
import Experiments
import Files
import Graph
import Inference
import Training

extension Builtin {
    private static let channelsParameter = Parameter.standard("channels", "1 or 3", .number(1))

    static let networks: [Builtin] = [
        Builtin(
            "parameters", .networks, [.required("net", "a network"), channelsParameter],
            "How many weights the network has, each counted once however often it is used.",
            examples: [
                "parameters(gao2019())  # 3871715",
                "parameters(srn2018(recurrent = false), channels = 3)  # 6881251",
            ]
        ) { session, arguments throws(Diagnostic) in
            .number(Double(try graph("net", session, arguments).parameterCount))
        },
        Builtin(
            "summary", .networks,
            [
                .required("net", "a network"), .standard("height", "a whole number", .number(256)),
                .derived("width", "a whole number", "height"), channelsParameter,
            ],
            """
            A table of the network, level by level: sizes of feature maps, convolutions, weights counted once and at \
            every call, and multiply-accumulates for one image of height × width pixels.
            """,
            examples: ["summary(gao2019(), height = 720, width = 1280)"]
        ) { session, arguments throws(Diagnostic) in
            let graph = try graph("net", session, arguments)
            if let stale = session.staleNote(of: try arguments.network("net")), !session.isRehearsal {
                session.front.notice(stale)
            }
            let (height, width) = try sides(arguments, for: graph)
            return .table(GraphSummary(graph, height: height, width: width).table(of: graph))
        },
        Builtin(
            "sharing_ledger", .networks, [.required("net", "a network"), channelsParameter],
            "For each role, which passes through its `weights` use the same ones.",
            examples: ["sharing_ledger(gao2019(sharing = selective))"]
        ) { session, arguments throws(Diagnostic) in
            .table(SharingLedger(try graph("net", session, arguments)).table)
        },
        Builtin(
            "explain", .networks,
            [
                .required("net", "a network"), .standard("height", "a whole number", .number(256)),
                .derived("width", "a whole number", "height"), channelsParameter,
                .standard("batch", "a whole number", .number(1)),
                .standard("purpose", "\"training\", \"inference\" or \"initialisation\"", .text("training")),
            ],
            """
            How the network will run at this size: every kernel in order, what it fuses, how a convolution is computed, its \
            multiply-accumulates beside the multiplications that the method makes, the bytes that it reads and writes of \
            feature maps and weights rearranged for it; then the memory that all of it takes. The `purpose` is a step of \
            training, restoring pictures ("inference"), or making first weights by "lsuv", layer by layer.
            """,
            examples: ["explain(gao2019(widths = [8, 16]), height = 64, width = 64, purpose = \"inference\")"]
        ) { session, arguments throws(Diagnostic) in
            let graph = try graph("net", session, arguments)
            let purpose = try arguments.choice("purpose", Purpose.self)
            let batch = try arguments.whole("batch", TrainingSettings.Limits.batch)
            let (height, width) = try sides(arguments, for: graph)
            do throws(Diagnostic) {
                let plan = try Plan(
                    graph, batch: batch, height: height, width: width, purpose: purpose,
                    threads: session.configuration.threads)
                return .table(plan.table(of: graph))
            } catch { throw error.located(at: arguments.span) }
        },
        Builtin(
            "inference_cost", .networks,
            [
                .required("net", "a network"), .standard("height", "a whole number", .number(720)),
                .standard("width", "a whole number", .number(1280)),
                .standard("colour", "\"luma\" or \"rgb\"", .text(TrainingSettings.Colour.luma.rawValue)),
            ],
            """
            What it costs to restore one colour picture of height × width pixels in one piece: a record of the \
            multiply-accumulates `macs`, the bytes of `memory` as planned, and the `seconds` that it took, the median of \
            three. A luma network takes the three channels one by one. In an experiment it is measured once and kept.
            """,
            examples: [
                "inference_cost(gao2019(widths = [4, 8], scales = 2), height = 32, width = 32).macs  # 36572160"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.inferenceCost(arguments)
        },
        Builtin(
            "training_seconds", .networks,
            [
                .required("net", "a network"), .required("steps", "a whole number"),
                .standard("batch", "a whole number", .number(8)),
                .standard("patch", "a whole number", .number(64)),
                .standard("colour", "\"luma\" or \"rgb\"", .text(TrainingSettings.Colour.luma.rawValue)),
            ],
            """
            About how many seconds a training would take on this machine: by some passes of one patch, without data and \
            updates. Rows of an experiment are independent, so that processes on several machines share its trainings out.
            """,
            examples: [
                "training_seconds(gao2019(widths = [4, 8], scales = 2), steps = 10, patch = 32) > 0  # true"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.trainingSeconds(arguments)
        },
        Builtin(
            "difference", .networks,
            [
                .required("net_a", "a network"), .required("net_b", "a network"),
                .standard("height", "a whole number", .number(256)),
                .derived("width", "a whole number", "height"), channelsParameter,
            ],
            "What changed from one architecture to another: weights by role, sets of weights, layers, cost, names.",
            examples: ["difference(gao2019(sharing = shared), gao2019(sharing = selective))"]
        ) { session, arguments throws(Diagnostic) in
            let (a, b) = (try graph("net_a", session, arguments), try graph("net_b", session, arguments))
            let (height, width) = try sides(arguments, for: a, b)
            return .table(GraphDifference(a, b, height: height, width: width).table)
        },
        Builtin(
            "remake", .networks, [.required("net", "a network")],
            """
            The network with the same settings, made of its blocks, functions and sharing modes as they are defined now; \
            a network keeps those that it was made of.
            """,
            examples: [
                "block mine(x) { return x + conv(x) }\nnet = gao2019(transform = mine, widths = [8], scales = 1)\nparameters(net)  # 1393\nblock mine(x) { return x + conv(relu(conv(x))) }\nparameters(net)  # 1393\nparameters(remake(net))  # 2561"
            ]
        ) { session, arguments throws(Diagnostic) in
            .network(try session.remade(arguments.network("net"), at: arguments.span))
        },
    ]

    /// The graph of the network given as `name`, for the `channels` given.
    static func graph(_ name: String, _ session: Session, _ arguments: Arguments) throws(Diagnostic) -> Graph
    {
        let channels = try arguments.whole("channels", 1...3)
        guard channels != 2 else {
            throw .outOfRange(
                "`channels` of `\(arguments.builtin.name)`", wanted: "1 or 3", got: 2,
                at: arguments.span(of: "channels"))
        }
        return try arguments.network(name).graph(channels: channels, in: session)
    }

    /// The side of an image given as `name`, checked against what the networks can take.
    static func side(_ name: String, _ arguments: Arguments, for graphs: [Graph]) throws(Diagnostic) -> Int {
        let multiple = graphs.reduce(1) { leastCommonMultiple($0, $1.sizeMultiple) }
        let side = try arguments.whole(name, 1...16384)
        guard side.isMultiple(of: multiple) else {
            throw .unevenSide(name, side, multiple: multiple, at: arguments.span(of: name))
        }
        return side
    }

    /// The height and width of an image, which without a width is square.
    private static func sides(
        _ arguments: Arguments, for graphs: Graph...
    ) throws(Diagnostic) -> (height: Int, width: Int) {
        let height = try side("height", arguments, for: graphs)
        let hasWidth = arguments.optional("width") != nil
        return (height, hasWidth ? try side("width", arguments, for: graphs) : height)
    }
}

extension Session {
    fileprivate func trainingSeconds(_ arguments: Arguments) throws(Diagnostic) -> Value {
        var settings = TrainingSettings(
            length: .steps(try arguments.whole("steps", TrainingSettings.Limits.steps)))
        settings.batch = try arguments.whole("batch", TrainingSettings.Limits.batch)
        settings.patch = try arguments.whole("patch", TrainingSettings.Limits.patch)
        settings.colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        settings.threads = configuration.threads
        let graph = try arguments.network("net").graph(channels: settings.colour.channels, in: self)
        do throws(Diagnostic) { try settings.check(graph) } catch { throw error.located(at: arguments.span) }
        guard !isRehearsal else { return .pending }
        try requireComputing()
        var probe = settings
        probe.batch = 1
        let seconds = try Training.secondsOfStep(graph, probe)
        return .number(seconds * Double(settings.batch) * Double(settings.steps(forPictures: 1)))
    }

    fileprivate func inferenceCost(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        let (height, width) = (
            try arguments.whole("height", 1...16384), try arguments.whole("width", 1...16384)
        )
        let graph = try arguments.network("net").graph(channels: colour.channels, in: self)
        let lines = [
            ("network", shortDigest(graph.canonicalText)), ("colour", colour.rawValue),
            ("size", "\(height)×\(width)"),
        ]
        if isRehearsal {
            plan?.add("inference_cost", run: Self.recipe(of: .inferenceCost, lines))
            return .pending
        }
        return try kept(.inferenceCost, lines) { () throws(Diagnostic) in
            let cost = try Inference.inferenceCost(
                of: graph, colour: colour, height: height, width: width, threads: configuration.threads,
                isStopped: isStopped)
            guard let cost else { throw .stopped }
            return WorkOutcome(fields: [
                "macs": .number(Double(cost.multiplyAccumulates)), "memory": .number(Double(cost.bytes)),
                "seconds": .number(cost.seconds),
            ])
        }
    }
}

extension Diagnostic {
    static func unevenSide(_ name: String, _ side: Int, multiple: Int, at span: Span) -> Diagnostic {
        let below = side / multiple * multiple
        return Diagnostic(
            "uneven-size", "the network needs a \(name) that is a multiple of \(multiple), not \(side)",
            at: span,
            hint: "take \(below == 0 ? "\(multiple)" : "\(below) or \(below + multiple)")")
    }
}
