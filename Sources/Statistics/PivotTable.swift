import Diagnostics
import OrderedCollections
import Runs
import Tables

/// An experiment's rows as a table for a paper: groups down, groups of another column across, and in each
/// cell the mean and the standard deviation of a measured column.
///
/// The best cell of a column stands out only where it is significantly better than every other one, and the
/// second where it is significantly better than all below it: by ``Contrast``, with Holm's correction over
/// every two cells of the column.
public struct PivotTable {
    /// Its caption says what the numbers are, over how many rows and images, and what stands out why.
    public let table: TextTable

    /// - Parameters:
    ///   - rows: the column whose values stand down the side.
    ///   - across: the column whose values stand across; `nil` for one block.
    ///   - values: measured columns; all where `nil`.
    /// - Throws: as ``Summary/init(_:by:against:_:)``.
    public init(
        _ table: ResultTable, rows: String, across: String?, values: [String]?,
        _ design: ComparisonDesign
    ) throws(Diagnostic) {
        let whole = try Summary(table, by: [rows] + (across.map { [$0] } ?? []), design.untested)
        if let values {
            try RowGroups(table, by: whole.groupColumns, axes: design.axes).requireMeasured(values, in: table)
        }
        var columns: [Column] = []
        for measure in values ?? whole.measureColumns {
            for block in Self.blocks(of: table, across) {
                columns.append(
                    try Column(measure, of: block, by: rows, design))
            }
        }
        let down = OrderedSet(whole.groups.map { $0.key[0] })
        var text = TextTable(
            columns: [TextTable.Column(rows)] + columns.map { .init($0.heading, .right) },
            rows: down.map { key in [key.description] + columns.map { $0.text(of: key) } })
        for (row, key) in down.enumerated() {
            for (index, column) in columns.enumerated() {
                text.emphasise(row: row, column: index + 1, column.emphasis(of: key))
            }
        }
        text.caption = PivotCaption(whole, columns, isTested: design.unit != .none).text
        self.table = text
    }

    /// The rows that stand side by side, with what the head of their columns says of them.
    private static func blocks(of table: ResultTable, _ across: String?) -> [Block] {
        guard let across else { return [Block(table: table, suffix: "")] }
        return OrderedSet(table.rows.map { $0[across] }).map { value in
            // A label speaks for itself, a number needs its column's name.
            Block(
                table: ResultTable(
                    rows: table.rows.filter { $0[across] == value }, declared: table.columns),
                suffix: value.number != nil
                    ? ", \(across) = \(value)" : ", \(value.isMissing ? "none" : value.description)")
        }
    }

    fileprivate struct Block {
        let table: ResultTable
        let suffix: String
    }

    /// One measured column of a block, with the comparisons of its cells.
    fileprivate struct Column {
        let heading: String
        /// Without the block and the arrow.
        let name: String
        private let direction: Direction
        private let measures: OrderedDictionary<Cell, (measure: Summary.Measure, text: String)>
        private let contrasts: [Contrasts.Pair]
        /// The rows' keys, from the best on.
        private let order: [Cell]

        init(
            _ measure: String, of block: Block, by rows: String, _ design: ComparisonDesign
        ) throws(Diagnostic) {
            name = Tables.heading(measure)
            direction = Direction(of: measure)
            guard block.table.rows.contains(where: { $0[measure].number != nil }) else {
                heading = name + block.suffix
                (measures, contrasts, order) = ([:], [], [])
                return
            }
            heading = name + block.suffix + direction.arrow
            let summary = try Summary(block.table, by: [rows], design.untested)
            var measures: OrderedDictionary<Cell, (measure: Summary.Measure, text: String)> = [:]
            if let place = summary.measureColumns.firstIndex(of: measure) {
                let places = summary.decimals(ofMeasure: place)
                for group in summary.groups {
                    guard let found = group.measures[place] else { continue }
                    // Each cell with the digits that its own deviation supports.
                    let deviation = found.deviation.flatMap { $0 > 0 ? $0 : nil }
                    let own = deviation.map(placesShowing(deviation:)) ?? places
                    measures[group.key[0]] = (found, found.text(own, ofRows: group.count))
                }
            }
            self.measures = measures
            contrasts =
                design.unit == .none
                ? []
                : try Contrasts(block.table, of: measure, by: rows, design)
                    .all
            let isLower = direction == .lower
            order = measures.keys.sorted { left, right in
                let (a, b) = (measures[left]?.measure.mean ?? .nan, measures[right]?.measure.mean ?? .nan)
                return isLower ? a < b : a > b
            }
        }

        /// How many images its cells are compared on.
        var images: Set<Int> { Set(contrasts.map(\.images).filter { $0 > 0 }) }
        /// Whether a test was made of it at all: constants cannot be tested.
        var isTested: Bool { contrasts.contains { $0.contrast != nil } }
        var leftOut: Int { measures.values.reduce(0) { $0 + $1.measure.leftOut } }
        var emphases: Set<TextTable.Emphasis> { Set(measures.keys.map(emphasis)) }

        func text(of key: Cell) -> String { measures[key]?.text ?? "" }

        /// Whether one cell is significantly better than another: by the mean of their pairs' differences,
        /// which need not have the sign of the means' difference where groups have unequal rows.
        private func isBetter(_ key: Cell, than other: Cell) -> Bool {
            contrasts.contains { pair in
                guard pair.isSignificant, let difference = pair.difference else { return false }
                let isHigher: Bool
                if pair.first == key, pair.second == other {
                    isHigher = difference > 0
                } else if pair.first == other, pair.second == key {
                    isHigher = difference < 0
                } else {
                    return false
                }
                return isHigher == (direction == .higher)
            }
        }

        func emphasis(of key: Cell) -> TextTable.Emphasis {
            guard direction != .none, order.count > 1, let place = order.firstIndex(of: key), place < 2,
                order[(place + 1)...].allSatisfy({ isBetter(key, than: $0) })
            else { return .none }
            if place == 0 { return .strong }
            return order.count > 2 && isBetter(order[0], than: key) ? .underlined : .none
        }
    }

