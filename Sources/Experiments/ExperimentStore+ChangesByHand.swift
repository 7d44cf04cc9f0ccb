import Foundation
import Runs

extension ExperimentStore {
    /// What stands otherwise in the table than the program wrote it, a sentence each.
    public func changesByHand() -> [String] {
        Self.changesByHand(name, in: store)
    }

    /// The same of the table of an experiment; nothing where the table or what was written of it cannot be
    /// read.
    public static func changesByHand(_ name: String, in store: RunStore) -> [String] {
        let path = tablePath(name, in: store.results)
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            guard let copy = try? ResultTable(readFrom: copyPath(name, in: store)),
                let table = try? ResultTable(readFrom: path)
            else { return [] }
            let changes = isPending(name, in: store) ? [] : changes(from: copy, to: table)
            // A process that is just writing has written the copy and not yet the table.
            guard !changes.isEmpty, ContinuousClock.now < deadline,
                RunLock.livingHolder(of: lockPath(name, in: store)) != nil
            else { return changes }
            usleep(20_000)
        }
    }

    private static func changes(from copy: ResultTable, to table: ResultTable) -> [String] {
        var changes = table.columns.filter { !copy.columns.contains($0) }
            .map { "the column `\($0)` was added" }
        let written = Dictionary(copy.rows.map { ($0.fingerprint, $0) }) { first, _ in first }
        let standing = Dictionary(table.rows.map { ($0.fingerprint, $0) }) { first, _ in first }
        for (index, row) in copy.rows.enumerated() {
            let place = "row \(index + 1) (\(row.fingerprint))"
            guard let found = standing[row.fingerprint] else {
                changes.append("\(place) was deleted")
                continue
            }
            let before = copy.columns.map { ($0, row[$0]) } + ResultTable.facts(of: row)
            let after = copy.columns.map { found[$0] } + ResultTable.facts(of: found).map(\.cell)
            for ((column, computed), cell) in zip(before, after) where cell != computed {
                let value = cell.isMissing ? "nothing" : cell.description
                changes.append("\(place): `\(column)` says \(value) and was computed as \(computed)")
            }
        }
        for (index, row) in table.rows.enumerated() where written[row.fingerprint] == nil {
            changes.append("row \(index + 1) (\(row.fingerprint)) was added")
        }
        return changes
    }
}
