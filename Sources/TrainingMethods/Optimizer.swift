import Engine
import Graph
import Kinds

/// How weights follow their gradients.
public struct Optimizer: NamedKind {
    public static let all = [adam, adamw, sgd, muon]

    public let name: String
    public let about: String
    public let settings: [Setting]
    /// Where a setting's usual value is another than for other optimisers.
    private let usual: [String: Double]
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
        _ name: String, _ about: String, settings: [Setting], usual: [String: Double] = [:],
        rule: @escaping @Sendable (SettingValues) -> UpdateRule,
        objection: @escaping @Sendable (Graph) -> Objection? = { _ in nil }
    ) {
        (self.name, self.about, self.settings, self.usual) = (name, about, settings, usual)
        (self.rule, self.objection) = (rule, objection)
    }

    /// The value of a setting where a script gives none.
    public func usualValue(of setting: Setting) -> Double { usual[setting.name] ?? setting.standard }

    /// For a recipe: the name, and the settings that have no line of their own.
    public func recipeValue(_ values: SettingValues) -> String {
        let own = settings.filter {
            switch $0.presence {
            case .always: false
            case .withKind: true
            case .unlessStandard: !values.isStandard($0)
            }
        }
        return ([name] + own.map { "\($0.name) \(values[$0])" }).joined(separator: ", ")
    }
}
