import Diagnostics

extension Diagnostic {
    /// The code of every mistake that more input could mend: at the prompt it asks for another line.
    public static let unfinishedCode = "unfinished"

    static func unclosed(_ bracket: String, at span: Span) -> Diagnostic {
        Diagnostic(unfinishedCode, "this `\(bracket)` is never closed", at: span)
    }

    static func unopened(_ bracket: String, at span: Span) -> Diagnostic {
        Diagnostic("unexpected", "there is no open bracket that this `\(bracket)` could close", at: span)
    }

    static func mismatched(
        _ open: String, at place: Span, closedBy close: String, at span: Span
    ) -> Diagnostic {
        Diagnostic(
            "unexpected", "`\(open)` is closed by `\(close)`", at: span,
            related: [Label(place, "opened here")])
    }

    static let unfinishedTextCode = "unfinished-text"

    static func unfinishedText(at span: Span) -> Diagnostic {
        Diagnostic(unfinishedTextCode, "a text must end with `\"` on the line where it begins", at: span)
    }

    /// A `{` in a text, and the line ends before what it inserts does.
    static func unfinishedInsertion(at span: Span, in text: Span) -> Diagnostic {
        Diagnostic(
            unfinishedTextCode, "this `{` inserts a value into the text, and is never closed", at: span,
            related: [Label(text, "the text begins here")],
            hint: "close it as in \"{name}\", or write `\\{` for a brace itself")
    }

    static func elseAlone(at span: Span) -> Diagnostic {
        Diagnostic(
            "unexpected", "there is no `if` that this `else` could belong to", at: span,
            hint: "at the prompt write `} else {` on one line: an entry that is complete runs at once")
    }

    /// A word that begins a statement in other languages.
    static func habit(_ word: String, _ instead: String, at span: Span) -> Diagnostic {
        Diagnostic("unexpected", "there is no `\(word)` in this language", at: span, hint: instead)
    }

    static func unknownEscape(at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-escape", "a `\\` in a text must be followed by n, t, \", \\, { or }", at: span,
            hint: "write `\\\\` for a backslash itself")
    }

    /// A letter before a text, as other languages mark texts of some kind.
    static func textPrefix(_ word: String, _ instead: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unexpected", "there is no `\(word)` before a text in this language", at: span, hint: instead)
    }

    static func malformedNumber(at span: Span) -> Diagnostic {
        Diagnostic(
            "malformed-number", "this is not a number", at: span,
            hint: "numbers look like 3, 0.5, 1e-4 or 1_000; a name begins with a letter")
    }

    static func hugeNumber(at span: Span) -> Diagnostic {
        Diagnostic("malformed-number", "this number is too large: the largest is about 1.8e308", at: span)
    }

    static func needsBrackets(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unexpected", "`\(name)` takes its values in brackets", at: span, hint: "write `\(name)(value)`")
    }

    static func tooDeep(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-deep", "brackets and blocks are nested more than \(Parser.nestingLimit) deep here", at: span,
            hint: "give a part of it a name")
    }

    static func tooLong(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-long",
            "more than \(Parser.chainLimit) operators or calls follow each other in this expression",
            at: span, hint: "give a part of it a name, or use a loop")
    }

    static func expected(_ what: String, found token: Token, hint: String? = nil) -> Diagnostic {
        if token.kind == .end {
            return Diagnostic(
                unfinishedCode, "the input ends where \(what) should come", at: token.span, hint: hint)
        }
        return Diagnostic(
            "unexpected", "\(what) should come here, not \(token.described)", at: token.span, hint: hint)
    }

    static func reservedWord(_ token: Token, wanted: String) -> Diagnostic {
        Diagnostic(
            "reserved-word", "\(token.described) is a word of the language and cannot be \(wanted)",
            at: token.span)
    }

    static func repeated(_ what: String, _ name: String, at span: Span, first: Span) -> Diagnostic {
        Diagnostic(
            "repeated-name", "the \(what) `\(name)` is given twice", at: span,
            related: [Label(first, "first given here")])
    }

    static func positionalAfterNamed(at span: Span) -> Diagnostic {
        Diagnostic(
            "argument-order", "an argument without a name cannot follow one with a name", at: span,
            hint: "put it before the named ones, or write `name = value`")
    }

    /// A statement where it means nothing; some of these only show when it is run.
    public static func misplaced(_ statement: String, belongsIn place: String, at span: Span) -> Diagnostic {
        Diagnostic("misplaced", "`\(statement)` means something only inside \(place)", at: span)
    }

    static func chainedComparison(at span: Span) -> Diagnostic {
        Diagnostic(
            "chained-comparison", "comparisons cannot be chained", at: span,
            hint: "write `a < b and b < c`")
    }
}
