import Diagnostics
import Syntax

/// How help is laid out, for the table of built-in functions, the prelude and the forms of the language
/// alike.
public struct Help: Sendable {
    /// Columns that a line may take.
    let width: Int

    /// For a page that is not laid out for anybody's window.
    static let standard = Help(width: standardWidth)
    public static let standardWidth = 80

    /// A name that `?` explains.
    public struct Page: Sendable {
        public let name: String
        /// Not for the prelude, which shows itself.
        public let hasExample: Bool
        /// Its example, where that is a script that needs no files; ``Reference/examples`` has those of
        /// functions.
        public let script: String?
    }

    /// All names that `?` explains but the user's own.
    public static var pages: [Page] {
        Builtin.all.map { Page(name: $0.name, hasExample: true, script: nil) }
            + Form.all.map {
                Page(name: $0.name, hasExample: true, script: $0.needsMore ? nil : $0.example)
            }
            + Prelude.pages.map { Page(name: $0.name, hasExample: false, script: nil) }
    }

    /// What `help` alone says.
    var overview: String {
        let topics = Topic.all.map { topic in [topic.word, topic.title, topic.names.joined(separator: " ")] }
        return """
            \(wrapped("?NAME explains a name, ??NAME prints its source, apropos WORD searches."))

            \(columns(topics.map { ["help \($0[0])", summary($0[2], width: max(24, width - 24))] }))

            To begin
              net = gao2019(widths = [8, 16], scales = 2)
              model = train(net, scenes(16), steps = 100)
              evaluate(model, scenes(4, seed = 2))
            """
    }

    /// A subject that `help TOPIC` lists.
    struct Topic {
        let word: String
        let title: String
        /// Name and one line about it.
        let entries: [(name: String, line: String)]

        var names: [String] { entries.map(\.name) }

        static let all: [Topic] =
            Builtin.Topic.allCases.map { topic in
                Topic(
                    topic.rawValue,
                    Builtin.all.filter { $0.topic == topic }.map { ($0.name, firstSentence($0.help)) })
            } + [Topic("Prelude", Prelude.pages.map { ($0.name, firstSentence($0.comment)) })]
            + Form.Topic.allCases.map { topic in
                Topic(
                    topic == .prompt ? "Prompt" : topic.rawValue,
                    Form.all.filter { $0.topic == topic }.map { ($0.name, firstSentence($0.help)) })
            }

        private init(_ title: String, _ entries: [(String, String)]) {
            self.title = title
            word = title.lowercased().split(separator: " ").first.map(String.init) ?? title
            self.entries = entries
        }
    }

    func page(of topic: Topic) -> String {
        topic.title + "\n\n" + columns(topic.entries.map { [$0.name, $0.line] })
    }

