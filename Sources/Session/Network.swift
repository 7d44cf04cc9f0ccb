import Diagnostics
import Graph
import Syntax

/// A network with its settings: traced when it is made, so that its mistakes are told there.
final class Network {
    let callable: Callable
    let definition: Definition
    let sharing: SharingMode?
    /// Where it was made.
    let span: Span
    private var graphs: [Int: Graph] = [:]
    /// What names at the top level stood for when it was first traced: later traces see the same.
    private(set) var pinned: [String: Value] = [:]
    /// Where the definitions stand that it was made of, by name.
    private(set) var definitions: [String: Span] = [:]

    init(_ callable: Callable, definition: Definition, sharing: SharingMode?, span: Span) {
        self.callable = callable
        self.definition = definition
        self.sharing = sharing
        self.span = span
    }

    var name: String { definition.name.value }
    var description: String { callable.description }

    /// The graph for images of `channels` channels, traced on first use.
    func graph(channels: Int, in session: Session) throws(Diagnostic) -> Graph {
        if let graph = graphs[channels] { return graph }
        let (graph, tracer) = try session.trace(self, channels: channels)
        graphs[channels] = graph
        pinned.merge(tracer.used) { old, _ in old }
        definitions.merge(tracer.definitions) { old, _ in old }
        return graph
    }
}

extension Session {
    /// Makes a network of a definition and settings, and traces it for one channel.
    func makeNetwork(_ callable: Callable, _ definition: Definition, at span: Span) throws(Diagnostic)
        -> Network
    {
        let sharing = try sharing(of: definition, given: callable.bound)
        let network = Network(callable, definition: definition, sharing: sharing, span: span)
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

    func trace(_ network: Network, channels: Int) throws(Diagnostic) -> (Graph, Tracer) {
        let tracer = Tracer(sharing: network.sharing, pinned: network.pinned)
        tracer.note(network.definition)
        let (outerTracer, outerDepth) = (self.tracer, callDepth)
        self.tracer = tracer
        defer {
            self.tracer = outerTracer
            callDepth = outerDepth
        }
        let input = tracer.input(channels: channels)
        try runNetwork(network.callable, network.definition, on: input, caller: nil, at: network.span)
        guard tracer.hasOutput else { throw .noOutput(network.name, at: network.definition.name.span) }
        return (tracer.graph(), tracer)
    }

    /// Names whose definitions are others now than when the network was made of them.
    func staleNames(of network: Network) -> [String] {
        var names = network.definitions.filter { name, span in
            globals.lookUp(name)?.definitionSpan.map { $0 != span } ?? false
        }.map(\.key)
        if let mode = network.sharing, let now = globals.lookUp(mode.name), case .sharing = now,
            now.definitionSpan != mode.definition.span
        {
            names.append(mode.name)
        }
        return names.sorted()
    }

    /// Two lines about a network, and a third if it is not what its names say any more.
    func summaryLines(of network: Network) throws(Diagnostic) -> String {
        let channels = (try? network.graph(channels: 1, in: self)) == nil ? 3 : 1
        let graph = try network.graph(channels: channels, in: self)
        let side = max(graph.sizeMultiple, 256 / graph.sizeMultiple * graph.sizeMultiple)
        let convolutions = graph.nodes.count { $0.operation.convolution != nil }
        let work = scaled(graph.multiplyAccumulates(height: side, width: side))
        var lines = [
            network.description,
            "  \(grouped(graph.parameterCount)) weights, \(grouped(graph.parameterUses)) uses of them in "
                + "\(counted(convolutions, "convolution")); \(work)MACs at \(side)×\(side); "
                + "sides in multiples of \(graph.sizeMultiple)",
        ]
        if let stale = staleNote(of: network) { lines.append("  " + stale) }
        return lines.joined(separator: "\n")
    }

    func staleNote(of network: Network) -> String? {
        let names = staleNames(of: network)
        guard !names.isEmpty else { return nil }
        return
            "stale: \(listed(names)) \(names.count == 1 ? "was" : "were") defined anew since; this network keeps "
            + "the old \(names.count == 1 ? "one" : "ones"), make it again for the new"
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

    /// An index counts if it is bound in the call that holds the `weights`, or in those that led there: a name that
    /// happens to be bound at the prompt does not.
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
