import Diagnostics
import Syntax

/// An argument of a call, evaluated.
package struct GivenArgument {
    package let name: Name?
    package let value: Value
    package let span: Span
}

extension Interpreter {
    package func evaluateCall(
        _ callee: LocatedExpression, _ arguments: [Argument], at span: Span
    ) throws(Diagnostic) -> Value {
        let value = try evaluateCallee(callee)
        var given: [GivenArgument] = []
        for argument in arguments {
            given.append(
                GivenArgument(
                    name: argument.name, value: try evaluate(argument, of: value), span: argument.value.span))
        }
        if case .pending = value { return .pending }
        guard let callable = value.asCallable else { throw .notCallable(value, at: callee.span) }
        return try call(callable, given, at: span, callee: callee.span)
    }

    /// An argument's value. A choice without its quotes, `purpose = inference`, reads as a name that nothing
    /// has.
    private func evaluate(_ argument: Argument, of callee: Value) throws(Diagnostic) -> Value {
        do { return try evaluate(argument.value) } catch {
            guard error.code == Diagnostic.unknownNameCode, case .name(let name) = argument.value.value,
                case .callable(let callable) = callee, case .builtin(let builtin) = callable.code,
                let parameter = builtin.parameters.first(where: { $0.name == argument.name?.value }),
                parameter.kind.choices.contains(name)
            else { throw error }
            throw .unknownName(
                name, at: argument.value.span, nearest: nil, instead: "write it in quotes: \"\(name)\"")
        }
    }

    /// In front of a bracket, a name that holds no function may hide a function of the same name: `count = 3`
    /// must not take `count(…)` away.
    private func evaluateCallee(_ callee: LocatedExpression) throws(Diagnostic) -> Value {
        let value = try evaluate(callee)
        guard case .name(let name) = callee.value, let builtin = rooms.builtins[name], !value.isPending,
            value.asCallable == nil
        else { return value }
        return .callable(Callable(code: .builtin(builtin)))
    }

    package func call(
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
        try rooms.checkInterruption(at: callee)
        let whole = callable.bound.filter { old in !arguments.contains { $0.name == old.name } } + arguments
        switch callable.code {
        case .builtin(let builtin):
            return try call(
                builtin, Array(given.prefix { $0.name == nil }), whole, tie: callable.tie, at: span)
        case .definition(let definition, let closure):
            switch definition.kind {
            case .function:
                if closure == nil { watch?.note(definition) }
                return try runDefinition(definition, closure: closure, with: whole, caller: nil, at: span)
            case .block, .network, .loss:
                return try rooms.apply(
                    Application(
                        callable: callable, definition: definition, closure: closure, arguments: whole,
                        span: span))
            }
        }
    }

    private func call(
        _ builtin: Builtin, _ positional: [GivenArgument], _ given: [Callable.BoundArgument], tie: Tie?,
        at span: Span
    ) throws(Diagnostic) -> Value {
        // What is computed from a result not known yet is not known yet either.
        let isPending = given.contains { $0.value.isPending } || positional.contains { $0.value.isPending }
        if isPending { return .pending }
        let takesRest = builtin.parameters.contains(where: \.isRest)
        let arguments = Arguments(
            builtin: builtin, given: given.filter { !builtin.isLeftOut($0) },
            rest: takesRest ? positional : [], span: span)
        try arguments.check()
        return try rooms.call(BuiltinCall(builtin: builtin, arguments: arguments, tie: tie))
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
        guard case .definition(let definition, _) = callable.code else { return .callable(bound) }
        switch definition.kind {
        case .block, .function: return .callable(bound)
        case .network: return try rooms.network(of: bound, definition, at: span)
        case .loss: return rooms.loss(of: bound, definition, at: span)
        }
    }

    package func runDefinition(
        _ definition: Definition, closure: Frame?, with arguments: [Callable.BoundArgument], caller: Frame?,
        at span: Span
    ) throws(Diagnostic) -> Value {
        try within(Frame(enclosing: closure, caller: caller)) { () throws(Diagnostic) in
            try bindParameters(of: definition, to: arguments, at: span)
            switch try run(definition.body) {
            case .returned(let value, _): return value
            case .next: return .nothing
            }
        }
    }

    private func bindParameters(
        of definition: Definition, to arguments: [Callable.BoundArgument], at span: Span
    ) throws(Diagnostic) {
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
    }
}

extension Callable {
    package var closure: Frame? {
        if case .definition(_, let closure) = code { closure } else { nil }
    }
}
