import Diagnostics

/// A word, number, text or mark of the language, and where it stands.
public struct Token: Sendable {
    public indirect enum Kind: Sendable, Equatable {
        case number(Double)
        case text([TextPiece])
        case name(String)
        case mark(Mark)
        /// The end of a line, or a semicolon, outside round and square brackets.
        case newline
        case end
    }

    /// A part of a text: letters as they stand, or the tokens of a `{expression}`.
    public enum TextPiece: Sendable, Equatable {
        case literal(String)
        case tokens([Token])
    }

    public enum Mark: String, Sendable, CaseIterable {
        case range = "..", equal = "==", unequal = "!=", atMost = "<=", atLeast = ">="
        case plus = "+", minus = "-", times = "*", divide = "/", remainder = "%", power = "^"
        case less = "<", greater = ">", assign = "=", dot = ".", comma = ","
        case openParenthesis = "(", closeParenthesis = ")", openBracket = "[", closeBracket = "]"
        case openBrace = "{", closeBrace = "}"
        /// Before a name: help on it, and its source.
        case question = "?", doubleQuestion = "??"
    }

    public let kind: Kind
    public let span: Span

    /// Words that can never be names. Every other word of the language is one only where it begins a
    /// statement, so that `sharing` or `output` can still name an argument or a value.
    public static let reserved: Set<String> = [
        "if", "else", "for", "in", "return", "true", "false", "none", "and", "or", "not", "repeat",
    ]

    var isName: Bool { name != nil }

    /// The word, if it is one that may name something.
    var name: String? {
        if case .name(let name) = kind, !Self.reserved.contains(name) { name } else { nil }
    }

    func isWord(_ word: String) -> Bool { kind == .name(word) }
    func isMark(_ mark: Mark) -> Bool { kind == .mark(mark) }

    /// Whether a line that ends with it goes on with the next: after an operator, a comma, an open bracket.
    var carriesOn: Bool {
        switch kind {
        case .mark(let mark): mark.carriesOn
        case .name(let word): ["and", "or", "not", "in"].contains(word)
        case .number, .text, .newline, .end: false
        }
    }

    /// How a diagnostic speaks of it.
    var described: String {
        switch kind {
        case .number, .name, .mark:
            let text = span.text
            return "`\(text.count > 40 ? text.prefix(40) + "…" : text)`"
        case .text: return "a text"
        case .newline: return "the end of the line"
        case .end: return "the end of the input"
        }
    }
}

extension Token: Equatable {
    /// Equal in what they say, wherever they stand: this is how a change of layout or comments goes
    /// unnoticed.
    public static func == (left: Token, right: Token) -> Bool { left.kind == right.kind }
}

extension Token.Mark {
    var carriesOn: Bool {
        switch self {
        case .range, .equal, .unequal, .atMost, .atLeast, .plus, .minus, .times, .divide, .remainder, .power,
            .less,
            .greater, .assign, .dot, .comma, .openParenthesis, .openBracket, .openBrace:
            true
        case .closeParenthesis, .closeBracket, .closeBrace, .question, .doubleQuestion: false
        }
    }

    /// Whether it is one of those that other languages put before `=`.
    var isArithmetic: Bool {
        switch self {
        case .plus, .minus, .times, .divide, .remainder, .power: true
        case .range, .equal, .unequal, .atMost, .atLeast, .less, .greater, .assign, .dot, .comma,
            .openParenthesis, .closeParenthesis, .openBracket, .closeBracket, .openBrace, .closeBrace,
            .question, .doubleQuestion:
            false
        }
    }

    var closing: Token.Mark? {
        switch self {
        case .openParenthesis: .closeParenthesis
        case .openBracket: .closeBracket
        case .openBrace: .closeBrace
        case .range, .equal, .unequal, .atMost, .atLeast, .plus, .minus, .times, .divide, .remainder, .power,
            .less,
            .greater, .assign, .dot, .comma, .closeParenthesis, .closeBracket, .closeBrace, .question,
            .doubleQuestion:
            nil
        }
    }

    var isClosing: Bool { self == .closeParenthesis || self == .closeBracket || self == .closeBrace }
}
