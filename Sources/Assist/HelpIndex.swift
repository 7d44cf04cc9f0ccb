import Diagnostics
import Language
import Tracing

/// Everything that help explains: built-in functions, what the prelude defines, and forms of the language.
package struct HelpIndex: Sendable {
    package let builtins: [Builtin]
    package let topics: [Topic]
    /// What a page says of others, by its name.
    private let mentionTexts: [String: String]

    package init(_ builtins: [Builtin]) {
        self.builtins = builtins
        topics =
            Builtin.Topic.allCases.map { topic in
                Topic(
                    topic.rawValue,
                    builtins.filter { $0.topic == topic }.map { ($0.name, firstSentence($0.help)) })
            } + [Topic("Prelude", Prelude.pages.map { ($0.name, firstSentence($0.comment)) })]
            + StatementHelp.Topic.allCases.map { topic in
                Topic(
                    topic == .prompt ? "Prompt" : topic.rawValue,
                    StatementHelp.all.filter { $0.topic == topic }.map { ($0.name, firstSentence($0.help)) })
            }
        var texts: [String: String] = [:]
        for builtin in builtins {
            texts[builtin.name] = Self.quoted(builtin.help) + " " + builtin.examples.joined(separator: " ")
        }
        for form in StatementHelp.all { texts[form.name] = Self.quoted(form.help) }
        for page in Prelude.pages {
            texts[page.name] = page.source.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(
                separator: "\n")
        }
        mentionTexts = texts
    }

    /// A subject that `help TOPIC` lists.
    package struct Topic: Sendable {
        package let word: String
        package let title: String
        /// Name and one line about it.
        package let entries: [(name: String, line: String)]

        package var names: [String] { entries.map(\.name) }

        fileprivate init(_ title: String, _ entries: [(String, String)]) {
            self.title = title
            word = title.lowercased().split(separator: " ").first.map(String.init) ?? title
            self.entries = entries
        }
    }

    /// A name that `?` explains.
    package struct Page: Sendable {
        package let name: String
        package let isFunction: Bool
        /// Not for the prelude, which shows itself.
        package let hasExample: Bool
        /// Its example, where that is a script that needs no files; ``Reference/examples`` has those of
        /// functions.
        package let script: String?
    }

    /// All names that `?` explains but the user's own.
    package var pages: [Page] {
        builtins.map { Page(name: $0.name, isFunction: true, hasExample: true, script: nil) }
            + StatementHelp.all.map {
                Page(
                    name: $0.name, isFunction: false, hasExample: true,
                    script: $0.needsMore ? nil : $0.example)
            }
            + Prelude.pages.map { Page(name: $0.name, isFunction: false, hasExample: false, script: nil) }
    }

    /// Everything that speaks of `word`, as lines.
    package func matches(of word: String) -> [(name: String, line: String)] {
        let wanted = word.lowercased()
        let functions = builtins.map { builtin in
            (
                builtin.name, firstSentence(builtin.help),
                builtin.signature + builtin.help + builtin.parameters.map(\.kindAndUse).joined(separator: " ")
            )
        }
        let pages = Prelude.pages.map { ($0.name, firstSentence($0.comment), $0.name + $0.comment) }
        let forms = StatementHelp.all.map { ($0.name, firstSentence($0.help), $0.usage + $0.help) }
        return (functions + pages + forms).filter { $0.2.lowercased().contains(wanted) }.map { ($0.0, $0.1) }
    }

    // MARK: What belongs together

    /// Names that a page mentions, or whose page mentions it; failing that, its neighbours of the same topic.
    package func related(to name: String) -> [String] {
        let own = Self.words(mentionTexts[name] ?? "")
        var result = mentionTexts.keys.filter { other in
            // Every definition says `block` and `return`; that is no relation.
            other != name && (StatementHelp.table[other] == nil || StatementHelp.table[name] != nil)
                && (own.contains(other) || Self.words(mentionTexts[other] ?? "").contains(name))
        }.sorted { first, second in
            // Mutual mentions tell more than one-sided ones.
            let (a, b) = (weight(first), weight(second))
            return a == b ? first < second : a > b
        }
        func weight(_ other: String) -> Int {
            (own.contains(other) ? 2 : 0) + (Self.words(mentionTexts[other] ?? "").contains(name) ? 1 : 0)
        }
        if result.count < 2, let topic = topics.first(where: { $0.names.contains(name) }) {
            result += topic.names.filter { $0 != name && !result.contains($0) }
        }
        return Array(result.prefix(6))
    }

    /// What stands in backquotes: that alone is meant as a name, for `mean`, `over` and `it` are words of
    /// English too.
    private static func quoted(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter {
            $0.offset % 2 == 1
        }
        .map { String($0.element) }.joined(separator: " ")
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    }
}

/// The text up to its first full stop, which the dot of "et al." is not.
package func firstSentence(_ text: String) -> String {
    let ends = text.ranges(of: ". ").map(\.lowerBound).filter { !text[..<$0].hasSuffix("et al") }
    guard let end = ends.first else { return text.hasSuffix(".") ? String(text.dropLast()) : text }
    return String(text[..<end])
}
