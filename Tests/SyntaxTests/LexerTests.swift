import Diagnostics
import Syntax
import Testing

private func kinds(_ text: String) throws -> [Token.Kind] {
    try Lexer.tokens(of: Source(name: "test", text: text)).map(\.kind)
}

struct LexerTests {
    @Test func `a range after a whole number is not a decimal point`() throws {
        #expect(try kinds("1..3") == [.number(1), .mark(.range), .number(3), .newline, .end])
        #expect(try kinds("1.5..3") == [.number(1.5), .mark(.range), .number(3), .newline, .end])
    }

    @Test(
        arguments: [("1e3", 1000), ("1.5e-4", 0.00015), ("1_000", 1000), ("2E+1", 20), ("007", 7)]
            as [(String, Double)])
    func `numbers are read in the usual forms`(text: String, value: Double) throws {
        #expect(try kinds(text).first == .number(value))
    }

    @Test(arguments: ["3x", "1e", "1e999", "0x10"])
    func `what begins like a number and is none is refused whole`(text: String) throws {
        let error = #expect(throws: Diagnostic.self) { try kinds(text) }
        #expect(error?.code == "malformed-number")
        #expect(error?.primary?.span.text == text)
    }

    @Test func `lines end statements but not inside brackets or after operators`() throws {
        #expect(try kinds("a\n\n\nb") == [.name("a"), .newline, .name("b"), .newline, .end])
        #expect(try kinds("(a\nb)").filter { $0 == .newline }.count == 1)
        #expect(try kinds("a +\nb").filter { $0 == .newline }.count == 1)
        #expect(try kinds("{a\nb}").filter { $0 == .newline }.count == 2)
        #expect(try kinds("([{a\nb}])").filter { $0 == .newline }.count == 2)
    }

    @Test func `comments and blank lines leave nothing`() throws {
        #expect(try kinds("# a comment\n\n  # another\n") == [.newline, .end])
        #expect(try kinds("a # %% cell\nb") == [.name("a"), .newline, .name("b"), .newline, .end])
    }

    @Test func `tokens are equal when they say the same, wherever they stand`() throws {
        let one = try Lexer.tokens(of: Source(name: "one", text: "x=conv( x,3 ) # why"))
        let other = try Lexer.tokens(of: Source(name: "other", text: "\n  x = conv(x, 3)"))
        #expect(one == other)
    }

    @Test(arguments: [
        ("\"abc", "unfinished-text"), ("\"a\\q\"", "unknown-escape"), ("“abc”", "unexpected"),
        ("(]", "unexpected"),
        (")", "unexpected"), ("(", "unfinished"), ("\"{a\"", "unfinished-text"), ("a ~ b", "unexpected"),
        ("\"{a\n}\"", "unfinished-text"), ("a\u{0}b", "unexpected"), ("\"abc\\", "unfinished-text"),
    ])
    func `malformed input has a diagnostic of its own`(text: String, code: String) throws {
        let error = #expect(throws: Diagnostic.self) { try kinds(text) }
        #expect(error?.code == code)
    }

    @Test(arguments: [
        ("a\u{0}b", "\u{0}", "this character, U+0000 NUL, means nothing here", "delete it"),
        ("\"a\u{0}b\"", "\u{0}", "a text cannot hold this character, U+0000 NUL", "delete it"),
        (
            "a\u{A0}= 1", "\u{A0}", "this character, U+00A0 NO-BREAK SPACE, means nothing here",
            "write a plain space"
        ),
        (
            "1\u{A0}+ 2", "\u{A0}", "this character, U+00A0 NO-BREAK SPACE, means nothing here",
            "write a plain space"
        ),
        (
            "1 +\u{3000}2", "\u{3000}", "this character, U+3000 IDEOGRAPHIC SPACE, means nothing here",
            "write a plain"
        ),
        (
            "a\u{200B} = 1", "\u{200B}", "this character, U+200B ZERO WIDTH SPACE, means nothing here",
            "delete it"
        ),
        (
            "ab\u{200D}c", "\u{200D}", "this character, U+200D ZERO WIDTH JOINER, means nothing here",
            "delete it"
        ),
        ("\u{FEFF}a", "\u{FEFF}", "this character, U+FEFF ZERO WIDTH NO-BREAK SPACE, means", "delete it"),
        (
            "“a”", "“", "this character, U+201C LEFT DOUBLE QUOTATION MARK, means nothing here",
            "texts are written in"
        ),
        (
            "’a’", "’", "this character, U+2019 RIGHT SINGLE QUOTATION MARK, means nothing here",
            "texts are written in"
        ),
        (
            "\u{FF02}a", "\u{FF02}", "this character, U+FF02 FULLWIDTH QUOTATION MARK, means",
            "texts are written in"
        ),
        // A letter, as Unicode has it.
        (
            "\u{2BA}a", "\u{2BA}", "this character, U+02BA MODIFIER LETTER DOUBLE PRIME, means",
            "texts are written in"
        ),
        ("'a'", "'", "this character means nothing here", "texts are written in"),
        (
            "3×2", "×", "this character, U+00D7 MULTIPLICATION SIGN, means nothing here",
            "multiplication is `*`"
        ),
        ("a — b", "—", "this character, U+2014 EM DASH, means nothing here", "minus is `-`"),
        ("1…3", "…", "this character, U+2026 HORIZONTAL ELLIPSIS, means nothing here", "a range is written"),
        (
            "1\n … a", "…", "this character, U+2026 HORIZONTAL ELLIPSIS, means nothing here",
            "it is the prompt of a copied session"
        ),
    ])
    func `a character that cannot be told by its looks is named`(
        text: String, place: String, message: String, hint: String
    ) throws {
        let error = #expect(throws: Diagnostic.self) { try kinds(text) }
        #expect(error?.primary?.span.text == place)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
        #expect(error?.hint?.hasPrefix(hint) == true, "\(error?.hint ?? "no hint")")
    }

    @Test func `names are written in any alphabet`() throws {
        for name in ["größe", "ширина", "幅", "e\u{301}tude", "x₁"] {
            #expect(try kinds(name).first == .name(name))
        }
    }

    @Test func `a text may hold expressions that hold texts`() throws {
        let tokens = try kinds("\"a{f(\"b\")}c\"")
        guard case .text(let pieces) = tokens[0] else {
            Issue.record("no text")
            return
        }
        #expect(pieces.count == 3)
        #expect(pieces[0] == .literal("a"))
        #expect(pieces[2] == .literal("c"))
    }
}
