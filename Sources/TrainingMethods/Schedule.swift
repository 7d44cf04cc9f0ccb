import Kinds

/// How the learning rate changes from the first step to the last.
public struct Schedule: NamedKind {
    public static let all = [polynomial]

    public let name: String
    public let about: String
    public let settings: [Setting]
    /// The rate over that of the first step, for a step counted from 0 of so many.
    package let factor: @Sendable (_ step: Int, _ steps: Int, SettingValues) -> Double

    init(
        _ name: String, _ about: String, settings: [Setting],
        factor: @escaping @Sendable (_ step: Int, _ steps: Int, SettingValues) -> Double
    ) {
        (self.name, self.about, self.settings, self.factor) = (name, about, settings, factor)
    }
}
