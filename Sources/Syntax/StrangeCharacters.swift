import Diagnostics

extension Diagnostic {
    /// A character that is no part of the language.
    /// - Parameter hint: what is meant by it here, where that is known better than by the character alone.
    static func strangeCharacter(at span: Span, hint: String? = nil) -> Diagnostic {
        let text = span.text
        guard let scalar = text.unicodeScalars.first else {
            return Diagnostic("unexpected", "this character means nothing here", at: span, hint: hint)
        }
        // What shows as nothing, or as something else than it is, can only be found by its number.
        let name = scalar.isPlain ? "this character" : "this character, \(scalar.named),"
        return Diagnostic(
            "unexpected", "\(name) means nothing here", at: span,
            hint: hint ?? (isPrompt(scalar, at: span) ? copiedSession : remedy(for: scalar)))
    }

    private static let copiedSession =
        "it is the prompt of a copied session: leave it out, and numbers such as `1>`"

    /// Whether it is the first character of its line, where the prompt shows an ellipsis before an entry's
    /// further lines.
    private static func isPrompt(_ scalar: Unicode.Scalar, at span: Span) -> Bool {
        let before = span.source.bytes[..<span.range.lowerBound].last { $0 != UInt8(ascii: " ") }
        return scalar == "…" && (before == nil || before == UInt8(ascii: "\n"))
    }

    /// A character that a text of the language cannot hold.
    static func characterInText(at span: Span) -> Diagnostic {
        let name = span.text.unicodeScalars.first?.named ?? "this"
        return Diagnostic(
            "unexpected", "a text cannot hold this character, \(name)", at: span,
            hint: "delete it; it may have come with a file that is no script")
    }

    private static func remedy(for scalar: Unicode.Scalar) -> String? {
        if scalar.isLikeQuote { return "texts are written in straight double quotes: \"…\"" }
        switch scalar {
        case "×", "·", "∗": return "multiplication is `*`"
        case "−", "–", "—", "‐", "‑": return "minus is `-`"
        case "≤", "≥", "≠": return "write `<=`, `>=`, `!=`"
        case "&", "|", "!": return "write `and`, `or`, `not`"
        case ":": return "a range is written `1..3`, and a body stands in braces: `{ … }`"
        case "@": return "it is written without: `time expression`"
        case "~", "$": return "arithmetic is `+ - * / % ^`"
        case "…": return "a range is written with two points: `1..3`"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator:
            return "write a plain space for it; it often comes with text that is copied from a page"
        case .control: return "delete it; it may have come with a file that is no script"
        default: break
        }
        guard scalar.properties.isDefaultIgnorableCodePoint else { return nil }
        return "delete it; it shows as nothing, and often comes with text that is copied from a page"
    }
}

extension Unicode.Scalar {
    /// Whether it can be seen, and typed on most keyboards.
    fileprivate var isPlain: Bool { isASCII && properties.generalCategory != .control }

    /// `U+00A0 NO-BREAK SPACE`
    var named: String {
        let digits = String(value, radix: 16, uppercase: true)
        let number = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        guard let name = properties.name ?? properties.nameAlias else {
            return properties.generalCategory == .control && value == 0 ? "\(number) NUL" : number
        }
        return "\(number) \(name)"
    }

    /// Whether it looks like a quotation mark and is not `"`; letters of the kind are among them.
    var isLikeQuote: Bool {
        switch value {
        case 0x27, 0x60, 0xAB, 0xB4, 0xBB, 0x2018...0x201F, 0x2032...0x2036, 0x2039, 0x203A, 0x2BA,
            0x2BB...0x2BD,
            0x2CA, 0x2CB, 0x2EE, 0x301D...0x301F, 0xFF02, 0xFF07:
            true
        default: false
        }
    }

    /// Whether a name cannot hold it although Unicode may count it, or what it belongs to, among letters.
    var isHidden: Bool { isLikeQuote || properties.isDefaultIgnorableCodePoint }
}
