import Diagnostics
import OrderedCollections

/// A table boiled down: its rows in groups, each measured column as mean ± sd, and each group against the first.
public struct Summary: Sendable, Equatable {
    /// The numbers of one column in one group.
    public struct Measure: Sendable, Equatable {
        /// Rows of the group that have a value.
        public let count: Int
        public let mean: Double
        /// Of the sample; `nil` for one value.
        public let deviation: Double?
        /// The mean difference of the pairs of this group's and the first group's rows, or where no rows are pairs this
        /// mean less that of the first group; `nil` in the first group itself.
        public let difference: Double?
        /// Of the same pairs; `nil` where there are none with a spread.
        public let test: PairedTest?
    }

    public struct Group: Sendable, Equatable {
        /// What the rows have in common, a value for each of ``Summary/groupColumns``.
        public let key: [Cell]
        public let count: Int
        /// In the order of ``Summary/measureColumns``; `nil` where no row has a value.
        public let measures: [Measure?]
    }

    public let groupColumns: [String]
    /// The columns that pair a row of one group with a row of another: the axes that do not form the groups.
    public let pairColumns: [String]
    public let measureColumns: [String]
    /// In the order of their first rows; the first is what the others are held against.
    public let groups: [Group]

    /// - Parameters:
    ///   - columns: those whose values form the groups.
    ///   - axes: the experiment's axes; those that the table holds and that form no groups pair the rows. An axis is
    ///     never measured, even where its values are numbers.
    /// - Throws: `unknown-column`, `no-rows`, `unequal-metrics`, `nothing-to-summarize`.
    public init(_ table: ResultTable, by columns: [String], axes: [String]) throws(Diagnostic) {
        for column in columns where !table.columns.contains(column) {
            throw .unknownColumn(column, among: table.columns)
        }
        guard !table.rows.isEmpty else { throw Diagnostic("no-rows", "the table has no rows yet") }
        try Self.requireEqualMetrics(table.rows)
        let measured = table.columns.filter { column in
            let values = table.rows.map { $0[column] }.filter { !$0.isMissing }
            return !columns.contains(column) && !axes.contains(column)
                && !values.isEmpty && values.allSatisfy { $0.number != nil }
        }
        guard !measured.isEmpty else {
            throw Diagnostic(
                "nothing-to-summarize", "no column of the table holds numbers beside those it is grouped by",
                hint: "let the experiment `record` a score, such as `psnr = score.psnr`")
        }
        let pairing = axes.filter { table.columns.contains($0) && !columns.contains($0) }
        var rows: OrderedDictionary<[Cell], [ResultRow]> = [:]
        for row in table.rows { rows[columns.map { row[$0] }, default: []].append(row) }
        let first = rows.values[0]

        groupColumns = columns
        pairColumns = pairing
        measureColumns = measured
        groups = rows.enumerated().map { index, group in
            Group(
                key: group.key, count: group.value.count,
                measures: measured.map {
                    Measure($0, of: group.value, against: index == 0 ? nil : first, pairedBy: pairing)
                })
        }
    }
}

extension Summary {
    /// A mean over scores of different definitions means nothing, and neither does a difference of two.
    private static func requireEqualMetrics(_ rows: [ResultRow]) throws(Diagnostic) {
        let scored = rows.filter { !$0.provenance.metrics.isEmpty }
        guard let first = scored.first,
            let other = scored.first(where: { $0.provenance.metrics != first.provenance.metrics })
        else { return }
        throw Diagnostic(
            "unequal-metrics", "the table's rows are scored by different definitions and cannot be compared",
            notes: [
                "the row \(first.fingerprint) has \(first.provenance.metrics), "
                    + "and \(other.fingerprint) has \(other.provenance.metrics)"
            ],
            hint: "score all rows with the same `psnr_profile` and `ssim_profile`; one row can record several"
        )
    }
}

extension Summary.Measure {
    fileprivate init?(_ column: String, of rows: [ResultRow], against first: [ResultRow]?, pairedBy: [String])
    {
        let values = rows.compactMap { $0[column].number }
        guard !values.isEmpty else { return nil }
        let sample = Sample(values)
        count = values.count
        mean = sample.mean
        deviation = sample.deviation
        let pairs = first.flatMap { pairedDifferences(column, rows, less: $0, pairedBy: pairedBy) } ?? []
        let reference = first?.compactMap { $0[column].number } ?? []
        difference =
            if !pairs.isEmpty {
                Sample(pairs).mean
            } else if reference.isEmpty {
                nil
            } else {
                sample.mean - Sample(reference).mean
            }
        test = PairedTest(differences: pairs)
    }
}

/// The differences of rows that agree in all pairing columns; `nil` where that is no pairing of one row with one.
private func pairedDifferences(
    _ column: String, _ rows: [ResultRow], less first: [ResultRow], pairedBy columns: [String]
) -> [Double]? {
    guard !columns.isEmpty else { return nil }
    func values(_ rows: [ResultRow]) -> OrderedDictionary<[Cell], Double>? {
        var values: OrderedDictionary<[Cell], Double> = [:]
        for row in rows {
            guard let number = row[column].number else { continue }
            guard values.updateValue(number, forKey: columns.map { row[$0] }) == nil else { return nil }
        }
        return values
    }
    guard let these = values(rows), let those = values(first) else { return nil }
    return these.compactMap { key, value in those[key].map { value - $0 } }
}

extension Diagnostic {
    fileprivate static func unknownColumn(_ name: String, among columns: [String]) -> Diagnostic {
        let listed = columns.map { "`\($0)`" }.joined(separator: ", ")
        return Diagnostic(
            "unknown-column", "the table has no column `\(name)`",
            notes: columns.isEmpty ? [] : ["its columns are \(listed)"],
            hint: nearest(to: name, among: columns).map { "did you mean `\($0)`?" })
    }
}
