import Diagnostics

/// Cuts a source into tokens. Linear in its length; recursion only for `{…}` inside texts, and bounded.
public struct Lexer {
    private let source: Source
    private var position: Int
    private let end: Int
    private var tokens: [Token] = []
    /// The open brackets around the position: inside round and square ones, a line's end means nothing.
    private var brackets: [(mark: Token.Mark, span: Span)] = []
    private let depth: Int
    private var endsInComment = false

    /// How many texts may stand inside each other's `{…}`.
    private static let textDepth = 8

    private init(_ source: Source, from position: Int, depth: Int) {
        self.source = source
        self.position = position
        self.depth = depth
        end = source.bytes.count
    }

    /// All tokens of `source`, ending with ``Token/Kind/end``.
    public static func tokens(of source: Source) throws(Diagnostic) -> [Token] {
        var lexer = Lexer(source, from: 0, depth: 0)
        try lexer.run(untilBrace: false)
        return lexer.tokens
    }

    /// What can be told of a text that is still being written.
    public struct Prefix {
        public let tokens: [Token]
        /// Places in ``tokens`` of the brackets that are open at the end, outermost first.
        public let openBrackets: [Int]
        /// Whether the text ends inside a `"…`, or behind a `#`.
        public let isInText: Bool
        public let isInComment: Bool
    }

    /// The tokens of `source` as far as they go, for completion and indentation.
    public static func prefix(of source: Source) -> Prefix {
        var lexer = Lexer(source, from: 0, depth: 0)
        var isInText = false
        do {
            try lexer.run(untilBrace: false)
        } catch {
            let rest = source.bytes[min(lexer.position, source.bytes.count)...]
            isInText = error.code == Diagnostic.unfinishedTextCode && !rest.contains(UInt8(ascii: "\n"))
        }
        let starts = Set(lexer.brackets.map(\.span.range.lowerBound))
        let open = lexer.tokens.indices.filter { index in
            starts.contains(lexer.tokens[index].span.range.lowerBound)
                && !lexer.tokens[index].span.range.isEmpty
        }
        return Prefix(
            // The end of the line that closes every source is not written yet.
            tokens: lexer.tokens.filter {
                $0.kind != .end && !($0.kind == .newline && $0.span.range.isEmpty)
            },
            openBrackets: open, isInText: isInText,
            isInComment: lexer.endsInComment)
    }

