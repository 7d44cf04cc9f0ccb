import Engine
import Kernels
import Kinds

extension Optimizer {
    /// Adam with weight decay that is independent of the gradient [Loshchilov & Hutter 2019], as most recent
    /// papers on restoration have it; in PyTorch's form, where the learning rate multiplies the decay.
    public static let adamw = Optimizer(
        "adamw", "Adam with weight decay that is independent of the gradient",
        settings: [.weightDecay, .beta1, .beta2, .epsilon], usual: [Setting.weightDecay.name: 0.01],
        rule: { .adamw(AdamConstants($0), decay: $0[.weightDecay]) })
}

extension UpdateRule {
    public static func adamw(_ constants: AdamConstants = AdamConstants(), decay: Double) -> UpdateRule {
        UpdateRule(.together) { worker, step in
            worker.decay(step, by: decay)
            worker.adam(step, constants)
        }
    }
}

extension Worker {
    /// Weights times 1 − learning rate · decay.
    func decay(_ step: ParameterStep, by decay: Double) {
        guard step.decays, decay > 0 else { return }
        scale(step.values, by: Float(1 - step.learningRate * decay))
    }
}

extension Setting {
    /// None as the standard, so that what was recorded before there was any stands as it was; AdamW has its
    /// own usual value.
    public static let weightDecay = Setting(
        "weight_decay", 0, .upTo(1), written: .unlessStandard,
        hint: "papers have 0 to 1e-2; it is multiplied by the learning rate",
        about: "of weights, times the learning rate at each step")
}
