import Diagnostics
import Files
import Foundation
import Graph
import Language
import OrderedCollections
import Runs
import Statistics
import Tables
import Tracing
import Workbench

/// Tables for papers.
package enum PivotFunctions {
    private static let pivotParameters: [Builtin.Parameter] = [
        .required("rows", .column).about("the column whose values stand down the side"),
        .derived("columns", .column, "none").about("the column whose values stand across"),
        .derived("values", .columns, "all").about("the measured columns"),
        TableFunctions.testParameter,
    ]

    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "pivot", .experiments, [.required("name", .experiment)] + pivotParameters,
                """
                An experiment's rows as a table for a paper: each cell is a mean ± standard deviation with the digits that the spread \
                supports. The best of a column is bold if it is significantly better than every other cell, and the second underlined \
                if it is significantly better than all below it, as `contrasts` compares them. Its caption says what the numbers \
                are, over which rows and images, and by which test.
                """, examples: ["pivot(\"blocks\", rows = \"transform\", values = \"psnr\")"],
                .init(effect: .reads)),
            plan: { workbench, arguments throws(Diagnostic) in
                try arguments.checkPivot()
                return try workbench.planReading(arguments)
            }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.pivot(arguments)
        },
        Function(
            Builtin(
                "write", .experiments,
                [
                    .required("table", .either([.table, .list("a list of records")])),
                    .required("to", .path(.writes)),
                    .derived("caption", .text, "the table's own"),
                ],
                """
                Writes a table into a file: LaTeX (.tex, with the rules of booktabs), Markdown (.md), HTML (.html) or CSV; its cells are \
                as it is shown. A list of records, such as `contrasts` and `rows` give, is a table with a column for each field.
                """,
                examples: [
                    "write(summarize(\"blocks\", by = \"transform\"), to = \"blocks.md\")",
                    "write(pivot(\"blocks\", rows = \"transform\"), to = \"blocks.tex\", caption = \"Blocks of equal depth.\")",
                ], .init(effect: .writes)),
            plan: { _, arguments throws(Diagnostic) in
                _ = try arguments.tableToWrite()
                return .nothing
            }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.write(arguments)
            return .nothing
        },
    ]
}

extension Workbench {
    fileprivate func pivot(_ arguments: Arguments) throws(Diagnostic) -> Value {
        try arguments.checkPivot()
        let values = try arguments.given("values", arguments.texts)
        let unit = try arguments.choice("test", TableFunctions.Test.self).unit
        let (table, axes) = try table(arguments)
        let pivot = try PivotTable(
            table, rows: arguments.text("rows"), across: arguments.given("columns", arguments.text),
            values: values, ComparisonDesign(axes: axes, unit: unit, scores: scores(of: table, unit, values)))
        return .foreign(pivot.table)
    }

    fileprivate func write(_ arguments: Arguments) throws(Diagnostic) {
        let (table, format) = try arguments.tableToWrite()
        let path = try arguments.text("to")
        if format == .csv, FileManager.default.fileExists(atPath: path), try ResultTable.isTable(path) {
            throw .wouldOverwriteTable(path, at: arguments.span(of: "to"))
        }
        try writeAtomically(
            table.file(format, caption: arguments.given("caption", arguments.text)), to: path)
        frontEnd.notice(path)
    }
}

extension Arguments {
    fileprivate func checkPivot() throws(Diagnostic) {
        let rows = try text("rows")
        guard try given("columns", text) != rows else { throw .sameColumn(rows, at: span(of: "columns")) }
        try requireDistinct(given("values", texts), "values")
    }

    /// What `write` writes, and how.
    fileprivate func tableToWrite() throws(Diagnostic) -> (TextTable, TextTable.FileFormat) {
        let (value, path) = (try value("table"), try text("to"))
        let ending = path.contains(".") ? path.split(separator: ".").last?.lowercased() : nil
        guard let format = ending.flatMap(TextTable.FileFormat.init) else {
            throw .unknownTableFormat(path, at: span(of: "to"))
        }
        if let table = value.as(TextTable.self) { return (table, format) }
        guard case .list(let list) = value, let table = list.asTable else {
            throw wrong("table", value, hint: "its elements are records with the same fields")
        }
        return (table, format)
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
    package func requireDistinct(_ texts: [String]?, _ name: String) throws(Diagnostic) {
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
            "unknown-format",
            "tables are written as LaTeX, Markdown, HTML or CSV, and \"\(path)\" does not end with .tex, .md, "
                + ".html or .csv", at: span)
    }
}
