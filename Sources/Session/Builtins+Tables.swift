import Diagnostics
import Files
import Foundation
import OrderedCollections
import Runs
import Statistics
import Tables

extension Builtin {
    private static let pivotParameters: [Parameter] = [
        .required("rows", "a text").about("the column whose values stand down the side"),
        .derived("columns", "a text", "none").about("the column whose values stand across"),
        .derived("values", "a text or a list of texts", "all").about("the measured columns"),
        testParameter,
    ]

    static let tables: [Builtin] = [
        Builtin(
            "pivot", .experiments, [.required("name", "a text")] + pivotParameters,
            """
            An experiment's rows as a table for a paper: each cell is a mean ± standard deviation with the digits that the spread \
            supports. The best of a column is bold if it is significantly better than every other cell, and the second underlined \
            if it is significantly better than all below it, as `contrasts` compares them. Its caption says what the numbers \
            are, over which rows and images, and by which test.
            """,
            examples: ["pivot(\"blocks\", rows = \"transform\", values = \"psnr\")"]
        ) { session, arguments throws(Diagnostic) in
            let name = try arguments.text("name")
            let rows = try arguments.text("rows")
            let across = try arguments.given("columns", arguments.text)
            let values = try arguments.given("values", arguments.texts)
            let unit = try arguments.choice("test", Test.self).unit
            guard across != rows else { throw .sameColumn(rows, at: arguments.span(of: "columns")) }
            try arguments.requireDistinct(values, "values")
            guard session.readsTables else { return try session.planReading(arguments) }
            let (table, axes) = try session.table(name)
            let pivot = try PivotTable(
                table, rows: rows, across: across, values: values, axes: axes, unit: unit,
                scores: session.scores(of: table, unit, values))
            return .table(pivot.table)
        },
        Builtin(
            "write", .experiments,
            [
                .required("table", "a table or a list of records"), .required("to", "a path"),
                .derived("caption", "a text", "the table's own"),
            ],
            """
            Writes a table into a file: LaTeX (.tex, with the rules of booktabs), Markdown (.md), HTML (.html) or CSV; its cells are \
            as it is shown. A list of records, such as `contrasts` and `rows` give, is a table with a column for each field.
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
        let caption = try arguments.given("caption", arguments.text)
        switch value {
        case .list(let list):
            guard let table = list.asTable else {
                throw arguments.wrong("table", value, hint: "its elements are records with the same fields")
            }
            try write(table, format, caption, to: path, at: arguments.span(of: "to"))
        case .table(let table):
            try write(table, format, caption, to: path, at: arguments.span(of: "to"))
        case .pending: return
        case .text(let name):
            throw arguments.wrong(
                "table", value, hint: "`pivot(\"\(name)\", rows = …)` makes one of an experiment's rows")
        case .nothing, .number, .boolean, .range, .record, .callable, .network, .sharing, .dataset, .model,
            .image, .feature:
            throw arguments.wrong("table", value)
        }
    }

    private func write(
        _ table: TextTable, _ format: TextTable.FileFormat, _ caption: String?, to path: String, at span: Span
    ) throws(Diagnostic) {
        guard writesFiles else { return }
        if format == .csv, FileManager.default.fileExists(atPath: path), try ResultTable.isTable(path) {
            throw .wouldOverwriteTable(path, at: span)
        }
        try writeAtomically(table.file(format, caption: caption), to: path)
        front.notice(path)
    }
}

extension List {
    /// Records with the same fields as a table, a column for each field; `nil` for anything else.
    fileprivate var asTable: TextTable? {
        var rows: [OrderedDictionary<String, Value>] = []
        for element in elements {
            guard case .record(let fields) = element, rows.isEmpty || rows[0].keys == fields.keys else {
                return nil
            }
            rows.append(fields)
        }
        guard let first = rows.first else { return nil }
        let columns = first.keys.map { name in
            let isNumeric = rows.allSatisfy {
                $0[name]?.asCell.number != nil || $0[name]?.asCell.isMissing ?? true
            }
            return TextTable.Column(name, isNumeric ? .right : .left)
        }
        return TextTable(columns: columns, rows: rows.map { $0.values.map(\.asCell.description) })
    }
}

extension Arguments {
    /// - Throws: `out-of-range` for a list without elements, or with one twice.
    func requireDistinct(_ texts: [String]?, _ name: String) throws(Diagnostic) {
        guard let texts, texts.isEmpty || Set(texts).count < texts.count else { return }
        let twice = texts.first { text in texts.count { $0 == text } > 1 }
        throw Diagnostic(
            "out-of-range",
            "`\(name)` of `\(builtin.name)` " + (twice.map { "names `\($0)` twice" } ?? "is an empty list"),
            at: span(of: name))
    }
}

extension Diagnostic {
    fileprivate static func sameColumn(_ column: String, at span: Span) -> Diagnostic {
        Diagnostic("out-of-range", "`\(column)` cannot stand down and across at once", at: span)
    }

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
