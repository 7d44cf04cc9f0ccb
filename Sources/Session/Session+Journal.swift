import Diagnostics
import Language
import Syntax
import Tracing

/// What a session remembers of what it has run.
struct Journal {
    /// A statement that worked, for `save_session`.
    struct Entry {
        let text: String
        /// Whether it did no more than show something.
        let isLook: Bool
        /// Whether its value became `it`.
        let bindsLast: Bool
        /// A comment for the line before it.
        var remark: String?
    }

    /// The statements that worked, in their order.
    var statements: [Entry] = []
    /// Definitions as they came back from the editor and did not run.
    var failedEdits: [String: String] = [:]
    /// Scripts that are being run by scripts.
    var runDepth = 0

    /// The statements that a script needs to do the same again: without those that only showed something,
    /// unless a later one reads what they left as `it`.
    var worthSaving: [String] {
        var kept: [String] = []
        var isLastRead = false
        for entry in statements.reversed() {
            guard !entry.isLook || (entry.bindsLast && isLastRead) else { continue }
            kept.append((entry.remark.map { "# \($0)\n" } ?? "") + entry.text)
            if entry.bindsLast { isLastRead = false }
            if NetworkSource.names(in: entry.text).contains(Interpreter.lastValue) { isLastRead = true }
        }
        return kept.reversed()
    }
}

extension Session {
    /// Remembers a statement that worked.
    /// - Parameter bindsLast: whether its value became `it`.
    func remember(_ statement: Statement, bindsLast: Bool) {
        guard statement.kind.isWorthSaving else { return }
        journal.statements.append(
            Journal.Entry(
                text: statement.span.textWithComment, isLook: isLook(statement.kind), bindsLast: bindsLast))
    }

    private func isLook(_ kind: Statement.Kind) -> Bool {
        switch kind {
        case .expression(let expression), .command(.time(nil, let expression)): isLook(expression)
        case .assignment, .definition, .sharing, .weights, .repetition, .loop, .result, .output, .experiment,
            .record, .source, .command:
            false
        }
    }

    private func isLook(_ expression: LocatedExpression) -> Bool {
        switch expression.value {
        case .number, .boolean, .nothing, .name: true
        case .text(let parts):
            parts.allSatisfy { part in
                switch part {
                case .literal: true
                case .value(let value): isLook(value)
                }
            }
        case .list(let elements): elements.allSatisfy { isLook($0) }
        case .range(let first, let second), .binary(let first, _, let second),
            .element(let first, let second):
            isLook(first) && isLook(second)
        case .unary(_, let operand): isLook(operand)
        case .field(let base, _): isLook(base)
        case .call(let callee, let arguments):
            onlyLooks(callee, arguments) && arguments.allSatisfy { isLook($0.value) }
        case .conditional: false
        }
    }

    /// Whether a call neither writes a file nor computes what takes long. What a function of the user's does
    /// is not known.
    private func onlyLooks(_ callee: LocatedExpression, _ arguments: [Argument]) -> Bool {
        guard case .name(let name) = callee.value else { return false }
        switch interpreter.globals.lookUp(name) {
        case .callable(let callable):
            switch callable.code {
            case .definition(let definition, _): return definition.kind != .function
            case .builtin(let builtin): return builtin.onlyLooks(arguments)
            }
        case .foreign(let foreign): return foreign.callable != nil
        case nil: return builtins[name]?.onlyLooks(arguments) ?? false
        case .nothing, .number, .text, .boolean, .list, .range, .record, .pending: return false
        }
    }
}

extension Builtin {
    /// Whether a call neither writes a file nor computes what takes long. A script that prints wants to.
    fileprivate func onlyLooks(_ arguments: [Argument]) -> Bool {
        traits.effect <= .reads && name != "print" && !writes(arguments)
    }

    /// Whether one of the arguments, by name or by place, names a file to write.
    private func writes(_ arguments: [Argument]) -> Bool {
        arguments.enumerated().contains { place, argument in
            let parameter =
                argument.name.map { name in parameters.first { $0.name == name.value } }
                ?? (parameters.indices.contains(place) && !parameters[place].isRest
                    ? parameters[place] : nil)
            return parameter?.kind.isWritten ?? false
        }
    }
}

extension Statement.Kind {
    /// Whether it changes the session, or shows a result: what a saved session should do again.
    var isWorthSaving: Bool {
        switch self {
        case .expression, .assignment, .definition, .sharing, .weights, .repetition, .loop, .result, .output,
            .experiment, .record:
            true
        case .source: false
        case .command(let command):
            switch command {
            case .forget, .time: true
            // What a script that is run here does, its own statements are kept for.
            case .help, .apropos, .variables, .reset, .saveSession, .runFile, .edit: false
            }
        }
    }
}
