import Diagnostics

/// A table for people: columns aligned by what a terminal shows, two spaces between them, a rule below the
/// heads.
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
        /// Whether it goes with the column before it, and should stand beside that.
        public let isAttached: Bool

        public init(_ heading: String, _ alignment: Alignment = .left, isAttached: Bool = false) {
            self.heading = heading
            self.alignment = alignment
            self.isAttached = isAttached
        }
    }

    /// How a cell stands out in a file.
    public enum Emphasis: Sendable { case none, strong, underlined }

    /// What the numbers are, for those who see the table alone.
    public var caption: String?
    public let columns: [Column]
    public private(set) var rows: [[String]] = []
    /// The emphases of the cells that stand out, by row and column.
    private var emphases: [[Int]: Emphasis] = [:]

    /// - Precondition: each row has a text for every column.
    public init(columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        for row in rows { append(row) }
    }

    public mutating func emphasise(row: Int, column: Int, _ emphasis: Emphasis) {
        emphases[[row, column]] = emphasis == .none ? nil : emphasis
    }

    func emphasis(row: Int, column: Int) -> Emphasis { emphases[[row, column]] ?? .none }

    public mutating func append(_ row: [String]) {
        precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
        rows.append(row)
    }

    /// The same table without the columns whose every cell is empty.
    public func withoutEmptyColumns() -> TextTable {
        part(columns.indices.filter { column in rows.contains { !$0[column].isEmpty } })
    }

    private func part(_ kept: [Int]) -> TextTable {
        var part = TextTable(
            columns: kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
        part.caption = caption
        for row in rows.indices {
            for (index, column) in kept.enumerated() {
                part.emphasise(row: row, column: index, emphasis(row: row, column: column))
            }
        }
        return part
    }

    /// Columns that a terminal gives each column.
    private var widths: [Int] {
        columns.indices.map { column in
            rows.reduce(displayWidth(oneLine(columns[column].heading))) {
                max($0, displayWidth(oneLine($1[column])))
            }
        }
    }

    /// Tables below each other that hold the columns of this one, each with the first and what is attached to
    /// it to tell the rows by, and no wider than `limit` where that can be.
    public func parts(within limit: Int) -> [TextTable] {
        guard columns.count > 1 else { return [self] }
        let widths = widths
        func end(of first: Int) -> Int {
            columns[(first + 1)...].firstIndex { !$0.isAttached } ?? columns.count
        }
        func width(_ run: some Sequence<Int>) -> Int { run.reduce(0) { $0 + 2 + widths[$1] } }
        let key = Array(0..<end(of: 0))
        let free = limit - (width(key) - 2)
        var parts = [key]
        var (room, next) = (free, key.count)
        while next < columns.count {
            let end = end(of: next)
            // Columns that belong together stand together, unless they are too wide for any window.
            for run in width(next..<end) <= free ? [Array(next..<end)] : (next..<end).map({ [$0] }) {
                let needed = width(run)
                if needed > room, parts[parts.count - 1].count > key.count {
                    parts.append(key)
                    room = free
                }
                parts[parts.count - 1] += run
                room -= needed
            }
            next = end
        }
        return parts.map { part($0) }
    }

    /// The table's lines, heads and rule first, without spaces at their ends.
    public var lines: [String] { lines { text, _ in text } }

    /// The same, each cell as `style` makes it stand out, by codes that take no room on the screen.
    public func lines(style: (_ text: String, Emphasis) -> String) -> [String] {
        let widths = widths
        func line(_ cells: [String], _ emphases: [Emphasis]) -> String {
            var text = ""
            for (index, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - displayWidth(cell))
                let styled = style(cell, emphases[index])
                text += index == 0 ? "" : "  "
                switch columns[index].alignment {
                case .left: text += styled + padding
                case .right: text += padding + styled
                }
            }
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        let plain = [Emphasis](repeating: .none, count: columns.count)
        let rule = widths.map { String(repeating: "─", count: $0) }
        return [line(columns.map { oneLine($0.heading) }, plain), line(rule, plain)]
            + rows.enumerated().map { row, cells in
                line(cells.map(oneLine), columns.indices.map { emphasis(row: row, column: $0) })
            }
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
