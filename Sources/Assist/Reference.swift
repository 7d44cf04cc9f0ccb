import Foundation
import Language
import Tracing

/// The language reference, read off the table of built-in functions, as `Documentation/Language.md` carries
/// it.
package struct Reference {
    private static let begin = "<!-- reference: begin -->"
    private static let end = "<!-- reference: end -->"

    package let builtins: [Builtin]

    package init(_ index: HelpIndex) { builtins = index.builtins }

    /// All built-in functions by topic, then what the prelude defines, in Markdown.
    package var markdown: String {
        var text = ""
        for topic in Builtin.Topic.allCases {
            text += "### \(topic.rawValue)\n\n"
            for builtin in builtins where builtin.topic == topic { text += entry(builtin) }
        }
        return text + preludeSection
    }

    /// All examples of built-in functions, each a script.
    package var examples: [String] { builtins.flatMap(\.examples) }

    /// `document` with the reference between its two markers made anew; `nil` if it lacks the markers.
    package func replaced(in document: String) -> String? {
        guard let start = document.range(of: Self.begin), let stop = document.range(of: Self.end),
            start.upperBound <= stop.lowerBound
        else { return nil }
        return document[..<start.upperBound] + "\n\n" + markdown + document[stop.lowerBound...]
    }

    private func entry(_ builtin: Builtin) -> String {
        var text = "#### `\(builtin.signature)`\n\n\(builtin.help)\n\n"
        for group in builtin.parameterGroups {
            if let heading = group.heading { text += "\(heading):\n\n" }
            for parameter in group.parameters { text += line(for: parameter) }
            text += "\n"
        }
        return text + builtin.examples.map { "```\n\($0)\n```\n\n" }.joined()
    }

    private func line(for parameter: Builtin.Parameter) -> String {
        let standard =
            switch parameter.standard {
            case .required: ""
            case .value(let constant): "; `\(constant.value.literal)` unless given"
            case .derived(let words): "; \(words) unless given"
            case .rest: ", any number of them"
            }
        return "- `\(parameter.name)`: \(parameter.kindAndUse)\(standard)\n"
    }

    private var preludeSection: String {
        var text = "### The prelude\n\nWritten in the language itself; `source NAME` prints each.\n\n"
        for source in Prelude.sources { text += "```\n\(source.text(in: 0..<source.bytes.count))```\n\n" }
        return text
    }
}
