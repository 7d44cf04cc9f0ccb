import Engine
import Kernels
import Kinds

extension Optimizer {
    /// Stochastic gradient descent with momentum [Polyak 1964; Sutskever et al. 2013], as PyTorch has it.
    public static let sgd = Optimizer(
        "sgd", "gradient descent with momentum; wants rates above Adam's",
        settings: [.momentum, .weightDecay], usual: [Setting.momentum.name: 0.9],
        rule: { .gradientDescent(momentum: $0[.momentum], decay: $0[.weightDecay]) })
}

extension UpdateRule {
    /// - Parameter decay: times the weights, added to their gradients.
    public static func gradientDescent(momentum: Double, decay: Double = 0) -> UpdateRule {
        UpdateRule(.together) { worker, step in
            worker.descend(
                step.values, gradient: step.gradient, velocity: step.firstMoment,
                learningRate: Float(step.learningRate), momentum: Float(momentum),
                decay: step.decays ? Float(decay) : 0)
        }
    }
}
