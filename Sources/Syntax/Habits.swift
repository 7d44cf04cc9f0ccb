import Diagnostics

/// What people write who know other languages, and what is written here instead.
public enum Habits {
    /// Words that begin a statement elsewhere.
    static let statements: [String: String] = [
        "while": "`repeat N { … }` and `for x in list { … }` are the loops",
        "def": "write `function name(a, b = 1) { … return … }`",
        "func": "write `function name(a, b = 1) { … return … }`",
        "fn": "write `function name(a, b = 1) { … return … }`",
        "let": "write `name = value`", "var": "write `name = value`", "const": "write `name = value`",
        "import": "all there is can be used at once; `run \"file.acu\"` runs another script",
        "from": "all there is can be used at once; `run \"file.acu\"` runs another script",
        "class": "write `network name(blurred) { … output … }` or `block name(x) { … return … }`",
        "elif": "write `else if`", "elseif": "write `else if`",
        "switch": "write `if … { … } else if … { … }`", "match": "write `if … { … } else if … { … }`",
        "del": "write `forget name`",
        "using": "all there is can be used at once; `run \"file.acu\"` runs another script",
        "with": "a function that reads or writes a file opens and closes it itself",
        "try": "a mistake ends the script; a row of an experiment that fails leaves the others going",
        "except": "a mistake ends the script; a row of an experiment that fails leaves the others going",
        "assert":
            "`a == b` shows `true` or `false`; `if a != b { print(\"…\") }` speaks only when they differ",
        "lambda": "write `function name(x) { return … }`",
    ]

    /// What is written here for a word that is no name here.
    public static func hint(for word: String) -> String? { names[word] ?? statements[word] }

    /// What those who know other languages or prompts look for, and what it is called here.
    private static let names: [String: String] = [
        "ans": "`it` is the last value that was shown", "_": "`it` is the last value that was shown",
        "break": "a loop runs to its end; an `if` inside leaves out what should not happen",
        "continue": "a loop runs to its end; an `if` inside leaves out what should not happen",
        "pass": "an empty body is `{ }`",
        "type": "`vars` and `?name` tell what a name holds", "dir": "`vars` lists the names",
        "str": "\"{value}\" is a value as a text", "int": "`floor(x)` and `round(x)` give whole numbers",
        "pow": "write `x ^ 2`", "append": "`list + [x]` is the list with one more element",
        "torch": "there is nothing to import: `help` lists all there is",
        "nn": "there is nothing to import: `help` lists all there is",
        "np": "there is nothing to import: `help` lists all there is",
        "history": "the arrows and Ctrl-R go through the history", "clear": "Ctrl-L clears the screen",
        "exit": "Ctrl-D leaves the prompt; a script ends with its last line",
        "quit": "Ctrl-D leaves the prompt; a script ends with its last line",
        "True": "write `true`", "False": "write `false`", "None": "write `none`", "null": "write `none`",
        "nil": "write `none`",
        "sorted": "lists keep their order; `minimum(list)` and `maximum(list)` are its ends",
        "sort": "lists keep their order; `minimum(list)` and `maximum(list)` are its ends",
        "len": "`count(list)` is how many elements it has",
        "length": "`count(list)` is how many elements it has",
        "size": "`count(list)` is how many elements a list has; an image's size is shown with it",
        "range": "`1..3` is a range, both ends included",
        "max": "`maximum(list)`", "min": "`minimum(list)`", "avg": "`mean(list)`",
        "println": "`print(value)`",
        "ls": "`vars` lists the names; Tab completes file names in quotes", "who": "`vars` lists the names",
        "run": "write `run \"file.acu\"`", "load": "write `run \"file.acu\"`",
        "apropos": "write `apropos word`", "source": "write `source name`", "edit": "write `edit name`",
        "save_session": "write `save_session \"file.acu\"`", "forget": "write `forget name`",
        "enumerate": "`for i in 1..count(list) { … list[i] … }` counts too",
        "zip": "`for i in 1..count(a) { … a[i] … b[i] … }` goes through two lists",
        "shape": "`image(path)` shows an image's size; `summary(net)` the sizes in a network",
        "format": "\"{value}\" is a value as a text",
        "F": "there is nothing to import: `help` lists all there is",
        "batch_size": "`batch`", "kernel_size": "`kernel`", "lr": "`learning_rate`",
        "batchnorm": "there is none; `init = \"lsuv\"` sets the scales before training",
        "BatchNorm2d": "there is none; `init = \"lsuv\"` sets the scales before training",
        "max_pool": "`downsize(x, n)` is the mean of n × n pixels; `conv(x, stride = 2)` learns it",
        "MaxPool2d": "`downsize(x, n)` is the mean of n × n pixels; `conv(x, stride = 2)` learns it",
        "acuity":
            "at the prompt its commands are functions: `results()`, `show_result(\"table:1\")`, `run \"file.acu\"`",
        "Conv2d": "`conv(x, channels)` is the convolution",
        "conv2d": "`conv(x, channels)` is the convolution",
        "ReLU": "write `relu(x)`", "upsample": "`resize(x, like = y)` gives x the size of y",
        "cat": "`concat(x, y)` joins channels", "psnr": "`evaluate(model, data).psnr` is in dB",
    ]

