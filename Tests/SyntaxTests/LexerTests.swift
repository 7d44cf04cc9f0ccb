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
