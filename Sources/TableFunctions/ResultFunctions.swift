import Diagnostics
import Experiments
import Foundation
import Language
import ModelFiles
import OrderedCollections
import Runs
import Tables
import Tracing
import Workbench

/// What `acuity results` does, at the prompt.
package enum ResultFunctions {
    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "results", .experiments, [],
                "Tables and the runs that they are computed from, in the folder of the results.",
                examples: ["results()"], .init(effect: .shows)), plan: { _, _ in .pending }
        ) { workbench, _ throws(Diagnostic) in
            workbench.frontEnd.show(.table(try workbench.resultsReport.tables()))
            return .foreign(workbench.resultsReport.runs())
        },
        Function(
            Builtin(
                "show_result", .experiments, [.required("row", .text)],
                """
                What a row, a run or a table is, and where it comes from. A row is named as "TABLE:NUMBER" or by the first \
                digits of its fingerprint, a run by those of its hash.
                """, examples: ["show_result(\"blocks:1\")"], .init(effect: .shows)),
            plan: { _, _ in .pending }
        ) { workbench, arguments throws(Diagnostic) in
            let row = try arguments.text("row")
            return .foreign(try workbench.resultsReport.show(row))
        },
        Function(
            Builtin(
                "diff_results", .experiments, [.required("a", .text), .required("b", .text)],
                """
                The settings in which two rows, runs, tables or files (a table's or a model's) differ, then the values \
                in which they do. Rows of two tables are paired by their axes.
                """, examples: ["diff_results(\"blocks:1\", \"blocks:2\")"], .init(effect: .shows)),
            plan: { _, _ in .pending }
        ) { workbench, arguments throws(Diagnostic) in
            let (first, second) = (try arguments.text("a"), try arguments.text("b"))
            return .foreign(try workbench.resultsReport.differencesOfFiles(first, second))
        },
        Function(
            Builtin(
                "check_results", .experiments, [],
                "What was changed by hand in tables, and which runs are damaged or gone, as a list of texts.",
                examples: ["count(check_results())  # 0"], .init(effect: .shows)), plan: { _, _ in .pending }
        ) { workbench, _ throws(Diagnostic) in
            return .list(List(try workbench.resultsReport.faults().map { .text($0) }))
        },
        Function(
            Builtin(
                "prune_results", .experiments,
                [
                    .standard("older_than", .numberOf("days"), .number(0)),
                    .standard("dry_run", .boolean, .boolean(false)),
                ],
                """
                Removes runs that no table names and that have not changed for `older_than` days, and lists them; with \
                `dry_run = true` it only lists them. Runs that a process works on stay.
                """, examples: ["prune_results(dry_run = true)"], .init(effect: .writes)),
            plan: { workbench, arguments throws(Diagnostic) in
                let days = try arguments.days()
                // Where nothing may be written, what would be removed is listed.
                guard workbench.mode.computes else { return .pending }
                return try workbench.prune(olderThanDays: days, isDry: true)
            }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.prune(olderThanDays: arguments.days(), isDry: arguments.boolean("dry_run"))
        },
    ]
}

extension Workbench {
    package var resultsReport: ResultsReport { ResultsReport(in: configuration.resultsFolder) }

    fileprivate func prune(olderThanDays days: Double, isDry: Bool) throws(Diagnostic) -> Value {
        let report = resultsReport
        let runs = try report.prunable(olderThanDays: days)
        frontEnd.show(.table(report.table(of: runs)))
        frontEnd.notice(try report.prune(runs, isDry: isDry))
        return .nothing
    }
}

extension Arguments {
    fileprivate func days() throws(Diagnostic) -> Double {
        let days = try number("older_than")
        guard days >= 0 else {
            throw .outOfRange(
                "`older_than`", wanted: "a number of days, 0 or more", got: days, at: span(of: "older_than"))
        }
        return days
    }
}

extension ResultsReport {
    /// The differences of two rows, runs, tables or files; of a model's file those of its recipe.
    package func differencesOfFiles(_ first: String, _ second: String) throws(Diagnostic) -> TextTable {
        guard Self.isModel(first) || Self.isModel(second) else { return try differences(first, second) }
        return Self.differences(try compared(file: first), try compared(file: second))
    }

    private static func isModel(_ name: String) -> Bool { name.lowercased().hasSuffix(".safetensors") }

    private func compared(file name: String) throws(Diagnostic) -> Compared {
        guard Self.isModel(name) else { return try compared(name) }
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