    /// Words of this language and others after which a body follows, elsewhere behind a colon.
    private static let bodies: Set<String> = [
        "if", "else", "for", "repeat", "function", "block", "network", "weights", "experiment",
    ]

    /// What is wrong with the colon at `span`, as far as what stands around it tells.
    /// - Parameters:
    ///   - tokens: all tokens before it.
    ///   - bracket: the innermost open bracket, and its place among `tokens`.
    ///   - rest: what follows on its line.
    ///   - isInsertion: whether it stands directly in a `{…}` of a text.
    static func colon(
        at span: Span, after tokens: [Token], in bracket: (mark: Token.Mark, index: Int)?, rest: String,
        isInsertion: Bool
    ) -> Diagnostic {
        func hinted(_ hint: String) -> Diagnostic { .strangeCharacter(at: span, hint: hint) }
        let begin = (tokens.lastIndex { $0.kind == .newline || $0.isMark(.openBrace) } ?? -1) + 1
        let statement = tokens[begin...]
        if let lambda = statement.last(where: { $0.isWord("lambda") }) {
            return .habit("lambda", statements["lambda", default: ""], at: lambda.span)
        }
        if isInsertion {
            return hinted("a number is rounded before it is inserted: \"{round(x, digits = 2)}\"")
        }
        if let word = statement.first, case .name(let name) = word.kind, let instead = statements[name] {
            return .habit(name, instead, at: word.span)
        }
        if let bracket, let hint = inside(bracket, tokens, isFirst: statement.count == 1) {
            return hinted(hint)
        }
        if tokens.last?.isMark(.assign) == true || rest.hasPrefix("=") {
            return hinted("`=` alone binds a name, at the beginning of a statement")
        }
        if statement.contains(where: { $0.isMark(.question) }) {
            return hinted("a choice between values is `if c { x } else { y }`")
        }
        let hasBody = statement.first.map { first in bodies.contains { first.isWord($0) } } ?? false
        if hasBody, !rest.contains(" {") {
            return hinted("a body stands in braces, not behind a colon: `{ … }`")
        }
        if statement.count == 1, statement.first?.isName == true, rest.contains("=") {
            return hinted("names have no types: write `name = value`")
        }
        return hinted("a range is written `1..3`, and a body stands in braces: `{ … }`")
    }

    /// What a colon in brackets may be meant as; `nil` where the brackets do not tell.
    private static func inside(
        _ bracket: (mark: Token.Mark, index: Int), _ tokens: [Token], isFirst: Bool
    ) -> String? {
        let before = bracket.index > 0 ? tokens[bracket.index - 1] : nil
        switch bracket.mark {
        case .openBracket:
            guard let before,
                before.isName || before.isMark(.closeParenthesis) || before.isMark(.closeBracket)
            else { return nil }
            return "a part of a list is made by a loop: `for i in 1..2 { part = part + [list[i]] }`; "
                + "`slice(x, 1, 2)` takes channels of a feature map"
        case .openParenthesis:
            guard isNameAtStart(of: tokens, behind: bracket.index) else { return nil }
            let isDefinition =
                bracket.index > 1
                && ["function", "block", "network"].contains { tokens[bracket.index - 2].isWord($0) }
            return isDefinition
                ? "arguments have no types: write `name`, or `name = value` with a default"
                : "an argument is named with `=`: `f(name = value)`"
        case .openBrace:
            // A body follows a name, a bracket or a number; where a value should come, it is a dictionary.
            let isValue =
                before.map { token in
                    switch token.kind {
                    case .mark(let mark): mark.carriesOn
                    case .newline: true
                    case .name(let word): ["return", "and", "or", "not", "in"].contains(word)
                    case .number, .text, .end: false
                    }
                } ?? true
            guard isValue, isFirst else { return nil }
            return "there are no dictionaries: a list of pairs is `[[1, 2], [3, 4]]`"
        case .range, .equal, .unequal, .atMost, .atLeast, .plus, .minus, .times, .divide, .remainder, .power,
            .less, .greater, .assign, .dot, .comma, .closeParenthesis, .closeBracket, .closeBrace, .question,
            .doubleQuestion:
            return nil
        }
    }

    /// Whether the last token is a name right behind the bracket at `index`, or behind a comma.
    private static func isNameAtStart(of tokens: [Token], behind index: Int) -> Bool {
        guard let last = tokens.last, last.isName else { return false }
        let before = tokens.count - 2
        return before == index || (before > index && tokens[before].isMark(.comma))
    }

    /// What is meant by letters before a text, as in `f"…"`; `nil` where they are none that another language
    /// has.
    static func textPrefix(_ word: String) -> String? {
        switch word.lowercased() {
        case "f", "fr", "rf": "values are inserted in every text: \"{x}\""
        case "r", "br", "rb": "in every text a backslash is written `\\\\`"
        case "b", "u": "a text has no letter before it: \"…\""
        default: nil
        }
    }

    /// What is meant by a `!` before `rest`.
    /// - Parameter isFirst: whether it begins a statement.
    static func exclamation(before rest: String, isFirst: Bool) -> String {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        guard isFirst, let first = rest.first, first.isLetter, !["true", "false"].contains(word),
            rest.dropFirst(word.count).first != "("
        else { return "write `and`, `or`, `not`" }
        return "commands of the shell are run in another terminal; to negate a value, write `not \(word)`"
    }
}
