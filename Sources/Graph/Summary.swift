import Operators
import OrderedCollections

/// A graph in a page: for every resolution level, what each role does there and what it costs.
public struct GraphSummary: Sendable {
    /// The layers of one role whose outputs have one size.
    public struct Row: Sendable, Equatable {
        /// `""` for layers outside of any `weights`.
        public let role: String
        /// Channels of the outputs, ascending.
        public let channels: [Int]
        /// Layers with weights, counted at each call.
        public var calls = 0
        /// Weights of this row's layers, each once; those that an earlier row uses too count there.
        public var uniqueParameters = 0
        /// Weights at every use.
        public var parameterUses = 0
        public var multiplyAccumulates = 0
    }

    /// All layers whose outputs have one size.
    public struct Level: Sendable {
        public let size: MapSize
        public let height: Int
        public let width: Int
        public let rows: [Row]
    }

    public let levels: [Level]
    public let height: Int
    public let width: Int

    /// - Precondition: `height` and `width` are multiples of ``Graph/sizeMultiple``.
    public init(_ graph: Graph, height: Int, width: Int) {
        self.height = height
        self.width = width
        let roles = Self.roles(of: graph)
        var seen: Set<ParameterID> = []
        var groups: OrderedDictionary<MapSize, OrderedDictionary<String, (row: Row, channels: Set<Int>)>> =
            [:]
        for id in graph.nodeIDs {
            let node = graph[id]
            guard !node.parameters.isEmpty else { continue }
            let role = roles[id.index]
            var (row, channels) = groups[node.shape.size]?[role] ?? (Row(role: role, channels: []), [])
            channels.insert(node.shape.channels)
            row.calls += 1
            row.multiplyAccumulates = graph.multiplyAccumulates(
                of: id, height: height, width: width, addedTo: row.multiplyAccumulates)
            for parameter in graph.parameters(of: id) {
                row.parameterUses += graph[parameter].count
                if seen.insert(parameter).inserted { row.uniqueParameters += graph[parameter].count }
            }
            groups[node.shape.size, default: [:]][role] = (row, channels)
        }
        levels = groups.map { size, rows in
            Level(
                size: size, height: size.height.of(height), width: size.width.of(width),
                rows: rows.values.map { row, channels in
                    Row(
                        role: row.role, channels: channels.sorted(), calls: row.calls,
                        uniqueParameters: row.uniqueParameters, parameterUses: row.parameterUses,
                        multiplyAccumulates: row.multiplyAccumulates)
                })
        }.sorted { $0.height * $0.width > $1.height * $1.width }
    }

    /// The innermost role of each node, by the role uses that made them.
    static func roles(of graph: Graph) -> [String] {
        var roles = [String](repeating: "", count: graph.nodes.count)
        // A role use inside another ends first, so later ones must not overwrite what is set.
        for use in graph.roleUses {
            for index in use.nodes where roles[index].isEmpty { roles[index] = use.role }
        }
        return roles
    }
}

/// Who shares what: for each set of weights, the role uses that use it.
public struct SharingLedger: Sendable {
    public struct Entry: Sendable {
        public let role: String
        /// `transform[encoder,2]`
        public let weights: String
        /// The circumstances of each use, without those that all uses of these weights have in common.
        public let uses: [String]
        /// What a use needs, and what exists once for all uses.
        public let parameters: Int
    }

    public let entries: [Entry]

    public init(_ graph: Graph) {
        var groups: OrderedDictionary<String, [RoleUse]> = [:]
        for use in graph.roleUses { groups[use.weights, default: []].append(use) }
        entries = groups.map { weights, roleUses in
            let parameters = Set(
                roleUses.flatMap { use in use.nodes.flatMap { graph.parameters(of: NodeID($0)) } })
            return Entry(
                role: roleUses[0].role, weights: weights, uses: Self.told(roleUses),
                parameters: parameters.reduce(0) { $0 + graph[$1].count })
        }.sorted { ($0.role, 0) < ($1.role, 0) }
    }

    /// What tells the role uses apart: "scale 1 module 2" where level and side are the same for all.
    private static func told(_ roleUses: [RoleUse]) -> [String] {
        let common = roleUses.dropFirst().reduce(into: roleUses[0].indices) { common, use in
            common.removeAll { !use.indices.contains($0) }
        }
        // With a single use everything is in common, and everything is worth telling.
        return roleUses.map { use in
            use.indices.filter { roleUses.count == 1 || !common.contains($0) }
                .map { "\($0.name) \($0.value)" }.joined(separator: " ")
        }
    }
}

/// What changed from one architecture to another.
public struct GraphDifference: Sendable {
    /// A figure of both graphs: parameters of a role, calls of a layer kind, MACs …
    public struct Row: Sendable, Equatable {
        public let subject: String
        public let left: Int
        public let right: Int
    }

    /// Weights: all, then by role.
    public let parameters: [Row]
    /// Sets of weights that differ by the sharing, by role.
    public let weightSets: [Row]
    /// Calls of each kind of layer.
    public let layers: [Row]
    public let multiplyAccumulates: Row
    /// Names of parameters that only one of the graphs has, or that have other shapes.
    public let onlyLeft: [String]
    public let onlyRight: [String]
    public let reshaped: [String]

    /// - Precondition: `height` and `width` are multiples of both graphs' ``Graph/sizeMultiple``.
    public init(_ left: Graph, _ right: Graph, height: Int, width: Int) {
        func merge(_ figure: (Graph) -> OrderedDictionary<String, Int>) -> [Row] {
            let (a, b) = (figure(left), figure(right))
            let subjects = OrderedSet(a.keys).union(b.keys)
            return subjects.map { Row(subject: $0, left: a[$0] ?? 0, right: b[$0] ?? 0) }
        }
        parameters = merge(Self.parametersByRole)
        weightSets = merge { graph in
            Dictionary(grouping: Set(graph.roleUses.map { [$0.role, $0.weights] }), by: { $0[0] })
                .sorted { $0.key < $1.key }
                .reduce(into: [:]) { $0[$1.key] = $1.value.count }
        }
        layers = merge { graph in
            graph.nodes.reduce(into: [:]) { $0[$1.operation.kind, default: 0] += 1 }
        }
        multiplyAccumulates = Row(
            subject: "MACs at \(height)×\(width)",
            left: left.multiplyAccumulates(height: height, width: width),
            right: right.multiplyAccumulates(height: height, width: width))
        let (a, b) = (Self.shapes(left), Self.shapes(right))
        onlyLeft = a.keys.filter { b[$0] == nil }
        onlyRight = b.keys.filter { a[$0] == nil }
        reshaped = a.keys.filter { name in b[name].map { $0 != a[name] } ?? false }
    }

    private static func shapes(_ graph: Graph) -> OrderedDictionary<String, [Int]> {
        graph.parameters.reduce(into: [:]) { $0[$1.name] = $1.shape }
    }

    private static func parametersByRole(_ graph: Graph) -> OrderedDictionary<String, Int> {
        let roles = GraphSummary.roles(of: graph)
        var seen: Set<ParameterID> = []
        var result: OrderedDictionary<String, Int> = ["all": graph.parameterCount]
        for id in graph.nodeIDs {
            for parameter in graph.parameters(of: id) where seen.insert(parameter).inserted {
                let role = roles[id.index]
                result[role.isEmpty ? "outside roles" : role, default: 0] += graph[parameter].count
            }
        }
        return result
    }
}
