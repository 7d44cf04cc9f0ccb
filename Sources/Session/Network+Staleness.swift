import Diagnostics
import Graph

extension Session {
    /// Names whose definitions are others now than when the network was made of them.
    func staleNames(of network: Network) -> [String] {
        var names = network.definitions.filter { name, span in
            globals.lookUp(name)?.definitionSpan.map { $0 != span } ?? false
        }.map(\.key)
        if case .written(_, _, let mode?) = network.origin, let now = globals.lookUp(mode.name),
            case .sharing = now,
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
}
