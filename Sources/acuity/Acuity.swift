import ArgumentParser
import BuildInfo
import Diagnostics
import Files
import Foundation
import Images
import Machine
import Session
import Training
import Workbench

@main
struct Acuity: ParsableCommand {
    static let version = "0.1.0"
    /// With the commit, where it is known: `0.1.0+63bc904`.
    static let fullVersion: String = {
        let commit = String(cString: acuityCommit())
        return commit.isEmpty ? version : version + "+" + commit
    }()

    static let configuration = CommandConfiguration(
        commandName: "acuity",
        abstract: "Image-deblurring research: declare a network, train it, score it, write the table.",
        discussion: """
            Without a command, acuity reads statements at a prompt, runs the script on its standard input, or runs \
            the code given with -e: acuity -e 'parameters(gao2019())'. Options that all of these take, such as \
            --threads, are listed by: acuity help prompt.

            Results go to standard output, progress and mistakes to standard error. Exit status: 0; 1 if the script \
            or its data is wrong, or its results cannot be written; 2 if the command line is wrong; 128 and the number \
            of the signal that ended it, such as 130 for Ctrl-C.
            """,
        version: fullVersion,
        subcommands: [
            Prompt.self, Run.self, Check.self, Results.self, Fill.self, Deblur.self, Compare.self,
            PrintReference.self,
        ],
        defaultSubcommand: Prompt.self)

    static func main() {
        Output.reserveClosedStreams()
        limitLibraries()
        // With nothing to parse, the prompt need not wait for the parser: a fifth of the time that it takes
        // to come.
        if CommandLine.arguments.count == 1, isatty(STDIN_FILENO) != 0 {
            Foundation.exit(Output.status(PromptLoop(.standard).run()))
        }
        do {
            var command = try parseAsRoot()
            try command.run()
            Foundation.exit(Output.status(0))
        } catch {
            // The parser's own status for a wrong command line is 64; ours is 2, as of most commands.
            let status = exitCode(for: error)
            let text = fullMessage(for: error)
            if status == .success {
                Output.results.write(text + "\n")
            } else if !text.isEmpty {
                Output.messages.write(text + "\n")
            }
            Foundation.exit(Output.status(status == .validationFailure ? 2 : status.rawValue))
        }
    }

    /// OpenBLAS starts a thread for each core while it is loaded, for which there is no use here; each takes
    /// 128 MB of addresses, and where `ulimit -v` does not leave them tries again without end. The C library
    /// sets 64 MB aside for the small memory of each thread. Only the environment that they are loaded in
    /// keeps them from that, so under such a limit the program begins anew with that one.
    private static func limitLibraries() {
        guard MachineMemory.addressSpaceLimit != nil else { return }
        let names = ["OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX"]
        let missing = names.filter { getenv($0) == nil }
        guard !missing.isEmpty, missing.allSatisfy({ setenv($0, "1", 0) == 0 }) else { return }
        // Where it cannot be begun anew it goes on as it is.
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
}

/// What all commands take.
struct SessionOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "Threads that training and scoring use: the cores that the process may use, unless given.")
    var threads = SessionConfiguration.standard.threads

    @Option(help: ArgumentHelp("The folder that tables are written to.", valueName: "dir"))
    var results = SessionConfiguration.standard.resultsFolder

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Bind a top-level name of the script to another value; can be repeated.", valueName: "name=value")
    )
    var overrides: [String] = []

    @Flag(help: "Compute all runs of experiments again, also those that are there already.")
    var fresh = false

    @Flag(help: "End at the first row of an experiment that fails.")
    var stopAtFirstFailure = false

    func validate() throws {
        try check(threads: threads)
        try check(results: results)
        for override in overrides {
            guard let equals = override.firstIndex(of: "="), equals != override.startIndex else {
                throw ValidationError("--set needs name=value, not '\(override)'")
            }
        }
    }

    var configuration: SessionConfiguration {
        var configuration = SessionConfiguration.standard
        configuration.threads = threads
        configuration.resultsFolder = results
        configuration.runsAllRows = fresh
        configuration.stopsAtFailure = stopAtFirstFailure
        return configuration
    }

    /// The names to override and their values.
    var bindings: [(name: String, value: Source)] {
        overrides.map { override in
            let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                parts[0].trimmingCharacters(in: .whitespaces),
                Source(name: "<--set \(parts[0])>", text: String(parts[1]))
            )
        }
    }
}

