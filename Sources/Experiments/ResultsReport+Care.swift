import Diagnostics
import Foundation
import Runs
import Tables

extension ResultsReport {
    /// What was changed by hand, damaged or lost, a sentence each.
    /// - Throws: as ``RunStore/tables(in:)``.
    public func faults() throws(Diagnostic) -> [String] {
        var faults: [String] = []
        for name in try RunStore.tables(in: folder) {
            let path = ExperimentStore.tablePath(name, in: folder)
            do throws(Diagnostic) { faults += try self.faults(of: name).map { "\(path): \($0)" } } catch {
                faults.append(error.message)
            }
        }
        for name in store.lostTables {
            faults.append(
                "\(ExperimentStore.tablePath(name, in: folder)) is gone or no table any more: running its script writes it "
                    + "again, and `prune` forgets one that is gone")
        }
        for run in store.all {
            if let fault = store.fault(of: run) { faults.append("\(store.path)/\(run): \(fault)") }
        }
        return faults
    }

    private func faults(of name: String) throws(Diagnostic) -> [String] {
        let table = try table(name)
        var faults = ExperimentStore.changesByHand(name, in: store)
        for (index, row) in table.rows.enumerated() {
            guard store.isComplete(row.fingerprint) else {
                faults.append("row \(index + 1) (\(row.fingerprint)) has no run")
                continue
            }
            for run in store.runs(ofRow: row.fingerprint) where !store.isComplete(run) {
                faults.append("the run \(run) of row \(index + 1) is gone or not complete")
            }
        }
        return faults
    }

    /// Runs that no table names.
    /// - Throws: as ``RunStore/prunable(olderThan:)``.
    public func prunable(olderThanDays days: Double) throws(Diagnostic) -> [String] {
        try store.prunable(olderThan: days * 86400)
    }

    /// A line for each of the runs.
    public func table(of runs: [String]) -> TextTable {
        var list = Self.runList
        for run in runs { list.append(line(of: run, [])) }
        return list
    }

    /// Removes runs, but for those that a process has begun to work on meanwhile.
    /// - Returns: what was done, for people.
    /// - Throws: `cannot-write`.
    public func prune(_ runs: [String], isDry: Bool) throws(Diagnostic) -> String {
        func count(_ runs: Int, _ bytes: Int) -> String {
            "\(runs) \(runs == 1 ? "run" : "runs"), \(memorySize(bytes))"
        }
        guard !isDry else {
            return "\(count(runs.count, runs.reduce(0) { $0 + store.size(of: $1) })) would be removed"
        }
        try store.forgetTables()
        var (removed, bytes) = (0, 0)
        for run in runs {
            let size = store.size(of: run)
            if try store.remove(run) { (removed, bytes) = (removed + 1, bytes + size) }
        }
        return "\(count(removed, bytes)) removed"
    }
}
