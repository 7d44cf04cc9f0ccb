import ArgumentParser
import Diagnostics
import Files
import Foundation
import Session
import Training

@main
struct Acuity: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "acuity",
        abstract: "Image-deblurring research: declare a network, train it, score it, write the table.",
        discussion: """
            Without a command, acuity reads statements at a prompt, runs the script on its standard input, or runs \
            the code given with -e: acuity -e 'parameters(gao2019())'. Options that all of these take, such as \
            --threads, are listed by: acuity help prompt.

            Results go to standard output, progress and mistakes to standard error. Exit status: 0; 1 if the script \
            or its data is wrong; 2 if the command line is wrong; 130 if interrupted.
            """,
        version: version,
        subcommands: [
            Prompt.self, Run.self, Check.self, Deblur.self, Compare.self, PrintReference.self,
        ],
        defaultSubcommand: Prompt.self)

    static func main() {
        // With nothing to parse, the prompt need not wait for the parser: a fifth of the time that it takes to come.
        if CommandLine.arguments.count == 1, isatty(STDIN_FILENO) != 0 {
            Foundation.exit(PromptLoop(.standard).run())
        }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            // The parser's own status for a wrong command line is 64; ours is 2, as of most commands.
            let status = exitCode(for: error)
            let text = fullMessage(for: error)
            if status == .success {
                Output.results.write(text + "\n")
            } else if !text.isEmpty {
                Output.messages.write(text + "\n")
            }
            Foundation.exit(status == .validationFailure ? 2 : status.rawValue)
        }
    }
}

/// What all commands take.
struct SessionOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "Threads that training and scoring use: the cores that the process may use, unless given.")
    var threads = Session.Configuration.standard.threads

    @Option(help: ArgumentHelp("The folder that tables are written to.", valueName: "dir"))
    var results = Session.Configuration.standard.resultsFolder

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Bind a top-level name of the script to another value; can be repeated.", valueName: "name=value")
    )
    var overrides: [String] = []

    @Flag(help: "Run all rows of experiments, also those whose results stand in their tables already.")
    var fresh = false

    func validate() throws {
        try check(threads: threads)
        for override in overrides {
            guard let equals = override.firstIndex(of: "="), equals != override.startIndex else {
                throw ValidationError("--set needs name=value, not '\(override)'")
            }
        }
    }

    var configuration: Session.Configuration {
        var configuration = Session.Configuration.standard
        configuration.threads = threads
        configuration.resultsFolder = results
        configuration.runsAllRows = fresh
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
        let options = ["--threads", "--results", "--set", "--fresh", "--help", "--version"]
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

/// Refuses what is no number of threads.
func check(threads: Int) throws {
    let limits = TrainingSettings.Limits.threads
    guard limits.contains(threads) else {
        throw ValidationError(
            "--threads must be from \(limits.lowerBound) to \(limits.upperBound), not \(threads)")
    }
    if threads > TrainingSettings.usableThreads {
        Output.messages.write(
            "note: --threads \(threads), but this process may use \(TrainingSettings.usableThreads) cores: "
                + "more threads than cores are slower\n")
    }
}

/// For the project's own documentation.
struct PrintReference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference", abstract: "Print the language reference in Markdown.", shouldDisplay: false)

    @Option(help: ArgumentHelp("Replace the reference part of this file instead.", valueName: "file"))
    var into: String?

    func run() throws {
        guard let into else { return Output.results.write(Reference.markdown) }
        do {
            guard let text = Reference.replaced(in: try readText(into, limit: 1 << 24)) else {
                throw ValidationError("\(into) has no reference part to replace")
            }
            try writeAtomically(text, to: into)
        } catch let diagnostic as Diagnostic {
            TerminalFront().report(diagnostic)
            throw ExitCode(1)
        }
    }
}

extension Session.Configuration {
    /// What holds where the command line says nothing else.
    static var standard: Session.Configuration {
        var configuration = Session.Configuration(version: Acuity.version)
        configuration.threads = TrainingSettings.usableThreads
        configuration.stop = Interruption.stop
        return configuration
    }
}
