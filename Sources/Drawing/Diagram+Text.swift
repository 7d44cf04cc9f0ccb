import Diagnostics
import Graph

extension Diagram {
    /// The architecture in characters, for a terminal without images: a line for each box, in the order in
    /// which they are computed; an arrow where it reads the box above it, and lines at the left from boxes to
    /// those further below that read them.
    ///
    /// ```
    ///       input           1 channel
    /// ┌──●  ↓ extract       8 channels           80 weights
    /// │     ↓ transform     8 channels          584 weights
    /// └──▶  ↓ add           8 channels
    /// ```
    /// - Parameter columns: that a line may be wide; longer ones are cut.
    public func text(columns: Int) -> String {
        let lines = boxLines
        let lanes = Lanes(edges: boxEdges.filter { $0.to != $0.from + 1 })
        let follows = Set(boxEdges.filter { $0.to == $0.from + 1 }.map(\.to))
        let widths = lines.reduce((label: 0, shape: 0)) {
            (max($0.label, displayWidth($1.label)), max($0.shape, displayWidth($1.shape)))
        }
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - displayWidth(text)))
        }
        // Narrower, a line would hold nothing of use.
        func line(_ text: String) -> String {
            let cut = beginning(of: text, width: max(20, columns))
            return String(cut.reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        var text = line(title)
        var scale: String?
        for (index, box) in lines.enumerated() {
            if box.scale != scale, let name = box.scale {
                text += line(lanes.between(index) + "  ── scale \(name) ──")
            }
            scale = box.scale ?? scale
            var row = lanes.beside(index) + (follows.contains(index) ? " ↓ " : "   ")
            row += padded(box.label, widths.label) + "  " + padded(box.shape, widths.shape)
            if !box.weights.isEmpty { row += "  " + box.weights }
            if !box.output.isEmpty { row += "  " + box.output }
            text += line(row)
        }
        return text
    }
}

/// As much of `text` as a terminal shows in `width` columns.
private func beginning(of text: String, width: Int) -> String {
    var (beginning, taken) = ("", 0)
    for character in text {
        taken += displayWidth(String(character))
        guard taken <= width else { break }
        beginning.append(character)
    }
    return beginning
}

/// The lines at the left of a diagram in characters: each box that is read elsewhere than by the next one has
/// a lane over its row and those of its readers. Lanes whose rows do not meet stand below each other.
private struct Lanes {
    private struct Lane {
        let column: Int
        let from: Int
        let to: [Int]
        let rows: ClosedRange<Int>
    }

    private var lanes: [Lane] = []
    private var count = 0

    init(edges: [(from: Int, to: Int)]) {
        // Short lanes lie inside, so that fewer cross.
        let readers = Dictionary(grouping: edges, by: \.from).map { from, edges in
            let all = edges.reduce(from...from) { rows, edge in
                min(rows.lowerBound, edge.to)...max(rows.upperBound, edge.to)
            }
            return (from: from, to: edges.map(\.to), rows: all)
        }.sorted { ($0.rows.count, $0.from) < ($1.rows.count, $1.from) }
        for (from, to, rows) in readers {
            let taken = Set(lanes.filter { rows.overlaps($0.rows) }.map(\.column))
            let column = (0...lanes.count).first { !taken.contains($0) } ?? lanes.count
            lanes.append(Lane(column: column, from: from, to: to, rows: rows))
            count = max(count, column + 1)
        }
    }

    /// What stands before the box of row `index`.
    func beside(_ index: Int) -> String {
        // Column 0 is the innermost, at the right.
        var cells = [Character](repeating: " ", count: count)
        var arrow: Character = " "
        var outermost: Int?
        for lane in lanes where lane.rows.contains(index) {
            if lane.rows.lowerBound == index {
                cells[lane.column] = "┌"
            } else if lane.rows.upperBound == index {
                cells[lane.column] = "└"
            } else {
                let isEnd = lane.from == index || lane.to.contains(index)
                cells[lane.column] = isEnd ? "├" : "│"
            }
            guard lane.from == index || lane.to.contains(index) else { continue }
            outermost = max(outermost ?? 0, lane.column)
            // A box can both read from far above and be read further below.
            let isRead = lane.from == index
            arrow = arrow == " " ? (isRead ? "●" : "▶") : (arrow == (isRead ? "●" : "▶") ? arrow : "◆")
        }
        guard let outermost else { return String(cells.reversed()) + (count > 0 ? "  " : "") }
        for column in 0..<outermost {
            switch cells[column] {
            case " ": cells[column] = "─"
            case "│": cells[column] = "┼"
            case "┌": cells[column] = "┬"
            case "└": cells[column] = "┴"
            case "├": cells[column] = "┼"
            default: break
            }
        }
        return String(cells.reversed()) + "─\(arrow)"
    }

    /// What stands before a line above row `index` that is no box.
    func between(_ index: Int) -> String {
        var cells = [Character](repeating: " ", count: count)
        for lane in lanes where lane.rows.lowerBound < index && index <= lane.rows.upperBound {
            cells[lane.column] = "│"
        }
        return String(cells.reversed())
    }
}
