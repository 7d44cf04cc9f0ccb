import Diagnostics
import Files
import Language

extension Workbench {
    /// Shows a drawing, or writes it where a file is asked for.
    package func draw(
        _ drawing: Drawing, into path: String?, file: () throws(Diagnostic) -> [UInt8]
    ) throws(Diagnostic) {
        guard let path else { return frontEnd.show(.drawing(drawing)) }
        try writeAtomically(try file(), to: path)
        frontEnd.notice(path)
    }
}

extension Arguments {
    /// The file that is asked for, and its format by the ending.
    package func target<Format: CaseIterable & RawRepresentable<String>>() throws(Diagnostic) -> (
        Format, path: String
    )? {
        guard let path = try given("to", text) else { return nil }
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard path.contains("."), let format = Format(rawValue: ending) else {
            throw .unknownDrawingFormat(
                path, known: Format.allCases.map(\.rawValue), at: span(of: "to"))
        }
        return (format, path)
    }
}

extension Diagnostic {
    fileprivate static func unknownDrawingFormat(_ path: String, known: [String], at span: Span) -> Diagnostic
    {
        Diagnostic(
            "unknown-format",
            "drawings are written as \(known.map { $0.uppercased() }.joined(separator: ", ")), and \"\(path)\" ends "
                + "with none of " + known.map { "." + $0 }.joined(separator: ", "), at: span)
    }
}
