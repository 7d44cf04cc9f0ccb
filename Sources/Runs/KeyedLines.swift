/// Facts as text, one `key = value` a line, for files that people read.
enum KeyedLines {
    static func text(_ lines: [(key: String, value: String)]) -> String {
        lines.map { "\($0.key) = \(escaped($0.value))\n" }.joined()
    }

    /// `nil` if a line is none of these.
    static func parse(_ text: String) -> [(key: String, value: String)]? {
        var lines: [(String, String)] = []
        for line in text.split(separator: "\n") {
            guard let equals = line.firstRange(of: " = "),
                let value = unescape(line[equals.upperBound...])
            else { return nil }
            lines.append((String(line[..<equals.lowerBound]), value))
        }
        return lines
    }

    /// A value on one line: a backslash is doubled and a line break is `\n` or `\r`.
    static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func unescape(_ value: Substring) -> String? {
        var result = ""
        var scalars = value.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\\" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch scalars.next() {
            case "\\": result += "\\"
            case "n": result += "\n"
            case "r": result += "\r"
            case .some, nil: return nil
            }
        }
        return result
    }
}
