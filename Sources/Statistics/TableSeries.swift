import Diagnostics
import OrderedCollections
import Runs
import Tables

/// A measured column of a table over another column, in series: what a plot of the table shows.
public struct TableSeries: Sendable {
    public struct Point: Sendable {
        public let x: Cell
        /// The mean of the rows.
        public let mean: Double
        /// Its 95 % interval by Student's distribution; `nil` for one row.
        public let interval: ClosedRange<Double>?
    }

    public struct Series: Sendable {
        /// Empty where the table is one series.
        public let name: String
        public let points: [Point]
    }

    public let series: [Series]
    /// Whether points stand at numbers, in whose order they come, and not at labels.
    public let isNumeric: Bool
    /// Whether `x` is what the experiment varies, and not what it measures.
    public let isVaried: Bool
    /// Rows without a finite `y`, or without an `x`, which are in no point.
    public let leftOut: Int
    public let xHeading: String
    public let yHeading: String

    /// - Parameters:
    ///   - x: rows of equal values, in one series, are one point.
    ///   - by: the column whose values are the series; `nil` for one.
    ///   - axes: of each row, by its fingerprint. Rows of one point and one seed, which differ in another
    ///     axis, are averaged before the interval is formed, as for ``Contrast``.
    /// - Throws: `unknown-column`, `no-rows`; `not-numbers` where `y` holds anything else.
    public init(
        _ table: ResultTable, x: String, y: String, by: String?, axes: [String: [Recipe.Line]] = [:]
    ) throws(Diagnostic) {
        for column in [x, y] + (by.map { [$0] } ?? []) where !table.columns.contains(column) {
            throw .unknownColumn(column, among: table.columns)
        }
        guard !table.rows.isEmpty else { throw Diagnostic("no-rows", "the table has no rows yet") }
        if let other = table.rows.first(where: { !$0[y].isMissing && $0[y].number == nil }) {
            throw Diagnostic(
                "not-numbers", "`\(y)` holds \"\(other[y])\", and only numbers have a height",
                hint: "`y` names a measured column, and `x` or `by` one of labels"
            ).of(argument: "y")
        }
        let held = AxisColumns(of: table, axes)
        isVaried = held.columns.values.contains(x)
        let seeds = AxisColumns.replications(among: held.names)
        var values: OrderedDictionary<Cell, OrderedDictionary<Cell, OrderedDictionary<[String], [Double]>>> =
            [:]
        var leftOut = 0
        for (index, row) in table.rows.enumerated() {
            guard let value = row[y].number, value.isFinite, !row[x].isMissing else {
                leftOut += 1
                continue
            }
            let seed = held.names.isEmpty ? ["\(index)"] : held.key(of: row, seeds)
            values[by.map { row[$0] } ?? .missing, default: [:]][row[x], default: [:]][seed, default: []]
                .append(value)
        }
        self.leftOut = leftOut
        let isNumeric = table.rows.allSatisfy { $0[x].number?.isFinite ?? $0[x].isMissing }
        self.isNumeric = isNumeric
        series = values.map { name, points in
            let points = points.map { x, seeds in Self.point(x, seeds.values.map { Sample($0).mean }) }
            let sorted = points.sorted { ($0.x.number ?? 0) < ($1.x.number ?? 0) }
            let label = by == nil || !name.description.isEmpty ? name.description : "none"
            return Series(name: label, points: isNumeric ? sorted : points)
        }
        (xHeading, yHeading) = (heading(x), heading(y))
    }

    private static func point(_ x: Cell, _ values: [Double]) -> Point {
        let sample = Sample(values)
        let count = Double(values.count)
        let reach = sample.deviation.map {
            StudentDistribution.quantile(0.975, degreesOfFreedom: count - 1) * $0 / count.squareRoot()
        }
        return Point(
            x: x, mean: sample.mean, interval: reach.map { sample.mean - $0...sample.mean + $0 })
    }
}
