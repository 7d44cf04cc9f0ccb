import Diagnostics
import Files
import Foundation
import Syntax

extension Session {
    /// Runs what is said to the session itself.
    func run(_ command: Command, at span: Span) throws(Diagnostic) -> Value {
        guard frame === globals, tracer == nil, plan == nil, recorded == nil else {
            throw .misplaced(
                command.word, belongsIn: "a script or at the prompt, outside of definitions", at: span)
        }
        // A name that a script has given to something is that thing.
        if let word = bareWord(command, at: span), let value = globals.lookUp(word) { return value }
        switch command {
        case .help(let name): front.show(.text(try name.map(helpPage) ?? help.overview))
        case .apropos(let word): front.show(.text(try apropos(word)))
        case .variables: front.show(.text(variables))
        case .reset: reset()
        case .forget(let names): for name in names { try forget(name) }
        case .saveSession(let path): try saveSession(to: path)
        case .runFile(let path): try runFile(path)
        case .time(let name, let expression):
            let value = try time(expression)
            guard let name else { return value }
            try bind(name, to: value)
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

    /// Names that the user bound, not those of the prelude.
    var ownNames: [(name: String, value: Value)] {
        globals.values.filter { name, value in
            guard name != Self.lastValue else { return false }
            return prelude[name].map { $0.definitionSpan != value.definitionSpan } ?? true
        }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// `vars`: a line for each name.
    private var variables: String {
        let names = ownNames
        guard !names.isEmpty else { return "no names are bound but those of the prelude" }
        return help.columns(
            names.map { name, value in
                let stale = value.network.map { !staleNames(of: $0).isEmpty } ?? false
                return [name, value.noun, value.brief + (stale ? "  (stale)" : "")]
            })
    }

    private func forget(_ name: Name) throws(Diagnostic) {
        guard globals.lookUp(name.value) != nil else {
            throw .unknownName(
                name.value, at: name.span, nearest: nearest(to: name.value, among: visibleNames))
        }
        if let original = prelude[name.value] {
            globals.bind(name.value, to: original)
        } else {
            globals.unbind(name.value)
        }
    }

    private func reset() {
        globals.rebind(prelude)
        journal = []
        failedEdits = [:]
    }

    // MARK: Files

    /// The first line of a saved session, which tells that a file may be written over.
    private static let sessionMark = "# A session of Acuity"

    private func path(_ expression: LocatedExpression) throws(Diagnostic) -> String {
        let value = try evaluate(expression)
        guard case .text(let path) = value else {
            throw .wrongKind("the file", wanted: "a path in quotes", got: value, at: expression.span)
        }
        return path
    }

    /// Writes the statements that worked, as a script that does the same again, without bare looks at values.
    private func saveSession(to expression: LocatedExpression) throws(Diagnostic) {
        let path = try path(expression)
        guard writesFiles else { return }
        let statements = JournalEntry.worthSaving(journal)
        guard !statements.isEmpty else { throw .nothingToSave(at: expression.span) }
        do throws(Diagnostic) {
            if FileManager.default.fileExists(atPath: path) {
                let old = try readText(path, limit: Self.scriptLimit)
                guard old.hasPrefix(Self.sessionMark) else { throw Diagnostic.wouldOverwrite(path) }
            }
            let head =
                "\(Self.sessionMark) \(configuration.version): the statements that worked, in their order.\n"
            try writeAtomically(head + statements.map { $0 + "\n" }.joined(), to: path)
        } catch let mistake {
            throw mistake.located(at: expression.span)
        }
        front.notice("\(path): \(counted(statements.count, "statement"))")
    }

    /// Runs another script here; its names are this session's.
    private func runFile(_ expression: LocatedExpression) throws(Diagnostic) {
        let path = try path(expression)
        guard runDepth < Self.runLimit else {
            throw .runsItself(path, limit: Self.runLimit, at: expression.span)
        }
        let text: String
        do {
            text = try readText(path, limit: Self.scriptLimit)
        } catch let mistake {
            throw mistake.located(at: expression.span)
        }
        runDepth += 1
        defer { runDepth -= 1 }
        try run(Source(name: path, text: text))
    }

    /// Opens the source of a definition in the user's editor, and runs what comes back.
    private func edit(_ name: Name) throws(Diagnostic) {
        let value = try lookUp(name.value, at: name.span)
        guard let definition = value.definitionSpan else {
            throw .wrongKind(
                "what is edited", wanted: "a block, function, network or sharing mode", got: value,
                at: name.span)
        }
        let before = failedEdits[name.value] ?? definition.textWithComment
        guard let after = try front.edit(before + "\n", named: name.value) else {
            throw .nowhereToEdit(at: name.span)
        }
        let text = after.trimmingCharacters(in: .newlines)
        guard text != definition.textWithComment else { return front.notice("`\(name.value)` is as it was") }
        // What does not run is not lost: the next `edit` begins with it.
        failedEdits[name.value] = text
        try run(Source(name: "<edit \(name.value)>", text: text))
        failedEdits[name.value] = nil
        front.notice("`\(name.value)` is defined anew")
    }
}

extension Value {
    /// Where it was defined, if it is something that is defined.
    var definitionSpan: Span? {
        switch self {
        case .callable(let callable):
            if case .definition(let definition, _) = callable.code { definition.span } else { nil }
        case .network(let network):
            switch network.origin {
            case .written(_, let definition, _): definition.span
            case .file: nil
            }
        case .sharing(let mode): mode.definition.span
        case .nothing, .number, .text, .boolean, .list, .range, .record, .dataset, .model, .table, .image,
            .feature,
            .pending:
            nil
        }
    }

    /// The network that it is or holds.
    var network: Network? {
        switch self {
        case .network(let network): network
        case .model(let model): model.network
        case .nothing, .number, .text, .boolean, .list, .range, .record, .callable, .sharing, .dataset,
            .table, .image,
            .feature, .pending:
            nil
        }
    }

    /// One line of at most about sixty characters.
    var brief: String {
        let line = literal.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
        return line.count > 60 ? line.prefix(59) + "…" : line
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
