import ArgumentParser
import Diagnostics
import Experiments
import Files
import Foundation
import Session

/// `acuity results …`: looks after tables and the runs that they are computed from.
struct Results: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after tables and the runs that they are computed from.",
        discussion: """
            A ROW is named as TABLE:NUMBER, such as block-ablation:3, or by the first digits of its fingerprint; a \
            run by the first digits of its hash.
            """,
        subcommands: [
            ListResults.self, ShowResult.self, DiffResults.self, RerunRow.self, CheckResults.self,
            PruneResults.self,
        ],
        defaultSubcommand: ListResults.self)
}

/// What all of them take.
struct ResultsFolder: ParsableArguments {
    @Option(help: ArgumentHelp("The folder that tables are written to.", valueName: "dir"))
    var results = Session.Configuration.standard.resultsFolder

    func report(_ body: (ResultsReport, TerminalFront) throws(Diagnostic) -> Void) throws {
        try reporting(in: results, body)
    }
}

/// Runs `body` with a folder of results; a mistake is reported, and ends the program with 1.
private func reporting<Result>(
    in folder: String, _ body: (ResultsReport, TerminalFront) throws(Diagnostic) -> Result
) throws -> Result {
    let front = TerminalFront()
    do throws(Diagnostic) { return try body(ResultsReport(in: folder), front) } catch {
        front.report(error)
        throw ExitCode(1)
    }
}

struct ListResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tables and runs.")
    @OptionGroup var folder: ResultsFolder

    func run() throws {
        try folder.report { report, front throws(Diagnostic) in
            front.show(.table(try report.tables()))
            front.show(.table(report.runs()))
        }
    }
}

struct ShowResult: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a row, a run or a table is, and where it comes from.")
    @Argument(help: "A row, a run or a table.") var row: String
    @OptionGroup var folder: ResultsFolder

    func run() throws {
        let row = row
        try folder.report { report, front throws(Diagnostic) in front.show(.table(try report.show(row))) }
    }
}

struct DiffResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show the settings and the scores in which two rows, runs, tables or files differ.")
    @Argument(help: "A row, a run, a table, or a table's or a model's file.") var first: String
    @Argument(help: "What it is held against.") var second: String
    @OptionGroup var folder: ResultsFolder

    func run() throws {
        let (first, second) = (first, second)
        try folder.report { report, front throws(Diagnostic) in
            front.show(.table(try Session.differences(first, second, in: report)))
        }
    }
}

struct RerunRow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun",
        abstract: "Compute a row's runs again, with the script and the settings that made it.",
        discussion: "Run it in the folder in which the script was run.")
    @Argument(help: "A row.") var row: String
    @OptionGroup var options: SessionOptions

    func run() throws {
        let row = row
        let found = try reporting(in: options.results) { report, _ throws(Diagnostic) in
            try report.invocation(ofRow: row)
        }
        var options = options
        options.overrides = found.settings + options.overrides
        try ScriptRunner(options, onlyRow: found.fingerprint).run(paths: found.scripts)
    }
}

struct CheckResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look for tables that were changed by hand, and for runs that are damaged or gone.")
    @OptionGroup var folder: ResultsFolder

    func run() throws {
        var faults: [String] = []
        try folder.report { report, front throws(Diagnostic) in
            faults = try report.faults()
            for fault in faults { front.show(.text(fault)) }
            if faults.isEmpty { front.show(.text("all tables and runs are as they were written")) }
        }
        if !faults.isEmpty { throw ExitCode(1) }
    }
}

struct PruneResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove runs that no table names, and say first which.",
        discussion: "A run that a process works on is never removed, nor one that a row of a table needs.")

    @Option(help: ArgumentHelp("Only runs that have not changed for so many days.", valueName: "days"))
    var olderThan = 0.0

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    @OptionGroup var folder: ResultsFolder

    func validate() throws {
        guard olderThan >= 0, olderThan.isFinite else {
            throw ValidationError("--older-than takes a number of days, not \(olderThan)")
        }
    }

    func run() throws {
        let (days, dryRun) = (olderThan, dryRun)
        try folder.report { report, front throws(Diagnostic) in
            let runs = try report.prunable(olderThanDays: days)
            front.show(.table(report.table(of: runs)))
            front.notice(try report.prune(runs, isDry: dryRun))
        }
    }
}
