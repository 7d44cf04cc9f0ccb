import Diagnostics
import Graph
import Language

extension Tracing {
    /// Names whose definitions are others now than when the network was made of them.
    package func staleNames(of network: Network) -> [String] {
        var names = network.definitions.filter { name, span in
            interpreter.globals.lookUp(name)?.definitionSpan.map { $0 != span } ?? false
        }.map(\.key)
        if case .written(_, _, let mode?) = network.origin,
            let now = interpreter.globals.lookUp(mode.name)?.as(SharingMode.self),
            now.definition.span != mode.definition.span
        {
            names.append(mode.name)
        }
        return names.sorted()
    }

    /// Two lines about a network, and a third if it is not what its names say any more.
    package func summaryLines(of network: Network) throws(Diagnostic) -> String {
        let channels = (try? network.graph(channels: 1, in: self)) == nil ? 3 : 1
        let graph = try network.graph(channels: channels, in: self)
        let side = max(graph.sizeMultiple, 256 / graph.sizeMultiple * graph.sizeMultiple)
        let convolutions = graph.nodes.count { !$0.parameters.isEmpty }
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

    package func staleNote(of network: Network) -> String? {
        let names = staleNames(of: network)
        guard !names.isEmpty else { return nil }
        let holder = interpreter.ownNames.first { $0.value.as(Network.self) === network }?.name
        let call = holder.map { "`\($0) = remake(\($0))`" } ?? "`remake(…)`"
        return names.count == 1
            ? "stale: \(listed(names)) was defined anew since; this network keeps the old one, \(call) takes the new one"
            : "stale: \(listed(names)) were defined anew since; this network keeps the old ones, \(call) takes the new ones"
    }

    // MARK: Making it again

    /// The network with the same settings, of everything that it is made of as it is defined now.
    /// - Throws: `loaded-network` for one out of a file; `unknown-argument` for a setting that its definition
    ///   does not take any more; what tracing finds wrong.
    package func remade(_ network: Network, at span: Span) throws(Diagnostic) -> Network {
        guard case .written(let callable, _, _) = network.origin else {
            throw .cannotRemake(network.description, at: span)
        }
        let callableNow = try remade(callable, at: span)
        guard case .definition(let definition, _) = callableNow.code else { return network }
        return try makeNetwork(callableNow, definition, at: span)
    }

    private func remade(_ callable: Callable, at span: Span) throws(Diagnostic) -> Callable {
        var copy = Callable(code: codeNow(of: callable.code))
        copy.tie = callable.tie
        let names = copy.parameterNames
        var bound: [Callable.BoundArgument] = []
        for argument in callable.bound {
            guard names.contains(argument.name) || (copy.isNetwork && argument.name == "sharing") else {
                throw .unknownArgument(
                    argument.name, of: copy.name, known: names, at: span,
                    nearest: nearest(to: argument.name, among: names))
            }
            bound.append(
                .init(
                    name: argument.name, value: try remade(argument.value, at: span), span: argument.span))
        }
        return try copy.binding(bound, at: span)
    }

    private func remade(_ value: Value, at span: Span) throws(Diagnostic) -> Value {
        switch value {
        case .callable(let callable): return .callable(try remade(callable, at: span))
        case .foreign(let foreign):
            if let network = foreign as? Network, case .written = network.origin {
                return .foreign(try remade(network, at: span))
            }
            if let mode = foreign as? SharingMode,
                let now = interpreter.globals.lookUp(mode.name)?.as(SharingMode.self)
            {
                return .foreign(now)
            }
            return value
        case .list(let list):
            var elements: [Value] = []
            for element in list.elements { elements.append(try remade(element, at: span)) }
            return .list(List(elements))
        case .nothing, .number, .text, .boolean, .range, .record, .pending: return value
        }
    }

    /// What the name of a definition at the top level stands for now, if it is one of the same kind still.
    private func codeNow(of code: Callable.Code) -> Callable.Code {
        guard case .definition(let old, nil) = code,
            case .callable(let now) = interpreter.globals.lookUp(old.name.value),
            case .definition(let definition, nil) = now.code, definition.kind == old.kind
        else { return code }
        return now.code
    }
}

extension Diagnostic {
    fileprivate static func cannotRemake(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "loaded-network", "`\(name)` was loaded from a file, and is made of no definitions here",
            at: span,
            hint: "run the text that `source` shows of it, then it can be made of them")
    }
}
