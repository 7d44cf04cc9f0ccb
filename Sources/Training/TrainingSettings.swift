import Data
import Diagnostics
import Engine
import Foundation
import Images

/// Everything that determines how a network is trained, the data aside. Two trainings of one network on one
/// dataset with equal settings give equal weights, to the last bit.
public struct TrainingSettings: Sendable, Equatable, Codable {
    public enum Length: Sendable, Equatable, Codable {
        /// Updates of the weights.
        case steps(Int)
        /// Times that every picture is drawn once: ⌈pictures / batch⌉ steps each.
        case epochs(Int)
    }

    /// How weights begin. Biases begin at zero.
    public enum Initialisation: String, Sendable, Codable, CaseIterable {
        /// Layer-sequential unit variance [Mishkin & Matas 2016], the last convolution before each output
        /// zero: a network with a skip from its input to its output starts as the identity. See
        /// ``Graph/unitVarianceWeights(on:batch:patch:seed:threads:)``.
        case lsuv
        /// Uniform in ±√(6 / (fan in + fan out)) [Glorot & Bengio 2010]: the paper's. A deep sum of residual
        /// units then starts with a loss many orders of magnitude too large, and needs the paper's half a
        /// million steps to come down.
        case xavier
        /// Normal of deviation √(2 / fan in) [He et al. 2015].
        case he
    }

    /// How weights follow their gradients.
    public enum Optimizer: String, Sendable, CaseIterable {
        /// Adam [Kingma & Ba 2015]: the paper's.
        case adam
        /// Muon [Jordan et al. 2024] for the weights between maps of eight channels or more, Adam for all
        /// others: small networks learn more by it in the same time (see Documentation/Decisions/0006).
        case muon
    }

    /// What is minimised, summed over the outputs.
    public enum Loss: String, Sendable, CaseIterable, Codable {
        /// The mean squared error: the paper's.
        case meanSquaredError = "mse"
        /// The mean over patches of 10 · log₁₀(mean squared error + ``TrainingSettings/lossFloor``): minus
        /// the PSNR, as in HINet [Chen et al. 2021]. Every patch counts by what it gains in dB, where the
        /// plain mean lets the few with the strongest edges outweigh all others.
        case psnr
    }

    /// What the network is given: one channel, the luma of each picture, or three. A network trained on luma
    /// is applied to each colour channel by itself: a third of the work, and what the paper's released model
    /// does.
    public typealias Colour = InputColour

    public var length: Length
    /// Patches a step. The paper has 16; 8 halves the memory and the time of a step and loses little.
    public var batch = 8
    /// Side of the square patches, in pixels. The paper has 256; 64 holds the motions of small pictures.
    public var patch = 64
    /// Of the first step. The paper has 1e-4 over half a million steps; what a study of minutes can afford
    /// wants more.
    ///
    /// Measured with three scales of widths 8, 16, 32 over 1,200 steps on 64 scenes: 5e-4 leads from 23.81 to
    /// 24.05 dB, 1e-3 to 24.09, 2e-3 to 24.08; but the loss of the second step is 1.3, 3.7 and 12 times that
    /// of the first, and more so in wider networks.
    public var learningRate = 5e-4
    /// Power of the decay to zero; 0 keeps the rate. The paper's.
    public var decay = 0.3
    /// Steps over which the rate rises from nearly zero. The paper has none; a rate that a network bears well
    /// later on can throw it off at the start, when Adam's moments rest on few gradients.
    public var warmup: Int {
        get { storedWarmup ?? 0 }
        set { storedWarmup = newValue == 0 ? nil : newValue }
    }
    /// ``warmup``, left out where it is none: of a file, and of a row's recipe.
    private var storedWarmup: Int?
    /// Adam's [Kingma & Ba 2015], and the paper's.
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    /// How weights follow their gradients.
    public var optimizer: Optimizer {
        get { storedMomentum == nil ? .adam : .muon }
        set { storedMomentum = newValue == .muon ? momentum : nil }
    }
    /// Of Muon's running mean of the gradient; setting it chooses Muon.
    public var momentum: Double {
        get { storedMomentum ?? Self.usualMomentum }
        set { storedMomentum = newValue }
    }
    private static let usualMomentum = 0.95
    /// ``momentum``, left out for Adam: of a file, and of a row's recipe.
    private var storedMomentum: Double?
    public var initialisation = Initialisation.lsuv
    /// Of the outputs that ``Initialisation/lsuv`` scales a residual branch's last convolution to. At 1 a
    /// chain of branches begins with features of magnitude 15 and more, and Adam's first steps overshoot; see
    /// Documentation/Decisions/0012.
    public var branchDeviation: Double {
        get { storedBranchDeviation ?? Self.usualBranchDeviation }
        set { storedBranchDeviation = newValue == Self.usualBranchDeviation ? nil : newValue }
    }
    private static let usualBranchDeviation = 0.03
    /// ``branchDeviation``, left out where it is the usual one: of a file, and of a row's recipe.
    private var storedBranchDeviation: Double?
    public var loss = Loss.meanSquaredError
    /// Of the loss `psnr`: patches that are nearer to their target than this mean squared error gain little
    /// by coming nearer still. 1e-3 is 30 dB; it learns faster than 1e-4 and 1e-5 (see
    /// Documentation/Decisions/0006).
    public var lossFloor = 1e-3
    public var colour = Colour.luma
    /// What is done to patches at random.
    public var augmentation = Augmentation.geometric
    /// Determines the first weights and every draw of the training.
    public var seed = 0
    /// Changes the time taken and, through the order of sums, the last bits of the result.
    public var threads = Self.usableThreads
    /// Cores that this process may use.
    public static let usableThreads = Execution.usableThreads
    /// Vector instructions that trainings use: `avx512`.
    public static let instructionSet = Execution.instructionSet

