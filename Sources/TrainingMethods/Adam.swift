import Engine
import Kernels
import Kinds

extension Optimizer {
    /// Adam [Kingma & Ba 2015]: the paper's.
    public static let adam = Optimizer(
        "adam", "the paper's optimiser", settings: [.beta1, .beta2, .epsilon],
        rule: { .adam(AdamConstants($0)) })
}

extension UpdateRule {
    public static func adam(_ constants: AdamConstants = AdamConstants()) -> UpdateRule {
        UpdateRule(.together) { worker, step in worker.adam(step, constants) }
    }
}

extension Worker {
    func adam(_ step: ParameterStep, _ constants: AdamConstants) {
        adam(
            step.values, gradient: step.gradient, first: step.firstMoment, second: step.secondMoment,
            AdamStep(step.step, learningRate: step.learningRate, constants))
    }
}

extension AdamConstants {
    init(_ values: SettingValues) {
        self.init(beta1: values[.beta1], beta2: values[.beta2], epsilon: values[.epsilon])
    }
}

extension Setting {
    public static let beta1 = Setting(
        "beta1", 0.9, .below(1), written: .always, hint: "0.9 is usual",
        about: "decay of the mean of the gradients")
    public static let beta2 = Setting(
        "beta2", 0.999, .below(1), written: .always, hint: "0.999 is usual",
        about: "decay of the mean of their squares")
    public static let epsilon = Setting(
        "epsilon", 1e-8, .positive(upTo: 1), written: .always, hint: "1e-8 is usual",
        about: "what Adam adds to the root of that mean")
}
