import Diagnostics
import Engine
import Files
import Graph
import Inference
import Language
import Operators
import Tracing
import Training
import Workbench

/// Networks: counted, summarised, compared.
package enum NetworkFunctions {
    private static let channelsParameter = Builtin.Parameter.standard(
        "channels", .wholeOf([1, 3]), .number(1))

    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "parameters", .networks, [.required("net", .network), channelsParameter],
                "How many weights the network has, each counted once however often it is used.",
                examples: [
                    "parameters(gao2019())  # 3871715",
                    "parameters(srn2018(recurrent = false), channels = 3)  # 6881251",
                ])
        ) { workbench, arguments throws(Diagnostic) in
            .number(Double(try graph("net", workbench, arguments).parameterCount))
        },
        Function(
            Builtin(
                "summary", .networks,
                [
                    .required("net", .network), .standard("height", .whole(1...16384), .number(256)),
                    .derived("width", .whole(1...16384), "height"), channelsParameter,
                ],
                """
                A table of the network, level by level: sizes of feature maps, convolutions, weights counted once and at \
                every call, and multiply-accumulates for one image of height × width pixels.
                """, examples: ["summary(gao2019(), height = 720, width = 1280)"])
        ) { workbench, arguments throws(Diagnostic) in
            let graph = try graph("net", workbench, arguments)
            if workbench.mode.computes,
                let stale = workbench.tracing.staleNote(of: try arguments.network("net"))
            {
                workbench.frontEnd.notice(stale)
            }
            let (height, width) = try sides(arguments, for: graph)
            return .foreign(GraphSummary(graph, height: height, width: width).table(of: graph))
        },
        Function(
            Builtin(
                "sharing_ledger", .networks, [.required("net", .network), channelsParameter],
                "For each role, which uses of it share their weights.",
                examples: ["sharing_ledger(gao2019(sharing = selective))"])
        ) { workbench, arguments throws(Diagnostic) in
            .foreign(SharingLedger(try graph("net", workbench, arguments)).table)
        },
        Function(
            Builtin(
                "explain", .networks,
                [
                    .required("net", .network), .standard("height", .whole(1...16384), .number(256)),
                    .derived("width", .whole(1...16384), "height"), channelsParameter,
                    .standard("batch", .whole(TrainingSettings.Limits.batch), .number(1)),
                    .standard("purpose", .choice(Purpose.self), .text(Purpose.training.rawValue)),
                ],
                """
                How the network will run at this size: every kernel in order, what it fuses, how a convolution is computed, its \
                multiply-accumulates beside the multiplications that the method makes, the bytes that it reads and writes of \
                feature maps and packed weights; then whether tiles of an image are inexact, and the memory that all of it takes. \
                The `purpose` is a step of \
                training, restoring images ("inference"), or making first weights node by node ("initialisation"), as "lsuv" does.
                """,
                examples: [
                    "explain(gao2019(widths = [8, 16]), height = 64, width = 64, purpose = \"inference\")"
                ])
        ) { workbench, arguments throws(Diagnostic) in
            let graph = try graph("net", workbench, arguments)
            let purpose = try arguments.choice("purpose", Purpose.self)
            let batch = try arguments.whole("batch")
            let (height, width) = try sides(arguments, for: graph)
            do throws(Diagnostic) {
                let plan = try Plan(
                    graph, InputSize(batch: batch, height: height, width: width), purpose: purpose,
                    threads: workbench.configuration.threads)
                return .foreign(plan.table(of: graph))
            } catch { throw error.located(at: arguments.span) }
        },
        Function(
            Builtin(
                "inference_cost", .networks,
                [
                    .required("net", .network), .standard("height", .whole(1...16384), .number(720)),
                    .standard("width", .whole(1...16384), .number(1280)),
                    .standard(
                        "colour", .choice(TrainingSettings.Colour.self),
                        .text(TrainingSettings.Colour.luma.rawValue)),
                ],
                """
                What it costs to restore one colour image of height × width pixels in one piece: a record of the \
                multiply-accumulates `macs`, the bytes of `memory` as planned, and the `seconds` that it took, the median of \
                three. A luma network takes the three channels one by one. In an experiment it is measured once and kept.
                """,
                examples: [
                    "inference_cost(gao2019(widths = [4, 8], scales = 2), height = 32, width = 32).macs  # 36572160"
                ], .init(effect: .trains)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planInferenceCost(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.inferenceCost(arguments)
        },
        Function(
            Builtin(
                "training_seconds", .networks,
                [
                    .required("net", .network), .required("steps", .whole(TrainingSettings.Limits.steps)),
                    .standard("batch", .whole(TrainingSettings.Limits.batch), .number(8)),
                    .standard("patch", .whole(TrainingSettings.Limits.patch), .number(64)),
                    .standard(
                        "colour", .choice(TrainingSettings.Colour.self),
                        .text(TrainingSettings.Colour.luma.rawValue)),
                ],
                """
                About how many seconds a training would take on this machine: by some passes of one patch, without data and \
                updates. Rows of an experiment are independent, so that processes on several machines share its trainings out.
                """,
                examples: [
                    "training_seconds(gao2019(widths = [4, 8], scales = 2), steps = 10, patch = 32) > 0  # true"
                ], .init(effect: .computes)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planTrainingSeconds(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.trainingSeconds(arguments)
        },
        Function(
            Builtin(
                "difference", .networks,
                [
                    .required("net_a", .network), .required("net_b", .network),
                    .standard("height", .whole(1...16384), .number(256)),
                    .derived("width", .whole(1...16384), "height"), channelsParameter,
                ],
                "What changed from one architecture to another: weights by role, sets of weights, layers, cost, names.",
                examples: ["difference(gao2019(sharing = shared), gao2019(sharing = selective))"])
        ) { workbench, arguments throws(Diagnostic) in
            let (a, b) = (try graph("net_a", workbench, arguments), try graph("net_b", workbench, arguments))
            let (height, width) = try sides(arguments, for: a, b)
            return .foreign(GraphDifference(a, b, height: height, width: width).table)
        },
        Function(
            Builtin(
                "remake", .networks, [.required("net", .network)],
                """
                The network with the same settings, made of its blocks, functions and sharing modes as they are defined now; \
                a network keeps those that it was made of.
                """,
                examples: [
                    "block mine(x) { return x + conv(x) }\nnet = gao2019(transform = mine, widths = [8], scales = 1)\nparameters(net)  # 1393\nblock mine(x) { return x + conv(relu(conv(x))) }\nparameters(net)  # 1393\nparameters(remake(net))  # 2561"
                ])
        ) { workbench, arguments throws(Diagnostic) in
            .foreign(try workbench.tracing.remade(arguments.network("net"), at: arguments.span))
        },
    ]

    /// The graph of the network given as `name`, for the `channels` given.
    package static func graph(_ name: String, _ workbench: Workbench, _ arguments: Arguments)
        throws(Diagnostic) -> Graph
    {
        try arguments.network(name).graph(channels: arguments.whole("channels"), in: workbench.tracing)
    }

    /// The side of an image given as `name`, checked against what the networks can take.
    package static func side(_ name: String, _ arguments: Arguments, for graphs: [Graph]) throws(Diagnostic)
        -> Int
    {
        let multiple = graphs.reduce(1) { leastCommonMultiple($0, $1.sizeMultiple) }
        let side = try arguments.whole(name)
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
        let width = try arguments.given("width") { name throws(Diagnostic) in
            try side(name, arguments, for: graphs)
        }
        return (height, width ?? height)
    }
}

extension Workbench {
    /// The training of one patch that `training_seconds` runs, and how many such a training takes.
    private func probe(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (graph: Graph, settings: TrainingSettings, count: Int) {
        var settings = TrainingSettings(length: .steps(try arguments.whole("steps")))
        settings.batch = try arguments.whole("batch")
        settings.patch = try arguments.whole("patch")
        settings.colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        settings.threads = configuration.threads
        let graph = try arguments.network("net").graph(channels: settings.colour.channels, in: tracing)
        do throws(Diagnostic) { try settings.check(graph) } catch { throw error.located(at: arguments.span) }
        let count = settings.batch * settings.steps(forImages: 1)
        settings.batch = 1
        return (graph, settings, count)
    }

    fileprivate func planTrainingSeconds(_ arguments: Arguments) throws(Diagnostic) -> Value {
        _ = try probe(arguments)
        return .pending
    }

    fileprivate func trainingSeconds(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (graph, settings, count) = try probe(arguments)
        return .number(try Training.secondsOfStep(graph, settings) * Double(count))
    }

    private func costed(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (graph: Graph, lines: [(key: String, value: String)]) {
        let colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        let graph = try arguments.network("net").graph(channels: colour.channels, in: tracing)
        let (height, width) = (try arguments.whole("height"), try arguments.whole("width"))
        return (
            graph,
            [
                ("network", shortDigest(graph.canonicalText)), ("colour", colour.rawValue),
                ("size", "\(height)×\(width)"),
            ]
        )
    }

    fileprivate func planInferenceCost(_ arguments: Arguments) throws(Diagnostic) -> Value {
        mode.plan?.add("inference_cost", run: Self.recipe(of: .inferenceCost, try costed(arguments).lines))
        return .pending
    }

    fileprivate func inferenceCost(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (graph, lines) = try costed(arguments)
        let colour = try arguments.choice("colour", TrainingSettings.Colour.self)
        let (height, width) = (try arguments.whole("height"), try arguments.whole("width"))
        return try kept(.inferenceCost, lines) { () throws(Diagnostic) in
            let cost = try Inference.inferenceCost(
                of: graph, colour: colour, height: height, width: width, threads: configuration.threads,
                stop: configuration.stop)
            return WorkOutcome(fields: [
                "macs": .number(Double(cost.multiplyAccumulates)), "memory": .number(Double(cost.bytes)),
                "seconds": .number(cost.seconds),
            ])
        }
    }
}

extension Diagnostic {
    package static func unevenSide(_ name: String, _ side: Int, multiple: Int, at span: Span) -> Diagnostic {
        let below = side / multiple * multiple
        return Diagnostic(
            "uneven-size", "the network needs a \(name) that is a multiple of \(multiple), not \(side)",
            at: span,
            hint: "take \(below == 0 ? "\(multiple)" : "\(below) or \(below + multiple)")")
    }
}
