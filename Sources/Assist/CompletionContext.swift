import Diagnostics
import Syntax

/// What can be told of the place behind a text: in a call, behind a dot, in a sharing mode …
package struct CompletionContext {
    /// A call that is being written.
    package struct Call {
        package let callee: String
        /// Arguments that are named already.
        package let given: Set<String>
        /// Whether an argument begins here.
        package let isAtArgument: Bool
        /// The named argument whose value is being written.
        package let argument: String?
        /// How many arguments stand before it.
        package let position: Int
    }

    package enum SharingPlace { case role, by, index }

    private let prefix: Lexer.Prefix
    private var tokens: [Token] { prefix.tokens }

    /// Whether a name is a built-in function's.
    private let isKnown: (String) -> Bool

    package init(_ text: String, isKnown: @escaping (String) -> Bool) {
        prefix = Lexer.prefix(of: Source(name: "", text: text))
        self.isKnown = isKnown
    }

    package var isInText: Bool { prefix.isInText }
    package var isInComment: Bool { prefix.isInComment }

    /// `score` and `best` behind `score.best.`.
    package var pathBeforeDot: [String]? {
        guard tokens.last?.span.text == "." else { return nil }
        var names: [String] = []
        var index = tokens.count - 1
        while index > 0, tokens[index].span.text == ".", case .name(let name) = tokens[index - 1].kind {
            names.insert(name, at: 0)
            index -= 2
            if index < 0 { break }
        }
        return names
    }

    /// Where the statement that is being written begins.
    private var statementStart: Int {
        var depth = 0
        for index in tokens.indices.reversed() {
            switch tokens[index].span.text {
            case ")", "]", "}": depth += 1
            case "(", "[": depth = max(0, depth - 1)
            case "{" where depth == 0: return index + 1
            case "{": depth -= 1
            default: if depth == 0, tokens[index].kind == .newline { return index + 1 }
            }
        }
        return 0
    }

    private var statement: ArraySlice<Token> { tokens[min(statementStart, tokens.count)...] }

    package var isAtStatement: Bool { statement.isEmpty }

    /// The word behind which a name is wanted: `source`, `edit`, `forget`, `help`, `apropos`, `?`, `??`.
    package var nameWanted: String? {
        guard let first = statement.first?.span.text else { return nil }
        switch first {
        case "source", "edit", "help", "?", "??": return statement.count == 1 ? first : nil
        case "forget": return statement.count == 1 || statement.last?.span.text == "," ? first : nil
        default: return nil
        }
    }

    package var sharingPlace: SharingPlace? {
        if statement.count == 1, statement.first?.span.text == "weights" { return .role }
        guard let brace = prefix.openBrackets.last, brace >= 2, tokens[brace].span.text == "{",
            tokens[brace - 2].span.text == "sharing", brace < 3 || tokens[brace - 3].kind == .newline
        else { return nil }
        let words = statement.map(\.span.text)
        return words.isEmpty ? .role : words.contains("by") ? .index : words.count == 1 ? .by : nil
    }

    /// The innermost call whose bracket is open.
    package var call: Call? {
        guard let open = prefix.openBrackets.last, open > 0, tokens[open].span.text == "(",
            case .name(let callee) = tokens[open - 1].kind, !Token.reserved.contains(callee)
        else { return nil }
        let (given, argument, position) = arguments(behind: open)
        let last = tokens[tokens.count - 1].span.text
        let isValue = last == "=" || (isInText && argument != nil)
        return Call(
            callee: callee, given: given, isAtArgument: last == "," || tokens.count - 1 == open,
            argument: isValue ? argument : nil, position: position)
    }

    /// What stands in the call whose bracket is the token `open`: the arguments that are named already, the
    /// named one that is being written, and how many come before it.
    private func arguments(behind open: Int) -> (given: Set<String>, argument: String?, position: Int) {
        var given: Set<String> = []
        var argument: String?
        var (depth, position) = (0, 0)
        for index in tokens.indices.dropFirst(open + 1) {
            switch tokens[index].span.text {
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            case "," where depth == 0: (argument, position) = (nil, position + 1)
            case "=" where depth == 0:
                if case .name(let name) = tokens[index - 1].kind {
                    given.insert(name)
                    argument = name
                }
            default: break
            }
        }
        return (given, argument, position)
    }

    /// In a text, the call that it stands in, also within a list: the callee, its first argument where that
    /// is a text, and the argument that is being written, by its name or else its position.
    package var textPlace: (callee: String, first: String?, argument: String?, position: Int)? {
        guard isInText, let open = prefix.openBrackets.last(where: { tokens[$0].span.text == "(" }), open > 0,
            case .name(let callee) = tokens[open - 1].kind
        else { return nil }
        let (_, argument, position) = arguments(behind: open)
        var first: String?
        if tokens.count > open + 1, case .text(let pieces) = tokens[open + 1].kind, pieces.count == 1,
            case .literal(let text) = pieces[0]
        {
            first = text
        }
        return (callee, first, argument, position)
    }

    /// Names that the entry itself has brought up: parameters, bindings, loops.
    package var ownWords: Set<String> {
        Set(
            tokens.compactMap { token in
                if case .name(let name) = token.kind, !Token.reserved.contains(name),
                    StatementHelp.table[name] == nil,
                    !isKnown(name)
                {
                    name
                } else {
                    nil
                }
            })
    }
}
