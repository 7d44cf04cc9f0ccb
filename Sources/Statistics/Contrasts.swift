import Diagnostics
import OrderedCollections
import Runs
import Tables

/// Groups of a table's rows compared two by two in one column.
public struct Contrasts: Sendable {
    /// Two groups.
    public struct Pair: Sendable {
        public let first: Cell
        public let second: Cell
        /// The column that forms the groups and the one that is compared, for ``answer``.
        let group: String
        let column: String
        /// The measure of the first group, compared with the second; `nil` where no row has a value.
        fileprivate let measure: Summary.Measure?
        /// The contrast's probability, corrected over all pairs by Holm's method.
        public fileprivate(set) var p: Double?
        /// Whether there are other pairs, for which ``p`` was corrected.
        fileprivate var isCorrected = false

        /// Rows of the one group that have a pair in the other.
        public var rows: Int { measure?.pairs ?? 0 }
        /// Images that they are compared on; 0 where these are not known.
        public var images: Int { contrast.map { $0.images > 1 ? $0.images : 0 } ?? 0 }
        /// The mean of the first less that of the second: over rows that are pairs, or of all where none are.
        public var difference: Double? { measure?.difference }
        /// `nil` where fewer than two seeds have pairs, or their differences do not vary.
        public var contrast: Contrast? { measure?.contrast }
        /// Whether the corrected probability is below 0.05; then the interval excludes zero too.
        public var isSignificant: Bool { p.map { $0 < 0.05 } ?? false }

        /// A sentence: which is higher, by how much, with what interval, and whether that is significant.
        public var answer: String {
            // A number by itself does not say what it is.
            let (first, second) = (label(first), label(second))
            if first == second { return "\(first) is compared with itself" }
            guard rows > 0, let difference, let measure else {
                return "\(first) and \(second) have no rows that are pairs"
            }
            let comparison =
                difference == 0
                ? "equal to \(second)"
                : "\(amount(abs(difference))) \(difference > 0 ? "above" : "below") \(second)"
            guard let contrast, let p else {
                if rows == 1 {
                    return "\(first) is \(comparison) in one row, from which nothing follows for other rows"
                }
                return measure.isAlwaysSo
                    ? "\(first) is \(comparison) in each of \(rows) rows"
                    : "\(first) is \(comparison) on average over \(rows) rows, of which nothing can be tested"
            }
            let interval = contrast.interval()
            let range =
                "95 % interval \(signed(interval.lowerBound, places)) to "
                + "\(signed(interval.upperBound, places))\(unitText)"
            let facts =
                "\(range), \(isCorrected ? "corrected " : "")p \(p < 0.001 ? "" : "= ")\(probability(p))"
            guard isSignificant else {
                return "\(first) is \(comparison), which is not significant (\(facts))"
            }
            return "\(first) is \(comparison) (\(facts))"
        }

        private func label(_ value: Cell) -> String {
            value.number == nil ? value.description : "\(group) \(value)"
        }

        /// With the digits that the standard error supports, and the column's unit.
        private func amount(_ value: Double) -> String { fixed(value, places) + unitText }

        private var unitText: String { unit(of: column).map { " \($0)" } ?? "" }

        private var places: Int {
            guard let error = contrast?.standardError, error > 0 else { return 3 }
            return placesShowing(deviation: error)
        }
    }

    /// In the order in which they were asked for.
    public let all: [Pair]

    /// - Parameters:
    ///   - column: what is compared.
    ///   - group: the column whose values form the groups.
    ///   - pairs: values of `group`; `nil` for every two of them, in the order of the table.
    /// - Throws: `unknown-column`, `no-rows`, `no-group`, `unequal-metrics`, `nothing-to-summarize`.
    public init(
        _ table: ResultTable, of column: String, by group: String, pairs: [(Cell, Cell)]? = nil,
        _ design: ComparisonDesign
    ) throws(Diagnostic) {
        let rows = try RowGroups(table, by: [group], axes: design.axes)
        try rows.requireMeasured([column], in: table)
        var wanted: [(Int, Int)] = []
        if let pairs {
            for (first, second) in pairs {
                wanted.append((try rows.place(of: [first]), try rows.place(of: [second])))
            }
        } else {
            wanted = rows.keys.indices.flatMap { first in
                rows.keys.indices.dropFirst(first + 1).map { (first, $0) }
            }
        }
        var all = wanted.map { first, second in
            Pair(
                first: rows.keys[first][0], second: rows.keys[second][0], group: group,
                column: column,
                measure: rows.measure(column, of: first, against: second, design.unit, design.scores))
        }
        for (index, p) in holm(all.map { $0.contrast?.p }).enumerated() {
            (all[index].p, all[index].isCorrected) = (p, all.count > 1)
        }
        self.all = all
    }
}
