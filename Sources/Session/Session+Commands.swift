import Assist
import Diagnostics
import Evaluation
import Files
import Foundation
import Language
import Syntax
import Tracing
import Workbench

extension Session {
    /// Runs what is said to the session itself.
    func run(_ command: Command, at span: Span) throws(Diagnostic) -> Value {
        guard interpreter.frame === interpreter.globals, tracing.tracer == nil, workbench.mode.columns == nil
        else {
            throw .misplaced(
                command.word, belongsIn: "a script or at the prompt, outside of definitions", at: span)
        }
        // A name that a script has given to something is that thing.
        if let word = bareWord(command, at: span), let value = interpreter.globals.lookUp(word) {
            return value
        }
        switch command {
        case .help(let name): frontEnd.show(.text(try name.map(helpPage) ?? workbench.help.overview))
        case .apropos(let word): frontEnd.show(.text(try apropos(word)))
        case .variables: frontEnd.show(.text(variables))
        case .reset: reset()
        case .forget(let names): for name in names { try forget(name) }
        case .saveSession(let path): try saveSession(to: path)
        case .runFile(let path): try runFile(path)
        case .time(let name, let expression):
            let value = try time(expression)
            guard let name else { return value }
            try interpreter.bind(name, to: value)
        case .edit(let name): try edit(name)
        }
        return .nothing
    }

    private func bareWord(_ command: Command, at span: Span) -> String? {
        switch command {
        case .help(nil), .variables, .reset: span.text
        case .help, .apropos, .forget, .saveSession, .runFile, .time, .edit: nil
        }
    }

    // MARK: Names

    /// `vars`: a line for each name.
    private var variables: String {
        let names = interpreter.ownNames
        guard !names.isEmpty else { return "no names are bound but those of the prelude" }
        return workbench.help.columns(
            names.map { name, value in
                let stale = value.network.map { !tracing.staleNames(of: $0).isEmpty } ?? false
                return [name, value.noun, value.brief + (stale ? "  (stale)" : "")]
            })
    }

    private func forget(_ name: Name) throws(Diagnostic) {
        guard interpreter.globals.lookUp(name.value) != nil else {
            throw .unknownName(
                name.value, at: name.span, nearest: nearest(to: name.value, among: interpreter.visibleNames))
        }
        if let original = interpreter.prelude[name.value] {
            interpreter.globals.bind(name.value, to: original)
        } else {
            interpreter.globals.unbind(name.value)
        }
    }

    private func reset() {
        interpreter.globals.rebind(interpreter.prelude)
        journal = Journal()
    }

    // MARK: Files

    /// The first line of a saved session, which tells that a file may be written over.
    private static let sessionMark = "# A session of Acuity"

    private func path(_ expression: LocatedExpression) throws(Diagnostic) -> String {
        let value = try interpreter.evaluate(expression)
        guard case .text(let path) = value else {
            throw .wrongKind("the file", wanted: "a path in quotes", got: value, at: expression.span)
        }
        return path
    }

    /// Writes the statements that worked, as a script that does the same again, without bare looks at values.
    private func saveSession(to expression: LocatedExpression) throws(Diagnostic) {
        let path = try path(expression)
        guard workbench.writesFiles else { return }
        let statements = journal.worthSaving
        guard !statements.isEmpty else { throw .nothingToSave(at: expression.span) }
        do throws(Diagnostic) {
            if FileManager.default.fileExists(atPath: path) {
                let old = try readText(path, limit: Self.scriptLimit)
                guard old.hasPrefix(Self.sessionMark) else { throw Diagnostic.wouldOverwrite(path) }
            }
            let head =
                "\(Self.sessionMark) \(configuration.version): the statements that worked, in their order.\n"
            try writeAtomically(head + statements.map { $0 + "\n" }.joined(), to: path)
        } catch let diagnostic {
            throw diagnostic.located(at: expression.span)
        }
        frontEnd.notice("\(path): \(counted(statements.count, "statement"))")
    }

    /// Runs another script here; its names are this session's.
    private func runFile(_ expression: LocatedExpression) throws(Diagnostic) {
        let path = try path(expression)
        guard journal.runDepth < Self.runLimit else {
            throw .runsItself(path, limit: Self.runLimit, at: expression.span)
        }
        let text: String
        do {
            text = try readText(path, limit: Self.scriptLimit)
        } catch let diagnostic {
            throw diagnostic.located(at: expression.span)
        }
        journal.runDepth += 1
        defer { journal.runDepth -= 1 }
        try run(Source(name: path, text: text))
    }

    /// Opens the source of a definition in the user's editor, and runs what comes back.
    private func edit(_ name: Name) throws(Diagnostic) {
        let value = try interpreter.lookUp(name.value, at: name.span)
        guard let definition = value.definitionSpan else {
            throw .wrongKind(
                "what is edited", wanted: "a block, function, network or sharing mode", got: value,
                at: name.span)
        }
        let before = journal.failedEdits[name.value] ?? definition.textWithComment
        guard let after = try frontEnd.edit(before + "\n", named: name.value) else {
            throw .nowhereToEdit(at: name.span)
        }
        let text = after.trimmingCharacters(in: .newlines)
        guard text != definition.textWithComment else {
            return frontEnd.notice("`\(name.value)` is as it was")
        }
        // What does not run is not lost: the next `edit` begins with it.
        journal.failedEdits[name.value] = text
        try run(Source(name: "<edit \(name.value)>", text: text))
        journal.failedEdits[name.value] = nil
        frontEnd.notice("`\(name.value)` is defined anew")
    }
}

extension Diagnostic {
    fileprivate static func nothingToSave(at span: Span) -> Diagnostic {
        Diagnostic(
            "nothing-to-save", "no statement has been run yet that does more than show something", at: span)
    }

    fileprivate static func wouldOverwrite(_ path: String) -> Diagnostic {
        Diagnostic(
            "would-overwrite", "\(path) exists already, and is not a saved session",
            hint: "choose another name")
    }

    fileprivate static func runsItself(_ path: String, limit: Int, at span: Span) -> Diagnostic {
        Diagnostic("too-deep", "\(path) is run inside \(limit) scripts that run each other", at: span)
    }

    fileprivate static func nowhereToEdit(at span: Span) -> Diagnostic {
        Diagnostic("no-terminal", "an editor needs a terminal, and there is none here", at: span)
    }
}
