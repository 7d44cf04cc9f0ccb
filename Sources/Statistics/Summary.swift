import Diagnostics
import OrderedCollections
import Runs
import Tables

/// The rows of a table in groups: each measured column as mean ± standard deviation, and each group against
/// one of them.
public struct Summary: Sendable, Equatable {
    /// The numbers of one column in one group.
    public struct Measure: Sendable, Equatable {
        /// Rows of the group that have a value.
        public let count: Int
        /// The rows of these whose value is not finite: they are in none of the numbers below, for they would
        /// swallow every other. Where no value is finite, the mean is that of all.
        public let leftOut: Int
        public let mean: Double
        /// The standard deviation of the sample; `nil` for one value.
        public let deviation: Double?
        /// Whether every row has the same value: a property of the group rather than a measurement, such as a
        /// count of parameters or a learning rate.
        public let isConstant: Bool
        /// The mean difference of the pairs of this group's and the reference's rows, or where no rows are
        /// pairs this mean less that of the reference; `nil` in the reference itself.
        public let difference: Double?
        /// Whether all pairs, of which there are some, have that very difference, but for rounding.
        public let isAlwaysSo: Bool
        /// The contrast of the same pairs; `nil` where there are none, or their differences do not vary.
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
    /// The axes that pair a row of one group with a row of another, as far as they have several values.
    public let varyingAxes: [String]
    public let measureColumns: [String]
    /// In the order of their first rows.
    public let groups: [Group]
    /// The group that the others are compared with.
    public let reference: Int

    /// - Parameters:
    ///   - columns: those whose values form the groups.
    ///   - reference: the values of the group that the others are compared with; by default the first
    ///     group's.
    /// - Throws: `unknown-column`, `no-rows`, `unequal-metrics`, `nothing-to-summarize`, `no-group`.
    public init(
        _ table: ResultTable, by columns: [String], against reference: [Cell]? = nil,
        _ design: ComparisonDesign
    ) throws(Diagnostic) {
        let rows = try RowGroups(table, by: columns, axes: design.axes)
        let place = try reference.map(rows.place) ?? 0
        groupColumns = columns
        varyingAxes = rows.varyingAxes
        measureColumns = rows.measureColumns
        self.reference = place
        var groups = rows.keys.indices.map { index in
            Group(
                key: rows.keys[index], count: rows[index].count,
                measures: rows.measureColumns.map {
                    rows.measure(
                        $0, of: index, against: index == place ? nil : place, design.unit, design.scores)
                })
        }
        for measure in rows.measureColumns.indices {
            let corrected = holm(groups.map { $0.measures[measure]?.contrast?.p })
            for (index, p) in corrected.enumerated() { groups[index].measures[measure]?.p = p }
        }
        self.groups = groups
    }
}
