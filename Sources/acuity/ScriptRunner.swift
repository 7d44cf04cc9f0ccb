import ArgumentParser
import Diagnostics
import Files
import Foundation
import OrderedCollections
import Session
import Workbench

/// Runs scripts without a person at the keyboard.
struct ScriptRunner {
    let options: SessionOptions
    let isCheck: Bool
    /// Whether the prompt follows, with what the scripts have bound.
    let staysAtPrompt: Bool
    /// The one row of experiments that is to be computed again.
    let onlyRow: String?
    /// Where it is there, it is only said which rows are stale, and these end it with 1.
    let audit: Audit?

    init(
        _ options: SessionOptions, isCheck: Bool = false, staysAtPrompt: Bool = false, onlyRow: String? = nil,
        audit: Audit? = nil
    ) {
        self.options = options
        self.isCheck = isCheck
        self.audit = audit
        self.staysAtPrompt = staysAtPrompt
        self.onlyRow = onlyRow
    }

    /// - Parameter paths: files; `-` is the standard input.
    func run(paths: [String]) throws {
        let frontEnd = TerminalFrontEnd()
        var sources: [Source] = []
        do {
            for path in paths { sources.append(try Self.read(path)) }
        } catch {
            frontEnd.report(error)
            throw ExitCode(1)
        }
        try run(sources, frontEnd)
    }

    func run(_ sources: [Source]) throws { try run(sources, TerminalFrontEnd()) }

    private func run(_ sources: [Source], _ frontEnd: TerminalFrontEnd) throws {
        Interruption.install()
        let script = Script(
            sources: sources, options: options, isCheck: isCheck, staysAtPrompt: staysAtPrompt,
            onlyRow: onlyRow, audit: audit)
        let status = try onBigStack { script.run() }
        if status != 0 { throw ExitCode(status) }
    }

    private static func read(_ path: String) throws(Diagnostic) -> Source {
        guard path != "-" else {
            let bytes = try readStandardInput()
            guard bytes.count <= Session.scriptLimit else {
                throw Diagnostic(
                    "too-large",
                    "standard input holds more than the \(Session.scriptLimit) bytes that are read here")
            }
            return Source(
                name: "<standard input>", text: try decodeText(bytes, named: "standard input"))
        }
        return Source(name: path, text: try readText(path, limit: Session.scriptLimit))
    }

    /// All of it, or one byte more than a script may have.
    private static func readStandardInput() throws(Diagnostic) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= Session.scriptLimit {
            let count = piece.withUnsafeMutableBytes {
                Foundation.read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            if count > 0 {
                bytes += piece[..<count]
            } else if count == 0 {
                break
            } else if errno == EAGAIN {
                waitUntilReady(STDIN_FILENO, for: POLLIN)
            } else if errno != EINTR {
                throw .cannotReadStandardInput(errno)
            }
        }
        return bytes
    }
}

/// Runs `body` with room for a session, and says where there is none.
func onBigStack(_ body: @escaping @Sendable () -> Int32) throws -> Int32 {
    do {
        return try withBigStack(body)
    } catch {
        TerminalFrontEnd().report(error)
        throw ExitCode(1)
    }
}

/// Sources to run in one session, and how: what the thread that runs them needs to know.
private struct Script: Sendable {
    let sources: [Source]
    let options: SessionOptions
    let isCheck: Bool
    let staysAtPrompt: Bool
    let onlyRow: String?
    let audit: Audit?

    /// The exit status.
    func run() -> Int32 {
        let frontEnd = TerminalFrontEnd()
        frontEnd.isQuiet = onlyRow != nil || audit != nil
        do {
            var configuration = options.configuration
            if isCheck { configuration.task = .check }
            if let audit { configuration.task = .audit(audit) }
            configuration.isInteractive = staysAtPrompt
            configuration.onlyRow = onlyRow
            configuration.invocation = invocation
            let session = try Session(configuration, frontEnd: frontEnd)
            try options.checkOverrides(sources)
            try options.override(in: session, sources)
            if staysAtPrompt {
                runBeforePrompt(session, frontEnd)
                return Interruption.isEnding ? Interruption.status : 0
            }
            if audit != nil { return try staleness(session, frontEnd) }
            for source in sources { try session.run(source) }
            if let onlyRow, !session.hasMetOnlyRow { throw Diagnostic.rowNotMet(onlyRow) }
            return session.failedRows == 0 ? 0 : 1
        } catch let error as UsageDiagnostic {
            audit?.stop(sources.map(\.name))
            frontEnd.report(error.diagnostic)
            return 2
        } catch let diagnostic as Diagnostic {
            audit?.stop(sources.map(\.name))
            frontEnd.report(diagnostic)
            return Interruption.status
        } catch {
            frontEnd.notice("error: \(error)")
            return 1
        }
    }

    /// Says which rows are stale: the first few of each experiment.
    private func staleness(_ session: Session, _ frontEnd: TerminalFrontEnd) throws -> Int32 {
        let diagnostic: Diagnostic?
        do throws(Diagnostic) {
            for source in sources { try session.run(source) }
            diagnostic = nil
        } catch {
            diagnostic = error
            audit?.stop(sources.map(\.name))
        }
        frontEnd.isQuiet = false
        for (experiment, rows) in session.staleRows {
            for row in rows.prefix(5) { frontEnd.show(.text(row)) }
            if rows.count > 5 { frontEnd.show(.text("\(experiment): \(rows.count - 5) more are stale")) }
        }
        // A table that is yet to be made is said to be so above.
        if let diagnostic, diagnostic.code != "no-table" || session.staleRows.isEmpty { throw diagnostic }
        return session.staleRows.isEmpty ? 0 : 1
    }

    /// How a row is asked for, as its provenance keeps it.
    private var invocation: [(key: String, value: String)] {
        let scripts = sources.enumerated().map {
            (key: $0.offset == 0 ? "script" : "script.\($0.offset + 1)", value: $0.element.name)
        }
        // Of several settings of a name, the last counts.
        var settings: OrderedDictionary<String, String> = [:]
        for binding in options.bindings {
            settings[binding.name] = String(decoding: binding.value.bytes, as: UTF8.self)
        }
        return scripts + settings.map { (key: "set.\($0.key)", value: $0.value) }
    }

    /// The scripts as far as they run, then the prompt, to look at what they did.
    private func runBeforePrompt(_ session: Session, _ frontEnd: TerminalFrontEnd) {
        do {
            for source in sources { try session.run(source) }
        } catch {
            frontEnd.report(error)
        }
        _ = Interruption.take()
        PromptLoop.run(session, frontEnd)
    }
}

extension Diagnostic {
    fileprivate static func rowNotMet(_ fingerprint: String) -> Diagnostic {
        Diagnostic(
            "no-such-row", "no row of the script has the fingerprint \(fingerprint) any more",
            notes: ["the script, or what it reads, has changed since the row was made"],
            hint: "run the whole script, which makes the rows that it asks for now")
    }

    fileprivate static func cannotReadStandardInput(_ error: Int32) -> Diagnostic {
        let reason = error == EBADF ? "it is closed" : String(cString: strerror(error))
        return Diagnostic(
            "cannot-read", "cannot read standard input: \(reason)",
            hint: "a script is read from there where none is named: "
                + "acuity run FILE runs one, acuity -e 'CODE' a line")
    }
}
