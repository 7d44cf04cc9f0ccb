import Diagnostics
import Graph
import Kinds
import Language
import Tracing
import Training
import TrainingMethods
import Workbench

extension Kind {
    fileprivate static let loss = Kind.foreign(
        Kind.ForeignKind(LossExpression.kind) { value in
            guard let callable = value.asCallable else { return value.as(LossExpression.self) != nil }
            return LossExpression.isLoss(callable)
        })
}

extension TrainingFunctions {
    static let lossParameters: [Builtin.Parameter] =
        [
            .standard("loss", .either([.choice(Loss.self), .loss]), .text(Loss.meanSquaredError.name)).about(
                Loss.all.map { ("\"\($0.name)\"", $0.about) } + [
                    ("or a loss", "one of the language, such as `l1() + 0.1 * mse()`")
                ]),
            .derived("output_weights", .list("a list of numbers"), "1 for each output").about(
                "what each output's loss counts, for a loss of the language"),
        ] + [Builtin.Parameter].settings(of: Loss.self, chosenBy: "loss")

    /// Takes a loss by its name, or traces one for the network.
    static func chooseLoss(
        _ workbench: Workbench, _ arguments: Arguments, in settings: inout TrainingSettings
    ) throws(Diagnostic) {
        let span = arguments.span(of: "loss")
        guard let loss = try LossExpression(arguments.value("loss"), at: span) else {
            settings.loss = try arguments.choice("loss", Loss.self)
            for setting in settings.loss.settings {
                settings[setting] = try arguments.number(setting.name)
            }
            try arguments.refuse(["output_weights"], because: "for a loss of the language, such as `mse()`")
            return
        }
        try arguments.refuse(
            Loss.allSettings.map(\.setting.name), because: "for a loss that is given by its name")
        let channels = settings.colour.channels
        let network = try arguments.network("net").graph(channels: channels, in: workbench.tracing)
        let weights = try arguments.given("output_weights") { name throws(Diagnostic) in
            try arguments.numbers(name, count: network.outputs.count)
        }
        settings.definedLoss = DefinedLoss(
            try loss.graph(
                for: network, weights: weights, channels: channels, in: workbench.tracing,
                at: span))
    }
}
