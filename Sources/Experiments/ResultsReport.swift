import Diagnostics
import Files
import Foundation
import OrderedCollections
import Runs
import Tables

/// Tables and runs of a folder, as people want to look at them.
public struct ResultsReport {
    /// The folder of the tables.
    public let folder: String
    /// The runs that they are computed from.
    public let store: RunStore

    /// - Parameter folder: that tables are written to.
    public init(in folder: String) {
        self.folder = folder
        store = RunStore(in: folder)
    }

    /// - Throws: `no-results` where there is no such folder.
    public func requireFolder() throws(Diagnostic) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
        else {
            throw Diagnostic(
                "no-results", "there is no folder of results at \(folder)",
                hint: "an experiment makes it when it is run; --results names another")
        }
    }

    // MARK: Lists

    /// A line for each table.
    /// - Throws: as ``ResultTable/init(readFrom:)``.
    public func tables() throws(Diagnostic) -> TextTable {
        var list = TextTable(columns: [.init("table"), .init("rows", .right), .init("finished")])
        for name in try RunStore.tables(in: folder) {
            let rows = try table(name).rows
            let last = rows.map(\.provenance.run.finishedAt).max()
            list.append([name, "\(rows.count)", last.map { $0.formatted(.iso8601) } ?? ""])
        }
        return list
    }

    /// A line for each run but the rows: what it is, how far it has come, how large it is.
    public func runs() -> TextTable {
        let named = try? store.named()
        var list = Self.runList
        for run in store.all where work(of: run) != "row" { list.append(line(of: run, named)) }
        return list
    }

    static var runList: TextTable {
        TextTable(columns: [
            .init("run"), .init("work"), .init("state"), .init("size", .right), .init("in a table"),
        ])
    }

    func line(of run: String, _ named: Set<String>?) -> [String] {
        let state =
            store.isComplete(run)
            ? "complete" : store.worker(on: run).map { $0.description } ?? "not complete"
        return [
            run, work(of: run), state, memorySize(store.size(of: run)),
            named.map { $0.contains(run) ? "yes" : "no" } ?? "",
        ]
    }

    private func work(of run: String) -> String {
        store.recipe(of: run)?.inputs.first { $0.key == "work" }?.value ?? "unknown"
    }

    // MARK: One result

    /// What a name stands for.
    enum Item {
        /// A row of a table, or a run.
        case run(String)
        case table(ResultTable, RunStore)
    }

    /// - Throws: `no-result` for a name that nothing has, or several things.
    func item(_ name: String) throws(Diagnostic) -> Item {
        let tables = try RunStore.tables(in: folder)
        if tables.contains(name) { return .table(try table(name), store) }
        if let colon = name.lastIndex(of: ":"), let number = Int(name[name.index(after: colon)...]),
            tables.contains(String(name[..<colon]))
        {
            let rows = try table(String(name[..<colon])).rows
            guard rows.indices.contains(number - 1) else {
                throw Diagnostic(
                    "no-result", "the table \(name[..<colon]) has \(rows.count) rows, and no row \(number)")
            }
            return .run(rows[number - 1].fingerprint)
        }
        if name.hasSuffix(".csv"), FileManager.default.fileExists(atPath: name) {
            let folder = parentFolder(of: name)
            return .table(try ResultTable(readFrom: name), RunStore(in: folder.isEmpty ? "." : folder))
        }
        let found = store.all.filter { name.count >= 4 && $0.hasPrefix(name) }
        guard let run = found.first, found.count == 1 else {
            throw Diagnostic(
                "no-result",
                found.isEmpty
                    ? "nothing in \(folder) is called \"\(name)\""
                    : "\(found.count) runs begin with \"\(name)\"",
                notes: found.prefix(5).map { "\($0): \(work(of: $0))" },
                hint: nearest(to: name, among: tables).map { "did you mean \"\($0)\"?" }
                    ?? "name a table, a row as TABLE:NUMBER, or the first digits of a run's hash")
        }
        return .run(run)
    }

    func table(_ name: String) throws(Diagnostic) -> ResultTable {
        try ResultTable(readFrom: ExperimentStore.tablePath(name, in: folder))
    }

    /// What a row, a run or a table is, and where it comes from: a line for each fact.
    /// - Throws: `no-result`, and what keeps its files from being read.
    public func show(_ name: String) throws(Diagnostic) -> TextTable {
        var list = TextTable(columns: [.init("of"), .init("name"), .init("value")])
        switch try item(name) {
        case .table(let table, _):
            for (index, row) in table.rows.enumerated() {
                let values = table.columns.map { "\($0) = \(row[$0])" }.joined(separator: ", ")
                list.append(["row \(index + 1)", row.fingerprint, values])
            }
        case .run(let run):
            list.append(["run", "hash", run])
            for line in store.recipe(of: run)?.lines ?? [] {
                list.append(["recipe", line.key, line.value])
            }
            for (name, value) in (try? store.values(of: run)) ?? [:] {
                list.append(["result", name, value.description])
            }
            for (name, value) in (store.facts(of: run) ?? [:]).sorted(by: { $0.key < $1.key }) {
                list.append(["provenance", name, value])
            }
            for file in RunStore.File.allCases {
                let path = store.path(of: run, file)
                if FileManager.default.fileExists(atPath: path) {
                    list.append(["file", file.rawValue, path])
                }
            }
        }
        return list
    }

    /// What made a row.
    public struct Invocation: Sendable {
        /// The row's fingerprint.
        public let fingerprint: String
        /// The scripts that were run, in order.
        public let scripts: [String]
        /// Settings of the command line, as `NAME=VALUE`.
        public let settings: [String]
    }

    /// The scripts and settings that made a row.
    /// - Throws: `no-result`; `cannot-rerun` where they are not known, or are no files.
    public func invocation(ofRow name: String) throws(Diagnostic) -> Invocation {
        guard case .run(let run) = try item(name), work(of: run) == "row" else {
            throw Diagnostic(
                "cannot-rerun", "\"\(name)\" is no row",
                hint: "name one as TABLE:NUMBER, or by its fingerprint")
        }
        let facts = store.facts(of: run) ?? [:]
        var scripts: [String] = []
        while let script = facts[scripts.isEmpty ? "script" : "script.\(scripts.count + 1)"] {
            guard FileManager.default.fileExists(atPath: script) else {
                throw Diagnostic(
                    "cannot-rerun", "the row was made by \(script), which is no file here",
                    hint: "do so in the folder in which the script was run")
            }
            scripts.append(script)
        }
        guard !scripts.isEmpty else {
            throw Diagnostic(
                "cannot-rerun", "it is not known which script made this row",
                hint: "run the script where it is, with --fresh")
        }
        let settings = facts.filter { $0.key.hasPrefix("set.") }.map {
            "\($0.key.dropFirst(4))=\($0.value)"
        }
        return Invocation(fingerprint: run, scripts: scripts, settings: settings.sorted())
    }
}
