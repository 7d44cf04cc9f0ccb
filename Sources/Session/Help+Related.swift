/// What belongs together, for "See also".
extension Help {
    /// Names that a page mentions, or whose page mentions it; failing that, its neighbours of the same topic.
    static func related(to name: String) -> [String] {
        let texts = mentionTexts
        let own = words(texts[name] ?? "")
        var result = texts.keys.filter { other in
            // Every definition says `block` and `return`; that is no relation.
            other != name && (Form.table[other] == nil || Form.table[name] != nil)
                && (own.contains(other) || words(texts[other] ?? "").contains(name))
        }.sorted { first, second in
            // Mutual mentions tell more than one-sided ones.
            let (a, b) = (weight(first), weight(second))
            return a == b ? first < second : a > b
        }
        func weight(_ other: String) -> Int {
            (own.contains(other) ? 2 : 0) + (words(texts[other] ?? "").contains(name) ? 1 : 0)
        }
        if result.count < 2, let topic = Topic.all.first(where: { $0.names.contains(name) }) {
            result += topic.names.filter { $0 != name && !result.contains($0) }
        }
        return Array(result.prefix(6))
    }

    private static let mentionTexts: [String: String] = {
        var texts: [String: String] = [:]
        for builtin in Builtin.all {
            texts[builtin.name] = quoted(builtin.help) + " " + builtin.examples.joined(separator: " ")
        }
        for form in Form.all { texts[form.name] = quoted(form.help) }
        for page in Prelude.pages {
            texts[page.name] = page.source.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(
                separator: "\n")
        }
        return texts
    }()

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
