import Experiments
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
