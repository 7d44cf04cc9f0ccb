/// Where in a network's calls a layer stands: what its weights are known by.
///
/// Parts are block calls (`unit2`), roles with their indices (`transform[encoder,2]`) and at the end the layer
/// (`conv1`). Two layer calls with equal paths use the same weights.
struct TracePath: Hashable {
    struct Part: Hashable {
        /// As it is shown.
        let text: String
        /// The role's name without indices, if the part is one.
        let role: String?
        /// Whether the part is a network inside another, whose roles are its own.
        var isNetwork = false
    }

    var parts: [Part] = []

    func appending(_ text: String, role: String? = nil, isNetwork: Bool = false) -> TracePath {
        TracePath(parts: parts + [Part(text: text, role: role, isNetwork: isNetwork)])
    }

    /// The roles in it: what the weights of a role inside another depend on.
    var roles: TracePath { TracePath(parts: parts.filter { $0.role != nil || $0.isNetwork }) }

    var text: String { parts.map(\.text).joined(separator: ".") }
    /// `transform/inner`: the roles without indices.
    var roleText: String { parts.compactMap(\.role).joined(separator: "/") }
}

/// A place in which calls are numbered: a network, one time through a `weights` block, one call of a block.
final class TraceScope {
    let path: TracePath
    private var counts: [String: Int] = [:]

    init(_ path: TracePath) { self.path = path }

    /// The path of the next call of `name` here.
    func next(_ name: String, isNetwork: Bool = false) -> TracePath {
        counts[name, default: 0] += 1
        // The eleventh call of `unit` and the first of `unit1` must not have one name.
        let separator = name.last?.isNumber == true ? "_" : ""
        return path.appending("\(name)\(separator)\(counts[name]!)", isNetwork: isNetwork)
    }
}

/// Names for people: where all that a role holds is one block call, that call says nothing and is left out, so that
/// `transform[encoder,2].nested1.unit2.conv1` reads `transform[encoder,2].unit2.conv1`.
struct PathNames {
    /// Roles (`transform/inner`) whose first part below is always the same block call.
    private var sole: Set<String> = []

    init(_ paths: some Sequence<TracePath>) {
        var children: [String: Set<String>] = [:]
        var withLayers: Set<String> = []
        for path in paths {
            guard let position = path.parts.lastIndex(where: { $0.role != nil }) else { continue }
            let role = path.roleText
            guard position + 1 < path.parts.count else { continue }
            children[role, default: []].insert(path.parts[position + 1].text)
            // A layer directly in the role has a name of its own to keep.
            if position + 2 == path.parts.count { withLayers.insert(role) }
        }
        sole = Set(children.filter { $0.value.count == 1 && !withLayers.contains($0.key) }.keys)
    }

    func name(of path: TracePath) -> String {
        guard let position = path.parts.lastIndex(where: { $0.role != nil }), sole.contains(path.roleText),
            position + 2 < path.parts.count
        else { return path.text }
        var parts = path.parts
        parts.remove(at: position + 1)
        return TracePath(parts: parts).text
    }
}
