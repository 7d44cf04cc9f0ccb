import Diagnostics
import Graph
import Syntax

/// An argument of a call, evaluated.
struct GivenArgument {
    let name: Name?
    let value: Value
    let span: Span
}

extension Session {
    func evaluateCall(
        _ callee: LocatedExpression, _ arguments: [Argument], at span: Span
    ) throws(Diagnostic) -> Value {
        let value = try evaluateCallee(callee)
        var given: [GivenArgument] = []
        for argument in arguments {
            given.append(
                GivenArgument(
                    name: argument.name, value: try evaluate(argument, of: value), span: argument.value.span))
        }
        switch value {
        case .callable(let callable): return try call(callable, given, at: span, callee: callee.span)
        case .network(let network):
            guard case .written(let callable, _, _) = network.origin else {
                throw .notCallable(value, at: callee.span)
            }
            return try call(callable, given, at: span, callee: callee.span)
        case .pending: return .pending
        case .nothing, .number, .text, .boolean, .list, .range, .record, .sharing, .dataset, .model, .table,
            .image,
            .feature:
            throw .notCallable(value, at: callee.span)
        }
    }

    /// An argument's value. A choice without its quotes, `purpose = inference`, reads as a name that nothing
    /// has.
    private func evaluate(_ argument: Argument, of callee: Value) throws(Diagnostic) -> Value {
        do { return try evaluate(argument.value) } catch {
            guard error.code == Diagnostic.unknownNameCode, case .name(let name) = argument.value.value,
                case .callable(let callable) = callee, case .builtin(let builtin) = callable.code,
                let parameter = builtin.parameters.first(where: { $0.name == argument.name?.value }),
                parameter.kind.contains("\"\(name)\"")
            else { throw error }
            throw .unknownName(
                name, at: argument.value.span, nearest: nil, instead: "write it in quotes: \"\(name)\"")
        }
    }

    /// In front of a bracket, a name that holds no function may hide a function of the same name: `count = 3`
    /// must not take `count(…)` away.
    private func evaluateCallee(_ callee: LocatedExpression) throws(Diagnostic) -> Value {
        let value = try evaluate(callee)
        guard case .name(let name) = callee.value, let builtin = Builtin.table[name] else { return value }
        switch value {
        case .callable, .network, .pending: return value
        case .nothing, .number, .text, .boolean, .list, .range, .record, .sharing, .dataset, .model, .table,
            .image,
            .feature:
            return .callable(Callable(code: .builtin(builtin)))
        }
    }

    func call(
        _ callable: Callable, _ given: [GivenArgument], at span: Span, callee: Span
    ) throws(Diagnostic) -> Value {
        let arguments = try named(given, of: callable, at: span)
        let isGiven =
            callable.parameterNames.first.map { first in arguments.contains { $0.name == first } } ?? false
        if callable.takesFeatureFirst, !isGiven { return try bind(arguments, to: callable, at: span) }
        callDepth += 1
        defer { callDepth -= 1 }
        guard callDepth <= Self.callLimit else {
            throw .endlessRecursion(callable.name, limit: Self.callLimit, at: callee)
        }
        try checkInterruption(at: callee)
        let whole = callable.bound.filter { old in !arguments.contains { $0.name == old.name } } + arguments
        switch callable.code {
        case .builtin(let builtin):
            let positional = Array(given.prefix { $0.name == nil })
            guard let tie = callable.tie else { return try call(builtin, positional, whole, at: span) }
            return try currentTracer(at: span).callLayer(callable.name, tie: tie) { () throws(Diagnostic) in
                try call(builtin, positional, whole, at: span)
            }
        case .definition(let definition, let closure):
            switch definition.kind {
            case .function:
                if closure == nil { tracer?.note(definition) }
                return try runDefinition(definition, closure: closure, with: whole, caller: nil, at: span)
            case .block: return try callBlock(callable, definition, closure, whole, at: span)
            case .network: return try callNetwork(callable, definition, whole, at: span)
            }
        }
    }

