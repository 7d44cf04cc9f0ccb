import Diagnostics
import OrderedCollections
import Runs
import Tables

/// The rows of a table in groups, and how rows of two groups are paired.
struct RowGroups {
    /// The values that form each group, in the order of the groups' first rows.
    var keys: [[Cell]] { Array(rows.keys) }
    /// Columns of numbers that are neither axes nor form the groups.
    let measureColumns: [String]
    /// The axes that pair rows, as far as they have several values.
    let varyingAxes: [String]
    private let columns: [String]
    private let rows: OrderedDictionary<[Cell], [ResultRow]>
    private let pairing: [String]
    private let axes: AxisColumns

    /// - Parameters:
    ///   - columns: those whose values form the groups.
    ///   - axes: of each row, by its fingerprint. Those that form no groups pair the rows, also where the
    ///     table holds them under another name or not at all. An axis is never measured, even where its
    ///     values are numbers.
    /// - Throws: `unknown-column`, `no-rows`, `unequal-metrics`, `nothing-to-summarize`.
    init(_ table: ResultTable, by columns: [String], axes: [String: [Recipe.Line]]) throws(Diagnostic) {
        for column in columns where !table.columns.contains(column) {
            throw .unknownColumn(column, among: table.columns)
        }
        guard !table.rows.isEmpty else { throw Diagnostic("no-rows", "the table has no rows yet") }
        try Self.requireEqualMetrics(table.rows)
        let axes = AxisColumns(of: table, axes)
        measureColumns = table.columns.filter { column in
            let values = table.rows.map { $0[column] }.filter { !$0.isMissing }
            return !columns.contains(column) && !axes.columns.values.contains(column)
                && !values.isEmpty && values.allSatisfy { $0.number != nil }
        }
        guard !measureColumns.isEmpty else {
            throw Diagnostic(
                "nothing-to-summarize", "no column of the table holds numbers beside those it is grouped by",
                hint: "let the experiment `record` a score, such as `psnr = score.psnr`")
        }
        var rows: OrderedDictionary<[Cell], [ResultRow]> = [:]
        for row in table.rows { rows[columns.map { row[$0] }, default: []].append(row) }
        // An axis whose value the group decides says nothing about which rows of two groups are pairs.
        pairing = axes.names.filter { axis in
            let values = rows.values.map { group in Set(group.map { axes.key(of: $0, [axis]) }) }
            return values.contains { $0.count > 1 } || Set(values).count == 1
        }
        varyingAxes = pairing.filter { axis in
            Set(table.rows.map { axes.key(of: $0, [axis]) }).count > 1
        }
        (self.columns, self.rows, self.axes) = (columns, rows, axes)
    }

    /// - Throws: `unknown-column`; `not-measured` for a column of labels or of the axes.
    func requireMeasured(_ wanted: [String], in table: ResultTable) throws(Diagnostic) {
        for column in wanted where !measureColumns.contains(column) {
            guard table.columns.contains(column) else {
                throw .unknownColumn(column, among: measureColumns)
            }
            throw .notMeasured(column, among: measureColumns)
        }
    }

    subscript(group: Int) -> [ResultRow] { rows.values[group] }

    /// The group that `key` names.
    /// - Throws: `no-group`.
    func place(of key: [Cell]) throws(Diagnostic) -> Int {
        if let place = rows.keys.firstIndex(where: { zip($0, key).allSatisfy { $0.reads(as: $1) } }) {
            return place
        }
        throw .noGroup(key, columns, among: keys)
    }

    /// One column of a group, compared with another group; `nil` where no row has a value.
    func measure(
        _ column: String, of group: Int, against other: Int?, _ unit: SamplingUnit, _ scores: ImageScores
    ) -> Summary.Measure? {
        let pairs = Pairs(column: column, unit: unit, scores: scores, pairing: pairing, axes: axes)
        return Summary.Measure(column, of: self[group], against: other.map { self[$0] }, pairs)
    }
}