    /// Which way a column is better.
    private enum Direction {
        case higher, lower, none

        /// The direction by the column's name: scores are better higher, what they cost lower.
        init(of column: String) {
            let words = Set(column.split(separator: "_"))
            if !words.isDisjoint(with: ["psnr", "ssim", "gain"]) {
                self = .higher
            } else if !words.isDisjoint(with: [
                "seconds", "ms", "mb", "gb", "bytes", "macs", "gmacs", "parameters", "loss",
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

/// What a pivot's numbers are, and what stands out in it why.
private struct PivotCaption {
    let text: String

    init(_ summary: Summary, _ columns: [PivotTable.Column], isTested: Bool) {
        let isSingle = summary.groups.allSatisfy { $0.count == 1 }
        var sentences = [isSingle ? "Each cell is of one row." : Self.sample(of: summary)]
        let images = columns.reduce(into: Set<Int>()) { $0.formUnion($1.images) }
        if let least = images.min(), let most = images.max() {
            sentences.append(
                "Each row is scored on \(least == most ? "\(least)" : "\(least) to \(most)") images.")
        }
        let leftOut = columns.reduce(0) { $0 + $1.leftOut }
        if leftOut > 0 {
            let values =
                leftOut == 1 ? "1 value that is not finite is" : "\(leftOut) values that are not finite are"
            sentences.append("\(values) left out.")
        }
        let tested = columns.filter(\.isTested)
        if !isTested {
            sentences.append("Differences were not tested.")
        } else if !tested.isEmpty {
            let emphases = tested.reduce(into: Set<TextTable.Emphasis>()) { $0.formUnion($1.emphases) }
            if emphases.contains(.strong) {
                sentences.append("Bold: significantly better than every other cell of its column.")
            }
            if emphases.contains(.underlined) {
                sentences.append("Underlined: the second, significantly better than all below it.")
            }
            if emphases == [.none] {
                sentences.append("In no column is one cell significantly better than all others.")
            }
            sentences.append(Self.test(of: tested, among: columns, summary))
        }
        text = sentences.joined(separator: " ")
    }

    private static func sample(of summary: Summary) -> String {
        let counts = summary.groups.map(\.count)
        let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
        let number = least == most ? "\(most)" : "\(least) to \(most)"
        let axes = summary.varyingAxes
        let what =
            axes.count == 1
            ? "values of \(axes[0])" : "rows" + (axes.isEmpty ? "" : " (\(axes.joined(separator: " × ")))")
        return "Mean ± standard deviation over \(number) \(what)."
    }

    /// The sentence that says by which model the tested columns were tested, and which columns were not.
    private static func test(
        of tested: [PivotTable.Column], among columns: [PivotTable.Column], _ summary: Summary
    ) -> String {
        let sample = summary.replications
        func names(_ columns: [PivotTable.Column]) -> String {
            OrderedSet(columns.map(\.name)).joined(separator: ", ")
        }
        let byRows = tested.filter(\.images.isEmpty)
        let model =
            if byRows.isEmpty {
                "Two-way random-effects model of \(sample) and images"
            } else if byRows.count == tested.count {
                "Paired t-test over \(sample)"
            } else {
                "Two-way random-effects model of \(sample) and images (\(names(byRows)): paired t-test over "
                    + "\(sample))"
            }
        let untested = columns.filter { !$0.isTested }
        return "\(model), Holm's correction, p < 0.05"
            + (untested.isEmpty ? "." : "; not tested: \(names(untested)).")
    }
}
