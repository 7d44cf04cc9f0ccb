import Diagnostics

/// One line that tells how far something is, for any width: a bar where there is room, then what matters
/// most.
///
/// ```
/// ████████▌            480/1500  loss 0.001234  27.31 dB  12.3 steps/s  1 min 20 s left
/// ```
public struct ProgressLine: Sendable {
    /// 0…1
    public let share: Double
    /// Facts, from the most to the least important.
    public let facts: [String]

    public init(share: Double, facts: [String]) {
        self.share = share
        self.facts = facts
    }

    private static let barWidth = 20
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// The line for a window of `columns`; at most one column less, so that no terminal wraps it.
    public func text(columns: Int) -> String {
        let room = max(1, columns - 1)
        // Facts are shown in the order given, as many as fit.
        var line = facts.first ?? ""
        for fact in facts.dropFirst() where displayWidth(line) + 2 + displayWidth(fact) <= room {
            line += "  " + fact
        }
        if displayWidth(line) + 2 + Self.barWidth <= room { line = bar + "  " + line }
        while displayWidth(line) > room { line.removeLast() }
        return line
    }

    private var bar: String {
        let filled = Int(
            ((share.isFinite ? min(max(share, 0), 1) : 0) * Double(Self.barWidth * 8)).rounded(.down))
        let text = String(repeating: "█", count: filled / 8) + Self.eighths[filled % 8]
        return text + String(repeating: "░", count: max(0, Self.barWidth - displayWidth(text)))
    }
}
