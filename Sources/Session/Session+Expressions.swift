import Diagnostics
import Graph
import OrderedCollections
import Syntax

extension Session {
    func evaluate(_ expression: LocatedExpression) throws(Diagnostic) -> Value {
        evaluationDepth += 1
        defer { evaluationDepth -= 1 }
        guard evaluationDepth <= Self.evaluationLimit else { throw .tooDeepEvaluation(at: expression.span) }
        switch expression.value {
        case .number(let number): return .number(number)
        case .boolean(let boolean): return .boolean(boolean)
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
                if case .nothing = value { throw .noValue("this `if`", at: expression.span) }
                return value
            case .returned(_, let span):
                throw .misplaced("return", belongsIn: "a body of statements, not a value", at: span)
            }
        }
    }

    func lookUp(_ name: String, at span: Span) throws(Diagnostic) -> Value {
        if let value = frame.lookUp(name) { return value }
        // A network's other graphs are traced with what its first one saw.
        if let value = tracer?.pinned[name] { return value }
        if let value = globals.lookUp(name) {
            tracer?.note(name, value)
            return value
        }
        if let builtin = Builtin.table[name] { return .callable(Callable(code: .builtin(builtin))) }
        throw .unknownName(
            name, at: span, nearest: nearest(to: name, among: visibleNames), instead: Self.habits[name])
    }

    /// What those who know other languages or prompts look for, and what it is called here.
    private static let habits: [String: String] = [
        "ans": "`it` is the last value that was shown", "_": "`it` is the last value that was shown",
        "break": "a loop runs to its end; an `if` inside leaves out what should not happen",
        "continue": "a loop runs to its end; an `if` inside leaves out what should not happen",
        "pass": "an empty body is `{ }`", "lambda": "write `function name(x) { return … }`",
        "type": "`vars` and `?name` tell what a name holds", "dir": "`vars` lists the names",
        "str": "\"{value}\" is a value as a text", "int": "`floor(x)` and `round(x)` give whole numbers",
        "pow": "write `x ^ 2`", "append": "`list + [x]` is the list with one more element",
        "torch": "there is nothing to import: `help` lists all there is",
        "nn": "there is nothing to import: `help` lists all there is",
        "np": "there is nothing to import: `help` lists all there is",
        "history": "the arrows and Ctrl-R go through the history", "clear": "Ctrl-L clears the screen",
        "exit": "Ctrl-D leaves the prompt; a script ends with its last line",
        "quit": "Ctrl-D leaves the prompt; a script ends with its last line",
        "True": "write `true`", "False": "write `false`", "None": "a function without `return` gives nothing",
        "null": "a function without `return` gives nothing",
        "nil": "a function without `return` gives nothing",
        "len": "`count(list)` is how many elements it has",
        "length": "`count(list)` is how many elements it has",
        "size": "`count(list)` is how many elements it has", "range": "`1..3` is a range, both ends included",
        "max": "`maximum(list)`", "min": "`minimum(list)`", "avg": "`mean(list)`",
        "println": "`print(value)`",
        "ls": "`vars` lists the names; Tab completes file names in quotes", "who": "`vars` lists the names",
        "run": "write `run \"file.acu\"`", "load": "write `run \"file.acu\"`",
        "apropos": "write `apropos word`", "source": "write `source name`", "edit": "write `edit name`",
        "save_session": "write `save_session \"file.acu\"`", "forget": "write `forget name`",
        "Conv2d": "`conv(x, channels)` is the convolution",
        "conv2d": "`conv(x, channels)` is the convolution",
        "ReLU": "write `relu(x)`", "upsample": "`resize(x, like = y)` gives x the size of y",
        "cat": "`concat(x, y)` joins channels", "psnr": "`evaluate(model, data).psnr` is in dB",
    ]

    var visibleNames: [String] {
        frame.visibleNames + globals.visibleNames + Array(Builtin.table.keys)
    }

    private func evaluate(_ parts: [TextPart]) throws(Diagnostic) -> Value {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .value(let expression):
                let value = try evaluate(expression)
                if case .pending = value { return .pending }
                text += value.description
                guard text.utf8.count <= Self.textLimit else {
                    throw .tooMany("bytes in a text", limit: Self.textLimit, at: expression.span)
                }
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
        guard last - first < Self.listLimit else {
            throw .tooMany("numbers in a range", limit: Self.listLimit, at: low.span.through(high.span))
        }
        return .range(first, last)
    }

    private func evaluate(
        _ operation: UnaryOperator, _ operand: LocatedExpression, at span: Span
    ) throws(Diagnostic) -> Value {
        let value = try evaluate(operand)
        switch (operation, value) {
        case (_, .pending): return .pending
        case (.minus, .number(let number)): return .number(-number)
        case (.minus, .feature(let feature)):
            return .feature(try currentTracer(at: span).affine(feature, factor: -1, offset: 0, at: span))
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
        if case .feature = value {
            throw .wrongKind(
                "what stands before `[`", wanted: "a list", got: value, at: base.span,
                hint: "`slice(x, 1, 3)` takes channels 1 to 3 of a feature map")
        }
        guard let elements = value.elements else {
            throw .wrongKind("what stands before `[`", wanted: "a list", got: value, at: base.span)
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
        case .nothing, .number, .text, .boolean, .list, .range, .callable, .network, .sharing, .dataset,
            .model,
            .table, .image, .feature:
            let isFunction = visibleNames.contains(name.value)
            throw .wrongKind(
                "what stands before `.\(name.value)`", wanted: "a record", got: value, at: base.span,
                hint: isFunction ? "a function takes its value in brackets: `\(name.value)(…)`" : nil)
        }
    }

    // MARK: Whole numbers

    /// Lists may not grow beyond this: a doubling in a loop would take all memory otherwise.
    static let listLimit = 10_000_000
    /// Lists may not be inside each other deeper than this.
    static let listDepthLimit = 200
    /// Bytes that a text may not grow beyond.
    static let textLimit = 64 << 20

    func wholeNumber(
        _ expression: LocatedExpression, _ what: String, atLeast least: Int = .min
    ) throws(Diagnostic) -> Int {
        try wholeNumber(evaluate(expression), what, atLeast: least, at: expression.span)
    }

    func wholeNumber(
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
