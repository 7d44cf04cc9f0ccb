import Diagnostics
import Files
import Foundation
import OrderedCollections
import Tables

/// The table of an experiment, as its CSV file holds it: recorded columns first, then those of
/// ``ResultRow/Provenance``.
public struct ResultTable: Sendable, Equatable {
    /// Columns that the program adds to every row, in the order of the file.
    public static let provenanceColumns = [
        "metrics", "fingerprint", "threads", "version", "processor", "instruction_set", "host", "run_seconds",
        "peak_memory_mb", "finished_at",
    ]
    /// Those of them that every table has had from the first version on.
    private static let oldestColumns = ["fingerprint", "threads", "version", "finished_at"]

    /// Bytes beyond which a table is refused: some hundred thousand rows.
    package static let sizeLimit = 64 << 20

    /// The recorded columns, without the provenance.
    public let columns: [String]
    public let rows: [ResultRow]

    /// A table of these rows, in this order.
    ///
    /// The columns are those of the first row, then what later rows add, so that they depend on the rows and
    /// their order alone and not on the order in which rows were run.
    /// - Parameter declared: columns to keep even where every row lacks a value, after the others.
    public init(rows: [ResultRow], declared: [String] = []) {
        var columns: OrderedSet<String> = []
        for row in rows { columns.append(contentsOf: row.cells.keys) }
        columns.append(contentsOf: declared.sorted())
        self.columns = Array(columns)
        self.rows = rows
    }

    /// - Throws: `reserved-column` for the name of a provenance column, `bad-column` for an empty one.
    public static func check(columns: some Sequence<String>) throws(Diagnostic) {
        for column in columns {
            guard !provenanceColumns.contains(column) else {
                throw Diagnostic(
                    "reserved-column", "`\(column)` is a column that every table has already",
                    hint: "record the value under another name")
            }
            guard !column.isEmpty else { throw Diagnostic("bad-column", "a recorded column has no name") }
        }
    }

    // MARK: Writing

    /// The whole file.
    public var text: String {
        var text = CommaSeparated.line((columns + Self.provenanceColumns).map { .text($0) })
        for row in rows {
            text += CommaSeparated.line(columns.map { row[$0] } + Self.cells(row.provenance))
        }
        return text
    }

    /// Under ``provenanceColumns``.
    private static func cells(_ provenance: ResultRow.Provenance) -> [Cell] {
        func text(_ text: String) -> Cell { text.isEmpty ? .missing : .text(text) }
        let run = provenance.run
        return [
            text(provenance.metrics), .text(provenance.fingerprint), .number(Double(run.threads)),
            .text(run.version), text(run.machine.processor), text(run.machine.instructionSet),
            text(run.machine.host), .number(run.seconds),
            run.peakMemory.map { .number(Double($0 / 1_000_000)) } ?? .missing,
            .text(run.finishedAt.formatted(.iso8601)),
        ]
    }

    /// What a row says under ``provenanceColumns``.
    package static func facts(of row: ResultRow) -> [(column: String, cell: Cell)] {
        zip(provenanceColumns, cells(row.provenance)).map { ($0, $1) }
    }

    /// - Throws: `cannot-write`; the old file then stands as it was.
    public func write(to path: String) throws(Diagnostic) {
        try writeAtomically(text, to: path)
    }

    // MARK: Reading

    /// The table in the file at `path`.
    /// - Throws: `cannot-read`, `too-large`, `not-utf8`; `foreign-table` for a file that this program did not
    ///   write; `corrupt-table` at the line that is damaged.
    public init(readFrom path: String) throws(Diagnostic) {
        self = try ResultTable(
            parsing: Source(name: path, text: try readText(path, limit: Self.sizeLimit)))
    }

    /// Whether the file at `path` is a table of this program's, damaged or not.
    /// - Throws: `cannot-read`, `too-large`, `not-utf8`.
    public static func isTable(_ path: String) throws(Diagnostic) -> Bool {
        let line = try readText(path, limit: sizeLimit).prefix { !$0.isNewline }
        guard let head = try? CommaSeparated.parse(Source(name: path, text: String(line))).first else {
            return false
        }
        let names = head.cells.map(\.description)
        return oldestColumns.allSatisfy(names.contains)
    }

