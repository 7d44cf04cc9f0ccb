import Diagnostics
import Files
import Foundation
import OrderedCollections

extension ResultsReport {
    /// The scripts, with their settings, that made the tables: each once.
    public var invocations: [Invocation] {
        var found: OrderedDictionary<[String], Invocation> = [:]
        for (_, invocation) in byTable {
            guard case .success(let invocation) = invocation else { continue }
            found[invocation.scripts + ["--"] + invocation.settings] = invocation
        }
        return Array(found.values)
    }

    /// Tables of which it is not known what made them, and why.
    public var withoutScripts: [(table: String, trouble: Diagnostic)] {
        byTable.compactMap { table, invocation in
            if case .failure(let trouble) = invocation { (table, trouble) } else { nil }
        }
    }

    /// What made the first row of each table.
    private var byTable: [(table: String, Result<Invocation, Diagnostic>)] {
        ((try? RunStore.tables(in: folder)) ?? []).compactMap { name in
            guard let row = try? table(name).rows.first else { return nil }
            do throws(Diagnostic) {
                return (name, .success(try invocation(ofRow: row.fingerprint)))
            } catch { return (name, .failure(error)) }
        }
    }

    /// A row that is to be computed again.
    public struct Sampled: Sendable {
        /// `sharing:3`.
        public let title: String
        public let row: ResultRow
        public let invocation: Invocation
        fileprivate let table: String

        /// What the row holds otherwise in other results, where it was computed again: a sentence each.
        ///
        /// Columns that are measured in seconds or bytes are left out. Where the instruction set is another
        /// one, decibels may differ by 0.02 and other numbers by a thousandth.
        /// - Throws: what keeps that table from being read.
        public func differences(from other: ResultsReport) throws(Diagnostic) -> [String] {
            guard let again = try other.table(table).rows.first(where: { $0.fingerprint == row.fingerprint })
            else {
                return ["it was not computed"]
            }
            let isAlike =
                again.provenance.run.machine.instructionSet == row.provenance.run.machine.instructionSet
                && again.provenance.run.threads == row.provenance.run.threads
            return OrderedSet(Array(row.cells.keys) + again.cells.keys).compactMap { column in
                let cell = row[column]
                let unit = unit(of: column)
                if isMeasuredOnMachine(column) { return nil }
                let found = again[column]
                if let before = cell.number, let after = found.number, !isAlike {
                    let allowed = unit == "dB" ? 0.02 : 1e-3 * max(1e-9, abs(before))
                    if abs(before - after) <= allowed { return nil }
                } else if cell == found {
                    return nil
                }
                return "`\(column)` is \(found) and was \(cell)"
            }
        }
    }

    /// One row of each table whose script is known, drawn at random.
    /// - Throws: as ``RunStore/tables(in:)``.
    public func sample() throws(Diagnostic) -> [Sampled] {
        var rows: [Sampled] = []
        for name in try RunStore.tables(in: folder) {
            let all = try table(name).rows
            guard let index = all.indices.randomElement() else { continue }
            let row = all[index]
            // Which tables have no script is said by ``withoutScripts``.
            guard let invocation = try? invocation(ofRow: row.fingerprint) else { continue }
            rows.append(
                Sampled(title: "\(name):\(index + 1)", row: row, invocation: invocation, table: name))
        }
        return rows
    }

    /// Copies tables and runs, without their models, which are large.
    /// - Throws: `cannot-write`.
    public func copy(to target: String) throws(Diagnostic) {
        let files = FileManager.default
        do {
            for place in files.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
                let isModel = place.hasSuffix(".safetensors")
                let isLock = place.hasSuffix("lock") || place.contains("/lock.")
                var isFolder: ObjCBool = false
                guard !isModel, !isLock,
                    files.fileExists(atPath: "\(folder)/\(place)", isDirectory: &isFolder),
                    !isFolder.boolValue
                else { continue }
                let path = "\(target)/\(place)"
                try files.createDirectory(atPath: parentFolder(of: path), withIntermediateDirectories: true)
                try files.copyItem(atPath: "\(folder)/\(place)", toPath: path)
            }
        } catch {
            throw .cannotWrite(target, error: systemError(of: error))
        }
    }
}
