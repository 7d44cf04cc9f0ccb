import Diagnostics
import OrderedCollections

/// Groups of a table's rows compared two by two in one column.
public struct Contrasts: Sendable {
    /// Two groups.
    public struct Pair: Sendable {
        public let first: Cell
        public let second: Cell
        /// The column, for ``answer``.
        let column: String
        /// Rows that are pairs.
        public let rows: Int
        /// Pictures that they are compared on; 0 where these are not known.
        public let images: Int
        /// The mean of the first less that of the second: over rows that are pairs, or of all where none are.
        public let difference: Double?
        /// `nil` where fewer than two rows are pairs, or nothing differs.
        public let contrast: Contrast?
        /// The contrast's probability, corrected over all pairs by Holm's method.
        public internal(set) var p: Double?

        /// Whether the one is told from the other: the interval excludes zero, and so does the correction.
        public var isTold: Bool {
            guard let contrast, let p else { return false }
            return p < 0.05 && !contrast.interval().contains(0)
        }

        /// A sentence: which is higher and by how much, or how large a difference there can be at most.
        public var answer: String {
            if first == second { return "\(first) is compared with itself" }
            guard rows > 0, let difference else {
                return "\(first) and \(second) have no rows that are pairs"
            }
            guard let contrast, let p else {
                let told =
                    difference == 0
                    ? "equal to" : "\(amount(abs(difference))) \(difference > 0 ? "above" : "below")"
                return rows == 1
                    ? "\(first) is \(told) \(second) in one row, which tells nothing of others"
                    : "\(first) is \(told) \(second) in each of \(rows) rows"
            }
            let interval = contrast.interval()
            let range =
                "95 % interval \(amount(signed: interval.lowerBound)) to \(amount(signed: interval.upperBound))"
            let facts = "\(range), p \(p < 0.001 ? "< 0.001" : "= \(fixed(p, 3))")"
            guard isTold else {
                let most = max(abs(interval.lowerBound), abs(interval.upperBound))
                return "between \(first) and \(second) no difference greater than \(amount(most)) (\(facts))"
            }
            return
                "\(first) is \(amount(abs(difference))) \(difference > 0 ? "above" : "below") \(second) (\(facts))"
        }

        /// With the digits that the standard error supports, and the column's unit.
        private func amount(_ value: Double) -> String {
            fixed(value, places) + (unit(of: column).map { " \($0)" } ?? "")
        }

        private func amount(signed value: Double) -> String { (value > 0 ? "+" : "") + amount(value) }

        private var places: Int {
            guard let error = contrast?.standardError, error > 0 else { return 3 }
            return placesShowing(spread: error)
        }
    }

    /// In the order in which they were asked for.
    public let all: [Pair]

    /// - Parameters:
    ///   - column: what is compared.
    ///   - group: the column whose values form the groups.
    ///   - axes: of each row, by its fingerprint, as for ``Summary``.
    ///   - pairs: values of `group`; `nil` for every two of them, in the order of the table.
    /// - Throws: `unknown-column`, `no-rows`, `no-group`, `unequal-metrics`, `nothing-to-summarize`.
    public init(
        _ table: ResultTable, of column: String, by group: String, axes: [String: [Recipe.Line]],
        pairs: [(Cell, Cell)]? = nil, unit: Summary.Unit = .rowsAndImages, scores: ImageScores = ImageScores()
    ) throws(Diagnostic) {
        let wanted: [(Cell, Cell)]
        if let pairs {
            wanted = pairs
        } else {
            guard table.columns.contains(group) else { throw .unknownColumn(group, among: table.columns) }
            let groups = Array(OrderedSet(table.rows.map { $0[group] }))
            wanted = groups.indices.flatMap { first in
                groups.indices.dropFirst(first + 1).map { (groups[first], groups[$0]) }
            }
        }
        var all: [Pair] = []
        for (first, second) in wanted {
            let summary = try Summary(
                table, by: [group], axes: axes, against: [second], unit: unit, scores: scores)
            guard let place = summary.measureColumns.firstIndex(of: column) else {
                throw .unknownColumn(column, among: summary.measureColumns)
            }
            guard let own = summary.groups.first(where: { $0.key[0].reads(as: first) }) else {
                throw .noGroup([first], [group], among: summary.groups.map(\.key))
            }
            let measure = own.measures[place]
            all.append(
                Pair(
                    first: own.key[0], second: summary.groups[summary.reference].key[0], column: column,
                    rows: measure?.pairs ?? 0,
                    images: measure?.contrast.map { $0.images > 1 ? $0.images : 0 } ?? 0,
                    difference: measure?.difference, contrast: measure?.contrast, p: nil))
        }
        for (index, p) in holm(all.map { $0.contrast?.p }).enumerated() { all[index].p = p }
        self.all = all
    }
}
