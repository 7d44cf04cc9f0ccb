import Diagnostics
import OrderedCollections

/// A table boiled down: its rows in groups, each measured column as mean ± sd, and each group against one of
/// them.
public struct Summary: Sendable, Equatable {
    /// The numbers of one column in one group.
    public struct Measure: Sendable, Equatable {
        /// Rows of the group that have a value.
        public let count: Int
        /// Of these, how many have one that is not finite: they are in none of the numbers below, for they
        /// would swallow every other. Where no value is finite, the mean is that of all.
        public let leftOut: Int
        public let mean: Double
        /// Of the sample; `nil` for one value.
        public let deviation: Double?
        /// Whether every row has the same value: a property of the group rather than a measurement, such as a
        /// count of parameters or a learning rate.
        public let isConstant: Bool
        /// The mean difference of the pairs of this group's and the reference's rows, or where no rows are
        /// pairs this mean less that of the reference; `nil` in the reference itself.
        public let difference: Double?
        /// Of the same pairs; `nil` where there are none with a spread.
        public let contrast: Contrast?
        /// Rows of this group and of the reference that are pairs.
        public let pairs: Int
        /// The contrast's probability, corrected for the number of groups by Holm's method.
        public var p: Double?
    }

    public struct Group: Sendable, Equatable {
        /// What the rows have in common, a value for each of ``Summary/groupColumns``.
        public let key: [Cell]
        public let count: Int
        /// In the order of ``Summary/measureColumns``; `nil` where no row has a value.
        public internal(set) var measures: [Measure?]
    }

    public let groupColumns: [String]
    /// The axes that pair a row of one group with a row of another: those that do not form the groups.
    public let pairAxes: [String]
    public let measureColumns: [String]
    /// In the order of their first rows.
    public let groups: [Group]
    /// The group that the others are held against.
    public let reference: Int

    /// - Parameters:
    ///   - columns: those whose values form the groups.
    ///   - axes: of each row, by its fingerprint. Those that form no groups pair the rows, also where the
    ///     table holds them under another name or not at all. An axis is never measured, even where its
    ///     values are numbers.
    ///   - reference: the values of a group, which the others are held against; the first group's by itself.
    ///   - unit: what the contrasts take for a sample.
    ///   - scores: of each row, what its pictures were scored.
    /// - Throws: `unknown-column`, `no-rows`, `unequal-metrics`, `nothing-to-summarize`, `no-group`.
    public init(
        _ table: ResultTable, by columns: [String], axes: [String: [Recipe.Line]],
        against reference: [Cell]? = nil,
        unit: Unit = .rowsAndImages, scores: ImageScores = ImageScores()
    ) throws(Diagnostic) {
        for column in columns where !table.columns.contains(column) {
            throw .unknownColumn(column, among: table.columns)
        }
        guard !table.rows.isEmpty else { throw Diagnostic("no-rows", "the table has no rows yet") }
        try Self.requireEqualMetrics(table.rows)
        let axes = AxisColumns(of: table, axes)
        let measured = table.columns.filter { column in
            let values = table.rows.map { $0[column] }.filter { !$0.isMissing }
            return !columns.contains(column) && !axes.columns.values.contains(column)
                && !values.isEmpty && values.allSatisfy { $0.number != nil }
        }
        guard !measured.isEmpty else {
            throw Diagnostic(
                "nothing-to-summarize", "no column of the table holds numbers beside those it is grouped by",
                hint: "let the experiment `record` a score, such as `psnr = score.psnr`")
        }
        var rows: OrderedDictionary<[Cell], [ResultRow]> = [:]
        for row in table.rows { rows[columns.map { row[$0] }, default: []].append(row) }
        // An axis whose value the group decides says nothing about which rows of two groups are pairs.
        let pairing = axes.names.filter { axis in
            let values = rows.values.map { group in Set(group.map { axes.key(of: $0, [axis]) }) }
            return values.contains { $0.count > 1 } || Set(values).count == 1
        }
        let place = try Self.place(of: reference, in: rows, columns)
        let first = rows.values[place]

        groupColumns = columns
        pairAxes = pairing
        measureColumns = measured
        self.reference = place
        var groups = rows.enumerated().map { index, group in
            Group(
                key: group.key, count: group.value.count,
                measures: measured.map {
                    let pairs = Pairs(column: $0, unit: unit, scores: scores) { row in
                        pairing.isEmpty ? nil : axes.key(of: row, pairing)
                    }
                    return Measure($0, of: group.value, against: index == place ? nil : first, pairs)
                })
        }
        for measure in measured.indices {
            let corrected = holm(groups.map { $0.measures[measure]?.contrast?.p })
            for (index, p) in corrected.enumerated() { groups[index].measures[measure]?.p = p }
        }
        self.groups = groups
    }

    /// What a contrast takes for a sample of what might have been drawn.
    public enum Unit: String, Sendable, CaseIterable {
        /// The rows' seeds, and the pictures that they were scored on where these are known.
        case rowsAndImages = "images"
        /// The rows' seeds alone: the pictures are all that there is.
        case rows
        /// Nothing is compared.
        case none
    }

