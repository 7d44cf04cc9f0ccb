import Diagnostics
import Machine
import Syntax

extension Diagnostic {
    package static func interrupted(at span: Span) -> Diagnostic {
        Diagnostic(interruptedCode, "stopped at your request", at: span)
    }

    // MARK: Names and calls

    package static let unknownNameCode = "unknown-name"

    package static func unknownName(
        _ name: String, at span: Span, nearest: String?, instead: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            unknownNameCode, "nothing here is called `\(name)`", at: span,
            hint: instead ?? nearest.map { "did you mean `\($0)`?" })
    }

    package static func unknownField(_ name: String, known: [String], at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-field", "the record has no field `\(name)`", at: span,
            notes: known.isEmpty ? [] : ["it has \(listed(known))"],
            hint: Diagnostics.nearest(to: name, among: known).map { "did you mean `\($0)`?" })
    }

    package static func unknownArgument(
        _ name: String, of callee: String, known: [String], at span: Span, nearest: String?
    ) -> Diagnostic {
        Diagnostic(
            "unknown-argument", "`\(callee)` has no argument `\(name)`", at: span,
            notes: known.isEmpty ? ["it takes no arguments"] : ["it takes \(listed(known))"],
            hint: nearest.map { "did you mean `\($0)`?" })
    }

    package static func unknownChoice(_ text: String, of what: String, known: [String], at span: Span)
        -> Diagnostic
    {
        Diagnostic(
            "unknown-choice", "\(what) cannot be \"\(text)\"", at: span,
            notes: ["it can be " + known.map { "\"\($0)\"" }.joined(separator: ", ")],
            hint: Diagnostics.nearest(to: text, among: known).map { "did you mean \"\($0)\"?" })
    }

    package static func argumentGivenTwice(_ name: String, at span: Span, first: Span) -> Diagnostic {
        Diagnostic(
            "repeated-name", "the argument `\(name)` is given twice", at: span,
            related: [Label(first, "first given here, by its position")])
    }

    package static func missingArgument(
        _ name: String, of callee: String, at span: Span, declared: Span?
    ) -> Diagnostic {
        Diagnostic(
            "missing-argument", "`\(callee)` needs its argument `\(name)`", at: span,
            related: declared.map { [Label($0, "declared here, without a default")] } ?? [])
    }

    package static func tooManyArguments(_ callee: String, takes names: [String], at span: Span) -> Diagnostic
    {
        Diagnostic(
            "too-many-arguments",
            names.isEmpty
                ? "`\(callee)` takes no arguments"
                : "`\(callee)` takes at most \(counted(names.count, "argument"))",
            at: span, notes: names.isEmpty ? [] : ["it takes \(listed(names))"])
    }

    package static func notCallable(_ value: Value, at span: Span) -> Diagnostic {
        Diagnostic(
            "not-callable", "this is \(value.kind), and cannot be called", at: span,
            hint: value.noun == "number" ? "multiplication is written with `*`" : nil)
    }

    package static func endlessRecursion(_ name: String, limit: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "endless-recursion", "`\(name)` is called inside \(limit) calls, and seems never to end",
            at: span,
            hint: "a function that calls itself needs a case in which it does not")
    }

    // MARK: Values

    package static func wrongKind(
        _ what: String, wanted: String, got value: Value, at span: Span, hint: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            "wrong-kind", "\(what) must be \(wanted), not \(value.kind)", at: span, hint: hint)
    }

    package static func outOfRange(_ what: String, wanted: String, got number: Double, at span: Span)
        -> Diagnostic
    {
        Diagnostic("out-of-range", "\(what) must be \(wanted), not \(formatted(number))", at: span)
    }

    package static func backwardsRange(_ what: String, _ low: Int, _ high: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "out-of-range", "\(what) must be a range that runs upwards, and \(low)..\(high) is empty",
            at: span,
            hint: "from the smaller to the larger: \(high)..\(low)")
    }

    package static func divisionByZero(at span: Span) -> Diagnostic {
        Diagnostic("division-by-zero", "this divisor is 0", at: span)
    }

    package static func noFiniteResult(_ computation: String, at span: Span) -> Diagnostic {
        Diagnostic("no-finite-result", "`\(computation)` is not a finite number", at: span)
    }

    package static func noValue(_ what: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-value", "\(what) gives no value here", at: span,
            hint: "give it an `else`, and end each body with a value")
    }

    package static func noSuchElement(_ position: String, count: Int, at span: Span, list: Span) -> Diagnostic
    {
        Diagnostic(
            "no-such-element", "there is no element \(position)", at: span,
            related: [
                Label(list, count == 0 ? "this list is empty" : "this list has elements 1 to \(count)")
            ],
            hint: position == "-1" ? "the last element is `list[count(list)]`" : nil)
    }

    package static func cannotCombine(
        _ left: Value, _ operation: String, _ right: Value, at span: Span, left leftSpan: Span,
        right rightSpan: Span
    ) -> Diagnostic {
        Diagnostic(
            "wrong-kind", "`\(operation)` does not combine \(left.kind) and \(right.kind)", at: span,
            related: [Label(leftSpan, "this is \(left.kind)"), Label(rightSpan, "this is \(right.kind)")],
            hint: {
                switch (left, right) {
                case (.text, _), (_, .text): "to put a value into a text, write \"…{value}…\""
                default: nil
                }
            }())
    }

    package static func cannotCombine(_ operation: BinaryOperation) -> Diagnostic {
        cannotCombine(
            operation.left, operation.operation.rawValue, operation.right, at: operation.span,
            left: operation.leftSpan, right: operation.rightSpan)
    }

    package static func cannotCompare(_ value: Value, at span: Span) -> Diagnostic {
        Diagnostic("wrong-kind", "\(value.kind) cannot be compared with another", at: span)
    }

    package static func tooMany(_ what: String, limit: Int, at span: Span) -> Diagnostic {
        Diagnostic("too-many", "there are more than \(grouped(limit)) \(what)", at: span)
    }

    /// - Parameter what: a kind of value.
    package static func tooLarge(_ what: String, at span: Span) -> Diagnostic {
        let element = MemoryLayout<Value>.stride
        return Diagnostic(
            "too-many", "\(what) may take \(Interpreter.valueLimit >> 20) MB, and this one would take more",
            at: span,
            notes: ["an element or a setting takes \(element) bytes, and a text its length besides"])
    }

    package static func tooDeepEvaluation(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-deep", "too many expressions are inside each other here",
            at: span,
            hint: "a function that calls itself needs a case in which it does not")
    }

    package static func tooDeepList(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-deep", "lists are nested more than \(Interpreter.listDepthLimit) deep here", at: span,
            hint: "`a + [b]` adds an element to a list; `[a, b]` makes a list of two")
    }

    package static func tooDeepSettings(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-deep", "blocks are settings of each other more than \(Interpreter.listDepthLimit) deep here",
            at: span)
    }
}
