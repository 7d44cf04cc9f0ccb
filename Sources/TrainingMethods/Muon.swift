import Engine
import Graph
import Kernels
import Kinds

extension Optimizer {
    /// Muon [Jordan et al. 2024] for the weights between feature maps of eight channels or more, Adam for all
    /// others: small networks learn more by it in the same time (see Documentation/Decisions/0006).
    public static let muon = Optimizer(
        "muon",
        "makes updates of weights between feature maps of 8 channels or more orthogonal; learns more in a step "
            + "and needs batches of 4 or more",
        settings: [.momentum, .beta1, .beta2, .epsilon, .weightDecay],
        rule: { .muon(MuonConstants(momentum: $0[.momentum]), AdamConstants($0), decay: $0[.weightDecay]) },
        objection: { graph in
            let suits = graph.parameters.contains {
                $0.kind == .weight
                    && MuonConstants.suits(outputChannels: $0.shape[0], inputChannels: $0.shape[1])
            }
            return suits
                ? nil
                : Objection(
                    code: "nothing-for-muon",
                    message:
                        "Muon moves weights between maps of eight channels or more, and this network has none",
                    hint: "train it with `optimizer = \"adam\"`, or make it wider")
        })
}

extension UpdateRule {
    /// - Parameter decay: of the weights, independent of the gradients, as Adam's is in AdamW.
    static func muon(_ constants: MuonConstants, _ adam: AdamConstants, decay: Double) -> UpdateRule {
        UpdateRule(.eachParameter) { worker, step in
            worker.decay(step, by: decay)
            guard let matrix = step.matrix else { return worker.adam(step, adam) }
            worker.muon(
                step.values, gradient: step.gradient, momentum: step.firstMoment, shape: matrix,
                learningRate: step.learningRate, constants: constants)
        }
    }
}

extension Setting {
    public static let momentum = Setting(
        "momentum", 0.95, .below(1), written: .withKind, hint: "0.95 is usual",
        about: "decay of the mean of the gradients")
}
