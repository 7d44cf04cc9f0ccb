/// A name from a file, short enough for a message and without what could move a terminal's cursor.
public func shortened(_ name: String) -> String {
    withoutControls(name.count > 100 ? name.prefix(99) + "…" : name)
}

/// A text from a file with control characters replaced, but for line breaks and tabs: it may be shown in a
/// terminal.
public func withoutControls(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
        result.append(isControl ? "\u{FFFD}" : scalar)
    }
    return String(result)
}
