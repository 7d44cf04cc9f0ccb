import Diagnostics
import Graph
import Operators
import Syntax

extension Diagnostic {
    /// The code of a stop that the user asked for.
    public static let interruptedCode = "interrupted"

    static func interrupted(at span: Span) -> Diagnostic {
        Diagnostic(interruptedCode, "stopped at your request", at: span)
    }

    // MARK: Names and calls

    static let unknownNameCode = "unknown-name"

    static func unknownName(
        _ name: String, at span: Span, nearest: String?, instead: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            unknownNameCode, "nothing here is called `\(name)`", at: span,
            hint: instead ?? nearest.map { "did you mean `\($0)`?" })
    }

    static func unknownField(_ name: String, known: [String], at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-field", "the record has no field `\(name)`", at: span,
            notes: known.isEmpty ? [] : ["it has \(listed(known))"],
            hint: Diagnostics.nearest(to: name, among: known).map { "did you mean `\($0)`?" })
    }

    static func unknownArgument(
        _ name: String, of callee: String, known: [String], at span: Span, nearest: String?
    ) -> Diagnostic {
        Diagnostic(
            "unknown-argument", "`\(callee)` has no argument `\(name)`", at: span,
            notes: known.isEmpty ? ["it takes no arguments"] : ["it takes \(listed(known))"],
            hint: nearest.map { "did you mean `\($0)`?" })
    }

    static func unknownChoice(_ text: String, of what: String, known: [String], at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-choice", "\(what) cannot be \"\(text)\"", at: span,
            notes: ["it can be " + known.map { "\"\($0)\"" }.joined(separator: ", ")],
            hint: Diagnostics.nearest(to: text, among: known).map { "did you mean \"\($0)\"?" })
    }

    static func argumentGivenTwice(_ name: String, at span: Span, first: Span) -> Diagnostic {
        Diagnostic(
            "repeated-name", "the argument `\(name)` is given twice", at: span,
            related: [Label(first, "first given here, by its position")])
    }

    static func missingArgument(
        _ name: String, of callee: String, at span: Span, declared: Span?
    ) -> Diagnostic {
        Diagnostic(
            "missing-argument", "`\(callee)` needs its argument `\(name)`", at: span,
            related: declared.map { [Label($0, "declared here, without a default")] } ?? [])
    }

    static func tooManyArguments(_ callee: String, takes names: [String], at span: Span) -> Diagnostic {
        Diagnostic(
            "too-many-arguments",
            names.isEmpty
                ? "`\(callee)` takes no arguments"
                : "`\(callee)` takes at most \(counted(names.count, "argument"))",
            at: span, notes: names.isEmpty ? [] : ["it takes \(listed(names))"])
    }

    static func notCallable(_ value: Value, at span: Span) -> Diagnostic {
        Diagnostic(
            "not-callable", "this is \(value.kind), and cannot be called", at: span,
            hint: value.noun == "number" ? "multiplication is written with `*`" : nil)
    }

    static func endlessRecursion(_ name: String, limit: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "endless-recursion", "`\(name)` is called inside \(limit) calls, and seems never to end",
            at: span,
            hint: "a function that calls itself needs a case in which it does not")
    }

    // MARK: Values

    static func wrongKind(
        _ what: String, wanted: String, got value: Value, at span: Span, hint: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            "wrong-kind", "\(what) must be \(wanted), not \(value.kind)", at: span, hint: hint)
    }

    static func outOfRange(_ what: String, wanted: String, got number: Double, at span: Span) -> Diagnostic {
        Diagnostic("out-of-range", "\(what) must be \(wanted), not \(formatted(number))", at: span)
    }

    static func backwardsRange(_ what: String, _ low: Int, _ high: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "out-of-range", "\(what) must be a range that runs upwards, and \(low)..\(high) is empty",
            at: span,
            hint: "from the smaller to the larger: \(high)..\(low)")
    }

    static func divisionByZero(at span: Span) -> Diagnostic {
        Diagnostic("division-by-zero", "this divisor is 0", at: span)
    }

    static func noFiniteResult(_ computation: String, at span: Span) -> Diagnostic {
        Diagnostic("no-finite-result", "`\(computation)` is not a finite number", at: span)
    }

    static func noValue(_ what: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-value", "\(what) gives no value here", at: span,
            hint: "give it an `else`, and end each body with a value")
    }

    static func noSuchElement(_ position: String, count: Int, at span: Span, list: Span) -> Diagnostic {
        Diagnostic(
            "no-such-element", "there is no element \(position)", at: span,
            related: [
                Label(list, count == 0 ? "this list is empty" : "this list has elements 1 to \(count)")
            ],
            hint: position == "-1" ? "the last element is `list[count(list)]`" : nil)
    }

    static func cannotCombine(
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

    static func cannotCompare(_ value: Value, at span: Span) -> Diagnostic {
        Diagnostic("wrong-kind", "\(value.kind) cannot be compared with another", at: span)
    }

    static func tooMany(_ what: String, limit: Int, at span: Span) -> Diagnostic {
        Diagnostic("too-many", "there are more than \(grouped(limit)) \(what)", at: span)
    }

    /// - Parameter what: a kind of value.
    static func tooLarge(_ what: String, at span: Span) -> Diagnostic {
        let element = MemoryLayout<Value>.stride
        return Diagnostic(
            "too-many", "\(what) may take \(Session.valueLimit >> 20) MB, and this one would take more",
            at: span,
            notes: ["an element or a setting takes \(element) bytes, and a text its length besides"])
    }

    static func tooDeepEvaluation(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-deep", "too many expressions are inside each other here",
            at: span,
            hint: "a function that calls itself needs a case in which it does not")
    }

    static func tooDeepList(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-deep", "lists are nested more than \(Session.listDepthLimit) deep here", at: span,
            hint: "`a + [b]` adds an element to a list; `[a, b]` makes a list of two")
    }

    static func tooDeepSettings(at span: Span) -> Diagnostic {
        Diagnostic(
            "too-deep", "blocks are settings of each other more than \(Session.listDepthLimit) deep here",
            at: span)
    }

    // MARK: Networks

    static func outsideNetwork(_ callable: Callable, at span: Span) -> Diagnostic {
        let setting = callable.parameterNames.dropFirst().first
        return Diagnostic(
            "outside-network",
            "`\(callable.name)` can be applied to a feature map only inside a block or a network",
            at: span,
            hint: setting.map { "settings are given by name: `\(callable.name)(\($0) = …)`" }
                ?? "`\(callable.name)` alone is the block itself")
    }

    static func featureOutsideNetwork(at span: Span) -> Diagnostic {
        Diagnostic("outside-network", "feature maps exist only inside a block or a network", at: span)
    }

    static func foreignFeature(at span: Span) -> Diagnostic {
        Diagnostic("outside-network", "this feature map belongs to another network", at: span)
    }

    static func noOutput(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-output", "the network `\(name)` gives no output", at: span,
            hint: "write `output x` for each image that is to be compared with the sharp one")
    }

    static func sameOutput(at span: Span) -> Diagnostic {
        Diagnostic("repeated-output", "this feature map is an output already", at: span)
    }

    static func noInput(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-input", "the network `\(name)` takes no image", at: span,
            hint: "its first argument is the blurred image: `network \(name)(blurred, …)`")
    }

    static func blockWithoutResult(_ name: Name, got value: Value, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-value", "the block `\(name.value)` returns \(value.kind), not a feature map", at: span,
            related: [Label(name.span, "defined here")], hint: "end it with `return x`")
    }

    static func weightClash(
        _ name: String, _ shape: [Int], at span: Span, _ first: [Int], at firstSpan: Span
    ) -> Diagnostic {
        Diagnostic(
            "weight-clash", "two uses of the weights `\(name)` need different shapes", at: span,
            label: "needs \(described(shape))", related: [Label(firstSpan, "needs \(described(first))")],
            hint: "let the sharing mode tell these uses apart by one more index")
    }

    private static func described(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }

    static func extremeScale(_ scale: Scale, limit: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "extreme-scale", "this has \(scale) of the input's size", at: span,
            notes: ["sides of images would have to be multiples of more than \(limit) pixels"])
    }

    // MARK: Sharing

    static func roleWithoutRule(_ role: Name, in mode: SharingDefinition) -> Diagnostic {
        let roles = mode.rules.map(\.role.value)
        return Diagnostic(
            "role-without-rule",
            "the sharing mode `\(mode.name.value)` does not name the role `\(role.value)`",
            at: role.span,
            related: [Label(mode.name.span, "names \(roles.isEmpty ? "no roles" : listed(roles))")],
            hint: Diagnostics.nearest(to: role.value, among: roles).map {
                "is `\($0)` in the mode meant to be `\(role.value)`, or the other way round?"
            }
                ?? "add a line `\(role.value) by …`, or `\(role.value)` alone if its weights are the same everywhere"
        )
    }

    static func indexNotInScope(_ index: Name, role: Name, mode: SharingDefinition) -> Diagnostic {
        Diagnostic(
            "index-not-in-scope",
            "the weights of `\(role.value)` differ by `\(index.value)`, which has no value here",
            at: role.span, related: [Label(index.span, "asked for by the sharing mode `\(mode.name.value)`")],
            hint: "bind it before: `\(index.value) = …`, or loop over it")
    }
}

/// "a, b and c", each in backquotes.
func listed(_ names: [String]) -> String {
    let quoted = names.map { "`\($0)`" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " and " + last
}

func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
