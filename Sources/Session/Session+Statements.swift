import Diagnostics
import Syntax

/// How a statement ended.
enum Flow {
    /// On to the next one; the value is the statement's, if it is an expression.
    case next(Value)
    /// A `return` was met.
    case returned(Value, Span)
}

extension Session {
    func run(_ statement: Statement) throws(Diagnostic) -> Flow {
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
        case .sharing(let definition):
            try bind(definition.name, to: .sharing(SharingMode(definition: definition)))
        case .weights(let role, let body): return try runWeights(role, body)
        case .repetition(let count, let body): return try runRepetition(count, body)
        case .loop(let name, let values, let body): return try runLoop(name, over: values, body)
        case .result(let expression):
            let value = if let expression { try evaluate(expression) } else { Value.nothing }
            return .returned(value, statement.span)
        case .output(let expression): try runOutput(expression, at: statement.span)
        case .experiment(let experiment): try run(experiment, at: statement.span)
        case .record(let fields): try record(fields)
        case .source(let name): try showSource(of: name)
        case .command(let command): return .next(try run(command, at: statement.span))
        }
        return .next(.nothing)
    }

    func run(_ body: Body) throws(Diagnostic) -> Flow {
        var last = Value.nothing
        for statement in body {
            switch try run(statement) {
            case .next(let value): last = value
            case .returned(let value, let span): return .returned(value, span)
            }
        }
        return .next(last)
    }

    func bind(_ name: Name, to value: Value) throws(Diagnostic) {
        if case .feature = value, tracer == nil { throw .featureOutsideNetwork(at: name.span) }
        frame.bind(name.value, to: value)
    }

    func branch(
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
        case .nothing, .number, .text, .list, .range, .record, .callable, .network, .sharing, .dataset,
            .model,
            .table, .image, .feature:
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
            try checkInterruption(at: count.span)
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
            try checkInterruption(at: values.span)
            frame.bind(name.value, to: element)
            if case .returned(let value, let span) = try run(body) { return .returned(value, span) }
        }
        return .next(.nothing)
    }

    private func runOutput(_ expression: LocatedExpression, at span: Span) throws(Diagnostic) {
        guard let tracer else { throw .misplaced("output", belongsIn: "a network", at: span) }
        let value = try evaluate(expression)
        guard case .feature(let feature) = value else {
            throw .wrongKind("an output", wanted: "a feature map", got: value, at: expression.span)
        }
        try tracer.output(feature, at: span)
    }

    private func showSource(of name: Name) throws(Diagnostic) {
        let value = try lookUp(name.value, at: name.span)
        switch value {
        case .callable(let callable):
            switch callable.code {
            case .definition(let definition, _): front.show(.text(definition.span.textWithComment))
            case .builtin(let builtin):
                front.show(
                    .text("\(help.signature(of: builtin))    # built in\n\(help.wrapped(builtin.help))"))
            }
        case .network(let network): front.show(.text(network.shownSource))
        case .model(let model): front.show(.text(model.network.shownSource))
        case .sharing(let mode): front.show(.text(mode.definition.span.textWithComment))
        case .nothing, .number, .text, .boolean, .list, .range, .record, .dataset, .table, .image, .feature,
            .pending:
            throw .wrongKind(
                "`\(name.value)`", wanted: "a block, function, network, model or sharing mode", got: value,
                at: name.span)
        }
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

extension Network {
    /// Its definition; of a network out of a file all that the file says.
    fileprivate var shownSource: String {
        switch origin {
        case .written(_, let definition, _): definition.span.textWithComment
        case .file(_, let source, _): source
        }
    }
}

extension Span {
    /// Its text, preceded by the comment lines directly above it.
    var textWithComment: String {
        var first = line
        while first > 1 {
            let above = source.text(in: source.range(ofLine: first - 1))
            guard above.hasPrefix("#"), !above.hasPrefix("# %%") else { break }
            first -= 1
        }
        return source.text(in: source.range(ofLine: first).lowerBound..<range.upperBound)
    }
}
