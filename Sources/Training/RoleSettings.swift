import Diagnostics
import Engine
import Graph

/// A learning rate of a role's own.
public struct RoleRate: Sendable, Equatable, Codable {
    public let role: String
    /// Times the training's rate.
    public let factor: Double

    public init(role: String, factor: Double) { (self.role, self.factor) = (role, factor) }
}

extension TrainingSettings {
    static let roleFactors = 0.0...100

    /// What the optimiser does differently for each parameter of a network.
    ///
    /// Of roles inside each other the one that is listed last counts; a frozen one counts above all.
    package func treatment(of graph: Graph) -> ParameterTreatment {
        let roles = graph.parameterRoles
        return ParameterTreatment(graph) { id in
            var own = ParameterTreatment.Own()
            own.decays = decayExemption.lets(graph[id])
            let isFrozen = frozen.contains { role in roles[id.index].contains { $0.isRole(role) } }
            let rate = rates.last { rate in roles[id.index].contains { $0.isRole(rate.role) } }
            own.rate = isFrozen ? 0 : rate?.factor ?? 1
            return own
        }
    }

    /// - Throws: `bad-setting`.
    func checkRoles() throws(Diagnostic) {
        for rate in rates {
            guard rate.factor > 0, Self.roleFactors.contains(rate.factor) else {
                throw .badSetting(
                    "rates", plainText(rate.factor), "factors above 0 and at most 100",
                    hint: rate.factor == 0
                        ? "`freeze = [\"\(rate.role)\"]` keeps a role's weights as they are" : nil)
            }
            guard !frozen.contains(rate.role) else {
                throw Diagnostic(
                    "bad-setting", "`\(rate.role)` is frozen, and has a rate in `rates`",
                    hint: "leave it out of one of them"
                ).of(argument: "rates")
            }
        }
        for (index, rate) in rates.enumerated()
        where rates[..<index].contains(where: { $0.role == rate.role }) {
            throw Diagnostic("bad-setting", "`rates` names `\(rate.role)` twice").of(argument: "rates")
        }
    }

    /// - Throws: `unknown-role`, `nothing-to-train`.
    func checkRoles(of graph: Graph) throws(Diagnostic) {
        var known: [String] = []
        for use in graph.roleUses where !known.contains(use.role) { known.append(use.role) }
        for (role, argument) in frozen.map({ ($0, "freeze") }) + rates.map({ ($0.role, "rates") }) {
            guard !known.contains(where: { $0.isRole(role) }) else { continue }
            throw Diagnostic(
                "unknown-role", "this network has no role `\(role)`",
                notes: [
                    known.isEmpty
                        ? "it has no roles: none of its weights are within `weights ROLE { … }`"
                        : "it has \(listed(known))"
                ], hint: nearest(to: role, among: known).map { "did you mean `\($0)`?" }
            ).of(argument: argument)
        }
        guard frozen.isEmpty || treatment(of: graph).frozen.count < graph.parameters.count else {
            throw Diagnostic(
                "nothing-to-train", "all weights of this network are frozen",
                hint: "leave a role out of `freeze`"
            ).of(argument: "freeze")
        }
    }
}

extension String {
    /// Whether the role of this path, `transform/inner`, is called `name`, in whole or by its last part.
    fileprivate func isRole(_ name: String) -> Bool { self == name || hasSuffix("/" + name) }
}

extension Graph {
    /// The roles in which each parameter is used.
    fileprivate var parameterRoles: [Set<String>] {
        var roles = [Set<String>](repeating: [], count: parameters.count)
        for use in roleUses {
            for node in use.nodes {
                for id in nodes[node].parameters { roles[id.index].insert(use.role) }
            }
        }
        return roles
    }
}
