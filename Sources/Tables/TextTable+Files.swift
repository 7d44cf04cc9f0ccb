extension TextTable {
    /// The kinds of files that a table is written to, by their endings.
    public enum FileFormat: String, Sendable, CaseIterable { case csv, md, tex, html }

    /// The table as a file of this format holds it.
    /// - Parameter caption: in place of the table's own; a CSV file holds none.
    public func file(_ format: FileFormat, caption: String? = nil) -> String {
        let caption = caption ?? self.caption
        return switch format {
        case .csv: commaSeparated
        case .md: markdown + (caption.map { "\n\(Self.markdown($0))\n" } ?? "")
        case .tex: latex(caption)
        case .html: html(caption)
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

    /// The cells of a row as a format writes them, with how they stand out.
    private func cells(
        _ row: Int, _ escape: (String) -> String, strong: (String) -> String, underlined: (String) -> String
    ) -> [String] {
        rows[row].enumerated().map { column, cell in
            let text = escape(cell)
            return switch emphasis(row: row, column: column) {
            case .none: text
            case .strong: strong(text)
            case .underlined: underlined(text)
            }
        }
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
        return line(columns.map { Self.markdown($0.heading) }) + line(rules)
            + rows.indices.map { row in
                line(cells(row, Self.markdown, strong: { "**\($0)**" }, underlined: { "<u>\($0)</u>" }))
            }.joined()
    }

    /// A text that Markdown shows as it stands; a line break would end the row.
    private static func markdown(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "|", "\\", "*", "_", "`", "<", "[": result += "\\\(character)"
            case let character where character.isNewline: result += " "
            default: result.append(character)
            }
        }
        return result
    }

    /// A `table` of LaTeX with the rules of the package booktabs, to be read by `\input`.
    private func latex(_ caption: String?) -> String {
        let alignments = columns.map { $0.alignment == .left ? "l" : "r" }.joined()
        func line(_ cells: [String]) -> String { "    " + cells.joined(separator: " & ") + " \\\\\n" }
        let body = rows.indices.map { row in
            line(cells(row, Self.latex, strong: { "\\textbf{\($0)}" }, underlined: { "\\underline{\($0)}" }))
        }.joined()
        return """
            % Needs \\usepackage{booktabs}.
            \\begin{table}
              \\centering
              \\begin{tabular}{\(alignments)}
                \\toprule
            \(line(columns.map { Self.latex($0.heading) }))    \\midrule
            \(body)    \\bottomrule
              \\end{tabular}
            \(caption.map { "  \\caption{\(Self.latex($0))}\n" } ?? "")\\end{table}

            """
    }

    private static func latex(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\textbackslash{}"
            case "~": result += "\\textasciitilde{}"
            case "^": result += "\\textasciicircum{}"
            case "#", "$", "%", "&", "_", "{", "}": result += "\\\(character)"
            // At the beginning of a row they would be taken for the argument of the `\\` before it.
            case "[", "*": result += "{\(character)}"
            case "±": result += "$\\pm$"
            case "×": result += "$\\times$"
            case "−": result += "$-$"
            case "<", ">": result += "$\(character)$"
            case "Δ": result += "$\\Delta$"
            case "↑": result += "$\\uparrow$"
            case "↓": result += "$\\downarrow$"
            case let character where character.isNewline: result += " "
            default: result.append(character)
            }
        }
        return result
    }

    /// A `table` of HTML, without a page around it.
    private func html(_ caption: String?) -> String {
        func line(_ cells: [String], _ tag: String) -> String {
            let cells = zip(cells, columns).map { cell, column in
                "<\(tag) style=\"text-align: \(column.alignment == .left ? "left" : "right")\">\(cell)</\(tag)>"
            }
            return "    <tr>\(cells.joined())</tr>\n"
        }
        let body = rows.indices.map { row in
            line(cells(row, Self.html, strong: { "<b>\($0)</b>" }, underlined: { "<u>\($0)</u>" }), "td")
        }.joined()
        return """
            <table>
            \(caption.map { "  <caption>\(Self.html($0))</caption>\n" } ?? "")  <thead>
            \(line(columns.map { Self.html($0.heading) }, "th"))  </thead>
              <tbody>
            \(body)  </tbody>
            </table>

            """
    }

    private static func html(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
