import Diagnostics
import Syntax

/// How a statement ended.
package enum Flow {
    /// On to the next one; the value is the statement's, if it is an expression.
    case next(Value)
    /// A `return` was met.
    case returned(Value, Span)
}

extension Interpreter {
    package func run(_ statement: Statement) throws(Diagnostic) -> Flow {
        switch statement.kind {
        case .expression(let expression):
            if case .conditional(let condition, let then, let otherwise) = expression.value {
                return try branch(on: condition, then: then, otherwise: otherwise)
            }
            return .next(try evaluate(expression))
        case .assignment(let name, let expression):
            try bind(name, to: evaluate(expression))
        case .definition(let definition):
            let closure = frame === globals ? nil : frame
            try bind(
                definition.name, to: .callable(Callable(code: .definition(definition, closure: closure))))
        case .sharing(let definition): return try rooms.run(.sharing(definition), at: statement.span)
        case .weights(let role, let body):
            return try rooms.run(.weights(role: role, body), at: statement.span)
        case .repetition(let count, let body): return try runRepetition(count, body)
        case .loop(let name, let values, let body): return try runLoop(name, over: values, body)
        case .result(let expression):
            let value = if let expression { try evaluate(expression) } else { Value.nothing }
            return .returned(value, statement.span)
        case .output(let expression): return try rooms.run(.output(expression), at: statement.span)
        case .experiment(let experiment): return try rooms.run(.experiment(experiment), at: statement.span)
        case .record(let fields): return try rooms.run(.record(fields), at: statement.span)
        case .source(let name): return try rooms.run(.source(name), at: statement.span)
        case .command(let command): return try rooms.run(.command(command), at: statement.span)
        }
        return .next(.nothing)
    }

    package func run(_ body: Body) throws(Diagnostic) -> Flow {
        var last = Value.nothing
        for statement in body {
            switch try run(statement) {
            case .next(let value): last = value
            case .returned(let value, let span): return .returned(value, span)
            }
        }
        return .next(last)
    }

    package func bind(_ name: Name, to value: Value) throws(Diagnostic) {
        if case .foreign(let foreign) = value { try foreign.checkBinding(at: name.span) }
        frame.bind(name.value, to: value)
    }

    package func branch(
        on condition: LocatedExpression, then: Body, otherwise: Body?
    ) throws(Diagnostic) -> Flow {
        let value = try evaluate(condition)
        switch value {
        case .boolean(true): return try run(then)
        case .boolean(false):
            return try otherwise.map { body throws(Diagnostic) in try run(body) } ?? .next(.nothing)
        case .pending:
            // Which way it will go is not known, so what either way would bind is not known either.
            for name in assignedNames(in: then + (otherwise ?? [])) { frame.bind(name, to: .pending) }
            return .next(.pending)
        case .nothing, .number, .text, .list, .range, .record, .callable, .foreign:
            throw .wrongKind("the condition", wanted: "true or false", got: value, at: condition.span)
        }
    }

    private func runRepetition(_ count: LocatedExpression, _ body: Body) throws(Diagnostic) -> Flow {
        let value = try evaluate(count)
        if case .pending = value {
            for name in assignedNames(in: body) { frame.bind(name, to: .pending) }
            return .next(.nothing)
        }
        let times = try wholeNumber(value, "the number of repetitions", atLeast: 0, at: count.span)
        for _ in 0..<times {
            try rooms.checkInterruption(at: count.span)
            if case .returned(let value, let span) = try run(body) { return .returned(value, span) }
        }
        return .next(.nothing)
    }

    private func runLoop(
        _ name: Name, over values: LocatedExpression, _ body: Body
    ) throws(Diagnostic) -> Flow {
        let sequence = try evaluate(values)
        if case .pending = sequence {
            for name in assignedNames(in: body) + [name.value] { frame.bind(name, to: .pending) }
            return .next(.nothing)
        }
        guard let elements = sequence.elements else {
            throw .wrongKind(
                "what a loop runs over", wanted: "a list or a range", got: sequence, at: values.span)
        }
        let frame = frame
        frame.loops.append(name.value)
        defer { frame.loops.removeLast() }
        for element in elements {
            try rooms.checkInterruption(at: values.span)
            frame.bind(name.value, to: element)
            if case .returned(let value, let span) = try run(body) { return .returned(value, span) }
        }
        return .next(.nothing)
    }

    /// Names that statements of `body` would bind, in it and in bodies inside it.
    private func assignedNames(in body: Body) -> [String] {
        body.flatMap { statement -> [String] in
            switch statement.kind {
            case .assignment(let name, _): [name.value]
            case .definition(let definition): [definition.name.value]
            case .sharing(let definition): [definition.name.value]
            case .weights(_, let body), .repetition(_, let body): assignedNames(in: body)
            case .loop(let name, _, let body): [name.value] + assignedNames(in: body)
            case .expression(let expression):
                if case .conditional(_, let then, let otherwise) = expression.value {
                    assignedNames(in: then + (otherwise ?? []))
                } else {
                    []
                }
            case .result, .output, .experiment, .record, .source, .command: []
            }
        }
    }
}

extension Span {
    /// Its text, preceded by the comment lines directly above it.
    package var textWithComment: String {
        var first = line
        while first > 1 {
            let above = source.text(in: source.range(ofLine: first - 1))
            guard above.hasPrefix("#"), !above.hasPrefix("# %%") else { break }
            first -= 1
        }
        return source.text(in: source.range(ofLine: first).lowerBound..<range.upperBound)
    }

    /// The comment directly above, in one line.
    package var comment: String {
        textWithComment.split(separator: "\n").prefix { $0.hasPrefix("#") }.map {
            $0.drop { $0 == "#" || $0 == " " }
        }.joined(separator: " ")
    }
}
