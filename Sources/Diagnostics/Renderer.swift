/// Lays a diagnostic out for a person: the message, each place with its line underlined, notes, and the
/// remedy.
///
/// ```
/// error[unknown-name]: there is no `transfrom`
///   --> block.acu:3:9
///    |
///  3 |     x = transfrom(x)
///    |         ^^^^^^^^^
///    = hint: did you mean `transform`?
/// ```
public struct Renderer: Sendable {
    /// The widest excerpt of a source line, in characters; a longer line is cut around its underline.
    private static let excerptWidth = 100

    /// Whether to colour with ANSI escapes: for a terminal only, never for a pipe or a file.
    public var coloured: Bool

    public init(coloured: Bool) { self.coloured = coloured }

    public func render(_ diagnostic: Diagnostic) -> String {
        let labels = [diagnostic.primary].compactMap { $0 } + diagnostic.related
        let gutter = labels.map { String($0.span.line).count }.max() ?? 1
        var lines = [
            style("error[\(diagnostic.code)]", .error) + style(": \(bounded(diagnostic.message))", .strong)
        ]
        var previous: Span?
        for (index, label) in labels.enumerated() {
            let isPrimary = index == 0 && diagnostic.primary != nil
            let excerpt = excerpt(label, isPrimary: isPrimary, gutter: gutter)
            // A line that was just shown whole is only underlined once more.
            lines += isShown(label.span, after: previous) ? excerpt.suffix(1) : excerpt
            previous = label.span
        }
        for note in diagnostic.notes {
            lines.append(remark("note", note, gutter: gutter))
        }
        if let hint = diagnostic.hint {
            lines.append(remark("hint", hint, gutter: gutter))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A sentence may quote a name of any length; nobody reads beyond the first few hundred characters.
    private func bounded(_ text: String) -> String {
        text.utf8.count > 400 ? String(text.prefix(300)) + "…" : text
    }

    private func remark(_ kind: String, _ text: String, gutter: Int) -> String {
        let indent = String(repeating: " ", count: gutter + 2)
        let continuation = "\n" + indent + "  " + String(repeating: " ", count: kind.count + 2)
        return indent + style("=", .frame) + " " + style("\(kind):", .strong) + " "
            + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: continuation)
    }

    private func isShown(_ span: Span, after previous: Span?) -> Bool {
        guard let previous, previous.source === span.source, previous.line == span.line else { return false }
        return span.source.range(ofLine: span.line).count <= Self.excerptWidth / 2
    }

    private func excerpt(_ label: Diagnostic.Label, isPrimary: Bool, gutter: Int) -> [String] {
        let source = label.span.source
        let line = label.span.line
        let whole = source.range(ofLine: line)
        let start = min(max(label.span.range.lowerBound, whole.lowerBound), whole.upperBound)
        // A span over several lines is underlined to the end of its first.
        let end = min(max(label.span.range.upperBound, start), whole.upperBound)
        var before = printable(source.bytes[whole.lowerBound..<start], keepingLast: Self.excerptWidth / 2)
        let marked = printable(
            source.bytes[start..<end],
            keepingFirst: Self.excerptWidth - min(before.count, Self.excerptWidth / 2))
        let after = printable(
            source.bytes[end..<whole.upperBound],
            keepingFirst: max(0, Self.excerptWidth - before.count - marked.count))
        let column = String(decoding: source.bytes[whole.lowerBound..<start], as: UTF8.self).count + 1
        let indentation = before.prefix { $0 == " " }.count
        if indentation > 24 { before.removeFirst(indentation - 24) }

        let blank = String(repeating: " ", count: gutter + 2)
        let number = String(line)
        let padding = String(repeating: " ", count: gutter - number.count + 1)
        let arrow = isPrimary ? "-->" : ":::"
        let mark = String(repeating: isPrimary ? "^" : "-", count: max(1, displayWidth(marked)))
        let underline =
            String(repeating: " ", count: displayWidth(before)) + style(mark, isPrimary ? .error : .frame)
        return [
            String(repeating: " ", count: gutter + 1) + style(arrow, .frame)
                + " \(source.name):\(line):\(column)",
            blank + style("|", .frame),
            padding + style("\(number) |", .frame) + " " + before + marked + after,
            blank + style("|", .frame) + " " + underline + (label.text.isEmpty ? "" : " " + label.text),
        ]
    }

    /// Bytes as text without control characters, which could move the cursor or hide text; a tab is four
    /// spaces.
    private func printable(_ bytes: ArraySlice<UInt8>, keepingFirst: Int) -> String {
        // A character is at most a few dozen bytes: cut before decoding, so that a 10 MB line costs nothing.
        let text = clean(String(decoding: bytes.prefix(keepingFirst * 8), as: UTF8.self))
        return text.count > keepingFirst ? String(text.prefix(keepingFirst)) + "…" : text
    }

    private func printable(_ bytes: ArraySlice<UInt8>, keepingLast: Int) -> String {
        var cut = bytes.suffix(keepingLast * 8)
        while let first = cut.first, first & 0xC0 == 0x80 { cut.removeFirst() }
        let text = clean(String(decoding: cut, as: UTF8.self))
        return text.count > keepingLast ? "…" + String(text.suffix(keepingLast)) : text
    }

    private func clean(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar == "\t": result += "    "
            case .control, .lineSeparator, .paragraphSeparator, .surrogate: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private enum Style { case error, strong, frame }

    private func style(_ text: String, _ style: Style) -> String {
        guard coloured else { return text }
        let code =
            switch style {
            case .error: "1;31"
            case .strong: "1"
            case .frame: "1;34"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// Columns that a terminal gives `text`: 2 for East Asian wide characters and emoji, 1 for others.
public func displayWidth(_ text: String) -> Int {
    text.reduce(0) { width, character in
        guard let scalar = character.unicodeScalars.first else { return width }
        let isWide =
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
                0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
                0x20000...0x3FFFD:
                true
            default: scalar.properties.isEmojiPresentation
            }
        return width + (isWide ? 2 : 1)
    }
}
