import Diagnostics
import Experiments
import Files
import Foundation
import OrderedCollections

extension Builtin {
    static let experiments: [Builtin] = [
        Builtin(
            "rows", .experiments, [.required("name", "a text")],
            "The rows of an experiment's table, as a list of records.",
            examples: ["all = rows(\"blocks\")\ncount(all)  # 4\nall[1].seed  # 1"]
        ) { session, arguments throws(Diagnostic) in
            if session.isRehearsal { return try session.planReading(arguments) }
            let (table, _) = try session.table(arguments.text("name"))
            let rows = table.rows.map { row -> Value in
                var fields: OrderedDictionary<String, Value> = [:]
                for column in table.columns { fields[column] = Value(row[column]) }
                return .record(fields)
            }
            return .list(List(rows))
        },
        Builtin(
            "column", .experiments, [.required("name", "a text"), .required("column", "a text")],
            "One column of an experiment's table, as a list.",
            examples: [
                "psnr = column(\"blocks\", \"psnr\")\nmaximum(psnr) >= mean(psnr)  # true"
            ]
        ) { session, arguments throws(Diagnostic) in
            if session.isRehearsal { return try session.planReading(arguments) }
            let (table, _) = try session.table(arguments.text("name"))
            let column = try arguments.text("column")
            guard table.columns.contains(column) else {
                throw .unknownField(column, known: table.columns, at: arguments.span(of: "column"))
            }
            return .list(List(table.rows.map { Value($0[column]) }))
        },
        Builtin(
            "summarize", .experiments,
            [.required("name", "a text"), .required("by", "a text or a list of texts")],
            """
            A table of an experiment's results, grouped by one column or several: number of rows, mean ± sample \
            standard deviation of every measured column, and against the first group the mean difference Δ and a paired \
            t-test over rows that agree in the other axes; where none agree, Δ is the difference of the means.
            """,
            examples: ["summarize(\"blocks\", by = \"transform\")"]
        ) { session, arguments throws(Diagnostic) in
            if session.isRehearsal { return try session.planReading(arguments) }
            var columns: [String] = []
            let by = try arguments.value("by")
            for value in by.elements ?? [by] {
                guard case .text(let column) = value else { throw arguments.wrong("by", by) }
                columns.append(column)
            }
            let (table, axes) = try session.table(arguments.text("name"))
            return .table(try Summary(table, by: columns, axes: axes).table)
        },
        Builtin(
            "results_folder", .experiments, [],
            "The folder that tables are written to: `results`, or what `--results` says.",
            examples: [
                "results_folder()  # results"
            ]
        ) { session, _ throws(Diagnostic) in .text(session.configuration.resultsFolder) },
    ]
}

extension Session {
    /// An experiment's table as it stands on the disk, and the axes of its rows by their fingerprints. What
    /// is amiss with it is said.
    fileprivate func table(
        _ name: String
    ) throws(Diagnostic) -> (ResultTable, axes: [String: [Recipe.Line]]) {
        try ExperimentStore.check(name: name)
        let path = ExperimentStore.tablePath(name, in: configuration.resultsFolder)
        guard FileManager.default.fileExists(atPath: path) else {
            throw .noTable(path, of: name, among: tableNames)
        }
        let table = try ResultTable(readFrom: path)
        let store = RunStore(in: configuration.resultsFolder)
        if !isRehearsal { noticeState(of: table, name, at: path, in: store) }
        var places: [String: [Recipe.Line]] = [:]
        for row in table.rows { places[row.fingerprint] = store.recipe(of: row.fingerprint)?.axes }
        return (table, places)
    }

    /// Says what of a table was changed by hand, and whether it may be of two runs.
    private func noticeState(of table: ResultTable, _ name: String, at path: String, in store: RunStore) {
        let changes = ExperimentStore.changesByHand(name, in: store)
        for change in changes.prefix(3) { front.notice("\(path): \(change)") }
        if changes.count > 3 { front.notice("\(path): \(changes.count - 3) more changes by hand") }
        let others = ExperimentStore.rowsOfOthers(in: table, of: name, in: store)
        if others > 0 {
            front.notice(
                "\(path): the run that wrote it last has not ended, and \(others) of its "
                    + "\(counted(table.rows.count, "row")) may be of other settings")
        }
    }

    /// Experiments whose tables are there.
    var tableNames: [String] {
        (try? RunStore.tables(in: configuration.resultsFolder)) ?? []
    }

    /// A row that reads a table depends on what stands in it; when its rows were finished does not count.
    /// - Throws: `own-table` where the row would change what it depends on.
    fileprivate func planReading(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let name = try arguments.text("name")
        guard let plan else { return .pending }
        guard name != plan.experiment else { throw .ownTable(name, at: arguments.span(of: "name")) }
        let path = ExperimentStore.tablePath(name, in: configuration.resultsFolder)
        guard FileManager.default.fileExists(atPath: path) else {
            plan.add("table", [("name", name), ("rows", "none")])
            return .pending
        }
        let rows = try table(name).0.rows.map { row in
            "\(row.fingerprint) \(row.provenance.run.threads) "
                + row.cells.map { "\(quoted($0.key)) \(quoted($0.value.description))" }.joined(separator: " ")
        }
        plan.add("table", [("name", name), ("rows", shortDigest(rows.joined(separator: "\n")))])
        return .pending
    }
}

extension Diagnostic {
    fileprivate static func noTable(_ path: String, of name: String, among names: [String]) -> Diagnostic {
        Diagnostic(
            "no-table", "there is no table of an experiment \"\(name)\"; it would be \(path)",
            hint: nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
                ?? "an experiment writes its table when it is run")
    }

    static func ownTable(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "own-table", "a row of \"\(name)\" cannot depend on the table that it is to stand in", at: span,
            hint: "read the table after the experiment, or in another one")
    }
}
