import ArgumentParser
import Diagnostics
import Experiments
import Files
import Foundation
import Session
import Training
import Workbench

/// `acuity fill`: brings what a document shows of tables up to date.
struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the numbers of a Markdown document up to date.",
        discussion: """
            A cell of the document is a comment of HTML that begins with a line `<!-- acuity` and holds code of the \
            language; what it prints and shows stands below it, up to a line `<!-- end -->`, and is replaced. Tables are \
            written as Markdown. The cells of a document are one session. --check writes no file, neither the document \
            nor a plot.
            """)
    @Argument(help: "The documents.") var files: [String]
    @Flag(help: "Write nothing, and end with 1 where a document is not up to date.") var check = false
    @OptionGroup var options: SessionOptions

    func run() throws {
        let job = FillJob(files: files, isCheck: check, options: options)
        try runReporting { try job.run($0) }
    }
}

private struct FillJob: Sendable {
    let files: [String]
    let isCheck: Bool
    let options: SessionOptions

    /// The exit status.
    func run(_ frontEnd: TerminalFrontEnd) throws -> Int32 {
        var documents: [(path: String, text: String, FilledDocument)] = []
        for path in files {
            let text = try readText(path, limit: Session.scriptLimit)
            documents.append((path, text, try FilledDocument(text, named: path)))
        }
        // Before the first of them is written.
        try options.checkOverrides(documents.flatMap { $0.2.cells })
        var isCurrent = true
        for (path, text, document) in documents where try !fill(path, text, document, frontEnd) {
            isCurrent = false
        }
        return isCurrent ? 0 : 1
    }

    /// - Returns: whether the document is as it should be.
    private func fill(
        _ path: String, _ old: String, _ document: FilledDocument, _ frontEnd: TerminalFrontEnd
    ) throws -> Bool {
        var configuration = options.configuration
        configuration.isReadOnly = isCheck
        let written = DocumentFrontEnd()
        let session = try Session(configuration, frontEnd: written)
        try options.override(in: session, document.cells)
        let new = try document.filled { (source) throws(Diagnostic) in
            written.text = ""
            try session.run(source)
            return written.text
        }
        // Their mistakes have been reported.
        guard session.failedRows == 0 else { return false }
        guard new != old else { return true }
        guard isCheck else {
            try writeAtomically(new, to: path)
            frontEnd.notice("\(path): brought up to date")
            return true
        }
        let line =
            zip(
                old.split(separator: "\n", omittingEmptySubsequences: false),
                new.split(separator: "\n", omittingEmptySubsequences: false)
            ).prefix { $0 == $1 }.count + 1
        frontEnd.notice(
            "\(path):\(line): this differs from what the tables say now; `acuity fill \(path)` updates it")
        return false
    }
}

/// A document with cells of code and what they have shown.
struct FilledDocument {
    private enum Part {
        case text(String)
        case cell(Source)
    }

    private let parts: [Part]

    /// The code of each cell.
    var cells: [Source] {
        parts.compactMap { part in
            switch part {
            case .cell(let source): source
            case .text: nil
            }
        }
    }

    /// - Throws: `unclosed-cell`, also where another cell begins before the end of one; `unknown-cell` for a
    ///   line that resembles a marker.
    init(_ text: String, named path: String) throws(Diagnostic) {
        let whole = Source(name: path, text: text)
        guard !text.contains("\r\n") else {
            throw Diagnostic(
                "unknown-cell", "lines of \(path) end with a carriage return and a line feed",
                hint: "convert it to line feeds alone, such as by `dos2unix`")
        }
        var reader = CellReader(whole)
        var parts: [Part] = []
        while let (before, cell) = try reader.next() {
            parts += [.text(before), .cell(cell)]
        }
        guard !parts.isEmpty else {
            throw Diagnostic(
                "no-cells", "\(path) holds no cell, so that nothing in it can be brought up to date",
                hint: "a cell begins with the line `\(CellReader.opening)`")
        }
        self.parts = parts + [.text(reader.plain)]
    }

