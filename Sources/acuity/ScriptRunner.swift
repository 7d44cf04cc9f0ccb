import ArgumentParser
import Diagnostics
import Files
import Foundation
import Session

/// Runs scripts without a person at the keyboard.
struct ScriptRunner {
    let options: SessionOptions
    let isCheck: Bool
    /// Whether the prompt follows, with what the scripts have bound.
    let staysAtPrompt: Bool

    init(_ options: SessionOptions, isCheck: Bool = false, staysAtPrompt: Bool = false) {
        self.options = options
        self.isCheck = isCheck
        self.staysAtPrompt = staysAtPrompt
    }

    /// - Parameter paths: files; `-` is the standard input.
    func run(paths: [String]) throws {
        let front = TerminalFront()
        var sources: [Source] = []
        do {
            for path in paths { sources.append(try Self.read(path)) }
        } catch {
            front.report(error)
            throw ExitCode(1)
        }
        try run(sources, front)
    }

    func run(_ sources: [Source]) throws { try run(sources, TerminalFront()) }

    private func run(_ sources: [Source], _ front: TerminalFront) throws {
        Interruption.install()
        let script = Script(
            sources: sources, options: options, isCheck: isCheck, staysAtPrompt: staysAtPrompt)
        let status = withStack(Session.stackSize) { script.run() }
        if status != 0 { throw ExitCode(status) }
    }

    private static func read(_ path: String) throws(Diagnostic) -> Source {
        guard path != "-" else {
            let bytes: Data
            do {
                bytes = try FileHandle.standardInput.read(upToCount: Session.scriptLimit + 1) ?? Data()
            } catch {
                throw .cannotRead("standard input", reason: "\(error.localizedDescription)")
            }
            guard bytes.count <= Session.scriptLimit else {
                throw Diagnostic(
                    "too-large",
                    "standard input holds more than the \(Session.scriptLimit) bytes that are read here")
            }
            return Source(
                name: "<standard input>", text: try decodeText(Array(bytes), named: "standard input"))
        }
        return Source(name: path, text: try readText(path, limit: Session.scriptLimit))
    }
}

/// Sources to run in one session, and how: what the thread that runs them needs to know.
private struct Script: Sendable {
    let sources: [Source]
    let options: SessionOptions
    let isCheck: Bool
    let staysAtPrompt: Bool

    /// The exit status.
    func run() -> Int32 {
        let front = TerminalFront()
        do {
            var configuration = options.configuration
            configuration.isCheck = isCheck
            configuration.isInteractive = staysAtPrompt
            let session = try Session(configuration, front: front)
            try override(in: session)
            if staysAtPrompt {
                runBeforePrompt(session, front)
                return 0
            }
            for source in sources { try session.run(source) }
            return session.failedRows == 0 ? 0 : 1
        } catch let error as UsageMistake {
            front.report(error.diagnostic)
            return 2
        } catch let diagnostic as Diagnostic {
            front.report(diagnostic)
            return diagnostic.code == Diagnostic.interruptedCode ? 130 : 1
        } catch {
            front.notice("error: \(error)")
            return 1
        }
    }

    /// The scripts as far as they run, then the prompt, to look at what they did.
    private func runBeforePrompt(_ session: Session, _ front: TerminalFront) {
        do {
            for source in sources { try session.run(source) }
        } catch {
            front.report(error)
        }
        _ = Interruption.take()
        PromptLoop.run(session, front)
    }

    private func override(in session: Session) throws {
        guard !options.overrides.isEmpty else { return }
        var names: [String] = []
        for source in sources { names += try Session.topLevelNames(of: source) }
        for (name, value) in options.bindings {
            guard names.contains(name) else { throw UsageMistake(.nothingToSet(name, among: names)) }
            do {
                try session.override(name, with: value)
            } catch {
                throw UsageMistake(error)
            }
        }
    }
}

/// What is wrong with the command line rather than with the script.
private struct UsageMistake: Error {
    let diagnostic: Diagnostic

    init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
}

extension Diagnostic {
    fileprivate static func nothingToSet(_ name: String, among names: [String]) -> Diagnostic {
        Diagnostic(
            "nothing-to-set", "--set \(name): the script binds no name `\(name)` at its top level",
            notes: names.isEmpty ? [] : ["it binds " + Array(Set(names)).sorted().joined(separator: ", ")],
            hint: nearest(to: name, among: names).map { "did you mean `\($0)`?" })
    }
}
