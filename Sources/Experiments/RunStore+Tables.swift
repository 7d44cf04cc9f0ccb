import Diagnostics
import Files
import Foundation
import Runs

extension RunStore {
    /// Every run that a table names, and those that these need: a row's trainings and scorings.
    /// - Throws: what keeps a table, or a named row's recipe, from being read: what they name cannot be known
    ///   then.
    public func named() throws(Diagnostic) -> Set<String> {
        // What the program wrote of a table counts beside what was made of it; one that was removed counts no
        // more.
        let copies = try Self.tableFiles(in: path, isHidden: true).filter { copy in
            FileManager.default.fileExists(
                atPath: "\(results)/\((copy as NSString).lastPathComponent.dropFirst())")
        }
        // By row, a file that names it: most rows stand in a table and in its copy.
        var rows: [String: String] = [:]
        for file in try Self.tableFiles(in: results) + copies {
            for row in try ResultTable(readFrom: file).rows { rows[row.fingerprint] = file }
        }
        var named = Set(rows.keys)
        for (row, file) in rows {
            if isComplete(row), recipe(of: row) == nil {
                throw .unknownRuns(of: row, in: file, path(of: row, .recipe))
            }
            named.formUnion(runs(ofRow: row))
        }
        return named
    }

    /// Names of the experiments whose tables are in a folder.
    /// - Throws: `cannot-read` and the like for a CSV file of which it cannot be known whether it is a table.
    public static func tables(in results: String) throws(Diagnostic) -> [String] {
        try tableFiles(in: results).map { URL(filePath: $0).deletingPathExtension().lastPathComponent }
    }

    /// Experiments whose tables the program has written, and that are no tables now.
    var lostTables: [String] {
        let there = Set((try? Self.tables(in: results)) ?? [])
        let copies = (try? Self.tableFiles(in: path, isHidden: true)) ?? []
        return copies.map { String(($0 as NSString).lastPathComponent.dropFirst().dropLast(4)) }
            .filter { !there.contains($0) }
    }

    /// Forgets the tables that were removed.
    /// - Throws: `cannot-write`.
    func forgetTables() throws(Diagnostic) {
        for name in lostTables
        where !FileManager.default.fileExists(atPath: ExperimentStore.tablePath(name, in: results)) {
            for file in [".\(name).csv", ".\(name).unfinished", ".\(name).pending"].map({ "\(path)/\($0)" }) {
                guard unlink(file) == 0 || errno == ENOENT else { throw .cannotWrite(file, error: errno) }
            }
        }
    }

    private static func tableFiles(
        in folder: String, isHidden: Bool = false
    ) throws(Diagnostic) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var files: [String] = []
        for name in names.sorted() where name.hasSuffix(".csv") && name.hasPrefix(".") == isHidden {
            if try ResultTable.isTable("\(folder)/\(name)") { files.append("\(folder)/\(name)") }
        }
        return files
    }

    /// Runs that no table names, that nobody works on and that are older than `age` seconds. What a row needs
    /// that is being computed is not among them.
    /// - Throws: as ``named()``.
    public func prunable(olderThan age: Double) throws(Diagnostic) -> [String] {
        var kept = try named()
        for run in all where worker(on: run) != nil {
            kept.insert(run)
            kept.formUnion(runs(ofRow: run))
        }
        return all.filter { run in
            !kept.contains(run) && (changedAt(run).map { -$0.timeIntervalSinceNow >= age } ?? false)
        }
    }
}

extension Diagnostic {
    fileprivate static func unknownRuns(of row: String, in table: String, _ recipe: String) -> Diagnostic {
        Diagnostic(
            "corrupt-run",
            "which runs the row \(row) of \(table) needs cannot be known: \(recipe) is damaged or gone",
            hint: "run the experiment's script, which writes it again")
    }
}
