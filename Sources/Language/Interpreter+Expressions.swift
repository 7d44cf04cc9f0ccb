import Diagnostics
import Machine
import OrderedCollections
import Syntax

extension Interpreter {
    package func evaluate(_ expression: LocatedExpression) throws(Diagnostic) -> Value {
        try deeper(at: expression.span) { () throws(Diagnostic) in try evaluateHere(expression) }
    }

    private func evaluateHere(_ expression: LocatedExpression) throws(Diagnostic) -> Value {
        switch expression.value {
        case .number(let number): return .number(number)
        case .boolean(let boolean): return .boolean(boolean)
        case .nothing: return .nothing
        case .text(let parts): return try evaluate(parts)
        case .name(let name): return try lookUp(name, at: expression.span)
        case .list(let elements):
            var values: [Value] = []
            for element in elements { values.append(try evaluate(element)) }
            return .list(try List(values, at: expression.span))
        case .range(let low, let high): return try evaluateRange(low, high)
        case .unary(let operation, let operand): return try evaluate(operation, operand, at: expression.span)
        case .binary(let left, let operation, let right):
            return try evaluate(left, operation, right, at: expression.span)
        case .call(let callee, let arguments): return try evaluateCall(callee, arguments, at: expression.span)
        case .element(let base, let index): return try evaluateElement(base, index, at: expression.span)
        case .field(let base, let name): return try evaluateField(base, name)
        case .conditional(let condition, let then, let otherwise):
            switch try branch(on: condition, then: then, otherwise: otherwise) {
            case .next(let value):
                if case .nothing = value, !endsInValue(then) || !(otherwise.map(endsInValue) ?? false) {
                    throw .noValue("this `if`", at: expression.span)
                }
                return value
            case .returned(_, let span):
                throw .misplaced("return", belongsIn: "a body of statements, not a value", at: span)
            }
        }
    }

    /// Whether a body's last statement is an expression, whose value may be `none`.
    private func endsInValue(_ body: Body) -> Bool {
        guard case .expression(let last)? = body.last?.kind else { return false }
        guard case .conditional(_, let then, let otherwise) = last.value else { return true }
        return endsInValue(then) && (otherwise.map(endsInValue) ?? false)
    }

    package func lookUp(_ name: String, at span: Span) throws(Diagnostic) -> Value {
        if let value = frame.lookUp(name) { return value }
        // A network's other graphs are traced with what its first one saw.
        if let value = watch?.captured[name] { return value }
        if let value = globals.lookUp(name) {
            watch?.note(name, value)
            return value
        }
        if let builtin = rooms.builtins[name] { return .callable(Callable(code: .builtin(builtin))) }
        throw .unknownName(
            name, at: span, nearest: nearest(to: name, among: visibleNames), instead: Habits.hint(for: name))
    }

    package var visibleNames: [String] {
        frame.visibleNames + globals.visibleNames + Array(rooms.builtins.keys)
    }

