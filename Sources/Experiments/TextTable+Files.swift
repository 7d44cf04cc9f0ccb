extension TextTable {
    /// The kinds of files that a table is written to, by their endings.
    public enum FileFormat: String, Sendable, CaseIterable { case csv, md }

    /// The table as a file of this format holds it.
    public func file(_ format: FileFormat) -> String {
        switch format {
        case .csv: commaSeparated
        case .md: markdown
        }
    }

    /// As RFC 4180 has it, the heads in the first line. Numbers stand as the table shows them, `28.40` with
    /// its zero.
    private var commaSeparated: String {
        func line(_ fields: [String]) -> String {
            fields.map(CommaSeparated.shown).joined(separator: ",") + "\n"
        }
        return line(columns.map(\.heading)) + rows.map(line).joined()
    }

    /// A table of GitHub's Markdown: heads, alignments, rows.
    private var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        let rules = columns.map { column in
            switch column.alignment {
            case .left: ":---"
            case .right: "---:"
            }
        }
        return line(columns.map { Self.escaped($0.heading) }) + line(rules)
            + rows.map { line($0.map(Self.escaped)) }.joined()
    }

    /// A cell that Markdown shows as it stands; a line break would end the row.
    private static func escaped(_ cell: String) -> String {
        var result = ""
        for character in cell {
            switch character {
            case "|", "\\", "*", "_", "`", "<", "[": result += "\\\(character)"
            case let character where character.isNewline: result += " "
            default: result.append(character)
            }
        }
        return result
    }
}
