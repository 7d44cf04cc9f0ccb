import ArgumentParser
import Diagnostics
import Foundation
import ReadlineShim
import Session
import Syntax

/// The prompt: reads statements with GNU readline, over several lines where they need it, and runs them.
struct PromptLoop {
    let options: SessionOptions

    init(_ options: SessionOptions) { self.options = options }

    func run() throws {
        guard options.overrides.isEmpty else {
            throw ValidationError("--set changes a script's names; at the prompt, bind them yourself")
        }
        Interruption.install()
        let options = options
        let status = withStack(Session.stackSize) { Self.loop(options) }
        if status != 0 { throw ExitCode(status) }
    }

    private static func loop(_ options: SessionOptions) -> Int32 {
        let front = TerminalFront()
        let session: Session
        do {
            session = try Session(options.configuration, front: front)
        } catch {
            front.report(error)
            return 1
        }
        Output.results.write("Acuity \(Acuity.version) – `source gao2019` shows a network, Ctrl-D leaves\n")
        acuity_readline_start { Interruption.take() ? 1 : 0 }
        let history = History()
        history.read()
        defer { history.write() }
        var number = 1
        while let entry = readEntry(number, front) {
            guard !entry.allSatisfy(\.isWhitespace) else { continue }
            acuity_history_add(entry)
            do {
                try session.run(Source(name: "<prompt:\(number)>", text: entry))
            } catch {
                front.report(error)
            }
            _ = Interruption.take()
            number += 1
        }
        Output.results.write("\n")
        return 0
    }

    /// One entry: a line, and more lines for as long as the statement is unfinished. `nil` at the end of the input.
    private static func readEntry(_ number: Int, _ front: TerminalFront) -> String? {
        guard var entry = readLine("\(number)> ") else { return nil }
        let indent = String(repeating: " ", count: String(number).count)
        while isUnfinished(entry) {
            guard let line = readLine("\(indent)… ") else { return entry }
            guard acuity_line_was_dropped() == 0 else { return "" }
            // An empty line ends an entry that will not end itself, and shows what is missing.
            if line.isEmpty { return entry }
            entry += "\n" + line
        }
        return entry
    }

    private static func readLine(_ prompt: String) -> String? {
        guard let line = acuity_readline(prompt) else { return nil }
        defer { free(line) }
        // What was pressed while the line was typed has had its effect.
        _ = Interruption.take()
        return String(cString: line)
    }

    private static func isUnfinished(_ entry: String) -> Bool {
        do {
            _ = try Parser.parse(Source(name: "", text: entry))
            return false
        } catch {
            return error.code == Diagnostic.unfinishedCode
        }
    }
}

/// Lines typed before, in `$XDG_STATE_HOME/acuity/history`.
private struct History {
    private let path: String?

    init() {
        let environment = ProcessInfo.processInfo.environment
        let state =
            environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? environment["HOME"].map { $0 + "/.local/state" }
        path = state.map { $0 + "/acuity/history" }
    }

    func read() {
        if let path { _ = acuity_history_read(path) }
    }

    /// A history that cannot be kept is no reason to disturb anyone who is leaving.
    func write() {
        guard let path else { return }
        let folder = (path as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        _ = acuity_history_write(path)
    }
}