    /// Pairs each argument with the parameter it is for.
    private func named(
        _ given: [GivenArgument], of callable: Callable, at span: Span
    ) throws(Diagnostic) -> [Callable.BoundArgument] {
        let names = callable.parameterNames
        // From the parameter that takes any number on, arguments without names are all its own.
        let rest: Int? =
            if case .builtin(let builtin) = callable.code {
                builtin.parameters.firstIndex(where: \.isRest)
            } else { nil }
        var arguments: [Callable.BoundArgument] = []
        for (position, argument) in given.enumerated() {
            if let name = argument.name {
                // Every network takes a sharing mode, whether or not its definition gives one as the default.
                guard names.contains(name.value) || (callable.isNetwork && name.value == "sharing") else {
                    throw .unknownArgument(
                        name.value, of: callable.name, known: names, at: name.span,
                        nearest: nearest(to: name.value, among: names))
                }
                if let first = arguments.first(where: { $0.name == name.value }) {
                    throw .argumentGivenTwice(name.value, at: name.span, first: first.span)
                }
                arguments.append(.init(name: name.value, value: argument.value, span: argument.span))
            } else if let rest, position >= rest {
                continue
            } else if position < names.count {
                arguments.append(.init(name: names[position], value: argument.value, span: argument.span))
            } else {
                throw .tooManyArguments(callable.name, takes: names, at: argument.span)
            }
        }
        return arguments
    }

    private func bind(
        _ arguments: [Callable.BoundArgument], to callable: Callable, at span: Span
    ) throws(Diagnostic) -> Value {
        let bound = try callable.binding(arguments, at: span)
        guard case .definition(let definition, _) = callable.code, definition.kind == .network else {
            return .callable(bound)
        }
        return .network(try makeNetwork(bound, definition, at: span))
    }

    private func callBlock(
        _ callable: Callable, _ definition: Definition, _ closure: Frame?,
        _ arguments: [Callable.BoundArgument],
        at span: Span
    ) throws(Diagnostic) -> Value {
        guard let tracer else { throw .outsideNetwork(callable, at: span) }
        if closure == nil { tracer.note(definition) }
        let result = try tracer.call(callable.name, tie: callable.tie) { () throws(Diagnostic) in
            try runDefinition(definition, closure: closure, with: arguments, caller: frame, at: span)
        }
        switch result {
        case .feature, .pending: return result
        case .nothing, .number, .text, .boolean, .list, .range, .record, .callable, .network, .sharing,
            .dataset,
            .model, .table, .image:
            throw .blockWithoutResult(definition.name, got: result, at: span)
        }
    }

    /// A network called on a feature map, inside another: its last output is the value.
    private func callNetwork(
        _ callable: Callable, _ definition: Definition, _ arguments: [Callable.BoundArgument], at span: Span
    ) throws(Diagnostic) -> Value {
        guard let tracer else { throw .outsideNetwork(callable, at: span) }
        let outer = tracer.inlinedOutput
        tracer.inlined += 1
        tracer.inlinedOutput = nil
        defer {
            tracer.inlined -= 1
            tracer.inlinedOutput = outer
        }
        let sharing = try sharing(of: definition, given: arguments)
        _ = try tracer.inline(callable.name, tie: callable.tie, sharing: sharing) { () throws(Diagnostic) in
            try runDefinition(definition, closure: callable.closure, with: arguments, caller: nil, at: span)
        }
        guard let output = tracer.inlinedOutput else {
            throw .noOutput(definition.name.value, at: definition.name.span)
        }
        return .feature(output)
    }

    func runDefinition(
        _ definition: Definition, closure: Frame?, with arguments: [Callable.BoundArgument], caller: Frame?,
        at span: Span
    ) throws(Diagnostic) -> Value {
        let outer = frame
        frame = Frame(enclosing: closure, caller: caller)
        defer { frame = outer }
        for parameter in definition.parameters {
            if let argument = arguments.first(where: { $0.name == parameter.name.value }) {
                frame.bind(parameter.name.value, to: argument.value)
            } else if let value = parameter.defaultValue {
                frame.bind(parameter.name.value, to: try evaluate(value))
            } else {
                throw .missingArgument(
                    parameter.name.value, of: definition.name.value, at: span, declared: parameter.name.span)
            }
        }
        if let sharing = arguments.first(where: { $0.name == "sharing" }) {
            frame.bind("sharing", to: sharing.value)
        }
        switch try run(definition.body) {
        case .returned(let value, _): return value
        case .next: return .nothing
        }
    }
}

extension Callable {
    var closure: Frame? {
        if case .definition(_, let closure) = code { closure } else { nil }
    }
}