    func page(of builtin: Builtin) -> String {
        var parts = [signature(of: builtin), wrapped(builtin.help)]
        if !builtin.parameters.isEmpty { parts.append(parameters(of: builtin)) }
        parts.append(examples(builtin.examples))
        return finished(parts, related: Self.related(to: builtin.name))
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

    func page(of form: Form) -> String {
        finished(
            [form.usage, wrapped(form.help), examples([form.example])], related: Self.related(to: form.name))
    }

    /// A page about something written in the language: its comment stands above it.
    func page(of definition: Definition) -> String {
        var parts = [signature(of: definition)]
        let comment = definition.span.comment
        if !comment.isEmpty { parts.append(wrapped(comment)) }
        parts.append("??\(definition.name.value) prints its source, from \(definition.span.place).")
        return finished(parts, related: Self.related(to: definition.name.value))
    }

    func page(of mode: SharingMode) -> String {
        let comment = mode.definition.span.comment
        return finished(
            ["sharing \(mode.name)", comment.isEmpty ? nil : wrapped(comment), rules(of: mode)].compactMap {
                $0
            },
            related: Self.related(to: mode.name))
    }

    /// A line for each role.
    func rules(of mode: SharingMode) -> String {
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

    /// Everything that speaks of `word`, as lines.
    static func matches(of word: String) -> [(name: String, line: String)] {
        let wanted = word.lowercased()
        let builtins = Builtin.all.map { builtin in
            (
                builtin.name, firstSentence(builtin.help),
                builtin.signature + builtin.help + builtin.parameters.map(\.kind).joined()
            )
        }
        let pages = Prelude.pages.map { ($0.name, firstSentence($0.comment), $0.name + $0.comment) }
        let forms = Form.all.map { ($0.name, firstSentence($0.help), $0.usage + $0.help) }
        return (builtins + pages + forms).filter { $0.2.lowercased().contains(wanted) }.map { ($0.0, $0.1) }
    }

    // MARK: Layout

    func signature(of builtin: Builtin) -> String {
        signature(builtin.name, builtin.parameters.map(\.declaration))
    }

    /// `block nested(x, order = 4)`
    func signature(of definition: Definition) -> String {
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
    func columns(_ rows: [[String]]) -> String { lines(of: rows).joined(separator: "\n") }

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

    func wrapped(_ text: String, width: Int? = nil, indent: Int = 0) -> String {
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

    static func firstSentence(_ text: String) -> String {
        guard let stop = text.firstRange(of: ". ")?.lowerBound else {
            return text.hasSuffix(".") ? String(text.dropLast()) : text
        }
        return String(text[..<stop])
    }
}

extension Builtin {
    /// Parameters under their headings, these in the order in which they come first.
    var parameterGroups: [(heading: String?, parameters: [Parameter])] {
        var headings: [String?] = []
        for parameter in parameters where !headings.contains(parameter.group) {
            headings.append(parameter.group)
        }
        return headings.map { heading in (heading, parameters.filter { $0.group == heading }) }
    }
}

extension Builtin.Parameter {
    /// `3`, where it is short enough for a column.
    fileprivate var shortDefault: String {
        let text =
            switch standard {
            case .required, .rest: ""
            case .value(let constant): constant.value.literal
            case .derived(let words): words
            }
        return displayWidth(text) > 12 ? "" : text
    }

    /// Its kind and what it sets.
    fileprivate var purpose: String {
        let kindAndUse = [kind, about].filter { !$0.isEmpty }.joined(separator: ": ")
        return switch standard {
        case .derived(let words) where displayWidth(words) > 12: "\(kindAndUse); \(words) unless given"
        case .rest: "\(kindAndUse), any number of them"
        case .required, .value, .derived: kindAndUse
        }
    }
}

extension Span {
    /// The comment directly above, in one line.
    var comment: String {
        textWithComment.split(separator: "\n").prefix { $0.hasPrefix("#") }.map {
            $0.drop { $0 == "#" || $0 == " " }
        }.joined(separator: " ")
    }
}

extension Prelude {
    /// What a definition of the prelude is called, and what is written about it.
    struct Page {
        let name: String
        let comment: String
        let source: String
    }

    static let pages: [Page] = sources.flatMap { source -> [Page] in
        let statements = (try? Parser.parse(source)) ?? []
        return statements.compactMap { statement in
            switch statement.kind {
            case .definition(let definition):
                Page(
                    name: definition.name.value, comment: statement.span.comment,
                    source: statement.span.textWithComment)
            case .sharing(let definition):
                Page(
                    name: definition.name.value, comment: statement.span.comment,
                    source: statement.span.textWithComment)
            case .expression, .assignment, .weights, .repetition, .loop, .result, .output, .experiment,
                .record,
                .source, .command:
                nil
            }
        }
    }
}

extension Session {
    /// Help for the window there is.
    var help: Help { Help(width: front.textWidth) }

    /// What `?name` says.
    func helpPage(_ name: Name) throws(Diagnostic) -> String {
        if let value = frame.lookUp(name.value) ?? globals.lookUp(name.value) {
            switch value {
            case .callable(let callable):
                switch callable.code {
                case .definition(let definition, _): return help.page(of: definition)
                case .builtin(let builtin): return help.page(of: builtin)
                }
            case .sharing(let mode): return help.page(of: mode)
            case .network(let network):
                return "\(name.value) is a network.\n\n\(try summaryLines(of: network))"
            case .nothing, .number, .text, .boolean, .list, .range, .record, .dataset, .model, .table, .image,
                .feature,
                .pending:
                return "\(name.value) (\(value.noun)): \(value.brief)"
            }
        }
        if let builtin = Builtin.table[name.value] { return help.page(of: builtin) }
        if let form = Form.table[name.value] { return help.page(of: form) }
        if let topic = Help.Topic.all.first(where: { $0.word == name.value.lowercased() }) {
            return help.page(of: topic)
        }
        let known = visibleNames + Form.all.map(\.name) + Help.Topic.all.map(\.word)
        throw .unknownName(name.value, at: name.span, nearest: nearest(to: name.value, among: known))
    }

    /// What `apropos word` says.
    func apropos(_ word: Name) throws(Diagnostic) -> String {
        let own = ownNames.compactMap { name, value -> (name: String, line: String)? in
            guard let span = value.definitionSpan else { return nil }
            let isMatch = (name + span.textWithComment).lowercased().contains(word.value.lowercased())
            return isMatch
                ? (name, span.comment.isEmpty ? value.kind : Help.firstSentence(span.comment)) : nil
        }
        let found = own + Help.matches(of: word.value)
        guard !found.isEmpty else { return "nothing speaks of `\(word.value)`; `help` lists the topics" }
        return help.columns(found.map { [$0.name, $0.line] })
    }
}
