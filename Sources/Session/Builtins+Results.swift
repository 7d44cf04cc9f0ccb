import Diagnostics
import Experiments
import Foundation
import ModelFiles
import OrderedCollections
import Runs
import Tables

extension Builtin {
    /// What `acuity results` does, at the prompt.
    static let results: [Builtin] = [
        Builtin(
            "results", .experiments, [],
            "Tables and the runs that they are computed from, in the folder of the results.",
            examples: ["results()"]
        ) { session, _ throws(Diagnostic) in
            if session.isRehearsal { return .pending }
            session.front.show(.table(try session.resultsReport.tables()))
            return .table(session.resultsReport.runs())
        },
        Builtin(
            "show_result", .experiments, [.required("row", "a text")],
            """
            What a row, a run or a table is, and where it comes from. A row is named as "TABLE:NUMBER" or by the first \
            digits of its fingerprint, a run by those of its hash.
            """,
            examples: ["show_result(\"blocks:1\")"]
        ) { session, arguments throws(Diagnostic) in
            let row = try arguments.text("row")
            return session.isRehearsal ? .pending : .table(try session.resultsReport.show(row))
        },
        Builtin(
            "diff_results", .experiments, [.required("a", "a text"), .required("b", "a text")],
            """
            The settings in which two rows, runs, tables or files (a table's or a model's) differ, then the values \
            in which they do. Rows of two tables are paired by their axes.
            """,
            examples: ["diff_results(\"blocks:1\", \"blocks:2\")"]
        ) { session, arguments throws(Diagnostic) in
            let (first, second) = (try arguments.text("a"), try arguments.text("b"))
            guard !session.isRehearsal else { return .pending }
            return .table(try Session.differences(first, second, in: session.resultsReport))
        },
        Builtin(
            "check_results", .experiments, [],
            "What was changed by hand in tables, and which runs are damaged or gone, as a list of texts.",
            examples: ["count(check_results())  # 0"]
        ) { session, _ throws(Diagnostic) in
            if session.isRehearsal { return .pending }
            return .list(List(try session.resultsReport.faults().map { .text($0) }))
        },
        Builtin(
            "prune_results", .experiments,
            [
                .standard("older_than", "a number of days", .number(0)),
                .standard("dry_run", "true or false", .boolean(false)),
            ],
            """
            Removes runs that no table names and that have not changed for `older_than` days, and lists them; with \
            `dry_run = true` it only lists them. Runs that a process works on stay.
            """,
            examples: ["prune_results(dry_run = true)"]
        ) { session, arguments throws(Diagnostic) in
            let days = try arguments.number("older_than")
            guard days >= 0 else {
                throw .outOfRange(
                    "`older_than`", wanted: "a number of days, 0 or more", got: days,
                    at: arguments.span(of: "older_than"))
            }
            // Nothing is removed where nothing may be written.
            let isDry = try arguments.boolean("dry_run") || !session.writesFiles
            guard !session.isRehearsal else { return .pending }
            let report = session.resultsReport
            let runs = try report.prunable(olderThanDays: days)
            session.front.show(.table(report.table(of: runs)))
            session.front.notice(try report.prune(runs, isDry: isDry))
            return .nothing
        },
    ]
}

extension Session {
    var resultsReport: ResultsReport { ResultsReport(in: configuration.resultsFolder) }

    /// The differences of two rows, runs, tables or files; of a model's file those of its recipe.
    public static func differences(
        _ first: String, _ second: String, in report: ResultsReport
    ) throws(Diagnostic) -> TextTable {
        guard isModel(first) || isModel(second) else { return try report.differences(first, second) }
        return ResultsReport.differences(try compared(first, in: report), try compared(second, in: report))
    }

    private static func isModel(_ name: String) -> Bool { name.lowercased().hasSuffix(".safetensors") }

    private static func compared(
        _ name: String, in report: ResultsReport
    ) throws(Diagnostic) -> ResultsReport.Compared {
        guard isModel(name) else { return try report.compared(name) }
        let file = try ModelFile(reading: name)
        let recipe = Recipe(text: file.notes["recipe"] ?? "")
        var values: OrderedDictionary<String, Cell> = ["steps": .number(Double(file.training.steps))]
        if let last = file.training.history.last {
            values["last_loss"] = .number(last.loss)
            values["last_psnr_db"] = .number(last.recent?.psnr ?? last.psnr)
        }
        return .init(
            title: name, settings: (recipe?.inputs ?? []).map { ($0.key, $0.value) }, values: values)
    }
}
