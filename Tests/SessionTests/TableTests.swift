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
            #expect(await notices(Self.second).first?.contains("because table1.rows: ") == true)
            let table = try String(contentsOfFile: folder + "/second.csv", encoding: .utf8)
            #expect(table.contains("\n9,2,"))
        }
    }

    @Test func `a row cannot read its own table`() async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                "experiment \"own\" {\n    record n = count(rows(\"own\"))\n}", results: folder)
            #expect(outcome.reports.map(\.code) == ["own-table"])
        }
    }
}
