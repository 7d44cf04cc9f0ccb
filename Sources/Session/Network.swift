import Diagnostics
import Graph
import Syntax

/// A network with its settings: traced when it is made, so that its mistakes are told there; or one out of a
/// model's file, whose graph is all there is of it.
final class Network {
    enum Origin {
        case written(Callable, Definition, sharing: SharingMode?)
        /// - Parameter source: what the file says that it was written as.
        case file(description: String, source: String, Graph)
    }

    let origin: Origin
    /// Where it was made.
    let span: Span
    private var graphs: [Int: Graph] = [:]
    /// What names at the top level stood for when it was first traced: later traces see the same.
    private(set) var pinned: [String: Value] = [:]
    /// Where the definitions stand that it was made of, by name.
    private(set) var definitions: [String: Span] = [:]

    init(_ origin: Origin, span: Span) {
        self.origin = origin
        self.span = span
    }

    var description: String {
        switch origin {
        case .written(let callable, _, _): callable.description
        case .file(let description, _, _): description
        }
    }

    /// Of its settings.
    var extent: Extent {
        switch origin {
        case .written(let callable, _, _): callable.extent
        case .file: Extent()
        }
    }

    /// The graph for images of `channels` channels, traced on first use.
    /// - Throws: what tracing finds wrong; `loaded-channels` where a file's network is for others.
    func graph(channels: Int, in session: Session) throws(Diagnostic) -> Graph {
        if let graph = graphs[channels] { return graph }
        let graph: Graph
        switch origin {
        case .written(let callable, let definition, let sharing):
            let tracer = Tracer(sharing: sharing, pinned: pinned)
            graph = try session.trace(callable, definition, with: tracer, channels: channels, at: span)
            pinned.merge(tracer.used) { old, _ in old }
            definitions.merge(tracer.definitions) { old, _ in old }
        case .file(_, _, let stored):
            guard stored.inputChannels == channels else {
                throw .loadedChannels(stored.inputChannels, not: channels)
            }
            graph = stored
        }
        graphs[channels] = graph
        return graph
    }
}

extension Session {
    /// Makes a network of a definition and settings, and traces it for one channel.
    func makeNetwork(_ callable: Callable, _ definition: Definition, at span: Span) throws(Diagnostic)
        -> Network
    {
        let sharing = try sharing(of: definition, given: callable.bound)
        let network = Network(.written(callable, definition, sharing: sharing), span: span)
        do {
            _ = try network.graph(channels: 1, in: self)
        } catch let mistake {
            // A network may be for colour alone; only one that fits no image at all is a mistake.
            guard (try? network.graph(channels: 3, in: self)) != nil else {
                // A mistake shows far inside a block, perhaps of the prelude; what led there is here.
                if let own = mistake.told(of: callable, madeAt: span) { throw own }
                throw mistake.primary?.span.source === span.source && mistake.primary?.span.line == span.line
                    ? mistake : mistake.related(span, "while this network was made")
            }
        }
        return network
    }

    /// The sharing mode that a network is given, or its default.
    func sharing(
        of definition: Definition, given arguments: [Callable.BoundArgument]
    ) throws(Diagnostic) -> SharingMode? {
        if let given = arguments.last(where: { $0.name == "sharing" }) {
            return try sharingMode(given.value, at: given.span)
        }
        let parameter = definition.parameters.first { $0.name.value == "sharing" }
        guard let value = parameter?.defaultValue else { return nil }
        return try sharingMode(evaluate(value), at: value.span)
    }

    private func sharingMode(_ value: Value, at span: Span) throws(Diagnostic) -> SharingMode {
        guard case .sharing(let mode) = value else {
            throw .wrongKind("`sharing`", wanted: "a sharing mode, such as `selective`", got: value, at: span)
        }
        return mode
    }

    func trace(
        _ callable: Callable, _ definition: Definition, with tracer: Tracer, channels: Int, at span: Span
    ) throws(Diagnostic) -> Graph {
        tracer.note(definition)
        let (outerTracer, outerDepth) = (self.tracer, callDepth)
        self.tracer = tracer
        defer {
            self.tracer = outerTracer
            callDepth = outerDepth
        }
        let input = tracer.input(channels: channels)
        try runNetwork(callable, definition, on: input, caller: nil, at: span)
        guard tracer.hasOutput else { throw .noOutput(definition.name.value, at: definition.name.span) }
        return tracer.graph()
    }

    /// Runs a network's body on `input`, in the trace that is under way.
    func runNetwork(
        _ callable: Callable, _ definition: Definition, on input: Feature, caller: Frame?, at span: Span
    ) throws(Diagnostic) {
        guard let first = definition.parameters.first else {
            throw .noInput(definition.name.value, at: definition.name.span)
        }
        let whole =
            [Callable.BoundArgument(name: first.name.value, value: .feature(input), span: span)]
            + callable.bound
        _ = try runDefinition(definition, closure: callable.closure, with: whole, caller: caller, at: span)
    }

    /// One time through `weights ROLE { … }`.
    func runWeights(_ role: Name, _ body: Body) throws(Diagnostic) -> Flow {
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
        let flow = try tracer.within(path) { () throws(Diagnostic) in try run(body) }
        tracer.addPass(path, circumstances(indices ?? []), nodes: start..<tracer.nodeCount)
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
        case .nothing, .list, .range, .record, .callable, .network, .sharing, .dataset, .model, .table,
            .image,
            .feature, .pending:
            throw .wrongKind(
                "the index `\(index.value)`", wanted: "a number, a text, true or false", got: value,
                at: role.span)
        }
    }

    /// An index counts if it is bound in the call that holds the `weights`, or in those that led there: a
    /// name that happens to be bound at the prompt does not.
    private func lookUpIndex(_ name: String) -> Value? {
        var current: Frame? = frame
        while let frame = current {
            if let value = frame.values[name] { return value }
            current = frame.caller
        }
        return nil
    }

    private func circumstances(_ indices: [(name: String, value: String)]) -> [Pass.Circumstance] {
        var loops: [Pass.Circumstance] = []
        var current: Frame? = frame
        while let frame = current {
            loops =
                frame.loops.compactMap { name in
                    frame.values[name].map { Pass.Circumstance(name: name, value: $0.description) }
                } + loops
            current = frame.caller
        }
        let known = Set(loops.map(\.name))
        return loops
            + indices.filter { !known.contains($0.name) }.map {
                Pass.Circumstance(name: $0.name, value: $0.value)
            }
    }
}

extension Diagnostic {
    static func loadedChannels(_ has: Int, not wanted: Int) -> Diagnostic {
        func said(_ channels: Int) -> String { channels == 1 ? "1 channel" : "\(channels) channels" }
        return Diagnostic(
            "loaded-channels",
            "this network was loaded for \(said(has)) and is not known for \(said(wanted))",
            hint: "run the text that `source` shows of it, to have it for any number")
    }
}
