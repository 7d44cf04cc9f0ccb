import Diagnostics
import Runs

/// The rows that an experiment asks for: every combination of its axes' values.
///
/// `Value` is whatever the caller's language computes with; the grid itself reads only the label, which names
/// the value in the table and in the recipe.
public struct Grid<Value> {
    /// One `over name in values`.
    public struct Axis {
        public let name: String
        public let values: [(value: Value, label: String)]
        /// Where the axis is written, for a diagnostic.
        public let span: Span?

        public init(_ name: String, _ values: [(value: Value, label: String)], span: Span? = nil) {
            self.name = name
            self.values = values
            self.span = span
        }
    }

    /// One combination: a value for each axis, in the order of the axes.
    public struct Point {
        public let values: [(name: String, value: Value, label: String)]

        /// The axis lines of the recipe of the row at this point.
        public var recipeLines: [Recipe.Line] { values.map { Recipe.Line($0.name, $0.label) } }
    }

    /// Rows beyond which an experiment is taken for a mistake: a training each, at a second each, is a day.
    public static var largest: Int { 100_000 }

    public let axes: [Axis]

    /// - Throws: `duplicate-axis` where two axes have one name; `empty-axis`; `repeated-value` where an axis
    ///   holds two values of one label, whose rows nobody could tell apart; `large-grid`.
    public init(_ axes: [Axis]) throws(Diagnostic) {
        var seen: Set<String> = []
        var size = 1
        for axis in axes {
            guard seen.insert(axis.name).inserted else {
                throw Diagnostic("duplicate-axis", "two axes are called `\(axis.name)`", at: axis.span)
            }
            guard !axis.values.isEmpty else {
                throw Diagnostic(
                    "empty-axis", "the axis `\(axis.name)` has no values, so the table would have no rows",
                    at: axis.span)
            }
            var labels: Set<String> = []
            for (_, label) in axis.values where !labels.insert(label).inserted {
                throw Diagnostic(
                    "repeated-value", "the axis `\(axis.name)` holds \(label) twice", at: axis.span,
                    hint: "a row is run once; for repeated measurements add an axis of seeds")
            }
            let (product, overflow) = size.multipliedReportingOverflow(by: axis.values.count)
            guard !overflow, product <= Self.largest else {
                throw Diagnostic(
                    "large-grid",
                    "the axes multiply to more than \(Self.largest) rows: "
                        + axes.map { "\($0.values.count) of `\($0.name)`" }.joined(separator: " × "),
                    at: axis.span)
            }
            size = product
        }
        self.axes = axes
    }

    /// The combinations that `keep` keeps, the last axis varying fastest.
    /// - Throws: what `keep` throws; `empty-grid` when it keeps none.
    public func points(
        where keep: (Point) throws(Diagnostic) -> Bool = { _ in true }
    ) throws(Diagnostic) -> [Point] {
        var combinations: [Point] = [Point(values: [])]
        for axis in axes {
            combinations = combinations.flatMap { point in
                axis.values.map { Point(values: point.values + [(axis.name, $0.value, $0.label)]) }
            }
        }
        var kept: [Point] = []
        for point in combinations where try keep(point) { kept.append(point) }
        guard !kept.isEmpty else {
            throw Diagnostic(
                "empty-grid", "`where` leaves none of the \(combinations.count) rows of the experiment")
        }
        return kept
    }
}