    private mutating func run(untilBrace: Bool) throws(Diagnostic) {
        while position < end {
            let byte = source.bytes[position]
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "#"): skipComment()
            case UInt8(ascii: "\n"):
                guard !untilBrace else { throw .unfinishedText(at: Span(source, position..<position)) }
                endLine()
            case UInt8(ascii: ";"): endLine()
            case UInt8(ascii: "\""):
                try refuseTextPrefix()
                try text()
            case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "_"),
                0x80...:
                try word()
            case UInt8(ascii: "}") where untilBrace && brackets.isEmpty:
                position += 1
                return
            default: try mark()
            }
        }
        let here = Span(source, end..<end)
        if untilBrace { throw .unfinishedText(at: here) }
        if let open = brackets.last { throw .unclosed(open.mark.rawValue, at: open.span) }
        if tokens.last?.carriesOn != true { tokens.append(Token(kind: .newline, span: here)) }
        tokens.append(Token(kind: .end, span: here))
    }

    private mutating func emit(_ kind: Token.Kind, from start: Int) {
        tokens.append(Token(kind: kind, span: Span(source, start..<position)))
    }

    private mutating func skipComment() {
        while position < end, source.bytes[position] != UInt8(ascii: "\n") { position += 1 }
        endsInComment = position == end
    }

    private mutating func endLine() {
        let start = position
        position += 1
        if let open = brackets.last, open.mark != .openBrace { return }
        guard let last = tokens.last, last.kind != .newline, !last.carriesOn else { return }
        emit(.newline, from: start)
    }

    private mutating func mark() throws(Diagnostic) {
        let start = position
        for length in [2, 1] where start + length <= end {
            let text = String(decoding: source.bytes[start..<start + length], as: UTF8.self)
            guard let mark = Token.Mark(rawValue: text) else { continue }
            position += length
            try track(mark, at: Span(source, start..<position))
            emit(.mark(mark), from: start)
            return
        }
        position += 1
        let span = Span(source, start..<position)
        switch source.bytes[start] {
        case UInt8(ascii: ":"): throw colon(at: span)
        case UInt8(ascii: "!"):
            let isFirst = tokens.last.map { $0.kind == .newline || $0.isMark(.openBrace) } ?? true
            throw .strangeCharacter(
                at: span, hint: Habits.exclamation(before: restOfLine, isFirst: isFirst))
        default: throw .strangeCharacter(at: span)
        }
    }

    private func colon(at span: Span) -> Diagnostic {
        let bracket = brackets.last.flatMap { open in
            tokens.lastIndex { $0.span.range.lowerBound == open.span.range.lowerBound }.map {
                (mark: open.mark, index: $0)
            }
        }
        return Habits.colon(
            at: span, after: tokens, in: bracket, rest: restOfLine,
            isInsertion: depth > 0 && brackets.isEmpty)
    }

    /// What stands behind the position on its line, as far as a hint has to look.
    private var restOfLine: String {
        let bytes = source.bytes[position...].prefix(200).prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func refuseTextPrefix() throws(Diagnostic) {
        guard let last = tokens.last, last.span.range.upperBound == position,
            case .name(let word) = last.kind,
            let instead = Habits.textPrefix(word)
        else { return }
        throw .textPrefix(word, instead, at: last.span)
    }

    private mutating func track(_ mark: Token.Mark, at span: Span) throws(Diagnostic) {
        if mark.closing != nil {
            guard brackets.count < Parser.nestingLimit else { throw .tooDeep(at: span) }
            brackets.append((mark, span))
        } else if mark.isClosing {
            guard let open = brackets.popLast() else { throw .unopened(mark.rawValue, at: span) }
            guard open.mark.closing == mark else {
                throw .mismatched(open.mark.rawValue, at: open.span, closedBy: mark.rawValue, at: span)
            }
        }
    }

    private mutating func word() throws(Diagnostic) {
        let start = position
        // Bytes above 0x7F are parts of letters of other alphabets, or of characters that are no letters at
        // all.
        while position < end, Self.isWordByte(source.bytes[position]) { position += 1 }
        let text = String(decoding: source.bytes[start..<position], as: UTF8.self)
        var offset = start
        for character in text {
            try checkLetter(character, at: offset)
            offset += character.utf8.count
        }
        emit(.name(text), from: start)
    }

    /// - Throws: where `character`, which stands at `offset`, cannot be part of a name; at the one of its
    ///   code points that is to blame.
    private func checkLetter(_ character: Character, at offset: Int) throws(Diagnostic) {
        if character.isASCII { return }
        let isLetter = character.isLetter || character.isNumber
        var start = offset
        for scalar in character.unicodeScalars {
            let end = start + UTF8.width(scalar)
            if !isLetter || scalar.isHidden { throw .strangeCharacter(at: Span(source, start..<end)) }
            start = end
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private mutating func number() throws(Diagnostic) {
        let start = position
        digits()
        // `1..3` is a range: a dot belongs to the number only before a digit.
        if position + 1 < end, source.bytes[position] == UInt8(ascii: "."), isDigit(at: position + 1) {
            position += 1
            digits()
        }
        if position < end, source.bytes[position] | 0x20 == UInt8(ascii: "e") {
            let signed =
                position + 1 < end
                && [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(source.bytes[position + 1])
            let exponent = position + (signed ? 2 : 1)
            if isDigit(at: exponent) {
                position = exponent
                digits()
            }
        }
        let isLoneDot =
            position < end && source.bytes[position] == UInt8(ascii: ".")
            && (position + 1 == end || " \t\r\n".utf8.contains(source.bytes[position + 1]))
        if isLoneDot { position += 1 }
        // A look-alike character, for example a no-break space, is reported by itself.
        if isLoneDot || (position < end && Self.isWordByte(source.bytes[position]) && !isAtStrangeCharacter) {
            while position < end, Self.isWordByte(source.bytes[position]) { position += 1 }
            throw .malformedNumber(at: Span(source, start..<position))
        }
        let text = String(
            decoding: source.bytes[start..<position].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw .hugeNumber(at: Span(source, start..<position))
        }
        emit(.number(value), from: start)
    }

    /// Whether a character outside of ASCII stands at the position, and is no letter.
    private var isAtStrangeCharacter: Bool {
        guard source.bytes[position] >= 0x80 else { return false }
        let character = String(decoding: source.bytes[position...].prefix(16), as: UTF8.self).first
        return character.map { !$0.isLetter && !$0.isNumber } ?? false
    }

    private func isDigit(at offset: Int) -> Bool {
        offset < end && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(source.bytes[offset])
    }

    private mutating func digits() {
        while isDigit(at: position) || (position < end && source.bytes[position] == UInt8(ascii: "_")) {
            position += 1
        }
    }

    /// A text: letters, escapes `\n \t \" \\ \{ \}`, and `{expression}`.
    private mutating func text() throws(Diagnostic) {
        let start = position
        guard depth < Self.textDepth else { throw .tooDeep(at: Span(source, start..<start + 1)) }
        position += 1
        var pieces: [Token.TextPiece] = []
        var literal: [UInt8] = []
        func flush() {
            if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
            literal = []
        }
        while position < end {
            let byte = source.bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                flush()
                emit(.text(pieces), from: start)
                return
            case UInt8(ascii: "\n"):
                throw .unfinishedText(at: Span(source, start..<position))
            case UInt8(ascii: "\\"):
                literal.append(try escape())
            case UInt8(ascii: "{"):
                flush()
                pieces.append(.tokens(try insertion(in: start)))
            case 0: throw .characterInText(at: Span(source, position..<position + 1))
            default:
                literal.append(byte)
                position += 1
            }
        }
        throw .unfinishedText(at: Span(source, start..<min(end, start + 1)))
    }

    /// The expression of `{expression}` within the text that begins at `start`.
    private mutating func insertion(in start: Int) throws(Diagnostic) -> [Token] {
        let brace = Span(source, position..<position + 1)
        var inner = Lexer(source, from: position + 1, depth: depth + 1)
        do {
            try inner.run(untilBrace: true)
        } catch let diagnostic where diagnostic.code == Diagnostic.unfinishedTextCode {
            throw .unfinishedInsertion(at: brace, in: Span(source, start..<start + 1))
        }
        position = inner.position
        let end = Span(source, position - 1..<position)
        return inner.tokens + [Token(kind: .newline, span: end), Token(kind: .end, span: end)]
    }

    private mutating func escape() throws(Diagnostic) -> UInt8 {
        let start = position
        position += 2
        guard start + 1 < end else { throw .unfinishedText(at: Span(source, start..<start + 1)) }
        switch source.bytes[start + 1] {
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"):
            return source.bytes[start + 1]
        default: throw .unknownEscape(at: Span(source, start..<start + 1))
        }
    }
}
