/// A statement of the language, or a word for the session, as help and completion speak of it.
package struct StatementHelp: Sendable {
    package enum Topic: String, CaseIterable, Sendable {
        case language = "Language"
        case prompt = "At the prompt"
    }

    package let name: String
    package let topic: Topic
    package let usage: String
    package let help: String
    package let example: String
    /// Whether the example needs files or a terminal; others run as they stand.
    package let needsMore: Bool

    package static let all: [StatementHelp] = [
        StatementHelp(
            "block", .language, "block NAME(x, setting = value) { … return y }",
            "Defines a function from a feature map to a feature map. Called with named arguments alone it is a value with these settings.",
            "block twice(x, kernel = 3) { return conv(relu(conv(x, kernel = kernel)), kernel = kernel) }"),
        StatementHelp(
            "network", .language, "network NAME(blurred, setting = value) { … output y … }",
            "Defines a network. Every `output` is compared with the sharp image, the last one is the result. Called without its image it is ready to be counted, trained and scored.",
            "network plain(blurred, width = 8) { output blurred + conv(stacked(conv(blurred, width)), channels(blurred)) }\nparameters(plain(width = 4))"
        ),
        StatementHelp(
            "loss", .language, "loss NAME(output, target, setting = value) { … return mean(…) }",
            "Defines what a training can minimise: one value of each image, from a supervised output and its target. Losses can be added and multiplied by numbers: `loss = l1() + 0.1 * mse()`.",
            "loss cubic(output, target) {\n    error = abs(output - target)\n    return mean(error * error * error)\n}"
        ),
        StatementHelp(
            "function", .language, "function NAME(a, b = 1) { … return … }",
            "Defines a function of anything that is not a feature map.",
            "function square(x) { return x * x }\nsquare(3)"),
        StatementHelp(
            "sharing", .language, "sharing NAME { role by index, index … }",
            "Defines a sharing mode: for each role, the indices that its weights differ by. A role alone on its line has the same weights everywhere.",
            "sharing by_level { extract by level\ntransform by level\nreconstruct by level }\nparameters(gao2019(sharing = by_level))"
        ),
        StatementHelp(
            "weights", .language, "weights ROLE { … }",
            "Layers inside belong to the role; the network's sharing mode says which uses of the role share their weights.",
            "network two(blurred) { for scale in 1..2 { weights body { x = conv(blurred) } }\noutput x }\nsharing same { body }\nparameters(two(sharing = same))"
        ),
        StatementHelp(
            "output", .language, "output x",
            "Inside a network: an image that training compares with the sharp one.",
            "network same(blurred) { output conv(blurred) }"),
        StatementHelp(
            "repeat", .language, "repeat N { … }", "Does the statements N times.",
            "x = 1\nrepeat 3 { x = 2 * x }\nx"),
        StatementHelp(
            "for", .language, "for x in list { … }",
            "Does the statements for each element of a list or a range; x keeps its last value.",
            "for order in 1..3 { print(order, nested(order = order)) }"),
        StatementHelp(
            "if", .language, "if c { … } else if d { … } else { … }",
            "Does one of the bodies. Also a value, that of the body's last expression.",
            "level = 1\nstride = if level == 1 { 1 } else { 2 }"),
        StatementHelp(
            "return", .language, "return x", "Ends a block or a function, and gives its value.",
            "function half(x) { return x / 2 }\nhalf(3)"),
        StatementHelp(
            "experiment", .language, "experiment \"NAME\" { over … where … record … }",
            "A table: every combination of the `over` lines is a row, run once and kept in results/NAME.csv; `record` names the columns.",
            "experiment \"widths\" {\n    over width in [4, 8]\n    net = gao2019(widths = [width, 2 * width])\n    record width = width, parameters = parameters(net)\n}"
        ),
        StatementHelp(
            "over", .language, "over NAME in list",
            "Inside an experiment: what varies. Several multiply, the last varies fastest.",
            "experiment \"widths\" {\n    over width in [4, 8]\n    net = gao2019(widths = [width, 2 * width])\n    record width = width, parameters = parameters(net)\n}"
        ),
        StatementHelp(
            "record", .language, "record column = value, column = value",
            "Inside an experiment: columns of the row.",
            "experiment \"widths\" {\n    over width in [4, 8]\n    net = gao2019(widths = [width, 2 * width])\n    record width = width, parameters = parameters(net)\n}"
        ),
        StatementHelp(
            "source", .language, "source NAME", "Prints a definition, with the comment above it.",
            "source nested"),
        StatementHelp(
            "run", .prompt, "run \"file.acu\"", "Runs a script in this session: its names are bound here.",
            "run \"experiments/quickstart.acu\"", needsMore: true),
        StatementHelp(
            "time", .prompt, "time EXPRESSION, time NAME = EXPRESSION",
            "Evaluates it, and tells the seconds, multiply-accumulates a second and peak memory it took.",
            "time parameters(gao2019())"),
        StatementHelp(
            "it", .prompt, "it", "The last value that was shown.", "3 * 4\nit + 1"),
        StatementHelp(
            "vars", .prompt, "vars", "Lists the names that you bound, with what they hold.", "x = 3\nvars"),
        StatementHelp(
            "forget", .prompt, "forget NAME, NAME",
            "Unbinds names; one of the prelude's is the prelude's again.", "x = 3\nforget x"),
        StatementHelp(
            "reset", .prompt, "reset", "Forgets every name but the prelude's.", "x = 3\nreset"),
        StatementHelp(
            "edit", .prompt, "edit NAME",
            "Opens a definition in `$EDITOR` and runs what comes back. Networks made before keep the old one, and say so; `remake` makes them of the new one.",
            "block mine(x) { return unit(x) }\nedit mine", needsMore: true),
        StatementHelp(
            "save_session", .prompt, "save_session \"file.acu\"",
            "Writes the statements that worked, as a script that runs; those that only showed something are left out, unless `it` is read later.",
            "save_session \"today.acu\"",
            needsMore: true),
        StatementHelp(
            "help", .prompt, "help, help TOPIC, help NAME, ?NAME",
            "Explains: shapes, units, an example. `??NAME` prints a definition's source.", "help layers"),
        StatementHelp(
            "apropos", .prompt, "apropos WORD", "Finds what speaks of a word.", "apropos blur"),
    ]

    private init(
        _ name: String, _ topic: Topic, _ usage: String, _ help: String, _ example: String,
        needsMore: Bool = false
    ) {
        self.name = name
        self.topic = topic
        self.usage = usage
        self.help = help
        self.example = example
        self.needsMore = needsMore
    }

    package static let table: [String: StatementHelp] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) })
}
