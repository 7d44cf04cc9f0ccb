import Diagnostics
import Foundation
import OrderedCollections

/// An experiment's rows as a table to be printed: groups down, groups of another column across, and in each
/// cell the mean and the spread of a measured column.
///
/// The best cell of a column stands out only where it is told from every other one, and the second where it
/// is told from all below it: by ``Contrast``, with Holm's correction over every two cells of the column.
public struct PivotTable {
    /// Its caption says what the numbers are, over how many rows and pictures, and what stands out why.
    public let table: TextTable

    /// - Parameters:
    ///   - rows: the column whose values stand down the side.
    ///   - across: the column whose values stand across; `nil` for one block.
    ///   - values: measured columns; all where `nil`.
    /// - Throws: as ``Summary/init(_:by:axes:against:unit:scores:)``.
    public init(
        _ table: ResultTable, rows: String, across: String?, values: [String]?, axes: [String: [Recipe.Line]],
        unit: Summary.Unit, scores: ImageScores
    ) throws(Diagnostic) {
        let keys = [rows] + (across.map { [$0] } ?? [])
        let whole = try Summary(table, by: keys, axes: axes, unit: .none)
        for value in values ?? [] where !whole.measureColumns.contains(value) {
            throw .unknownColumn(value, among: whole.measureColumns)
        }
        let measures = values ?? whole.measureColumns
        let down = Array(OrderedSet(whole.groups.map { $0.key[0] }))
        let blocks: [Cell?] = across == nil ? [nil] : Array(OrderedSet(whole.groups.map { $0.key[1] }))
        var columns = [TextTable.Column(rows)]
        var cells = down.map { [$0.description] }
        var images: Set<Int> = []
        var marks: [(row: Int, column: Int, emphasis: TextTable.Emphasis)] = []
        for measure in measures {
            for block in blocks {
                let part = ResultTable(
                    rows: table.rows.filter { row in
                        guard let across, let block else { return true }
                        return row[across] == block
                    })
                guard part.rows.contains(where: { $0[measure].number != nil }) else {
                    columns.append(.init(heading(measure) + Self.suffix(of: block, across), .right))
                    for index in down.indices { cells[index].append("") }
                    continue
                }
                let column = Column(
                    measure, try Summary(part, by: [rows], axes: axes, unit: .none),
                    try Contrasts(part, of: measure, by: rows, axes: axes, unit: unit, scores: scores).all)
                images.formUnion(column.images)
                columns.append(
                    .init(heading(measure) + Self.suffix(of: block, across) + column.direction.arrow, .right)
                )
                for (index, key) in down.enumerated() {
                    cells[index].append(column.text(of: key))
                    let emphasis = column.emphasis(of: key)
                    if emphasis != .none {
                        marks.append((index, columns.count - 1, emphasis))
                    }
                }
            }
        }
        var text = TextTable(columns: columns, rows: cells)
        for mark in marks { text.emphasise(row: mark.row, column: mark.column, mark.emphasis) }
        text.caption = Self.caption(
            whole, axes: axes, images: images,
            marks: Set(marks.map(\.emphasis)))
        self.table = text
    }

    /// What tells a block from its neighbours: a label by itself, a number with its column's name.
    private static func suffix(of block: Cell?, _ across: String?) -> String {
        guard let block, let across else { return "" }
        return block.number == nil ? ", \(block)" : ", \(across) = \(block)"
    }

    private static func caption(
        _ summary: Summary, axes: [String: [Recipe.Line]], images: Set<Int>,
        marks: Set<TextTable.Emphasis>
    ) -> String {
        let counts = Set(summary.groups.map(\.count)).sorted()
        let rows = counts.count == 1 ? "\(counts[0])" : "\(counts[0]) to \(counts[counts.count - 1])"
        let what =
            summary.pairAxes.isEmpty
            ? "rows" : summary.pairAxes.map { "values of \($0)" }.joined(separator: " and ")
        var text = counts == [1] ? "One row for each." : "Mean ± standard deviation over \(rows) \(what)."
        if let least = images.min(), let most = images.max() {
            text += " Scored on \(least == most ? "\(least)" : "\(least) to \(most)") images each."
        }
        guard !marks.isEmpty else {
            return text + (counts == [1] ? "" : " No cell is told from all others of its column (p < 0.05).")
        }
        return text
            + (marks.contains(.strong) ? " Bold: told from every other cell of its column." : "")
            + (marks.contains(.underlined) ? " Underlined: the second, told from all below it." : "")
            + " Told by two-way random effects of rows\(images.isEmpty ? "" : " and images"), "
            + "with Holm's correction, p < 0.05."
    }

    /// One measured column, with what its cells are told from.
    private struct Column {
        let direction: Direction
        private let measures: OrderedDictionary<Cell, Summary.Measure>
        private let contrasts: [Contrasts.Pair]
        private let places: Int
        /// From the best on.
        private let order: [Cell]

        init(_ column: String, _ summary: Summary, _ contrasts: [Contrasts.Pair]) {
            direction = Direction(of: column)
            let place = summary.measureColumns.firstIndex(of: column)
            var measures: OrderedDictionary<Cell, Summary.Measure> = [:]
            for group in summary.groups { measures[group.key[0]] = place.flatMap { group.measures[$0] } }
            self.measures = measures
            self.contrasts = contrasts
            places = place.map { summary.decimals(ofMeasure: $0) } ?? 0
            let isLower = direction == .lower
            order = measures.keys.sorted { left, right in
                let (a, b) = (measures[left]?.mean ?? .nan, measures[right]?.mean ?? .nan)
                return isLower ? a < b : a > b
            }
        }

        /// How many pictures its cells are compared on.
        var images: Set<Int> { Set(contrasts.map(\.images).filter { $0 > 0 }) }

        func text(of key: Cell) -> String {
            guard let measure = measures[key] else { return "" }
            let text = fixed(measure.mean, places)
            guard let deviation = measure.deviation, deviation > 0 else { return text }
            return "\(text) ± \(fixed(deviation, places))"
        }

        private func isTold(_ key: Cell, from other: Cell) -> Bool {
            contrasts.contains { pair in
                (pair.first == key && pair.second == other || pair.first == other && pair.second == key)
                    && pair.isTold
            }
        }

        func emphasis(of key: Cell) -> TextTable.Emphasis {
            guard direction != .none, order.count > 1, let place = order.firstIndex(of: key), place < 2,
                order[(place + 1)...].allSatisfy({ isTold(key, from: $0) })
            else { return .none }
            if place == 0 { return .strong }
            return order.count > 2 && isTold(key, from: order[0]) ? .underlined : .none
        }
    }

    /// Which way a column is better.
    private enum Direction {
        case higher, lower, none

        /// By the column's name: scores are better higher, what they cost lower.
        init(of column: String) {
            let words = Set(column.split(separator: "_"))
            if !words.isDisjoint(with: ["psnr", "ssim", "gain"]) {
                self = .higher
            } else if !words.isDisjoint(with: [
                "seconds", "ms", "mb", "gb", "bytes", "macs", "parameters", "loss",
            ]) {
                self = .lower
            } else {
                self = .none
            }
        }

        var arrow: String {
            switch self {
            case .higher: " ↑"
            case .lower: " ↓"
            case .none: ""
            }
        }
    }
}
