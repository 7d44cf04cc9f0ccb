import Diagnostics
import Testing

struct RendererTests {
    private func span(_ text: String, _ marked: String, name: String = "block.acu") -> Span {
        let source = Source(name: name, text: text)
        guard let range = text.firstRange(of: marked) else { return Span(source, 0..<0) }
        let start = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
        return Span(source, start..<start + marked.utf8.count)
    }

    private func render(_ diagnostic: Diagnostic) -> String { Renderer(coloured: false).render(diagnostic) }

    @Test func `a mistake is named, placed, underlined and mended`() {
        let text = "block unit(x) {\n    y = x\n    x = transfrom(x)\n}\n"
        let diagnostic = Diagnostic(
            "unknown-name", "there is no `transfrom`", at: span(text, "transfrom"),
            notes: ["blocks are made by `block`"], hint: "did you mean `transform`?"
        ).labelled("used here")
        #expect(
            render(diagnostic) == """
                error[unknown-name]: there is no `transfrom`
                  --> block.acu:3:9
                   |
                 3 |     x = transfrom(x)
                   |         ^^^^^^^^^ used here
                   = note: blocks are made by `block`
                   = hint: did you mean `transform`?

                """)
    }

    @Test func `a clash shows both places, aligned to the longest line number`() {
        let text = String(repeating: "#\n", count: 8) + "a = 1\nb = 2\n"
        let source = Source(name: "net.acu", text: text)
        let diagnostic = Diagnostic(
            "clash", "two of them", at: Span(source, 16..<17),
            related: [.init(Span(source, 22..<23), "and here")], notes: ["first line\nsecond line"]
        ).labelled("here")
        #expect(
            render(diagnostic) == """
                error[clash]: two of them
                   --> net.acu:9:1
                    |
                  9 | a = 1
                    | ^ here
                   ::: net.acu:10:1
                    |
                 10 | b = 2
                    | - and here
                    = note: first line
                            second line

                """)
    }

    @Test func `a mistake without a place is a line and its remedy`() {
        #expect(
            render(Diagnostic("cannot-read", "cannot read x", hint: "look again")) == """
                error[cannot-read]: cannot read x
                   = hint: look again

                """)
    }

    @Test func `tabs are four spaces and control characters cannot reach the terminal`() {
        let diagnostic = Diagnostic("x", "m", at: span("\ta = \u{1B}[31m?b\u{7}\n", "?"))
        #expect(
            render(diagnostic) == """
                error[x]: m
                  --> block.acu:1:11
                   |
                 1 |     a = \u{FFFD}[31m?b\u{FFFD}
                   |              ^

                """)
    }

    @Test func `wide characters are underlined by what a terminal shows`() {
        let diagnostic = Diagnostic("x", "m", at: span("表 = 画像 + 1", "画像"))
        #expect(
            render(diagnostic) == """
                error[x]: m
                  --> block.acu:1:5
                   |
                 1 | 表 = 画像 + 1
                   |      ^^^^

                """)
    }

    @Test func `a span of nothing, at the end, still shows where`() {
        let source = Source(name: "s", text: "f(")
        #expect(
            render(Diagnostic("x", "m", at: Span(source, 2..<2)).labelled("expected `)`")) == """
                error[x]: m
                  --> s:1:3
                   |
                 1 | f(
                   |   ^ expected `)`

                """)
    }

    @Test func `a span over several lines is underlined to the end of its first`() {
        let source = Source(name: "s", text: "abc {\r\n  d\r\n}")
        #expect(
            render(Diagnostic("x", "m", at: Span(source, 4..<13))) == """
                error[x]: m
                  --> s:1:5
                   |
                 1 | abc {
                   |     ^

                """)
    }

    @Test(.timeLimit(.minutes(1))) func `a line of ten megabytes is quick and cut around its mark`() {
        let half = String(repeating: "a", count: 5_000_000)
        let source = Source(name: "s", text: half + "!" + half)
        let text = render(Diagnostic("x", "m", at: Span(source, 5_000_000..<5_000_001)))
        let before = String(repeating: "a", count: 50)
        #expect(
            text == """
                error[x]: m
                  --> s:1:5000001
                   |
                 1 | …\(before)!\(String(repeating: "a", count: 48))…
                   | \(String(repeating: " ", count: 51))^

                """)
    }

    @Test func `colours surround the parts and change nothing else`() {
        let diagnostic = Diagnostic("x", "m", at: span("a = b", "b"), hint: "h").labelled("l")
        let coloured = Renderer(coloured: true).render(diagnostic)
        #expect(coloured.hasPrefix("\u{1B}[1;31merror[x]\u{1B}[0m\u{1B}[1m: m\u{1B}[0m\n"))
        #expect(coloured.replacing(#/\x{1B}\[[0-9;]*m/#, with: "") == render(diagnostic))
    }

    @Test func `a place is added once`() {
        let first = span("a", "a")
        let second = span("b", "b")
        let diagnostic = Diagnostic("x", "m").located(at: first).located(at: second)
        #expect(diagnostic.primary?.span == first)
        #expect(diagnostic.related(second, "t").related == [.init(second, "t")])
    }

    @Test func `lines and places are counted from one`() {
        let source = Source(name: "s", text: "a\nb\r\n\nc")
        #expect(source.lineCount == 4)
        #expect((0..<6).map { source.line(at: $0) } == [1, 1, 2, 2, 2, 3])
        #expect(source.text(in: source.range(ofLine: 2)) == "b")
        #expect(source.range(ofLine: 3).isEmpty)
        #expect(Span(source, 6..<7).place == "s:4")
        #expect(Span(source, 0..<1).through(Span(source, 6..<7)).range == 0..<7)
    }
}

struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("表", 2), ("한글", 4), ("👩‍🔬", 2), ("→", 1), ("±", 1),
        ("Ａ", 2),
    ])
    func `a text is as wide as a terminal shows it`(text: String, width: Int) {
        #expect(displayWidth(text) == width)
    }
}

struct NearestTests {
    private let names = ["kernel", "stride", "transform", "seed", "psnr"]

    @Test(arguments: [
        ("kernal", "kernel"), ("strid", "stride"), ("transfrom", "transform"), ("Transform", "transform"),
        ("sede", "seed"), ("pnsr", "psnr"), ("seeds", "seed"),
    ])
    func `a misspelling finds what was meant`(name: String, meant: String) {
        #expect(nearest(to: name, among: names) == meant)
    }

    @Test(arguments: ["", "x", "completely", "krnl", "kernel "])
    func `what is far from everything finds nothing wrong`(name: String) {
        let found = nearest(to: name, among: names)
        #expect(found == (name == "kernel " ? "kernel" : nil))
    }

    @Test(arguments: [
        ("rate", "learning_rate"), ("lr", "learning_rate"), ("LR", "learning_rate"), ("loss", nil),
        ("l", nil),
    ])
    func `a word of a name or its words' first letters find it where no other has them`(
        name: String, meant: String?
    ) {
        // A name may be visible twice, in a function's frame and outside.
        let names = ["learning_rate", "loss_floor", "loss_start", "seed"]
        #expect(nearest(to: name, among: names + names) == meant)
    }

    @Test func `of equally near names the first in the alphabet is meant, whatever their order`() {
        #expect(nearest(to: "cat", among: ["hat", "bat"]) == "bat")
        #expect(nearest(to: "cat", among: ["bat", "hat"]) == "bat")
    }

    @Test func `a very long name is not compared`() {
        let long = String(repeating: "a", count: 100_000)
        #expect(nearest(to: long, among: [long + "b"]) == nil)
    }
}
