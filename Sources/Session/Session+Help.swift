import Assist
import Diagnostics
import Language
import Syntax
import Tracing
import Workbench

extension Session {
    /// Help for the window there is.
    private var help: Help { workbench.help }

    /// What `?name` says.
    func helpPage(_ name: Name) throws(Diagnostic) -> String {
        if let value = interpreter.frame.lookUp(name.value) ?? interpreter.globals.lookUp(name.value) {
            switch value {
            case .callable(let callable):
                switch callable.code {
                case .definition(let definition, _): return help.page(of: definition)
                case .builtin(let builtin): return help.page(of: builtin)
                }
            case .foreign(let mode as SharingMode): return help.page(of: mode)
            case .foreign(let network as Network):
                return "\(name.value) is a network.\n\n\(try tracing.summaryLines(of: network))"
            case .nothing, .number, .text, .boolean, .list, .range, .record, .foreign, .pending:
                return "\(name.value) (\(value.noun)): \(value.brief)"
            }
        }
        if let builtin = builtins[name.value] { return help.page(of: builtin) }
        if let form = StatementHelp.table[name.value] { return help.page(of: form) }
        if let topic = Self.index.topics.first(where: { $0.word == name.value.lowercased() }) {
            return help.page(of: topic)
        }
        let known = interpreter.visibleNames + StatementHelp.all.map(\.name) + Self.index.topics.map(\.word)
        throw .unknownName(name.value, at: name.span, nearest: nearest(to: name.value, among: known))
    }

    /// What `apropos word` says.
    func apropos(_ word: Name) throws(Diagnostic) -> String {
        let own = interpreter.ownNames.compactMap { name, value -> (name: String, line: String)? in
            guard let span = value.definitionSpan else { return nil }
            let isMatch = (name + span.textWithComment).lowercased().contains(word.value.lowercased())
            return isMatch
                ? (name, span.comment.isEmpty ? value.kind : firstSentence(span.comment)) : nil
        }
        let found = own + Self.index.matches(of: word.value)
        guard !found.isEmpty else { return "nothing speaks of `\(word.value)`; `help` lists the topics" }
        return help.columns(found.map { [$0.name, $0.line] })
    }

    func showSource(of name: Name) throws(Diagnostic) {
        let value = try interpreter.lookUp(name.value, at: name.span)
        switch value {
        case .callable(let callable):
            switch callable.code {
            case .definition(let definition, _): frontEnd.show(.text(definition.span.textWithComment))
            case .builtin(let builtin):
                frontEnd.show(
                    .text("\(help.signature(of: builtin))    # built in\n\(help.wrapped(builtin.help))"))
            }
        case .foreign(let foreign):
            guard let source = foreign.source else { fallthrough }
            frontEnd.show(.text(source))
        case .nothing, .number, .text, .boolean, .list, .range, .record, .pending:
            throw .wrongKind(
                "`\(name.value)`", wanted: "a block, function, network, model or sharing mode", got: value,
                at: name.span)
        }
    }

    // MARK: Completion and the reference

    /// What could be written in place of the word that begins at byte `start` of `text`, which ends at the
    /// cursor.
    public func suggestions(for text: String, wordStart start: Int) -> [Suggestion] {
        Completion(interpreter, Self.index, workbench).suggestions(for: text, wordStart: start)
    }

    /// The language reference, read off the table of built-in functions.
    package static var reference: Reference { Reference(index) }

    /// All names that `?` explains but the user's own.
    package static var helpPages: [HelpIndex.Page] { index.pages }
}
