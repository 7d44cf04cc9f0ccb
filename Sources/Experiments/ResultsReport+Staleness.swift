import Diagnostics
import Files
import Foundation
import OrderedCollections
import Runs
import Tables

extension ResultsReport {
    /// What made the rows of the tables.
    public struct Origins {
        fileprivate var made: [(table: String, invocation: Result<Invocation, Diagnostic>)] = []

        /// The scripts, with their settings: each once.
        public var invocations: [Invocation] {
            var found: OrderedDictionary<[String], Invocation> = [:]
            for (_, invocation) in made {
                guard case .success(let invocation) = invocation else { continue }
                found[invocation.scripts + ["--"] + invocation.settings] = invocation
            }
            return Array(found.values)
        }

        /// Tables of which it is not known what made some row, and why.
        public var withoutScripts: [(table: String, trouble: Diagnostic)] {
            var troubles: OrderedDictionary<String, Diagnostic> = [:]
            for (table, invocation) in made where troubles[table] == nil {
                if case .failure(let trouble) = invocation { troubles[table] = trouble }
            }
            return troubles.map { ($0.key, $0.value) }
        }

        /// Whether one of these scripts made rows of a table.
        public func isMade(_ table: String, byOneOf scripts: Set<[String]>) -> Bool {
            made.contains { name, invocation in
                guard name == table, case .success(let invocation) = invocation else { return false }
                return scripts.contains(invocation.scripts)
            }
        }
    }

    /// - Complexity: reads each row's provenance.
    public var origins: Origins {
        var origins = Origins()
        for name in (try? RunStore.tables(in: folder)) ?? [] {
            for row in (try? table(name).rows) ?? [] {
                do throws(Diagnostic) {
                    origins.made.append((name, .success(try invocation(ofRow: row.fingerprint))))
                } catch { origins.made.append((name, .failure(error))) }
            }
        }
        return origins
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
                let (former, found) = (row[column], again[column])
                guard !isMeasuredOnMachine(column), !found.repeats(former, in: column, exactly: isAlike)
                else { return nil }
                return "`\(column)` is \(found) and was \(former)"
            }
        }
    }

    /// One row of each table, drawn at random from those whose script is known.
    /// - Throws: as ``RunStore/tables(in:)``.
    public func sample() throws(Diagnostic) -> [Sampled] {
        var rows: [Sampled] = []
        for name in try RunStore.tables(in: folder) {
            let known = try table(name).rows.enumerated().compactMap { index, row in
                (try? invocation(ofRow: row.fingerprint)).map {
                    Sampled(title: "\(name):\(index + 1)", row: row, invocation: $0, table: name)
                }
            }
            if let row = known.randomElement() { rows.append(row) }
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
