import Diagnostics
import Experiments
import Files
import Foundation

extension Builtin {
    private static let pivotParameters: [Parameter] = [
        .required("rows", "a text").about("the column whose values stand down the side"),
        .derived("columns", "a text", "none").about("the column whose values stand across"),
        .derived("values", "a text or a list of texts", "all").about("the measured columns"),
        .standard("test", "\"images\", \"rows\" or \"none\"", .text(Summary.Unit.rowsAndImages.rawValue)),
    ]

    static let tables: [Builtin] = [
        Builtin(
            "pivot", .experiments, [.required("name", "a text")] + pivotParameters,
            """
            An experiment's rows as a table for a paper: each cell is a mean ± standard deviation with the digits that the spread \
            supports; the best of a column is bold, where the table is written into a file, only if it is told from every \
            other cell of it, and the second underlined if it is told from all below it, as `contrasts` tells them. Its caption \
            says what the numbers are, over which seeds and images, and by which test.
            """,
            examples: ["pivot(\"blocks\", rows = \"transform\", values = \"psnr\")"]
        ) { session, arguments throws(Diagnostic) in
            let name = try arguments.text("name")
            let rows = try arguments.text("rows")
            let across = try arguments.optional("columns") == nil ? nil : arguments.text("columns")
            let values = try arguments.optional("values") == nil ? nil : arguments.texts("values")
            let unit = try arguments.choice("test", Summary.Unit.self)
            guard session.readsTables else { return try session.planReading(arguments) }
            let (table, axes) = try session.table(name)
            let pivot = try PivotTable(
                table, rows: rows, across: across, values: values, axes: axes, unit: unit,
                scores: session.scores(of: table, unit))
            return .table(pivot.table)
        },
        Builtin(
            "write", .experiments,
            [
                .required("table", "a table"), .required("to", "a path"),
                .derived("caption", "a text", "the table's own"),
            ],
            """
            Writes a table into a file: LaTeX (.tex, with the rules of booktabs), Markdown (.md), HTML (.html) or CSV; its cells are \
            as it is shown.
            """,
            examples: [
                "write(summarize(\"blocks\", by = \"transform\"), to = \"blocks.md\")",
                "write(pivot(\"blocks\", rows = \"transform\"), to = \"blocks.tex\", caption = \"Blocks of equal depth.\")",
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.write(arguments)
            return .nothing
        },
    ]
}

extension Session {
    fileprivate func write(_ arguments: Arguments) throws(Diagnostic) {
        let (value, path) = (try arguments.value("table"), try arguments.text("to"))
        let ending = path.contains(".") ? path.split(separator: ".").last?.lowercased() : nil
        guard let format = ending.flatMap(TextTable.FileFormat.init) else {
            throw .unknownTableFormat(path, at: arguments.span(of: "to"))
        }
        let caption = try arguments.optional("caption") == nil ? nil : arguments.text("caption")
        switch value {
        case .table(let table):
            guard writesFiles else { return }
            if format == .csv, FileManager.default.fileExists(atPath: path), try ResultTable.isTable(path) {
                throw .wouldOverwriteTable(path, at: arguments.span(of: "to"))
            }
            try writeAtomically(table.file(format, caption: caption), to: path)
            front.notice(path)
        case .pending: return
        case .text(let name):
            throw arguments.wrong(
                "table", value, hint: "`pivot(\"\(name)\", rows = …)` makes one of an experiment's rows")
        case .nothing, .number, .boolean, .list, .range, .record, .callable, .network, .sharing, .dataset,
            .model, .image, .feature:
            throw arguments.wrong("table", value)
        }
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
