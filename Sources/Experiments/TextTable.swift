import Diagnostics

/// A table for people: columns aligned by what a terminal shows, two spaces between them, a rule below the heads.
///
/// ```
/// transform          n     psnr [dB]      Δ
/// ────────────────  ──  ────────────  ─────
/// nested(order = 4)  3  28.41 ± 0.12  +0.31
/// ```
public struct TextTable: Sendable, Equatable {
    public enum Alignment: Sendable { case left, right }

    public struct Column: Sendable, Equatable {
        public let heading: String
        public let alignment: Alignment
        /// Whether it says something about the column before it, and should stand beside that.
        public let isAttached: Bool

        public init(_ heading: String, _ alignment: Alignment = .left, isAttached: Bool = false) {
            self.heading = heading
            self.alignment = alignment
            self.isAttached = isAttached
        }
    }

    public let columns: [Column]
    public private(set) var rows: [[String]] = []

    /// - Precondition: each row has a text for every column.
    public init(columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        for row in rows { append(row) }
    }

    public mutating func append(_ row: [String]) {
        precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
        rows.append(row)
    }

    /// The same table without the columns whose every cell is empty.
    public func withoutEmptyColumns() -> TextTable {
        part(columns.indices.filter { column in rows.contains { !$0[column].isEmpty } })
    }

    private func part(_ kept: [Int]) -> TextTable {
        TextTable(columns: kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
    }

    /// Columns that a terminal gives each column.
    private var widths: [Int] {
        columns.indices.map { column in
            rows.reduce(displayWidth(columns[column].heading)) { max($0, displayWidth(oneLine($1[column]))) }
        }
    }

    /// Tables below each other that hold the columns of this one, each with the first to tell the rows by, and no wider
    /// than `limit` where that can be.
    public func parts(within limit: Int) -> [TextTable] {
        let widths = widths
        var parts: [[Int]] = [[0]]
        var room = limit - widths[0]
        var next = 1
        while next < columns.count {
            let end = columns[(next + 1)...].firstIndex { !$0.isAttached } ?? columns.count
            // Columns that belong together stand together, unless they are too wide for any window.
            let isWhole = widths[next..<end].reduce(widths[0]) { $0 + 2 + $1 } <= limit
            for run in isWhole ? [Array(next..<end)] : (next..<end).map({ [$0] }) {
                let width = run.reduce(0) { $0 + 2 + widths[$1] }
                if width > room, parts[parts.count - 1].count > 1 {
                    parts.append([0])
                    room = limit - widths[0]
                }
                parts[parts.count - 1] += run
                room -= width
            }
            next = end
        }
        return parts.map { part($0) }
    }

    /// The table's lines, heads and rule first, without spaces at their ends.
    public var lines: [String] {
        let body = rows.map { $0.map(oneLine) }
        let widths = widths
        func line(_ cells: [String]) -> String {
            var text = ""
            for (index, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - displayWidth(cell))
                text += index == 0 ? "" : "  "
                switch columns[index].alignment {
                case .left: text += cell + padding
                case .right: text += padding + cell
                }
            }
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        let rule = widths.map { String(repeating: "─", count: $0) }
        return [line(columns.map(\.heading)), line(rule)] + body.map(line)
    }

    /// ``lines``, each with a newline.
    public var text: String { lines.map { $0 + "\n" }.joined() }

    /// Line breaks and other control characters would break the alignment, or drive the terminal.
    private func oneLine(_ cell: String) -> String {
        var result = ""
        for scalar in cell.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                result += scalar == "\n" || scalar == "\t" ? " " : "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
