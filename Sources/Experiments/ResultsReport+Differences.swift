import Diagnostics
import Foundation
import OrderedCollections
import Runs
import Tables

extension ResultsReport {
    /// One of two things to compare.
    public struct Compared {
        /// What its column is called.
        public let title: String
        /// What it was made with, by name.
        public let settings: [(key: String, value: String)]
        /// What came out.
        public let values: OrderedDictionary<String, Cell>

        public init(
            title: String, settings: [(key: String, value: String)], values: OrderedDictionary<String, Cell>
        ) {
            (self.title, self.settings, self.values) = (title, settings, values)
        }
    }

    /// The settings in which two things differ, then the values in which they do.
    public static func differences(_ first: Compared, _ second: Compared) -> TextTable {
        var list = emptyDifferences(first.title, second.title)
        append(first, second, row: "", to: &list)
        return list
    }

    /// The same of two rows, runs or tables, whose rows are paired by their axes.
    /// - Throws: `no-result`; `cannot-compare` for a table and a row.
    public func differences(_ first: String, _ second: String) throws(Diagnostic) -> TextTable {
        switch (try item(first), try item(second)) {
        case (.run(let left), .run(let right)):
            return Self.differences(compared(left, first), compared(right, second))
        case (.table(let left, let ours), .table(let right, let theirs)):
            return tableDifferences(left, ours, right, theirs, titles: (first, second))
        case (.run, .table), (.table, .run):
            throw Diagnostic(
                "cannot-compare", "a table can be compared with a table, and a row with a row",
                hint: "name a row of it as TABLE:NUMBER")
        }
    }

    private func tableDifferences(
        _ left: ResultTable, _ ours: RunStore, _ right: ResultTable, _ theirs: RunStore,
        titles: (String, String)
    ) -> TextTable {
        var list = Self.emptyDifferences(titles.0, titles.1)
        var rest = right.rows
        for row in left.rows {
            let own = place(of: row, in: ours)
            guard
                let match = rest.firstIndex(where: { $0.fingerprint == row.fingerprint })
                    ?? rest.firstIndex(where: { own != nil && place(of: $0, in: theirs) == own })
            else {
                list.append([label(row, in: ours), "", "row", "there", ""])
                continue
            }
            let other = rest.remove(at: match)
            Self.append(
                Self.compared(row.fingerprint, recipe(of: row, in: ours), row.cells),
                Self.compared(other.fingerprint, recipe(of: other, in: theirs), other.cells),
                row: label(row, in: ours), to: &list)
        }
        for row in rest { list.append([label(row, in: theirs), "", "row", "", "there"]) }
        return list
    }

    /// A row or a run as something to compare.
    public func compared(_ name: String) throws(Diagnostic) -> Compared {
        guard case .run(let run) = try item(name) else {
            throw Diagnostic(
                "cannot-compare", "a model can be compared with a run or a row, not with a table",
                hint: "name a row of it as TABLE:NUMBER")
        }
        return compared(run, name)
    }

    private func compared(_ run: String, _ title: String) -> Compared {
        Self.compared(title, store.recipe(of: run), (try? store.values(of: run)) ?? [:])
    }

    /// - Parameter recipe: where it is known.
    private static func compared(
        _ title: String, _ recipe: Recipe?, _ values: OrderedDictionary<String, Cell>
    ) -> Compared {
        Compared(
            title: title, settings: (recipe?.lines ?? []).map { ($0.key, $0.value) }, values: values)
    }

    /// The recipe of a row, from its table's own folder or from this one: a copy of a table may have come
    /// without its runs.
    private func recipe(of row: ResultRow, in other: RunStore) -> Recipe? {
        other.recipe(of: row.fingerprint) ?? store.recipe(of: row.fingerprint)
    }

    /// A row's axes and their values, as two tables' rows are paired.
    private func place(of row: ResultRow, in store: RunStore) -> String? {
        recipe(of: row, in: store).map { recipe in
            recipe.axes.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
        }
    }

    private func label(_ row: ResultRow, in store: RunStore) -> String {
        place(of: row, in: store).flatMap { $0.isEmpty ? nil : $0 } ?? row.fingerprint
    }

    private static func emptyDifferences(_ first: String, _ second: String) -> TextTable {
        TextTable(columns: [
            .init("row"), .init("of"), .init("name"), .init(first), .init(second), .init("Δ", .right),
        ])
    }

    private static func append(_ first: Compared, _ second: Compared, row: String, to list: inout TextTable) {
        let others = Dictionary(second.settings.map { ($0.key, $0.value) }) { old, _ in old }
        let own = Set(first.settings.map(\.key))
        // A run's hash says no more than the lines that it is the hash of.
        let runs = Set((first.settings + second.settings).filter { $0.key.hasSuffix(".run") }.map(\.value))
        for (key, value) in first.settings where others[key] != value && !runs.contains(value) {
            list.append([row, "setting", key, value, others[key] ?? "", ""])
        }
        for (key, value) in second.settings where !own.contains(key) && !runs.contains(value) {
            list.append([row, "setting", key, "", value, ""])
        }
        var names = OrderedSet(first.values.keys)
        names.formUnion(second.values.keys)
        for name in names {
            let (left, right) = (first.values[name] ?? .missing, second.values[name] ?? .missing)
            guard left != right else { continue }
            var change = ""
            if let before = left.number, let after = right.number, (after - before).isFinite {
                change = String(format: "%+.4g", after - before)
            }
            list.append([row, "result", name, left.description, right.description, change])
        }
    }
}
