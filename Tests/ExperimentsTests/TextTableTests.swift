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

    @Test func `empty columns can be left out`() {
        let table = TextTable(
            columns: [.init("a"), .init("b"), .init("c")], rows: [["1", "", "2"], ["", "", "3"]])
        #expect(table.withoutEmptyColumns().lines == ["a  c", "─  ─", "1  2", "   3"])
    }
}
