import Diagnostics
import Experiments
import Files
import Foundation

extension Builtin {
    static let tables: [Builtin] = [
        Builtin(
            "write", .experiments,
            [
                .required("what", "a table, or the name of an experiment"), .required("to", "a path"),
                .derived("rows", "a text", "none").about(
                    "of an experiment, the column whose values stand down the side"),
                .derived("columns", "a text", "none").about("the column whose values stand across"),
                .derived("values", "a text or a list of texts", "all").about("the measured columns"),
                .standard(
                    "test", "\"images\", \"rows\" or \"none\"", .text(Summary.Unit.rowsAndImages.rawValue)),
                .derived("caption", "a text", "what the numbers are"),
            ],
            """
            Writes a table into a file: LaTeX (.tex, with the rules of booktabs), Markdown (.md), HTML (.html) or CSV. A table is \
            written as it is shown. An experiment is written as a pivot: each cell is a mean ± standard deviation with the \
            digits that the spread supports; the best of a column is bold only where it is told from every other cell of it, and \
            the second underlined where it is told from all below it, as `contrasts` tells them. Without a `caption`, one says \
            what the numbers are, over which seeds and images, and by which test.
            """,
            examples: [
                "write(summarize(\"blocks\", by = \"transform\"), to = \"blocks.md\")",
                "write(\"blocks\", to = \"blocks.tex\", rows = \"transform\", values = [\"psnr\"])",
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.write(arguments)
            return .nothing
        }
    ]
}

extension Session {
    fileprivate func write(_ arguments: Arguments) throws(Diagnostic) {
        let (value, path) = (try arguments.value("what"), try arguments.text("to"))
        let ending = path.contains(".") ? path.split(separator: ".").last?.lowercased() : nil
        guard let format = ending.flatMap(TextTable.FileFormat.init) else {
            throw .unknownTableFormat(path, at: arguments.span(of: "to"))
        }
        if !isRehearsal, format == .csv, FileManager.default.fileExists(atPath: path),
            try ResultTable.isTable(path)
        {
            throw .wouldOverwriteTable(path, at: arguments.span(of: "to"))
        }
        let caption = try arguments.optional("caption") == nil ? nil : arguments.text("caption")
        switch value {
        case .table(let table):
            try arguments.refuse(["rows", "columns", "values", "test"], because: "for experiments")
            if !isRehearsal { try writeAtomically(table.file(format, caption: caption), to: path) }
        case .text(let name):
            guard arguments.optional("rows") != nil else {
                throw .missingArgument("rows", of: "write", at: arguments.span, declared: nil)
            }
            let rows = try arguments.text("rows")
            let across = try arguments.optional("columns") == nil ? nil : arguments.text("columns")
            let values = try arguments.optional("values") == nil ? nil : arguments.texts("values")
            let unit = try arguments.choice("test", Summary.Unit.self)
            if isRehearsal {
                _ = try planReading(table: name, at: arguments.span(of: "what"))
                return
            }
            let (table, axes) = try self.table(name)
            let pivot = try PivotTable(
                table, rows: rows, across: across, values: values, axes: axes, unit: unit,
                scores: scores(of: table, unit))
            try writeAtomically(pivot.table.file(format, caption: caption ?? pivot.caption), to: path)
        case .pending: return
        case .nothing, .number, .boolean, .list, .range, .record, .callable, .network, .sharing, .dataset,
            .model, .image, .feature:
            throw arguments.wrong("what", value)
        }
        if !isRehearsal { front.notice(path) }
    }
}

extension Diagnostic {
    fileprivate static func wouldOverwriteTable(_ path: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "would-overwrite", "\(path) is an experiment's table, which nothing but its experiment writes",
            at: span,
            hint: "name another file")
    }

    fileprivate static func unknownTableFormat(_ path: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-format", "\"\(path)\" does not end like a table that can be written", at: span,
            notes: ["it can end with .tex, .md, .html or .csv"])
    }
}
