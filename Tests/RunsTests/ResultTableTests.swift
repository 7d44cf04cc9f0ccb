import Diagnostics
import Experiments
import Foundation
import OrderedCollections
import Runs
import Samples
import Tables
import TestSupport
import Testing

struct ResultTableTests {
    static let head = "fingerprint,threads,version,finished_at"
    static let tail = "0123456789abcdef,2,0.1.0,2026-01-31T12:00:00Z"

    private func row(
        _ digit: String, _ cells: OrderedDictionary<String, Cell>, metrics: String = ""
    ) -> ResultRow {
        ResultRow(
            cells,
            .init(
                metrics: metrics, fingerprint: String(repeating: digit, count: 16),
                run: provenance(at: 1_769_860_800.75)))
    }

    @Test func `the file has recorded columns first, provenance last, a line a row`() {
        let table = ResultTable(rows: [
            row(
                "a", ["transform": .text("nested(order = 4)"), "psnr_db": .number(28.5), "seed": .number(1)],
                metrics: "psnr 8bit; ssim gaussian"),
            row("b", ["transform": .text("dense"), "psnr_db": .number(.infinity), "best": .boolean(true)]),
        ])
        #expect(
            table.text == """
                transform,psnr_db,seed,best,metrics,fingerprint,threads,version,processor,instruction_set,host,run_seconds,peak_memory_mb,finished_at
                nested(order = 4),28.5,1,,psnr 8bit; ssim gaussian,aaaaaaaaaaaaaaaa,2,0.1.0,Xeon,avx2,node1,1.5,40,2026-01-31T12:00:00Z
                dense,inf,,true,,bbbbbbbbbbbbbbbb,2,0.1.0,Xeon,avx2,node1,1.5,40,2026-01-31T12:00:00Z

                """)
    }

    @Test(arguments: [
        "", " ", "a,b", "say \"so\"", "\"", "line\nbreak", "line\r\nbreak", "carriage\rreturn", "1.5", "007",
        "true",
        "inf", "nan", " padded ", "ends in tab\t", "日本語", "e\u{301}", "👩‍🔬", "'", ",", "\n", "\u{0}",
    ])
    func `any text survives the way through the file`(text: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/table.csv"
        // Missing is the absence of a value, so an empty text is kept apart from it.
        let table = ResultTable(rows: [row("a", ["before": .number(1), text + "x": .text(text)])])
        try table.write(to: path)
        let read = try ResultTable(readFrom: path)
        #expect(read == table)
        #expect(read.rows[0][text + "x"] == .text(text))
    }

    @Test(arguments: [0.1, -0.0, 1e300, .leastNonzeroMagnitude, 1 / 3, .nan, -.infinity, 123_456_789])
    func `any number survives the way through the file`(number: Double) throws {
        let folder = try TemporaryFolder()
        let table = ResultTable(rows: [row("a", ["x": .number(number), "flag": .boolean(false)])])
        try table.write(to: folder.path + "/table.csv")
        #expect(try ResultTable(readFrom: folder.path + "/table.csv") == table)
    }

    @Test func `a row carries the definitions it was scored by; a table of before there were any is read`()
        throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path + "/table.csv"
        let table = ResultTable(rows: [row("a", ["x": .number(1)], metrics: "ssim matlab3d"), row("b", [:])])
        try table.write(to: path)
        #expect(try ResultTable(readFrom: path) == table)
        try folder.write("x,\(Self.head)\n1,\(Self.tail)\n", to: "old.csv")
        #expect(try ResultTable(readFrom: folder.path + "/old.csv").rows[0].provenance.metrics == "")
    }

    @Test func `files with CRLF and a byte order mark are read`() throws {
        let folder = try TemporaryFolder()
        try folder.write("\u{FEFF}x,\(Self.head)\r\n\"a\r\nb\",\(Self.tail)\r\n\r\n", to: "table.csv")
        let table = try ResultTable(readFrom: folder.path + "/table.csv")
        #expect(table.columns == ["x"])
        #expect(table.rows.map { $0["x"] } == [.text("a\r\nb")])
    }

    @Test func `the columns follow from the rows in their order, not from when they were run`() {
        let first = row("a", ["x": .number(1), "z": .missing])
        let second = row("b", ["x": .number(2), "y": .number(3)])
        #expect(ResultTable(rows: [first, second]).columns == ["x", "y"])
        #expect(
            ResultTable(rows: [second, first], declared: ["x", "w", "z"]).columns == ["x", "y", "w", "z"])
    }

    @Test(arguments: ["metrics", "fingerprint", "host", "run_seconds", "finished_at"])
    func `a column of the provenance cannot be recorded`(column: String) {
        let text = message { () throws(Diagnostic) in try ResultTable.check(columns: ["psnr", column]) }
        #expect(
            text == """
                error[reserved-column]: `\(column)` is a column that every table has already
                   = hint: record the value under another name

                """)
    }

    @Test(arguments: [
        ("", "table.csv is not the table of an experiment: it is empty"),
        ("a,b\n1,2\n", "not the table of an experiment: its first line has no column `fingerprint`"),
        ("x,\(head)\n1,\(tail),3\n", "this row has 6 fields where the first line has 5\n  --> table.csv:2:1"),
        (
            "x,\(head)\n1,\(tail)\n\n2\n",
            "this row has 1 fields where the first line has 5\n  --> table.csv:4:1"
        ),
        ("x,\(head)\n\"1,\(tail)\n2\n", "a quote that is never closed\n  --> table.csv:2:1"),
        ("x,\(head)\n\"1\"2,\(tail)\n", "text after a closing quote\n  --> table.csv:2:4"),
        (
            "x,\(head)\n1\"2,\(tail)\n",
            "a quote inside a field that does not begin with one\n  --> table.csv:2:2"
        ),
        ("x,x,\(head)\n", "two columns are called `x`\n  --> table.csv:1:1"),
        ("\(head)\n\(tail)\n\(tail)\n", "the row of line 2 stands here once more\n  --> table.csv:3:1"),
        ("\(head)\nabc,2,1,2026-01-31T12:00:00Z\n", "`abc` is not a fingerprint\n  --> table.csv:2:1"),
        ("\(head)\n0123456789abcdef,x,1,2026-01-31T12:00:00Z\n", "`x` is not a number of threads\n"),
        (
            "\(head)\n0123456789abcdef,2,1,31.1.2026\n",
            "`31.1.2026` is not a time like 2026-01-31T12:00:00Z\n"
        ),
    ])
    func `a foreign or damaged file is named, with its line, and left as it is`(
        text: String, expected: String
    )
        throws
    {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "table.csv")
        let path = folder.path + "/table.csv"
        let said = message { () throws(Diagnostic) in
            _ = try ExperimentStore(opening: "table", in: folder.path)
        }
        #expect(said.split(separator: path).joined(separator: "table.csv").contains(expected), "\(said)")
        #expect(try folder.contents("table.csv") == text)
        #expect(folder.names == ["table.csv"])
    }

    @Test func `a damaged row is shown whole`() throws {
        let folder = try TemporaryFolder()
        try folder.write("x,\(Self.head)\n1,2\n", to: "t.csv")
        let path = folder.path + "/t.csv"
        let said = message { () throws(Diagnostic) in _ = try ResultTable(readFrom: path) }
        #expect(
            said == """
                error[corrupt-table]: the table \(path) is damaged: this row has 2 fields where the first line has 5
                  --> \(path):2:1
                   |
                 2 | 1,2
                   | ^^^
                   = hint: mend that line or move the file away; it was left as it is

                """)
    }
}
