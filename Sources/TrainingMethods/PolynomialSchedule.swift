import Foundation
import Kinds

extension ScheduleKind {
    /// (1 − step / steps)^power, the paper's: the last step still moves the weights.
    public static let polynomial = ScheduleKind(
        "polynomial", "the rate falls to zero as (1 − step/steps)^power",
        [
            ScheduleParameter(
                "power", .number(upTo: 10), standard: Setting.decay.standard,
                about: "0.3 is the paper's; 0 keeps the rate, and 1 is linear")
        ], example: "warmup(100) + polynomial(1)"
    ) { moment, values in
        moment.base * fall(moment.step, of: moment.steps, power: values[number: "power"])
    }

    /// What is left of the rate at a step, counted from 0, of so many.
    public static func fall(_ step: Int, of steps: Int, power: Double) -> Double {
        pow(1 - Double(step) / Double(steps), power)
    }
}

extension Setting {
    /// The power of the decay to zero; 0 keeps the rate.
    public static let decay = Setting(
        "decay", 0.3, .upTo(10), written: .always,
        hint: "0.3 is the paper's; 0 keeps the rate, and 1 is linear",
        about: "the rate falls as (1 − step/steps)^decay")
}
