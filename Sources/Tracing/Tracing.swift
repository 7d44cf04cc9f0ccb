import Diagnostics
import Graph
import Language
import Syntax

/// Traces networks: what blocks, networks, roles and outputs of the language do while one is traced.
package final class Tracing {
    package unowned let interpreter: Interpreter
    /// The network that is being traced, if one is.
    package private(set) var tracer: Tracer?

    package init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// The trace under way, for a layer called at `span`.
    package func currentTracer(at span: Span) throws(Diagnostic) -> Tracer {
        guard let tracer else { throw .featureOutsideNetwork(at: span) }
        return tracer
    }

    /// Calls a function of feature maps.
    package func call(_ function: Function<Tracing>, _ call: BuiltinCall) throws(Diagnostic) -> Value {
        guard let tie = call.tie else { return try function.code(self, call.arguments) }
        return try currentTracer(at: call.arguments.span).callLayer(call.builtin.name, tie: tie) {
            () throws(Diagnostic) in try function.code(self, call.arguments)
        }
    }

    /// Applies a block or a network to a feature map.
    package func apply(_ application: Application) throws(Diagnostic) -> Value {
        switch application.definition.kind {
        case .block, .loss: try applyBlock(application)
        case .network: try applyNetwork(application)
        case .function: preconditionFailure("a function is no part of a network")
        }
    }

    private func applyBlock(_ block: Application) throws(Diagnostic) -> Value {
        guard let tracer else { throw .outsideNetwork(block.callable, at: block.span) }
        if block.closure == nil { tracer.watch.note(block.definition) }
        let result = try tracer.call(block.callable.name, tie: block.callable.tie) { () throws(Diagnostic) in
            try interpreter.runDefinition(
                block.definition, closure: block.closure, with: block.arguments, caller: interpreter.frame,
                at: block.span)
        }
        if case .pending = result { return result }
        guard result.as(Feature.self) != nil else {
            throw .blockWithoutResult(block.definition.name, got: result, at: block.span)
        }
        return result
    }

    /// A network called on a feature map, inside another: its last output is the value.
    private func applyNetwork(_ network: Application) throws(Diagnostic) -> Value {
        guard let tracer else { throw .outsideNetwork(network.callable, at: network.span) }
        let outer = tracer.inlinedOutput
        tracer.inlined += 1
        tracer.inlinedOutput = nil
        defer {
            tracer.inlined -= 1
            tracer.inlinedOutput = outer
        }
        let (callable, definition) = (network.callable, network.definition)
        let sharing = try sharing(of: definition, given: network.arguments)
        _ = try tracer.inline(callable.name, tie: callable.tie, sharing: sharing) { () throws(Diagnostic) in
            try interpreter.runDefinition(
                definition, closure: callable.closure, with: network.arguments, caller: nil, at: network.span)
        }
        guard let output = tracer.inlinedOutput else {
            throw .noOutput(definition.name.value, at: definition.name.span)
        }
        return .foreign(output)
    }

    /// Makes a network of a definition and settings, and traces it for one channel.
    package func makeNetwork(_ callable: Callable, _ definition: Definition, at span: Span) throws(Diagnostic)
        -> Network
    {
        let sharing = try sharing(of: definition, given: callable.bound)
        let network = Network(.written(callable, definition, sharing: sharing), span: span)
        do {
            _ = try network.graph(channels: 1, in: self)
        } catch let diagnostic {
            // A network may be for colour alone; only one that fits no image at all is a mistake.
            guard (try? network.graph(channels: 3, in: self)) != nil else {
                // A mistake shows far inside a block, perhaps of the prelude; what led there is here.
                if let own = diagnostic.told(of: callable, madeAt: span) { throw own }
                throw diagnostic.primary?.span.source === span.source
                    && diagnostic.primary?.span.line == span.line
                    ? diagnostic : diagnostic.related(span, "while this network was made")
            }
        }
        return network
    }

    /// The sharing mode that a network is given, or its default.
    package func sharing(
        of definition: Definition, given arguments: [Callable.BoundArgument]
    ) throws(Diagnostic) -> SharingMode? {
        if let given = arguments.last(where: { $0.name == "sharing" }) {
            return try sharingMode(given.value, at: given.span)
        }
        let parameter = definition.parameters.first { $0.name.value == "sharing" }
        guard let value = parameter?.defaultValue else { return nil }
        return try sharingMode(interpreter.evaluate(value), at: value.span)
    }

    private func sharingMode(_ value: Value, at span: Span) throws(Diagnostic) -> SharingMode {
        guard let mode = value.as(SharingMode.self) else {
            throw .wrongKind("`sharing`", wanted: "a sharing mode, such as `selective`", got: value, at: span)
        }
        return mode
    }

    package func trace(
        _ callable: Callable, _ definition: Definition, with tracer: Tracer, channels: Int, at span: Span
    ) throws(Diagnostic) -> Graph {
        tracer.watch.note(definition)
        return try tracing(with: tracer) { tracer throws(Diagnostic) in
            let input = tracer.input(channels: channels)
            try runNetwork(callable, definition, on: input, caller: nil, at: span)
            guard tracer.hasOutput else { throw .noOutput(definition.name.value, at: definition.name.span) }
            return tracer.graph()
        }
    }

    /// Runs `body` with a trace of its own under way.
    func tracing<Result>(
        with tracer: Tracer, _ body: (Tracer) throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        let (outer, outerWatch, outerDepth) = (self.tracer, interpreter.watch, interpreter.callDepth)
        (self.tracer, interpreter.watch) = (tracer, tracer.watch)
        defer { (self.tracer, interpreter.watch, interpreter.callDepth) = (outer, outerWatch, outerDepth) }
        return try body(tracer)
    }

    /// Runs a network's body on `input`, in the trace that is under way.
    package func runNetwork(
        _ callable: Callable, _ definition: Definition, on input: Feature, caller: Frame?, at span: Span
    ) throws(Diagnostic) {
        guard let first = definition.parameters.first else {
            throw .noInput(definition.name.value, at: definition.name.span)
        }
        let whole =
            [Callable.BoundArgument(name: first.name.value, value: .foreign(input), span: span)]
            + callable.bound
        _ = try interpreter.runDefinition(
            definition, closure: callable.closure, with: whole, caller: caller, at: span)
    }

    /// One time through `weights ROLE { … }`.
    package func runWeights(_ role: Name, _ body: Body) throws(Diagnostic) -> Flow {
        guard let tracer else {
            throw .misplaced("weights", belongsIn: "a block or a network", at: role.span)
        }
        var indices: [(name: String, value: String)]?
        if let mode = tracer.sharing {
            guard let rule = mode.rule(for: role.value) else {
                throw .roleWithoutRule(role, in: mode.definition)
            }
            var values: [(name: String, value: String)] = []
            for index in rule.indices {
                values.append((index.value, try indexValue(index, of: role, in: mode.definition)))
            }
            indices = values
        }
        let path = tracer.path(ofRole: role.value, indices: indices?.map(\.value))
        let start = tracer.nodeCount
        let flow = try tracer.within(path) { () throws(Diagnostic) in try interpreter.run(body) }
        tracer.addRoleUse(path, roleIndices(indices ?? []), nodes: start..<tracer.nodeCount)
        return flow
    }

    private func indexValue(
        _ index: Name, of role: Name, in mode: SharingDefinition
    ) throws(Diagnostic) -> String {
        guard let value = lookUpIndex(index.value) else {
            throw .indexNotInScope(index, role: role, mode: mode)
        }
        switch value {
        case .number, .text, .boolean: return value.description
        case .nothing, .list, .range, .record, .callable, .foreign, .pending:
            throw .wrongKind(
                "the index `\(index.value)`", wanted: "a number, a text, true or false", got: value,
                at: role.span)
        }
    }

    /// An index counts if it is bound in the call that holds the `weights`, or in those that led there: a
    /// name that happens to be bound at the prompt does not.
    private func lookUpIndex(_ name: String) -> Value? {
        var current: Frame? = interpreter.frame
        while let frame = current {
            if let value = frame.values[name] { return value }
            current = frame.caller
        }
        return nil
    }

    private func roleIndices(_ indices: [(name: String, value: String)]) -> [RoleUse.Index] {
        var loops: [RoleUse.Index] = []
        var current: Frame? = interpreter.frame
        while let frame = current {
            loops =
                frame.loops.compactMap { name in
                    frame.values[name].map { RoleUse.Index(name: name, value: $0.description) }
                } + loops
            current = frame.caller
        }
        let known = Set(loops.map(\.name))
        return loops
            + indices.filter { !known.contains($0.name) }.map {
                RoleUse.Index(name: $0.name, value: $0.value)
            }
    }

    package func runOutput(_ expression: LocatedExpression, at span: Span) throws(Diagnostic) {
        guard let tracer else { throw .misplaced("output", belongsIn: "a network", at: span) }
        let value = try interpreter.evaluate(expression)
        guard let feature = value.as(Feature.self) else {
            throw .wrongKind("an output", wanted: "a feature map", got: value, at: expression.span)
        }
        try tracer.output(feature, at: span)
    }
}