/// `acuity`, `acuity -e CODE`, and a script on standard input.
struct Prompt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt", abstract: "Read statements at a prompt, or from standard input.")

    @Option(name: .short, help: ArgumentHelp("Run this code; can be repeated.", valueName: "code"))
    var expressions: [String] = []
    /// What is meant as a command or a script; neither stands here.
    @Argument(help: .hidden) var strays: [String] = []

    @OptionGroup var options: SessionOptions

    func validate() throws {
        guard let stray = strays.first else { return }
        let options = [
            "--threads", "--results", "--set", "--fresh", "--stop-at-first-failure", "--help", "--version",
        ]
        let given = CommandLine.arguments.dropFirst().filter { $0.hasPrefix("--") }.map {
            $0.prefix { $0 != "=" }
        }
        if let unknown = given.map(String.init).first(where: { !options.contains($0) }) {
            let meant = nearest(to: unknown, among: options).map { "; did you mean '\($0)'?" } ?? ""
            throw ValidationError("there is no option '\(unknown)'\(meant)")
        }
        if Acuity.configuration.subcommands.contains(where: { $0._commandName == stray }) {
            throw ValidationError("options go after the command: acuity \(stray) …")
        }
        throw ValidationError(
            stray.hasSuffix(".acu") || FileManager.default.fileExists(atPath: stray)
                ? "a script is run with: acuity run \(strays.joined(separator: " "))"
                : "there is no command '\(stray)'; 'acuity --help' lists them")
    }

    func run() throws {
        if !expressions.isEmpty {
            let name = expressions.count == 1 ? "<-e>" : "<-e %>"
            let sources = expressions.enumerated().map { index, code in
                Source(name: name.replacingOccurrences(of: "%", with: String(index + 1)), text: code)
            }
            try ScriptRunner(options).run(sources)
        } else if isatty(STDIN_FILENO) != 0 {
            guard options.overrides.isEmpty else {
                throw ValidationError("--set changes a script's names; at the prompt, bind them yourself")
            }
            let status = PromptLoop(options.configuration).run()
            if status != 0 { throw ExitCode(status) }
        } else {
            try ScriptRunner(options).run(paths: ["-"])
        }
    }
}

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run scripts, one after the other in one session.",
        discussion: "A file called - is the standard input.")

    @Argument(help: ArgumentHelp("Scripts, ending in .acu.", valueName: "file"))
    var files: [String]

    @Flag(name: .short, help: "Stay at the prompt afterwards, with the names that the scripts have bound.")
    var interactive = false

    @OptionGroup var options: SessionOptions

    func run() throws {
        guard !interactive || isatty(STDIN_FILENO) != 0 else {
            throw ValidationError("-i needs a terminal to stay at")
        }
        try ScriptRunner(options, staysAtPrompt: interactive).run(paths: files)
    }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Parse scripts, trace their networks and count parameters, without training or writing anything.")

    @Argument(help: ArgumentHelp("Scripts, ending in .acu.", valueName: "file"))
    var files: [String]

    @OptionGroup var options: SessionOptions

    func run() throws { try ScriptRunner(options, isCheck: true).run(paths: files) }
}

/// Refuses what names no folder.
func check(results: String) throws {
    guard !results.isEmpty else { throw ValidationError("--results needs a folder, and '' names none") }
}

/// Refuses what is no number of threads.
func check(threads: Int) throws {
    let limits = TrainingSettings.Limits.threads
    guard limits.contains(threads) else {
        throw ValidationError(
            "--threads must be from \(limits.lowerBound) to \(limits.upperBound), not \(threads)")
    }
    if threads > TrainingSettings.usableThreads {
        let cores = TrainingSettings.usableThreads == 1 ? "1 core" : "\(TrainingSettings.usableThreads) cores"
        Output.messages.write(
            "note: --threads \(threads), but this process may use \(cores): "
                + "more threads than cores are slower\n")
    }
}

/// Prints the reference, for the project's own documentation.
struct PrintReference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference", abstract: "Print the language reference in Markdown.", shouldDisplay: false)

    @Option(help: ArgumentHelp("Replace the reference part of this file instead.", valueName: "file"))
    var into: String?

    func run() throws {
        guard let into else { return Output.results.write(Session.reference.markdown) }
        do {
            guard let text = Session.reference.replaced(in: try readText(into, limit: 1 << 24)) else {
                throw ValidationError("\(into) has no reference part to replace")
            }
            try writeAtomically(text, to: into)
        } catch let diagnostic as Diagnostic {
            TerminalFrontEnd().report(diagnostic)
            throw ExitCode(1)
        }
    }
}

extension SessionConfiguration {
    /// What holds where the command line says nothing else.
    static var standard: SessionConfiguration {
        var configuration = SessionConfiguration(version: Acuity.fullVersion)
        configuration.threads = TrainingSettings.usableThreads
        configuration.stop = Interruption.stop
        return configuration
    }
}