extension RowGroups {
    /// A mean over scores of different definitions means nothing, and neither does a difference of two.
    fileprivate static func requireEqualMetrics(_ rows: [ResultRow]) throws(Diagnostic) {
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
    fileprivate init?(
        _ column: String, of rows: [ResultRow], against others: [ResultRow]?, _ pairs: Pairs
    ) {
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
        let paired = others.map { pairs.paired(rows, with: $0) } ?? []
        let differences = pairs.differences(paired)
        let means = differences.map { $0.reduce(0, +) / Double($0.count) }
        let reference = others?.compactMap { $0[column].number }.filter(\.isFinite) ?? []
        difference =
            if !means.isEmpty {
                Sample(means).mean
            } else if reference.isEmpty || finite.isEmpty {
                nil
            } else {
                mean - (Set(reference).count == 1 ? reference[0] : Sample(reference).mean)
            }
        let single = paired.map { ($0.0[column].number ?? 0) - ($0.1[column].number ?? 0) }
        let largest = single.map(abs).max() ?? 0
        isAlwaysSo = !single.isEmpty && single.allSatisfy { abs($0 - single[0]) <= 1e-12 * largest }
        contrast = pairs.unit == .none ? nil : Contrast(differences)
        self.pairs = paired.count
        p = contrast?.p
    }
}

/// How the rows of two groups are paired, and what their differences are.
private struct Pairs {
    let column: String
    let unit: SamplingUnit
    let scores: ImageScores
    /// The axes of which a row and its pair have equal values; where there are none, rows are not paired.
    let pairing: [String]
    let axes: AxisColumns

    typealias Pair = (ResultRow, ResultRow)

    /// The rows with a finite value that are pairs; none where two of a group would be a pair with one.
    func paired(_ rows: [ResultRow], with others: [ResultRow]) -> [Pair] {
        guard let these = keyed(rows), let those = keyed(others) else { return [] }
        return these.compactMap { key, row in those[key].map { (row, $0) } }
    }

    private func keyed(_ rows: [ResultRow]) -> OrderedDictionary<[String], ResultRow>? {
        guard !pairing.isEmpty else { return nil }
        var keyed: OrderedDictionary<[String], ResultRow> = [:]
        for row in rows {
            guard let number = row[column].number, number.isFinite else { continue }
            guard keyed.updateValue(row, forKey: axes.key(of: row, pairing)) == nil else { return nil }
        }
        return keyed
    }

    /// The differences of each seed: on the images, or of the rows' values.
    ///
    /// Pairs of one seed, of which another axis has several values, are averaged: they may be of one
    /// training, and seeds are the unit of replication. Where no axis is called `seed`, pairs are.
    func differences(_ pairs: [Pair]) -> [[Double]] {
        let ofImages = unit == .seedsAndImages ? scores.differences(column, pairs) : nil
        let single = pairs.map { [($0[column].number ?? 0) - ($1[column].number ?? 0)] }
        var bySeed: OrderedDictionary<[String], [[Double]]> = [:]
        let sample = AxisColumns.replications(among: pairing)
        for (pair, differences) in zip(pairs, ofImages ?? single) {
            bySeed[axes.key(of: pair.0, sample), default: []].append(differences)
        }
        return bySeed.values.map { pairs in
            guard pairs.count > 1 else { return pairs[0] }
            return pairs[0].indices.map { place in
                pairs.reduce(0) { $0 + $1[place] } / Double(pairs.count)
            }
        }
    }
}

/// The axes of a table's rows, and under which columns the table holds them.
struct AxisColumns {
    /// In the order of the recipes.
    let names: [String]
    /// The column of each axis: that of its name, or else one of its values, or of texts that determine them
    /// and are determined by them; numbers might be what was measured. Axes that no column holds are not
    /// here.
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

    /// The axes that tell replications apart: the seed alone, where there is one.
    static func replications(among axes: [String]) -> [String] { axes.contains("seed") ? ["seed"] : axes }

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

    static func notMeasured(_ column: String, among columns: [String]) -> Diagnostic {
        Diagnostic(
            "not-measured", "`\(column)` is no measured column: it forms groups, or holds labels",
            notes: ["measured are " + columns.map { "`\($0)`" }.joined(separator: ", ")])
    }

    package static func unknownColumn(_ name: String, among columns: [String]) -> Diagnostic {
        let listed = columns.map { "`\($0)`" }.joined(separator: ", ")
        return Diagnostic(
            "unknown-column", "the table has no column `\(name)`",
            notes: columns.isEmpty ? [] : ["its columns are \(listed)"],
            hint: nearest(to: name, among: columns).map { "did you mean `\($0)`?" })
    }
}
