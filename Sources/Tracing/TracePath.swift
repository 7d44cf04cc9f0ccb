/// Where in a network's calls a layer stands: what its weights are known by.
///
/// Parts are block calls (`unit2`), roles with their indices (`transform[encoder,2]`) and at the end the
/// layer (`conv1`). Two layer calls with equal paths use the same weights.
package struct TracePath: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        package let text: String
        /// The role's name without indices, if the part is one.
        package let role: String?
        /// Whether the roles below are this part's own: it is a network inside another, or a tied call.
        package var hasOwnRoles = false

        package static func == (left: Part, right: Part) -> Bool {
            left.text == right.text && left.role == right.role
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(text)
            hasher.combine(role)
        }
    }

    package var parts: [Part] = []

    package func appending(_ text: String, role: String? = nil, hasOwnRoles: Bool = false) -> TracePath {
        TracePath(parts: parts + [Part(text: text, role: role, hasOwnRoles: hasOwnRoles)])
    }

    package var parent: TracePath { TracePath(parts: parts.dropLast()) }

    /// What the weights of a role inside another depend on: the roles around it, within the network that they
    /// belong to.
    package var roles: TracePath {
        let own = parts.lastIndex(where: \.hasOwnRoles).map { $0 + 1 } ?? 0
        return TracePath(parts: parts[..<own] + parts[own...].filter { $0.role != nil })
    }

    /// The same path, whose last part keeps the roles below to itself.
    package var owningRoles: TracePath {
        guard let last = parts.last else { return self }
        return parent.appending(last.text, role: last.role, hasOwnRoles: true)
    }

    package var text: String { parts.map(\.text).joined(separator: ".") }
    /// `transform/inner`: the roles without indices.
    package var roleText: String { parts.compactMap(\.role).joined(separator: "/") }
}

/// A place in which calls are numbered: a network, one time through a `weights` block, one call of a block.
package final class TraceScope {
    package let path: TracePath
    /// Whether every call here has the path of the scope itself: the scope is one call of a tied layer.
    private let isTiedLayer: Bool
    private var counts: [String: Int] = [:]

    package init(_ path: TracePath, isTiedLayer: Bool = false) {
        self.path = path
        self.isTiedLayer = isTiedLayer
    }

    package var isEmpty: Bool { counts.isEmpty }

    /// The path of the next call of `name` here.
    package func next(_ name: String, hasOwnRoles: Bool = false) -> TracePath {
        if isTiedLayer { return path }
        counts[name, default: 0] += 1
        return path.appending(numbered(name, counts[name]!), hasOwnRoles: hasOwnRoles)
    }
}

/// The eleventh call of `unit` and the first of `unit1` must not have one name.
private func numbered(_ name: some StringProtocol, _ number: Int) -> String {
    "\(name)\(name.last?.isNumber == true ? "_" : "")\(number)"
}

/// Names for people, each given once, in the order in which the network's calls are first made: what is
/// called later never changes the name of what was called before, so that a model finds its weights in a
/// network that was extended.
///
/// A block call that opens a role says little and is left out: `transform[encoder,2].nested1.unit2.conv1`
/// reads `transform[encoder,2].unit2.conv1`. Where that makes two names equal, the later one takes the next
/// free number.
package struct PathNames {
    private var names: [TracePath: String] = [TracePath(): ""]
    private var taken: Set<String> = []

    /// Leaves a block call out of the names below it, unless it has been named already.
    package mutating func leaveOut(_ path: TracePath) {
        guard names[path] == nil else { return }
        names[path] = name(of: path.parent)
    }

    package mutating func name(of path: TracePath) -> String {
        if let name = names[path] { return name }
        guard let last = path.parts.last else { return "" }
        let above = name(of: path.parent)
        let start = above.isEmpty ? "" : above + "."
        var name = start + last.text
        if !taken.insert(name).inserted {
            let digits = last.text.reversed().prefix { $0.isNumber }.count
            let (stem, number) =
                last.role == nil && digits > 0
                ? (last.text.dropLast(digits), Int(last.text.suffix(digits)) ?? 1) : (last.text[...], 1)
            var next = number
            repeat {
                next += 1
                name = start + (digits > 0 && last.role == nil ? "\(stem)\(next)" : numbered(stem, next))
            } while !taken.insert(name).inserted
        }
        names[path] = name
        return name
    }
}