    private func evaluate(_ parts: [TextPart]) throws(Diagnostic) -> Value {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .value(let expression):
                let value = try evaluate(expression)
                if case .pending = value { return .pending }
                try Self.checkDescription(of: value, at: expression.span)
                let more = value.description
                try Self.checkText(text.utf8.count + more.utf8.count, at: expression.span)
                text += more
            }
        }
        return .text(text)
    }

    private func evaluateRange(
        _ low: LocatedExpression, _ high: LocatedExpression
    ) throws(Diagnostic) -> Value {
        let (start, end) = (try evaluate(low), try evaluate(high))
        if start.isPending || end.isPending { return .pending }
        let first = try wholeNumber(start, "the start of a range", at: low.span)
        let last = try wholeNumber(end, "the end of a range", at: high.span)
        let span = low.span.through(high.span)
        let size = max(0, last - first + 1) * MemoryLayout<Value>.stride
        guard size <= Self.valueLimit else { throw .tooLarge("a range", at: span) }
        try Self.checkMemory(size, for: "this range", at: span)
        return .range(first, last)
    }

    private func evaluate(
        _ operation: UnaryOperator, _ operand: LocatedExpression, at span: Span
    ) throws(Diagnostic) -> Value {
        let value = try evaluate(operand)
        switch (operation, value) {
        case (_, .pending): return .pending
        case (.minus, .number(let number)): return .number(-number)
        case (.minus, .foreign(let foreign)):
            if let negated = try foreign.negated(at: span) { return negated }
            throw .wrongKind("what stands after `-`", wanted: "a number", got: value, at: operand.span)
        case (.not, .boolean(let boolean)): return .boolean(!boolean)
        case (.minus, _):
            throw .wrongKind("what stands after `-`", wanted: "a number", got: value, at: operand.span)
        case (.not, _):
            throw .wrongKind("what stands after `not`", wanted: "true or false", got: value, at: operand.span)
        }
    }

    private func evaluateElement(
        _ base: LocatedExpression, _ index: LocatedExpression, at span: Span
    ) throws(Diagnostic) -> Value {
        let value = try evaluate(base)
        if case .pending = value { return .pending }
        guard let elements = value.elements else {
            let hint = if case .foreign(let foreign) = value { foreign.elementHint } else { nil as String? }
            throw .wrongKind(
                "what stands before `[`", wanted: "a list", got: value, at: base.span, hint: hint)
        }
        let number = try evaluate(index)
        if case .pending = number { return .pending }
        if case .number(let far) = number, far == far.rounded(), abs(far) > 0x1p53 {
            throw .noSuchElement(formatted(far), count: elements.count, at: index.span, list: base.span)
        }
        let position = try wholeNumber(number, "an element's number", at: index.span)
        guard (1...max(1, elements.count)).contains(position), !elements.isEmpty else {
            throw .noSuchElement("\(position)", count: elements.count, at: index.span, list: base.span)
        }
        return elements[position - 1]
    }

    private func evaluateField(_ base: LocatedExpression, _ name: Name) throws(Diagnostic) -> Value {
        let value = try evaluate(base)
        switch value {
        case .pending: return .pending
        case .record(let fields):
            guard let field = fields[name.value] else {
                throw .unknownField(name.value, known: Array(fields.keys), at: name.span)
            }
            return field
        case .nothing, .number, .text, .boolean, .list, .range, .callable, .foreign:
            throw .wrongKind(
                "what stands before `.\(name.value)`", wanted: "a record", got: value, at: base.span,
                hint: fieldHint(name.value, of: value, written: base.span.text))
        }
    }

    /// What is meant by `written.name`, where `written` has no fields.
    private func fieldHint(_ name: String, of value: Value, written: String) -> String? {
        if case .foreign(let foreign) = value, let hint = foreign.hint(forField: name, written: written) {
            return hint
        }
        if visibleNames.contains(name) { return "a function takes its value in brackets: `\(name)(…)`" }
        return Habits.hint(for: name)
    }

    // MARK: Whole numbers

    /// Bytes that a value may not grow beyond, list or text: a doubling in a loop would take all memory
    /// otherwise.
    package static let valueLimit = 256 << 20
    /// Lists may not be inside each other deeper than this.
    package static let listDepthLimit = 200

    /// Looks whether a text of so many bytes can be made.
    /// - Throws: `too-many`, `not-enough-memory`.
    package static func checkText(_ bytes: Int, at span: Span) throws(Diagnostic) {
        guard bytes <= valueLimit else { throw .tooLarge("a text", at: span) }
        try checkMemory(2 * bytes, for: "this text", at: span)
    }

    /// Looks whether a value can be written: about as many bytes as it takes, and the pieces that they are
    /// put together of.
    /// - Throws: `not-enough-memory`.
    package static func checkDescription(of value: Value, at span: Span) throws(Diagnostic) {
        let size = value.elementCount.map { $0 * MemoryLayout<Value>.stride } ?? 0
        try checkMemory(4 * max(size, value.size.weight), for: "this value as a text", at: span)
    }

    /// - Throws: `not-enough-memory`.
    package static func checkMemory(_ bytes: Int, for what: String, at span: Span) throws(Diagnostic) {
        do { try MachineMemory.check(bytes, for: what) } catch { throw error.located(at: span) }
    }

    package func wholeNumber(
        _ expression: LocatedExpression, _ what: String, atLeast least: Int = .min
    ) throws(Diagnostic) -> Int {
        try wholeNumber(evaluate(expression), what, atLeast: least, at: expression.span)
    }

    package func wholeNumber(
        _ value: Value, _ what: String, atLeast least: Int = .min, at span: Span
    ) throws(Diagnostic) -> Int {
        guard case .number(let number) = value else {
            throw .wrongKind(what, wanted: "a whole number", got: value, at: span)
        }
        // Beyond 2^53 a Double cannot tell neighbouring whole numbers apart.
        guard number == number.rounded(), abs(number) <= 0x1p53, Int(number) >= least else {
            throw .outOfRange(
                what, wanted: least == .min ? "a whole number" : "a whole number from \(least) up",
                got: number, at: span)
        }
        return Int(number)
    }
}