    public init(length: Length) { self.length = length }

    private enum CodingKeys: String, CodingKey {
        case length, batch, patch, learningRate, decay
        case storedWarmup = "warmup"
        case beta1, beta2, epsilon
        case storedMomentum = "momentum"
        case initialisation
        case storedBranchDeviation = "branchDeviation"
        case loss, lossFloor, colour, augmentation, seed, threads
    }

    /// - Throws: `training-length` unless exactly one of the two is given.
    public init(steps: Int?, epochs: Int?) throws(Diagnostic) {
        switch (steps, epochs) {
        case (let steps?, nil): length = .steps(steps)
        case (nil, let epochs?): length = .epochs(epochs)
        case (nil, nil), (.some, .some):
            throw Diagnostic(
                "training-length",
                steps == nil
                    ? "nothing says how long to train" : "`steps` and `epochs` both say how long to train",
                hint: "give one of them: `steps = 1500` counts updates, `epochs = 100` passes over the data"
            ).of(argument: "epochs")
        }
    }

    /// Steps of a training on `pictures` pictures.
    public func steps(forPictures pictures: Int) -> Int {
        switch length {
        case .steps(let steps): steps
        case .epochs(let epochs): epochs * ((pictures + batch - 1) / batch)
        }
    }

    /// More than any training has: pictures of a billion epochs would overflow the count.
    package static let stepLimit = 1 << 53

    /// learningRate · (1 − step / steps)^decay, for steps counted from 0: the last step still moves the
    /// weights. Within ``warmup`` times (step + 1) / warmup.
    public func rate(atStep step: Int, of steps: Int) -> Double {
        precondition(step >= 0 && step < steps, "step \(step) of \(steps)")
        let risen = step < warmup ? Double(step + 1) / Double(warmup) : 1
        return learningRate * risen * pow(1 - Double(step) / Double(steps), decay)
    }

    /// Raised whenever the same settings begin to give other weights, so that tables know their rows are old.
    static let revision = 3

    var engineOptimizer: Engine.Optimizer {
        let adam = AdamConstants(beta1: beta1, beta2: beta2, epsilon: epsilon)
        switch optimizer {
        case .adam: return .adam(adam)
        case .muon: return .muon(MuonConstants(momentum: momentum), adam)
        }
    }

    private var lossLine: String {
        switch loss {
        case .meanSquaredError: loss.rawValue
        case .psnr: "\(loss.rawValue) \(lossFloor)"
        }
    }

    /// Every setting but the threads, for the recipe of an experiment's row; keys begin with `training.`.
    public var recipeLines: [(key: String, value: String)] {
        let lengthLine: (String, String) =
            switch length {
            case .steps(let steps): ("steps", "\(steps)")
            case .epochs(let epochs): ("epochs", "\(epochs)")
            }
        let lines = [
            lengthLine, ("batch", "\(batch)"), ("patch", "\(patch)"), ("learning_rate", "\(learningRate)"),
            ("decay", "\(decay)"), ("beta1", "\(beta1)"), ("beta2", "\(beta2)"),
            ("epsilon", "\(epsilon)"),
            ("initialisation", initialisation.rawValue), ("loss", lossLine), ("colour", colour.rawValue),
            ("augmentation", augmentation.description), ("seed", "\(seed)"), ("revision", "\(Self.revision)"),
        ]
        let unusual = [
            storedWarmup.map { ("warmup", "\($0)") },
            storedMomentum.map { ("optimizer", "muon, momentum \($0)") },
            initialisation == .lsuv ? storedBranchDeviation.map { ("branch_deviation", "\($0)") } : nil,
        ]
        return (lines + unusual.compactMap { $0 }).map { (key: "training.\($0.0)", value: $0.1) }
    }
}