    private static func place(
        of reference: [Cell]?, in rows: OrderedDictionary<[Cell], [ResultRow]>, _ columns: [String]
    ) throws(Diagnostic) -> Int {
        guard let reference else { return 0 }
        if let place = rows.keys.firstIndex(where: { zip($0, reference).allSatisfy { $0.reads(as: $1) } }) {
            return place
        }
        throw .noGroup(reference, columns, among: Array(rows.keys))
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
    fileprivate init?(_ column: String, of rows: [ResultRow], against first: [ResultRow]?, _ pairs: Pairs) {
        let values = rows.compactMap { $0[column].number }
        guard !values.isEmpty else { return nil }
        let finite = values.filter(\.isFinite)
        let sample = Sample(finite.isEmpty ? values : finite)
        count = values.count
        leftOut = finite.isEmpty ? 0 : values.count - finite.count
        isConstant = Set(values).count == 1
        // Their sum, divided again, need not be the value to the last bit.
        mean = isConstant ? values[0] : sample.mean
        deviation = isConstant && values.count > 1 ? 0 : sample.deviation
        let differences = first.flatMap { pairs.differences(rows, less: $0) } ?? []
        let reference = first?.compactMap { $0[column].number }.filter(\.isFinite) ?? []
        difference =
            if !differences.isEmpty {
                Sample(differences.map { $0.reduce(0, +) / Double($0.count) }).mean
            } else if reference.isEmpty || finite.isEmpty {
                nil
            } else {
                mean - (Set(reference).count == 1 ? reference[0] : Sample(reference).mean)
            }
        contrast = pairs.unit == .none ? nil : Contrast(differences)
        self.pairs = differences.count
        p = contrast?.p
    }
}

/// How the rows of two groups are paired.
struct Pairs {
    let column: String
    let unit: Summary.Unit
    let scores: ImageScores
    /// What a row has in common with the one that it is paired with; `nil` where rows are not paired.
    let key: (ResultRow) -> [String]?

    /// Of each pair of rows the differences on their pictures, or of their values; empty where rows are not
    /// paired one by one.
    func differences(_ rows: [ResultRow], less others: [ResultRow]) -> [[Double]] {
        guard let these = keyed(rows), let those = keyed(others) else { return [] }
        let pairs = these.compactMap { key, row in those[key].map { (row, $0) } }
        let images = unit == .rows ? nil : scores.differences(column, pairs)
        return images ?? pairs.map { [($0[column].number ?? 0) - ($1[column].number ?? 0)] }
    }

    /// Rows with a finite value by their key; `nil` where two have one.
    private func keyed(_ rows: [ResultRow]) -> OrderedDictionary<[String], ResultRow>? {
        var keyed: OrderedDictionary<[String], ResultRow> = [:]
        for row in rows {
            guard let number = row[column].number, number.isFinite else { continue }
            guard let key = key(row), keyed.updateValue(row, forKey: key) == nil else { return nil }
        }
        return keyed
    }
}

/// The axes of a table's rows, and under which columns the table holds them.
struct AxisColumns {
    /// In the order of the recipes.
    let names: [String]
    /// By axis: the column of its name, or else one of its values, or of texts that determine them and are
    /// determined by them; numbers might be what was measured. Axes that no column holds are not here.
    let columns: [String: String]
    private let places: [String: [String: String]]

    init(of table: ResultTable, _ axes: [String: [Recipe.Line]]) {
        var names: OrderedSet<String> = []
        for row in table.rows { names.append(contentsOf: axes[row.fingerprint, default: []].map(\.key)) }
        let places = axes.mapValues { lines in
            Dictionary(lines.map { ($0.key, $0.value) }) { first, _ in first }
        }
        var columns: [String: String] = [:]
        for name in names {
            let column =
                table.columns.contains(name)
                ? name
                : table.columns.first { column in
                    let cells = table.rows.map { $0[column] }
                    let values = table.rows.map { places[$0.fingerprint]?[name] ?? "" }
                    return cells.map(\.description) == values
                        || cells.allSatisfy { $0.number == nil }
                            && Self.determineEachOther(Array(zip(values, cells.map(\.description))))
                }
            columns[name] = column
        }
        (self.names, self.columns, self.places) = (Array(names), columns, places)
    }

    /// Values of axes that a row has, one after the other.
    func key(of row: ResultRow, _ axes: [String]) -> [String] {
        axes.map { axis in
            places[row.fingerprint]?[axis] ?? columns[axis].map { row[$0].description } ?? ""
        }
    }

    private static func determineEachOther(_ pairs: [(String, String)]) -> Bool {
        let (left, right) = (Set(pairs.map(\.0)), Set(pairs.map(\.1)))
        let both = Set(pairs.map { [$0.0, $0.1] })
        return left.count > 1 && left.count == right.count && both.count == left.count
    }
}

extension Cell {
    /// Whether a text that was written for it means it: a number's digits, a truth value's word.
    func reads(as other: Cell) -> Bool { self == other || description == other.description }
}

extension Diagnostic {
    static func noGroup(_ wanted: [Cell], _ columns: [String], among groups: [[Cell]]) -> Diagnostic {
        func text(_ key: [Cell]) -> String { key.map(\.description).joined(separator: ", ") }
        return Diagnostic(
            "no-group",
            "no row has \(zip(columns, wanted).map { "\($0) = \($1)" }.joined(separator: ", "))",
            notes: ["there are \(groups.prefix(12).map { "`\(text($0))`" }.joined(separator: ", "))"],
            hint: nearest(to: text(wanted), among: groups.map(text)).map { "did you mean `\($0)`?" })
    }

    static func unknownColumn(_ name: String, among columns: [String]) -> Diagnostic {
        let listed = columns.map { "`\($0)`" }.joined(separator: ", ")
        return Diagnostic(
            "unknown-column", "the table has no column `\(name)`",
            notes: columns.isEmpty ? [] : ["its columns are \(listed)"],
            hint: nearest(to: name, among: columns).map { "did you mean `\($0)`?" })
    }
}
