import Foundation
import Kinds

extension Schedule {
    /// (1 − step / steps)^decay, the paper's: the last step still moves the weights.
    public static let polynomial = Schedule(
        "polynomial", "the rate falls to zero as (1 − step/steps)^decay", settings: [.decay],
        factor: { step, steps, values in pow(1 - Double(step) / Double(steps), values[.decay]) })
}

extension Setting {
    /// The power of the decay to zero; 0 keeps the rate.
    public static let decay = Setting(
        "decay", 0.3, .upTo(10), written: .always,
        hint: "0.3 is the paper's; 0 keeps the rate, and 1 is linear",
        about: "the rate falls as (1 − step/steps)^decay")
}
