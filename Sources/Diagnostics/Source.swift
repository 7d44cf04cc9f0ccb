/// A text that statements came from: a file, a line at the prompt, a `-e` argument.
///
/// One object per text, so that a span can carry its source by reference and two lines typed at the prompt
/// are never mistaken for each other.
public final class Source: Sendable {
    /// What to call it in a diagnostic: a path as the user gave it, `<prompt:3>`, `<-e>`,
    /// `prelude/gao2019.acu`.
    public let name: String
    /// UTF-8, always valid: a file with other bytes is refused before a `Source` is made of it.
    public let bytes: [UInt8]
    /// Offset of each line's first byte.
    private let lineStarts: [Int]

    public init(name: String, text: String) {
        self.name = name
        bytes = Array(text.utf8)
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        lineStarts = starts
    }

    /// Behind its last byte.
    public var end: Span { Span(self, bytes.count..<bytes.count) }

    public var lineCount: Int { lineStarts.count }

    /// The line that holds `offset`, numbered from 1.
    public func line(at offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// The byte range of line `number`, without its newline.
    public func range(ofLine number: Int) -> Range<Int> {
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return start..<max(start, end)
    }

    public func text(in range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}

/// A half-open range of bytes in a source: where something stands, so that a diagnostic can point at it.
public struct Span: Sendable, Equatable {
    public let source: Source
    public let range: Range<Int>

    public init(_ source: Source, _ range: Range<Int>) {
        precondition(range.upperBound <= source.bytes.count, "span \(range) in \(source.bytes.count) bytes")
        self.source = source
        self.range = range
    }

    public static func == (left: Span, right: Span) -> Bool {
        left.source === right.source && left.range == right.range
    }

    /// The span from the start of this one to the end of `other`, both in one source.
    public func through(_ other: Span) -> Span {
        Span(source, range.lowerBound..<max(range.upperBound, other.range.upperBound))
    }

    public var text: String { source.text(in: range) }
    public var line: Int { source.line(at: range.lowerBound) }
    /// `file:line`, for a mention in running text.
    public var place: String { "\(source.name):\(line)" }
}
