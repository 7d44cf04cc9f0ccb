import ArgumentParser
import Diagnostics
import Experiments
import Files
import Foundation
import Runs
import Session
import TableFunctions
import Workbench

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
    var results = SessionConfiguration.standard.resultsFolder

    func validate() throws { try check(results: results) }

    func report(_ body: (ResultsReport, TerminalFrontEnd) throws(Diagnostic) -> Void) throws {
        try reporting(in: results, body)
    }
}

/// Runs `body` with a folder of results; a mistake is reported, and ends the program with 1.
private func reporting<Result>(
    in folder: String, _ body: (ResultsReport, TerminalFrontEnd) throws(Diagnostic) -> Result
) throws -> Result {
    let frontEnd = TerminalFrontEnd()
    do throws(Diagnostic) {
        let report = ResultsReport(in: folder)
        try report.requireFolder()
        return try body(report, frontEnd)
    } catch {
        frontEnd.report(error)
        throw ExitCode(1)
    }
}

struct ListResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tables and runs.")
    @OptionGroup var folder: ResultsFolder

    func run() throws {
        try folder.report { report, frontEnd throws(Diagnostic) in
            frontEnd.show(.table(try report.tables()))
            frontEnd.show(.table(report.runs()))
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
        try folder.report { report, frontEnd throws(Diagnostic) in frontEnd.show(.table(try report.show(row)))
        }
    }
}

struct DiffResults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show the settings and the scores in which two rows, runs, tables or files differ.")
    @Argument(help: "A row, a run, a table, or a table's or a model's file.") var first: String
    @Argument(help: "What it is compared with.") var second: String
    @OptionGroup var folder: ResultsFolder

    func run() throws {
        let (first, second) = (first, second)
        try folder.report { report, frontEnd throws(Diagnostic) in
            frontEnd.show(.table(try report.differencesOfFiles(first, second)))
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
        abstract:
            "Look for tables that are stale, or were changed by hand, and for runs that are damaged or gone.",
        discussion: """
            A row is stale where its script, the blocks and data that it uses, or the program would now ask for another one; \
            the scripts are read for that, and columns are derived from the runs again, but nothing is trained or written. With --rerun, one row of each table is computed again \
            beside the results, on as many threads as before, and must give the same numbers: to the last bit where the \
            instruction set is the same, elsewhere decibels within 0.02.
            """)
    @Flag(help: "Compute one row of each table again, drawn at random.") var rerun = false
    @OptionGroup var folder: ResultsFolder

    func run() throws {
        var isSound = true
        var found: ResultsReport?
        var rows: [ResultsReport.Sampled] = []
        let reruns = rerun
        try folder.report { report, frontEnd throws(Diagnostic) in
            let faults = try report.faults()
            for fault in faults { frontEnd.show(.text(fault)) }
            isSound = faults.isEmpty
            found = report
            if reruns { rows = try report.sample() }
        }
        guard let report = found else { throw ExitCode(1) }
        let audit = Audit()
        let origins = report.origins
        for invocation in origins.invocations where try !Self.succeeds({ try self.audit(invocation, audit) })
        {
            isSound = false
        }
        for row in rows where try !Self.succeeds({ try again(row) }) { isSound = false }
        let unchecked = try uncheckedTables(in: report.folder, origins, audit)
        for line in unchecked { TerminalFrontEnd().show(.text(line)) }
        guard isSound, unchecked.isEmpty else { throw ExitCode(1) }
        TerminalFrontEnd().show(
            .text("all tables are what their scripts ask for, and all runs as they were written"))
    }

    /// Tables that no script was held against, and why, a sentence each.
    private func uncheckedTables(
        in folder: String, _ origins: ResultsReport.Origins, _ audit: Audit
    ) throws -> [String] {
        let withoutScripts = origins.withoutScripts
        let strangers = Set(withoutScripts.map(\.table))
        let others = try RunStore.tables(in: folder).filter {
            !strangers.contains($0) && !audit.met.contains($0)
        }
        return withoutScripts.map { "\($0): it is not checked against a script: \($1.message)" }
            + others.map { table in
                origins.isMade(table, byOneOf: audit.stopped)
                    ? "\(table): it is not checked, for its script stopped before this experiment"
                    : "\(table): the script that made it has no such experiment now"
            }
    }

    private func options(_ invocation: ResultsReport.Invocation) throws -> SessionOptions {
        var options = try SessionOptions.parse([])
        (options.results, options.overrides) = (folder.results, invocation.settings)
        return options
    }

    private func audit(_ invocation: ResultsReport.Invocation, _ audit: Audit) throws {
        try ScriptRunner(options(invocation), audit: audit).run(paths: invocation.scripts)
    }

    /// Computes a row in a copy of the results, which stay as they are.
    private func again(_ row: ResultsReport.Sampled) throws {
        let copy = FileManager.default.temporaryDirectory.path + "/acuity-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let frontEnd = TerminalFrontEnd()
        try folder.report { report, _ throws(Diagnostic) in try report.copy(to: copy) }
        var options = try options(row.invocation)
        (options.results, options.threads) = (copy, row.row.provenance.run.threads)
        try ScriptRunner(options, onlyRow: row.row.fingerprint).run(paths: row.invocation.scripts)
        var differences: [String] = []
        try folder.report { _, _ throws(Diagnostic) in
            differences = try row.differences(from: ResultsReport(in: copy))
        }
        for difference in differences { frontEnd.show(.text("\(row.title): \(difference)")) }
        if !differences.isEmpty { throw ExitCode(1) }
        frontEnd.show(.text("\(row.title): the same again"))
    }

    private static func succeeds(_ body: () throws -> Void) throws -> Bool {
        do { try body() } catch let code as ExitCode where code.rawValue == 1 || code.rawValue == 2 {
            return false
        }
        return true
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
        try folder.report { report, frontEnd throws(Diagnostic) in
            let runs = try report.prunable(olderThanDays: days)
            frontEnd.show(.table(report.table(of: runs)))
            frontEnd.notice(try report.prune(runs, isDry: dryRun))
        }
    }
}
