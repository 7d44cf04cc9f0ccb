import Tables
import Testing

struct TextTableTests {
    @Test func `columns are aligned by what a terminal shows`() {
        let table = TextTable(
            columns: [.init("name"), .init("value", .right), .init("remark")],
            rows: [["a", "1.5", ""], ["表表表", "12", "wide"], ["e\u{301}", "-3", "one\ncell\u{1B}"]])
        #expect(
            table.lines == [
                "name    value  remark",
                "──────  ─────  ─────────",
                "a         1.5",
                "表表表     12  wide",
                "e\u{301}          -3  one cell\u{FFFD}",
            ])
    }

    @Test func `cells stand out without moving others, and parts keep that and the caption`() {
        var table = TextTable(
            columns: [.init("block"), .init("psnr", .right), .init("ssim", .right)],
            rows: [["dense", "26.1", "0.83"], ["nested", "6.5", "0.9"]])
        table.emphasise(row: 1, column: 1, .strong)
        table.emphasise(row: 0, column: 2, .underlined)
        table.caption = "What it is."
        func marked(_ table: TextTable) -> [String] {
            table.lines { text, emphasis in
                switch emphasis {
                case .none: text
                case .strong: "<\(text)>"
                case .underlined: "_\(text)_"
                }
            }
        }
        #expect(
            marked(table) == [
                "block   psnr  ssim", "──────  ────  ────", "dense   26.1  _0.83_", "nested   <6.5>   0.9",
            ])
        let parts = table.parts(within: 14)
        #expect(parts.map { marked($0)[2] } == ["dense   26.1", "dense   _0.83_"])
        #expect(parts.allSatisfy { $0.caption == "What it is." })
    }

    @Test func `headings cannot drive the terminal`() {
        #expect(TextTable(columns: [.init("a\nb\u{1B}")]).lines[0] == "a b\u{FFFD}")
    }

    @Test func `a table without rows has its heads`() {
        #expect(TextTable(columns: [.init("a"), .init("bc", .right)]).text == "a  bc\n─  ──\n")
    }

    @Test func `a table too wide for its window is shown in parts`() {
        let table = TextTable(
            columns: [
                .init("block"), .init("psnr", .right), .init("Δ", .right, isAttached: true),
                .init("ssim", .right),
                .init("Δ", .right, isAttached: true),
            ],
            rows: [["dense", "26.15", "", "0.83", ""], ["nested", "26.49", "+0.34", "0.84", "+0.01"]])
        #expect(table.parts(within: 80) == [table])
        #expect(
            table.parts(within: 28).map(\.lines) == [
                [
                    "block    psnr      Δ", "──────  ─────  ─────", "dense   26.15", "nested  26.49  +0.34",
                ],
                [
                    "block   ssim      Δ", "──────  ────  ─────", "dense   0.83", "nested  0.84  +0.01",
                ],
            ])
        #expect(table.parts(within: 5).count == 4)
        let keyed = TextTable(
            columns: [.init("size"), .init("role", isAttached: true), .init("weights"), .init("MACs")],
            rows: [["256", "body", "1234", "5 M"]])
        #expect(
            keyed.parts(within: 20).map { $0.columns.map(\.heading) } == [
                ["size", "role", "weights"], ["size", "role", "MACs"],
            ])
    }

    @Test func `empty columns can be left out`() {
        let table = TextTable(
            columns: [.init("a"), .init("b"), .init("c")], rows: [["1", "", "2"], ["", "", "3"]])
        #expect(table.withoutEmptyColumns().lines == ["a  c", "─  ─", "1  2", "   3"])
    }

    @Test func `a table is a file of commas or of Markdown`() {
        let table = TextTable(
            columns: [.init("name"), .init("value [dB]", .right)],
            rows: [["a, \"b\"", "28.40"], ["x_1 | y\nz", "1,184"], ["", "true"]])
        #expect(
            table.file(.csv) == """
                name,value [dB]
                "a, ""b""\",28.40
                "x_1 | y\nz","1,184"
                ,"true"

                """)
        #expect(
            table.file(.md) == """
                | name | value \\[dB] |
                | :--- | ---: |
                | a, "b" | 28.40 |
                | x\\_1 \\| y z | 1,184 |
                |  | true |

                """)
    }
}
