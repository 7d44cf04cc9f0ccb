import Data
import Diagnostics
import Engine
import FirstWeights
import Images
import Kinds
import Machine
import TrainingMethods

/// Everything that determines how a network is trained, the data aside. Two trainings of one network on one
/// dataset with equal settings give equal weights, to the last bit.
public struct TrainingSettings: Sendable, Equatable {
    public enum Length: Sendable, Equatable, Codable {
        /// Updates of the weights.
        case steps(Int)
        /// Times that every image is drawn once: ⌈images / batch⌉ steps each.
        case epochs(Int)
    }

    /// What the network is given: one channel, the luma of each image, or three. A network trained on luma
    /// is applied to each colour channel by itself: a third of the work, and what the paper's released model
    /// does.
    public typealias Colour = InputColour

    public var length: Length
    /// Patches a step. The paper has 16; 8 halves the memory and the time of a step and loses little.
    public var batch = 8
    /// Side of the square patches, in pixels. The paper has 256; 64 holds the motions of small images.
    public var patch = 64
    /// Where they change on the way, ``patch`` and ``batch`` being the first; else empty.
    public var patches: [StagedSize] = []
    public var batches: [StagedSize] = []
    /// The learning rate of the first step. The paper has 1e-4 over half a million steps; what a study of
    /// minutes can afford wants more.
    ///
    /// Measured with three scales of widths 8, 16, 32 over 1,200 steps on 64 scenes: 5e-4 leads from 23.81 to
    /// 24.05 dB, 1e-3 to 24.09, 2e-3 to 24.08; but the loss of the second step is 1.3, 3.7 and 12 times that
    /// of the first, and more so in wider networks.
    public var learningRate = 5e-4
    /// Steps over which the rate rises from nearly zero. The paper has none; a rate that a network bears well
    /// later on can throw it off at the start, when Adam's moments rest on few gradients.
    public var warmup = 0
    /// How the rate changes; `nil` for the fall of `decay` after a ``warmup``, the paper's without any. A
    /// script sets it by ``setSchedule(_:)``.
    public private(set) var schedule: Schedule?
    /// Where ``definedLoss`` is nil.
    public var loss = Loss.meanSquaredError
    /// A loss of the language's, in place of one by its name.
    public var definedLoss: DefinedLoss?
    public var optimizer = Optimizer.adam
    /// What the optimiser's weight decay leaves alone, where it has any.
    public var decayExemption = DecayExemption.vectors
    /// `nil` where gradients are taken as they are.
    public var clip: GradientClip?
    /// What a running mean of the weights keeps of itself at each step, where the model is that mean rather
    /// than the last weights [Polyak & Juditsky 1992].
    public var average: Double?
    /// Roles whose weights stay as they begin.
    public var frozen: [String] = []
    /// Roles with a learning rate of their own.
    public var rates: [RoleRate] = []
    public var initialisation = Initialisation.lsuv
    /// The settings of the schedule, the loss, the optimiser and the initialisation.
    public var kindSettings = SettingValues()
    /// `nil` for a training that no validation is part of.
    public var validation: ValidationSettings?
    public var colour = Colour.luma
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

    public subscript(_ setting: Setting) -> Double {
        get { kindSettings[setting] }
        set { kindSettings[setting] = newValue }
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

    /// Steps of a training on `images` images.
    public func steps(forImages images: Int) -> Int {
        switch length {
        case .steps(let steps): steps
        case .epochs(let epochs): epochs * images.dividedRoundingUp(by: batch)
        }
    }

    /// More than any training has: images of a billion epochs would overflow the count.
    package static let stepLimit = 1 << 53

    /// Makes the rate follow a schedule. One that ``Setting/decay`` alone can say is said by that, so that
    /// equal trainings have equal recipes.
    public mutating func setSchedule(_ schedule: Schedule) {
        warmup = 0
        self[.decay] = schedule.onlyPower ?? Setting.decay.standard
        self.schedule = schedule.onlyPower == nil ? schedule : nil
    }

    /// The learning rate of a step, counted from 0: as the schedule says; without one the fall of
    /// ``Setting/decay``, within ``warmup`` times (step + 1) / warmup.
    public func rate(atStep step: Int, of steps: Int) -> Double {
        precondition(step >= 0 && step < steps, "step \(step) of \(steps)")
        if let schedule { return schedule.rate(learningRate, atStep: step, of: steps) }
        let risen = step < warmup ? Double(step + 1) / Double(warmup) : 1
        return learningRate * risen * ScheduleKind.fall(step, of: steps, power: self[.decay])
    }
}
