import Diagnostics
import Syntax

/// What Return does to the entry being typed.
struct Entry {
    private static let step = 4

    /// As it reads with Return pressed at byte `cursor`, and where the cursor is then; `nil` for that if it
    /// is to be run.
    static func entered(_ text: String, at cursor: Int) -> (text: String, cursor: Int?) {
        let bytes = Array(text.utf8)
        let before = String(decoding: bytes[..<min(cursor, bytes.count)], as: UTF8.self)
        let after = String(decoding: bytes[min(cursor, bytes.count)...], as: UTF8.self)
        guard isUnfinished(text) else { return (closedLine(text), nil) }
        // An empty line ends an entry that will not end itself, and shows what is missing.
        let isBlankEnd = after.allSatisfy(\.isWhitespace) && before.hasSuffix("\n")
        if isBlankEnd || (after.isEmpty && before.contains("\n") && lastLine(before).allSatisfy { $0 == " " })
        {
            return (text, nil)
        }
        let tidied = closedLine(before)
        let start = tidied + "\n" + String(repeating: " ", count: step * depth(of: tidied))
        return (start + after, start.utf8.count)
    }

    static func isUnfinished(_ text: String) -> Bool {
        do {
            _ = try Parser.parse(Source(name: "", text: text))
            return false
        } catch {
            return error.code == Diagnostic.unfinishedCode
        }
    }

    /// Brackets that are open at the end.
    private static func depth(of text: String) -> Int {
        Lexer.prefix(of: Source(name: "", text: text)).openBrackets.count
    }

    private static func lastLine(_ text: String) -> Substring {
        text[(text.lastIndex(of: "\n") ?? text.startIndex)...].drop { $0 == "\n" }
    }

    /// A line that begins by closing a bracket stands as far left as the line that opened it.
    private static func closedLine(_ text: String) -> String {
        guard let newline = text.lastIndex(of: "\n") else { return text }
        let line = text[text.index(after: newline)...]
        let code = line.drop { $0 == " " }
        guard let first = code.first, "}])".contains(first) else { return text }
        let above = String(text[...newline])
        return above + String(repeating: " ", count: step * max(0, depth(of: above) - 1)) + code
    }
}
