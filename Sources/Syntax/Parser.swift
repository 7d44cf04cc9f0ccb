import Diagnostics

/// Turns tokens into statements, by recursive descent; what is where in the grammar is told in
/// `Documentation/Language.md`.
public struct Parser {
    /// How deep brackets, blocks and operators may nest: far beyond what a person writes, far below the
    /// stack's end.
    public static let nestingLimit = 200

    /// How many operators or calls may follow each other in one expression.
    static let chainLimit = 500

    var tokens: [Token]
    var position = 0
    var depth = 0
    /// Whether a `record` makes sense here.
    var isInExperiment = false

    private init(_ tokens: [Token]) { self.tokens = tokens }

    /// All statements of `source`.
    /// - Throws: the first mistake; with the code ``Diagnostics/Diagnostic/unfinishedCode`` where more lines
    ///   could mend it.
    public static func parse(_ source: Source) throws(Diagnostic) -> [Statement] {
        let tokens: [Token]
        do {
            tokens = try Lexer.tokens(of: source)
        } catch let unclosed where unclosed.code == Diagnostic.unfinishedCode {
            // What is wrong already will not be mended by more lines, and is told before they are typed.
            var beginning = Parser(Lexer.prefix(of: source).tokens + [Token(kind: .end, span: source.end)])
            do {
                _ = try beginning.statements(until: .end)
            } catch {
                if error.code != Diagnostic.unfinishedCode { throw error }
            }
            throw unclosed
        }
        var parser = Parser(tokens)
        return try parser.statements(until: .end)
    }

    /// `source` as one expression, for `--set name=value`.
    public static func parseExpression(_ source: Source) throws(Diagnostic) -> LocatedExpression {
        var parser = Parser(try Lexer.tokens(of: source))
        let expression = try parser.expression()
        parser.skipNewlines()
        guard parser.current.kind == .end else {
            throw .expected("the end of the value", found: parser.current)
        }
        return expression
    }

    init(pieces tokens: [Token], depth: Int) {
        self.tokens = tokens
        self.depth = depth
    }

    // MARK: Tokens

    var current: Token { tokens[position] }
    var next: Token { tokens[min(position + 1, tokens.count - 1)] }
    var previousSpan: Span { tokens[max(0, position - 1)].span }

    mutating func advance() -> Token {
        let token = current
        if position < tokens.count - 1 { position += 1 }
        return token
    }

    mutating func take(_ mark: Token.Mark) -> Bool {
        guard current.isMark(mark) else { return false }
        _ = advance()
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard current.isWord(word) else { return false }
        _ = advance()
        return true
    }

    @discardableResult
    mutating func expect(_ mark: Token.Mark, _ what: String, hint: String? = nil) throws(Diagnostic) -> Token
    {
        guard current.isMark(mark) else {
            // `if x = 2 {` is the one place where an `=` is commonly meant as `==`.
            throw .expected(
                "`\(mark.rawValue)` \(what)", found: current,
                hint: current.isMark(.assign) ? "`=` binds a name; to compare, write `==`" : hint)
        }
        return advance()
    }

    mutating func expectName(_ what: String) throws(Diagnostic) -> Name {
        if let name = current.name {
            return Name(name, advance().span)
        }
        if case .name = current.kind { throw .reservedWord(current, wanted: what) }
        throw .expected(what, found: current)
    }

    mutating func skipNewlines() {
        while current.kind == .newline { _ = advance() }
    }

    /// Runs `parse` one level deeper, refusing what is nested beyond all reason before the stack is in
    /// danger.
    mutating func nested<Value>(
        _ parse: (inout Parser) throws(Diagnostic) -> Value
    ) throws(Diagnostic) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.nestingLimit else { throw .tooDeep(at: current.span) }
        return try parse(&self)
    }

    // MARK: Bodies

    enum BodyEnd { case end, brace }

    mutating func statements(until end: BodyEnd) throws(Diagnostic) -> Body {
        var body: Body = []
        while true {
            skipNewlines()
            switch end {
            case .end where current.kind == .end: return body
            case .brace where current.isMark(.closeBrace):
                _ = advance()
                return body
            case .end, .brace: break
            }
            let start = position
            body.append(try statement())
            guard current.kind == .newline || current.kind == .end || current.isMark(.closeBrace) else {
                throw .expected(
                    "the end of the statement", found: current, hint: tip(for: current, from: start))
            }
            if end == .end, current.isMark(.closeBrace) { throw .expected("a statement", found: current) }
        }
    }

    mutating func braced(_ what: String) throws(Diagnostic) -> Body {
        try expect(.openBrace, "to begin \(what)", hint: "a body stands in braces: `{ … }`")
        return try nested { parser throws(Diagnostic) in try parser.statements(until: .brace) }
    }

    /// A word about a token on which a statement stumbled, where people commonly stumble.
    /// - Parameter start: where the statement begins.
    private func tip(for token: Token, from start: Int) -> String? {
        if token.isMark(.comma) {
            let binds = tokens[position...].prefix { $0.kind != .newline }.contains { $0.isMark(.assign) }
            return binds && tokens[start].isName
                ? "a statement binds one name: `a = 1; b = 2`" : "a list is written `[1, 2]`"
        }
        if token.isMark(.assign) {
            return position > 0 && tokens[position - 1].isMark(.closeParenthesis)
                ? "`function name(x) { return … }` defines a function; to compare, write `==`"
                : "`=` binds one name, at the beginning of a statement; to compare, write `==`"
        }
        if token.isWord("if") { return "a choice between values is `if c { x } else { y }`" }
        if token.isMark(.openBrace) {
            return "a body follows `block`, `network`, `if`, `for`, `repeat` and the like"
        }
        return nil
    }
}
