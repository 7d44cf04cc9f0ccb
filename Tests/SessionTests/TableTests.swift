import Diagnostics
import Foundation
import Testing

/// Rows that read other tables.
struct TableTests {
    private static func first(_ numbers: String) -> String {
        "experiment \"first\" {\n    over x in \(numbers)\n    record x = x, square = x * x\n}\n"
    }
    private static let second = """
        experiment "second" {
            record largest = maximum(column("first", "square")), number = count(rows("first"))
        }
        """

    @Test func `a row is run again when a table that it reads has changed`() async throws {
        try await withTemporaryFolder { folder in
            func notices(_ script: String) async -> [String] { await run(script, results: folder).notices }
            _ = await notices(Self.first("[1, 2]"))
            #expect(await notices(Self.second).first == "second 1/1")
            _ = await run(Self.first("[1, 2]"), results: folder, fresh: true)
            #expect(await notices(Self.second).first == "second 1/1: recorded already")
            _ = await notices(Self.first("[1, 3]"))
            #expect(await notices(Self.second).first?.contains("because table1.rows has changed") == true)
            let table = try String(contentsOfFile: folder + "/second.csv", encoding: .utf8)
            #expect(table.contains("\n9,2,"))
        }
    }

    /// Where a folder stands in the lock's way, nobody writes; who is root does so in a folder of any mode.
    @Test func `a table that is whole is done where it can only be read`() async throws {
        try await withTemporaryFolder { folder in
            _ = await run(Self.first("[1, 2]"), results: folder)
            try FileManager.default.createDirectory(
                atPath: folder + "/runs/.first.lock", withIntermediateDirectories: false)
            let whole = await run(Self.first("[1, 2]"), results: folder)
            #expect(
                whole.notices == [
                    "first 1/2: x = 1: recorded already", "first 2/2: x = 2: recorded already",
                    "first: 2 rows in \(folder)/first.csv",
                ])
            #expect(whole.mistake == nil)
            let more = await run(Self.first("[1, 3]"), results: folder)
            #expect(more.mistake?.code == "cannot-write")
            #expect(more.mistake?.notes.first == "in row first 2/2: x = 3")
        }
    }

    @Test func `after a row has failed it is told which rows are of this run`() async throws {
        try await withTemporaryFolder { folder in
            _ = await run(Self.first("[1, 2]"), results: folder)
            let outcome = await run(
                "experiment \"first\" {\n    over x in [1, 2]\n    record x = x, square = 1 / (2 - x)\n}",
                results: folder)
            #expect(outcome.failedRows == 1)
            #expect(
                outcome.notices.last
                    == "first: 1 row of 2 failed; \(folder)/first.csv holds 1 row computed now and 1 from before"
            )
        }
    }

    @Test func `rows that cannot be kept are not gone on with, and those that were stand`() async throws {
        try await withTemporaryFolder { folder in
            _ = await run(Self.first("[1]"), results: folder)
            let before = try String(contentsOfFile: folder + "/first.csv", encoding: .utf8)
            // A folder in the place of the table's copy stands for a disk that takes nothing more.
            try FileManager.default.removeItem(atPath: folder + "/runs/.first.csv")
            try FileManager.default.createDirectory(
                atPath: folder + "/runs/.first.csv/x", withIntermediateDirectories: true)
            let outcome = await run(Self.first("[2, 3, 4]") + "print(1)", results: folder)
            #expect(outcome.notices == ["first 1/3: x = 2"])
            #expect(
                outcome.message == """
                    error[cannot-write]: cannot write \(folder)/runs/.first.csv: Is a directory
                      --> test.acu:1:12
                       |
                     1 | experiment "first" {
                       |            ^^^^^^^
                       = note: in row first 1/3: x = 2
                       = note: \(folder)/first.csv holds 1 row; run the script again to go on

                    """)
            #expect(outcome.lines.isEmpty && outcome.failedRows == 0)
            #expect(try String(contentsOfFile: folder + "/first.csv", encoding: .utf8) == before)
        }
    }

    @Test func `a row cannot read its own table`() async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                "experiment \"own\" {\n    record n = count(rows(\"own\"))\n}", results: folder)
            #expect(outcome.reports.map(\.code) == ["own-table"])
        }
    }

    @Test func `a table is kept as a file`() async throws {
        try await withTemporaryFolder { folder in
            let script = """
                experiment "e" {
                    over x in [1, 2]
                    over kind in ["a|b", "c,d"]
                    record kind = kind, y = x * 1.5
                }
                kept = summarize("e", by = "kind")
                write(kept, to = "\(folder)/s.csv")
                write(kept, to = "\(folder)/s.MD")
                """
            let outcome = await run(script, results: folder)
            #expect(outcome.mistake == nil, "\(outcome.message)")
            // The means are 2.25; the deviation of 1.5 and 3 is 1.0607; the pairs do not differ.
            let csv = try String(contentsOfFile: folder + "/s.csv", encoding: .utf8)
            #expect(csv.hasPrefix("kind,n,y,Δ"))
            #expect(csv.contains("\na|b,2,2.2 ± 1.1,") || csv.contains("\na|b,2,2.3 ± 1.1,"))
            #expect(csv.contains("\n\"c,d\",2,"))
            let markdown = try String(contentsOfFile: folder + "/s.MD", encoding: .utf8).split(
                separator: "\n")
            #expect(markdown[0].hasPrefix("| kind | n | y | Δ |"))
            #expect(markdown[1].hasPrefix("| :--- | ---: | ---: | ---: |"))
            #expect(markdown[2].hasPrefix("| a\\|b | 2 | "))
            for (call, code) in [
                ("write(kept, to = \"\(folder)/s.txt\")", "unknown-format"),
                ("write(kept, to = \"\(folder)/csv\")", "unknown-format"),
                ("save(kept, to = \"\(folder)/s.csv\")", "wrong-kind"),
                ("write(kept, to = \"\(folder)/s.MD/s.csv\")", "cannot-write"),
            ] {
                let refused = await run("kept = summarize(\"e\", by = \"kind\")\n" + call, results: folder)
                #expect(refused.mistake?.code == code, "\(refused.message)")
                #expect(refused.mistake?.primary != nil)
            }
        }
    }
}
