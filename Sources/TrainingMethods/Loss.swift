import Engine
import Kinds

/// What a training minimises: the sum over the outputs of what this gives for each.
public struct Loss: NamedKind {
    public static let all = [meanSquaredError, logarithmicError]

    public let name: String
    public let about: String
    public let settings: [Setting]
    /// What the engine computes, with the values of ``settings``.
    package let lossFunction: @Sendable (SettingValues) -> LossFunction
    /// The PSNR in dB of values from 0 to 1 that an output's loss stands for.
    package let psnr: @Sendable (Double) -> Double

    init(
        _ name: String, _ about: String, settings: [Setting] = [],
        lossFunction: @escaping @Sendable (SettingValues) -> LossFunction,
        psnr: @escaping @Sendable (Double) -> Double
    ) {
        (self.name, self.about, self.settings) = (name, about, settings)
        (self.lossFunction, self.psnr) = (lossFunction, psnr)
    }

    /// For a recipe: the name, and the values of its settings.
    public func recipeValue(_ values: SettingValues) -> String {
        ([name] + settings.map { "\(values[$0])" }).joined(separator: " ")
    }
}
