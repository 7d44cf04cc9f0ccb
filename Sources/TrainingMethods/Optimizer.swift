import Engine
import Graph
import Kinds

/// How weights follow their gradients.
public struct Optimizer: NamedKind {
    public static let all = [adam, muon]

    public let name: String
    public let about: String
    public let settings: [Setting]
    /// What the engine does at a step, with the values of ``settings``.
    package let rule: @Sendable (SettingValues) -> UpdateRule
    /// Why a network cannot be trained by it; `nil` where it can.
    package let objection: @Sendable (Graph) -> Objection?

    /// Why an optimiser does not suit a network.
    package struct Objection {
        package let code: String
        package let message: String
        package let hint: String
    }

    init(
        _ name: String, _ about: String, settings: [Setting],
        rule: @escaping @Sendable (SettingValues) -> UpdateRule,
        objection: @escaping @Sendable (Graph) -> Objection? = { _ in nil }
    ) {
        (self.name, self.about, self.settings) = (name, about, settings)
        (self.rule, self.objection) = (rule, objection)
    }

    /// For a recipe: the name, and the settings that have no line of their own.
    public func recipeValue(_ values: SettingValues) -> String {
        ([name] + settings.filter { $0.presence == .withKind }.map { "\($0.name) \(values[$0])" })
            .joined(separator: ", ")
    }
}
