import Diagnostics
import Syntax

/// A statement that worked, for `save_session`.
struct JournalEntry {
    let text: String
    /// Whether it did no more than show something.
    let isLook: Bool
    /// Whether its value became `it`.
    let bindsLast: Bool
}

extension JournalEntry {
    /// The statements of `journal` that a script needs to do the same again: without those that only showed
    /// something, unless a later one reads what they left as `it`.
    static func worthSaving(_ journal: [JournalEntry]) -> [String] {
        var kept: [String] = []
        var isLastRead = false
        for entry in journal.reversed() {
            guard !entry.isLook || (entry.bindsLast && isLastRead) else { continue }
            kept.append(entry.text)
            if entry.bindsLast { isLastRead = false }
            if NetworkSource.names(in: entry.text).contains(Session.lastValue) { isLastRead = true }
        }
        return kept.reversed()
    }
}

extension Session {
    /// Remembers a statement that worked.
    /// - Parameter bindsLast: whether its value became `it`.
    func remember(_ statement: Statement, bindsLast: Bool) {
        guard statement.kind.isWorthSaving else { return }
        journal.append(
            JournalEntry(
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
        switch globals.lookUp(name) {
        case .network: return true
        case .callable(let callable):
            switch callable.code {
            case .definition(let definition, _): return definition.kind != .function
            case .builtin(let builtin): return builtin.onlyLooks(arguments)
            }
        case nil, .nothing, .number, .text, .boolean, .list, .range, .record, .sharing, .dataset, .model,
            .table, .image, .feature, .pending:
            return Builtin.table[name]?.onlyLooks(arguments) ?? false
        }
    }
}

extension Builtin {
    /// Functions that only read or compute a value, of topics in which others write files or take long.
    private static let lookingNames: Set<String> = [
        "scenes", "photos", "pairs", "pair", "inspect", "image", "beside", "rows", "column", "summarize",
        "results",
        "show_result", "diff_results", "check_results", "results_folder", "load",
    ]

    fileprivate func onlyLooks(_ arguments: [Argument]) -> Bool {
        switch topic {
        case .layers, .networks: true
        // A script that prints wants to.
        case .values: name != "print"
        case .looking: !writes(arguments)
        case .data, .pictures, .training, .experiments:
            Self.lookingNames.contains(name) && !writes(arguments)
        }
    }

    /// Whether one of the arguments, by name or by place, names a file to write.
    private func writes(_ arguments: [Argument]) -> Bool {
        arguments.enumerated().contains { place, argument in
            let name =
                argument.name?.value
                ?? (parameters.indices.contains(place) && !parameters[place].isRest
                    ? parameters[place].name : "")
            return ["to", "manifest"].contains(name)
        }
    }
}
