import ArgumentParser
import Diagnostics
import Experiments
import Files
import Foundation
import Session
import Training

/// `acuity fill`: brings what a document shows of tables up to date.
struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the numbers of a Markdown document up to date.",
        discussion: """
            A cell of the document is a comment of HTML that begins with a line `<!-- acuity` and holds code of the \
            language; what it prints and shows stands below it, up to a line `<!-- end -->`, and is replaced. Tables are \
            written as Markdown. The cells of a document are one session.
            """)
    @Argument(help: "The documents.") var files: [String]
    @Flag(help: "Write nothing, and end with 1 where a document is not up to date.") var check = false
    @OptionGroup var options: SessionOptions

    func run() throws {
        let (files, check) = (files, check)
        var configuration = options.configuration
        // Tables are read, and no plot is written anew.
        configuration.audit = check ? Audit() : nil
        Interruption.install()
        let status = try onBigStack { [configuration] in
            var isCurrent = true
            for file in files where !Self.fill(file, configuration, isCheck: check) { isCurrent = false }
            return isCurrent ? 0 : 1
        }
        if status != 0 { throw ExitCode(status) }
    }

    /// - Returns: whether the document is as it should be.
    private static func fill(_ path: String, _ configuration: Session.Configuration, isCheck: Bool) -> Bool {
        let front = TerminalFront()
        do throws(Diagnostic) {
            let old = try readText(path, limit: Session.scriptLimit)
            let document = try FilledDocument(old, named: path)
            let written = DocumentFront()
            let session = try Session(configuration, front: written)
            let new = try document.filled { (source) throws(Diagnostic) in
                written.text = ""
                try session.run(source)
                return written.text
            }
            guard new != old else { return true }
            guard isCheck else {
                try writeAtomically(new, to: path)
                front.notice("\(path): brought up to date")
                return true
            }
            let line =
                zip(
                    old.split(separator: "\n", omittingEmptySubsequences: false),
                    new.split(separator: "\n", omittingEmptySubsequences: false)
                ).prefix { $0 == $1 }.count + 1
            front.notice(
                "\(path):\(line): this is not what the tables say now; `acuity fill \(path)` mends it")
            return false
        } catch {
            front.report(error)
            return false
        }
    }
}

/// A document with cells of code and what they have shown.
struct FilledDocument {
    private enum Part {
        case text(String)
        case cell(Source)
    }

    private static let (opening, closing, end) = ("<!-- acuity", "-->", "<!-- end -->")
    private let parts: [Part]

    /// - Throws: `unclosed-cell`.
    init(_ text: String, named path: String) throws(Diagnostic) {
        let whole = Source(name: path, text: text)
        var parts: [Part] = []
        var plain = ""
        var count = 0
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        var place = 0
        func next() -> String? {
            guard let line = lines.popFirst() else { return nil }
            place += line.utf8.count + 1
            return line
        }
        while let line = next() {
            plain += line + (lines.isEmpty ? "" : "\n")
            guard line == Self.opening else {
                let bare = line.filter { !$0.isWhitespace }
                guard !bare.hasPrefix("<!--acuity") else {
                    throw .unknownCell(line, at: Span(whole, place - line.utf8.count - 1..<place - 1))
                }
                continue
            }
            count += 1
            let start = place
            // So that mistakes name the document's own lines.
            var code = String(
                repeating: "\n", count: text.utf8.prefix(place).count { $0 == UInt8(ascii: "\n") })
            func required(_ wanted: String) throws(Diagnostic) -> [String] {
                var taken: [String] = []
                while let line = next() {
                    if line == wanted { return taken }
                    taken.append(line)
                }
                throw Diagnostic(
                    "unclosed-cell", "this cell has no line `\(wanted)`",
                    at: Span(whole, max(0, start - Self.opening.utf8.count - 1)..<start - 1),
                    hint:
                        "a cell is `<!-- acuity`, code, `-->`, what it shows, `<!-- end -->`, each on lines of its own"
                )
            }
            let body = try required(Self.closing)
            code += body.joined(separator: "\n") + "\n"
            _ = try required(Self.end)
            parts.append(.text(plain + body.map { $0 + "\n" }.joined() + Self.closing + "\n"))
            parts.append(.cell(Source(name: path, text: code)))
            plain = Self.end + (lines.isEmpty ? "" : "\n")
        }
        guard count > 0 else {
            throw Diagnostic(
                "no-cells", "\(path) holds no cell, so that nothing in it can be brought up to date",
                hint: "a cell begins with the line `\(Self.opening)`; lines end with a line feed alone")
        }
        self.parts = parts + [.text(plain)]
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

extension Diagnostic {
    fileprivate static func unknownCell(_ line: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-cell", "this line is like the beginning of a cell and is none", at: span,
            hint: "a cell begins with the line `<!-- acuity`, and its code stands on the lines below")
    }
}

/// Gathers results as a document of Markdown holds them.
private final class DocumentFront: Front {
    var text = ""

    func show(_ display: Display) {
        switch display {
        case .text(let shown), .image(_, text: let shown), .thumbnails(text: let shown, pictures: _):
            text += shown + (shown.hasSuffix("\n") ? "" : "\n")
        case .table(let table): text += "\n" + table.file(.md) + "\n"
        case .drawing: break
        }
    }

    func notice(_ text: String) { Output.messages.write(text + "\n") }
    func report(_ diagnostic: Diagnostic) { TerminalFront().report(diagnostic) }
    func progress(_ progress: TrainingProgress, of title: String) {}
    func progressEnded() {}
}