    /// The document with what its cells show now.
    func filled(_ run: (Source) throws(Diagnostic) -> String) throws(Diagnostic) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let plain): text += plain
            case .cell(let source): text += try run(source)
            }
        }
        return text
    }
}

/// Reads the cells of a document, one after the other.
private struct CellReader {
    static let (opening, closing, end) = ("<!-- acuity", "-->", "<!-- end -->")

    private let document: Source
    private let text: String
    private var lines: ArraySlice<String>
    /// Bytes before the line that comes next.
    private var place = 0
    /// What stands between the cell that was read last and the next, or the document's end.
    private(set) var plain = ""

    init(_ document: Source) {
        self.document = document
        text = document.text(in: 0..<document.bytes.count)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
    }

    /// The next cell, and the document's text up to what the cell shows; `nil` where there is none.
    mutating func next() throws(Diagnostic) -> (before: String, cell: Source)? {
        while let line = nextLine() {
            plain += line + (lines.isEmpty ? "" : "\n")
            guard line == Self.opening else {
                try refuse(line, like: "<!--acuity", Self.opening)
                continue
            }
            let start = place
            // So that mistakes name the document's own lines.
            let above = String(
                repeating: "\n", count: text.utf8.prefix(place).count { $0 == UInt8(ascii: "\n") })
            let body = try lines(until: Self.closing, ofCellAt: start)
            _ = try lines(until: Self.end, ofCellAt: start)
            let before = plain + body.map { $0 + "\n" }.joined() + Self.closing + "\n"
            plain = Self.end + (lines.isEmpty ? "" : "\n")
            return (before, Source(name: document.name, text: above + body.joined(separator: "\n") + "\n"))
        }
        return nil
    }

    private mutating func nextLine() -> String? {
        guard let line = lines.popFirst() else { return nil }
        place += line.utf8.count + 1
        return line
    }

    private mutating func lines(until wanted: String, ofCellAt start: Int) throws(Diagnostic) -> [String] {
        var taken: [String] = []
        while let line = nextLine() {
            if line == wanted { return taken }
            if line == Self.opening { break }
            try refuse(line, like: "<!--end-->", Self.end)
            taken.append(line)
        }
        throw Diagnostic(
            "unclosed-cell", "this cell has no line `\(wanted)`",
            at: Span(document, max(0, start - Self.opening.utf8.count - 1)..<start - 1),
            hint:
                "a cell is `<!-- acuity`, code, `-->`, what it shows, `<!-- end -->`, each on lines of its own"
        )
    }

    /// A marker with other spaces or letters would be taken for text, and be lost with what follows it.
    private func refuse(_ line: String, like bare: String, _ marker: String) throws(Diagnostic) {
        guard line.filter({ !$0.isWhitespace }).lowercased().hasPrefix(bare) else { return }
        throw .unknownMarker(marker, at: Span(document, place - line.utf8.count - 1..<place - 1))
    }
}

extension Diagnostic {
    fileprivate static func unknownMarker(_ marker: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-cell", "this line resembles `\(marker)` but is not it", at: span,
            hint: "that marker stands alone on its line, without other spaces")
    }
}

/// Gathers results as a Markdown document holds them.
private final class DocumentFrontEnd: FrontEnd {
    var text = ""

    func show(_ display: Display) {
        switch display {
        case .text(let shown), .image(_, text: let shown), .thumbnails(text: let shown, images: _):
            text += shown + (shown.hasSuffix("\n") ? "" : "\n")
        case .table(let table): text += "\n" + table.file(.md) + "\n"
        case .drawing: break
        }
    }

    func notice(_ text: String) { Output.messages.write(text + "\n") }
    func report(_ diagnostic: Diagnostic) { TerminalFrontEnd().report(diagnostic) }
    func progress(_ progress: TrainingProgress, validation: Double?, of title: String) {}
    func progressEnded() {}
}
