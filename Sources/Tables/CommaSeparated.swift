import Diagnostics

/// CSV as RFC 4180 has it, with two choices of our own: lines end in a bare newline when written (what
/// `diff`, `cut` and version control expect; CRLF is accepted when read), and a quoted field is always a
/// text, so that types survive the way through the file.
package enum CommaSeparated {
    /// A line of the file, which may span several where a quoted field holds line breaks.
    package struct Record {
        package let cells: [Cell]
        /// Bytes in the source, without the line end.
        package let range: Range<Int>
    }

    // MARK: Writing

    package static func line(_ cells: [Cell]) -> String {
        cells.map(field).joined(separator: ",") + "\n"
    }

    private static func field(_ cell: Cell) -> String {
        switch cell {
        case .number, .boolean, .missing: cell.description
        case .text(let text): needsQuotes(text) ? quoted(text) : text
        }
    }

    /// A field of a file for people and spreadsheets, in which a number is written as it was shown.
    package static func shown(_ text: String) -> String {
        if case .number = Cell(bare: text) { return text }
        return text.isEmpty ? "" : field(.text(text))
    }

    private static func needsQuotes(_ text: String) -> Bool {
        if Cell(bare: text) != .text(text) { return true }
        // Other readers trim bare fields.
        if text.first?.isWhitespace == true || text.last?.isWhitespace == true { return true }
        return text.utf8.contains { $0 == comma || $0 == quote || $0 == newline || $0 == carriageReturn }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    // MARK: Reading

    /// The records of `source`, without blank lines.
    /// - Throws: `corrupt-table` at the place of a quote that opens, closes or stands where it may not.
    package static func parse(_ source: Source) throws(Diagnostic) -> [Record] {
        var reader = Reader(source: source)
        var records: [Record] = []
        while let record = try reader.record() { records.append(record) }
        return records
    }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private struct Reader {
        let source: Source
        var offset = 0

        private var byte: UInt8? { offset < source.bytes.count ? source.bytes[offset] : nil }

        /// Whether the text ends here, or a line of it does; a carriage return counts only before a newline.
        private var isAtLineEnd: Bool {
            switch byte {
            case nil, newline: true
            case carriageReturn:
                offset + 1 == source.bytes.count || source.bytes[offset + 1] == newline
            case .some: false
            }
        }

        mutating func record() throws(Diagnostic) -> Record? {
            while byte != nil, isAtLineEnd { offset += 1 }
            guard byte != nil else { return nil }
            let start = offset
            var cells = [try field()]
            while byte == comma {
                offset += 1
                cells.append(try field())
            }
            return Record(cells: cells, range: start..<offset)
        }

        private mutating func field() throws(Diagnostic) -> Cell {
            if byte == quote { return try quotedField() }
            let start = offset
            while byte != comma, !isAtLineEnd {
                if byte == quote {
                    throw .corruptTable("a quote inside a field that does not begin with one", at: here)
                }
                offset += 1
            }
            return Cell(bare: source.text(in: start..<offset))
        }

        private mutating func quotedField() throws(Diagnostic) -> Cell {
            let opening = here
            offset += 1
            var bytes: [UInt8] = []
            while let next = byte {
                offset += 1
                if next != quote {
                    bytes.append(next)
                } else if byte == quote {
                    bytes.append(quote)
                    offset += 1
                } else {
                    guard byte == comma || isAtLineEnd else {
                        throw .corruptTable("text after a closing quote", at: here)
                    }
                    return .text(String(decoding: bytes, as: UTF8.self))
                }
            }
            throw .corruptTable("a quote that is never closed", at: opening)
        }

        private var here: Span { Span(source, offset..<min(offset + 1, source.bytes.count)) }
    }
}

extension Diagnostic {
    /// A result table that cannot be read; the file is left as it is.
    package static func corruptTable(_ what: String, at span: Span, notes: [String] = []) -> Diagnostic {
        Diagnostic(
            "corrupt-table", "the table \(span.source.name) is damaged: \(what)", at: span, notes: notes,
            hint: "mend that line or move the file away; it was left as it is")
    }
}
