import Diagnostics
import Language
import Syntax
import Tracing

/// How help is laid out, for the table of built-in functions, the prelude and the forms of the language
/// alike.
public struct Help: Sendable {
    /// Columns that a line may take.
    package let width: Int
    package let index: HelpIndex

    public static let standardWidth = 80

    package init(width: Int, _ index: HelpIndex) { (self.width, self.index) = (width, index) }

    /// What `help` alone says.
    package var overview: String {
        let topics = index.topics.map { topic in
            [topic.word, topic.title, topic.names.joined(separator: " ")]
        }
        return """
            \(wrapped("?NAME explains a name, ??NAME prints its source, apropos WORD searches."))

            \(columns(topics.map { ["help \($0[0])", summary($0[2], width: max(24, width - 24))] }))

            To begin
              net = gao2019(widths = [8, 16], scales = 2)
              model = train(net, scenes(16), steps = 100)
              evaluate(model, scenes(4, seed = 2))
            """
    }

    package func page(of topic: HelpIndex.Topic) -> String {
        topic.title + "\n\n" + columns(topic.entries.map { [$0.name, $0.line] })
    }

    package func page(of builtin: Builtin) -> String {
        var parts = [signature(of: builtin), wrapped(builtin.help)]
        if !builtin.parameters.isEmpty { parts.append(parameters(of: builtin)) }
        parts.append(examples(builtin.examples))
        return finished(parts, related: index.related(to: builtin.name))
    }

    /// A line for each, under the headings that some functions have: name, default, kind and purpose.
    private func parameters(of builtin: Builtin) -> String {
        let groups = builtin.parameterGroups
        let rows = groups.flatMap { group in
            group.parameters.map { ["  " + $0.name, $0.shortDefault, $0.purpose] }
        }
        var lines = self.lines(of: rows)[...]
        return groups.map { group in
            let own = lines.prefix(group.parameters.count)
            lines = lines.dropFirst(own.count)
            return ((group.heading.map { [$0] } ?? []) + own).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    package func page(of form: StatementHelp) -> String {
        finished(
            [form.usage, wrapped(form.help), examples([form.example])], related: index.related(to: form.name))
    }

    /// A page about something written in the language: its comment stands above it.
    package func page(of definition: Definition) -> String {
        var parts = [signature(of: definition)]
        let comment = definition.span.comment
        if !comment.isEmpty { parts.append(wrapped(comment)) }
        parts.append("??\(definition.name.value) prints its source, from \(definition.span.place).")
        return finished(parts, related: index.related(to: definition.name.value))
    }

    package func page(of mode: SharingMode) -> String {
        let comment = mode.definition.span.comment
        return finished(
            ["sharing \(mode.name)", comment.isEmpty ? nil : wrapped(comment), rules(of: mode)].compactMap {
                $0
            },
            related: index.related(to: mode.name))
    }

    /// A line for each role.
    package func rules(of mode: SharingMode) -> String {
        columns(
            mode.definition.rules.map { rule in
                [
                    "  " + rule.role.value,
                    rule.indices.isEmpty
                        ? "the same weights everywhere"
                        : "by " + rule.indices.map(\.value).joined(separator: ", "),
                ]
            })
    }

    // MARK: Layout

    package func signature(of builtin: Builtin) -> String {
        signature(builtin.name, builtin.parameters.map(\.declaration))
    }

    /// What a callable takes, as a person wants to see it.
    package func signature(of callable: Callable) -> String {
        let signature =
            switch callable.code {
            case .definition(let definition, _): self.signature(of: definition)
            case .builtin(let builtin): self.signature(of: builtin)
            }
        return callable.tie == nil ? signature : "tied " + signature
    }

    /// `block nested(x, order = 4)`
    package func signature(of definition: Definition) -> String {
        let parameters = definition.parameters.map { parameter in
            parameter.name.value + (parameter.defaultValue.map { " = \($0.span.text)" } ?? "")
        }
        return signature("\(definition.kind.rawValue) \(definition.name.value)", parameters)
    }

    /// Broken between arguments only.
    private func signature(_ name: String, _ parameters: [String]) -> String {
        let unbroken = (["\(name)("] + [parameters.joined(separator: ",\n")]).joined().replacing(
            " ", with: "\u{A0}")
        return wrapped(unbroken.replacing("\n", with: " ") + ")", width: width - 4, indent: 4)
            .replacing("\u{A0}", with: " ")
    }

    private func examples(_ examples: [String]) -> String {
        (examples.count == 1 ? "Example\n" : "Examples\n")
            + examples.flatMap { $0.split(separator: "\n") }.map { "  " + $0 }.joined(separator: "\n")
    }

    private func finished(_ parts: [String], related: [String]) -> String {
        let seeAlso = related.isEmpty ? [] : [wrapped("See also: " + related.joined(separator: ", "))]
        return (parts + seeAlso).joined(separator: "\n\n")
    }

    /// Cells under each other; all but the last column as wide as their widest, the last wrapped.
    package func columns(_ rows: [[String]]) -> String { lines(of: rows).joined(separator: "\n") }

    /// The same, each row by itself.
    private func lines(of rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<max(0, count - 1)).map { column in
            rows.map { $0.count > column ? displayWidth($0[column]) : 0 }.max() ?? 0
        }
        let indent = widths.reduce(0) { $0 + $1 + 2 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.dropLast().enumerated() {
                line += cell + String(repeating: " ", count: widths[column] - displayWidth(cell) + 2)
            }
            return line + wrapped(row.last ?? "", width: max(24, width - indent), indent: indent)
        }
    }

    package func wrapped(_ text: String, width: Int? = nil, indent: Int = 0) -> String {
        let width = width ?? self.width
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, displayWidth(line) + 1 + displayWidth(String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(line)
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }

    /// `text` cut at a word so that it fits.
    private func summary(_ text: String, width: Int) -> String {
        guard displayWidth(text) > width else { return text }
        let first = wrapped(text, width: width - 2).split(separator: "\n").first.map(String.init) ?? ""
        return first + " …"
    }
}

extension Builtin.Parameter {
    /// `3`, where it is short enough for a column.
    fileprivate var shortDefault: String {
        let text = standardText ?? ""
        return displayWidth(text) > 12 ? "" : text
    }

    /// Its kind and what it sets, and a long default.
    fileprivate var purpose: String {
        switch standard {
        case .derived(let words) where displayWidth(words) > 12: "\(kindAndUse); \(words) unless given"
        case .rest: "\(kindAndUse), any number of them"
        case .required, .value, .derived: kindAndUse
        }
    }
}