    package init(parsing source: Source) throws(Diagnostic) {
        let records = try CommaSeparated.parse(source)
        guard let head = records.first else {
            throw .foreignTable(source, because: "it is empty", at: nil)
        }
        let header = try Header(head, in: source)
        var rows: [ResultRow] = []
        var lines: [String: Int] = [:]
        for record in records.dropFirst() {
            let span = Span(source, record.range)
            let row = try header.row(record, at: span)
            if let line = lines.updateValue(span.line, forKey: row.fingerprint) {
                throw .corruptTable("the row of line \(line) stands here once more", at: span)
            }
            rows.append(row)
        }
        self.init(rows: rows, declared: header.columns)
    }

    /// The first line of a file: where each column stands.
    private struct Header {
        let names: [String]
        var columns: [String] { names.filter { !ResultTable.provenanceColumns.contains($0) } }

        init(_ record: CommaSeparated.Record, in source: Source) throws(Diagnostic) {
            let names = record.cells.map(\.description)
            let span = Span(source, record.range)
            for column in ResultTable.oldestColumns where !names.contains(column) {
                throw .foreignTable(source, because: "its first line has no column `\(column)`", at: span)
            }
            var seen: Set<String> = []
            for name in names where !seen.insert(name).inserted {
                throw .corruptTable("two columns are called `\(name)`", at: span)
            }
            self.names = names
        }

        func row(_ record: CommaSeparated.Record, at span: Span) throws(Diagnostic) -> ResultRow {
            guard record.cells.count == names.count else {
                throw .corruptTable(
                    "this row has \(record.cells.count) fields where the first line has \(names.count)",
                    at: span)
            }
            let cells = OrderedDictionary(uniqueKeysWithValues: zip(names, record.cells))
            return ResultRow(
                cells.filter { !ResultTable.provenanceColumns.contains($0.key) },
                try provenance(cells, at: span))
        }

        private func provenance(
            _ cells: OrderedDictionary<String, Cell>, at span: Span
        ) throws(Diagnostic) -> ResultRow.Provenance {
            func text(_ column: String) -> String { cells[column]?.description ?? "" }
            // Rows of earlier versions lack some of them.
            func number(_ column: String) throws(Diagnostic) -> Double? {
                guard let cell = cells[column], !cell.isMissing else { return nil }
                guard let number = cell.number, (0...1e9).contains(number) else {
                    throw .corruptTable("`\(cell)` is not a number for `\(column)`", at: span)
                }
                return number
            }
            guard Recipe.isFingerprint(text("fingerprint")) else {
                throw .corruptTable("`\(text("fingerprint"))` is not a fingerprint", at: span)
            }
            guard let threads = Int(text("threads")), threads > 0 else {
                throw .corruptTable("`\(text("threads"))` is not a number of threads", at: span)
            }
            guard let finishedAt = try? Date(text("finished_at"), strategy: .iso8601) else {
                throw .corruptTable(
                    "`\(text("finished_at"))` is not a time like 2026-01-31T12:00:00Z", at: span)
            }
            let machine = RunMachine(
                processor: text("processor"), instructionSet: text("instruction_set"), host: text("host"))
            return ResultRow.Provenance(
                metrics: text("metrics"), fingerprint: text("fingerprint"),
                run: RunProvenance(
                    version: text("version"), machine: machine, threads: threads,
                    seconds: try number("run_seconds") ?? 0,
                    peakMemory: try number("peak_memory_mb").map { Int($0) * 1_000_000 },
                    finishedAt: finishedAt))
        }
    }
}

extension Diagnostic {
    fileprivate static func foreignTable(_ source: Source, because reason: String, at span: Span?)
        -> Diagnostic
    {
        Diagnostic(
            "foreign-table", "\(source.name) is not the table of an experiment: \(reason)", at: span,
            notes: ["it was left as it is"],
            hint:
                "tables that an experiment wrote are read here; for an experiment of that name, move the file away"
        )
    }
}
