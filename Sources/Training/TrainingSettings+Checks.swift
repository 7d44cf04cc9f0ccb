import Data
import Diagnostics
import Engine
import Graph
import Kinds
import TrainingMethods

extension TrainingSettings {
    /// What whole-numbered settings can be.
    public enum Limits {
        public static let steps = 1...1_000_000_000
        public static let epochs = 1...1_000_000
        public static let warmup = 0...1_000_000_000
        public static let batch = 1...4096
        public static let patch = 1...16384
        public static let threads = 1...1024
        /// All whole numbers that a Double holds exactly.
        public static let seed = 0...1 << 53
    }

    /// Whether each setting by itself makes sense.
    /// - Throws: `bad-setting` for the first that does not, with its value and what it may be.
    public func check() throws(Diagnostic) {
        switch length {
        case .steps(let steps): try require(steps, "steps", within: Limits.steps)
        case .epochs(let epochs): try require(epochs, "epochs", within: Limits.epochs)
        }
        for batch in [batch] + allBatches { try require(batch, "batch", within: Limits.batch) }
        for patch in [patch] + allPatches { try require(patch, "patch", within: Limits.patch) }
        for (name, stages) in [("batch", batches), ("patch", patches)] {
            for stage in stages { try require(stage.steps, name, within: Limits.steps) }
        }
        try require(threads, "threads", within: Limits.threads)
        guard learningRate > 0, learningRate <= 1 else {
            throw .badSetting(
                "learning_rate", plainText(learningRate), "above 0 and at most 1",
                hint: "5e-4 is the default; the paper has 1e-4")
        }
        try require(warmup, "warmup", within: Limits.warmup)
        let mixing = augmentation.kinds.filter { AugmentationKind.mixing.contains($0) }
        if let kind = mixing.first, allBatches.contains(1) {
            throw Diagnostic(
                "bad-setting", "\"\(kind.name)\" needs another patch in the batch, and `batch` is 1",
                hint: "`batch = 2` is the least"
            ).of(argument: "augment")
        }
        try checkSteps()
        try checkRoles()
        if let validation {
            try require(validation.every, "validate_every", within: Limits.steps)
            if let patience = validation.patience { try require(patience, "patience", within: Limits.steps) }
        }
        if let least = schedule?.leastRates.first(where: { $0 > learningRate }) {
            throw Diagnostic(
                "bad-setting",
                "the schedule falls to \(plainText(least)), and `learning_rate` is \(plainText(learningRate))",
                hint: "`to` is a rate, and no share of one: papers have 1e-6 or 1e-7"
            ).of(argument: "schedule")
        }
        for (setting, _) in settingsOfAllKinds { try setting.check(self[setting]) }
    }

    /// Whether what is done at each step beside the optimiser's own makes sense.
    private func checkSteps() throws(Diagnostic) {
        switch clip {
        case .norm(let limit) where !(limit > 0 && limit.isFinite):
            throw .badSetting(
                "clip_norm", plainText(limit), "above 0", hint: "papers have 0.01 (Restormer, NAFNet) to 1")
        case .value(let limit) where !(limit > 0 && limit.isFinite):
            throw .badSetting("clip_value", plainText(limit), "above 0", hint: nil)
        case .norm, .value, nil: break
        }
        if let average, !(average > 0 && average < 1) {
            throw .badSetting(
                "average", plainText(average), "above 0 and below 1",
                hint: "papers have 0.999: a mean over about the last thousand steps")
        }
    }

    private func require(_ value: Int, _ name: String, within range: ClosedRange<Int>) throws(Diagnostic) {
        guard !range.contains(value) else { return }
        throw .badSetting(
            name, "\(value)", "a whole number from \(range.lowerBound) to \(range.upperBound)", hint: nil)
    }

    /// Whether the settings, the network and the data fit together.
    /// - Throws: as ``check()``; `channels`, `patch-multiple`, `patch-too-large`, `no-outputs`,
    ///   `output-scale`, `no-pictures`.
    public func check(_ graph: Graph, on dataset: some Dataset) throws(Diagnostic) {
        try check()
        try check(graph)
        guard dataset.count > 0 else {
            throw .noPictures(dataset, of: "data")
        }
        let patch = allPatches.max() ?? patch
        for index in 0..<dataset.count {
            let size = dataset.size(at: index)
            guard patch <= min(size.width, size.height) else {
                throw .patchTooLarge(
                    patch, multiple: graph.sizeMultiple, name: dataset.name(at: index), size: size)
            }
        }
    }

    /// Whether the settings fit a network.
    /// - Throws: `no-outputs`, `channels`, `output-scale`, `patch-multiple`, `unknown-role`,
    ///   `nothing-to-train`, what the optimiser objects to.
    public func check(_ graph: Graph) throws(Diagnostic) {
        try graph.checkRestoring(colour)
        if let objection = optimizer.objection(graph) {
            throw Diagnostic(objection.code, objection.message, hint: objection.hint).of(
                argument: "optimizer")
        }
        try checkRoles(of: graph)
        for patch in allPatches where !patch.isMultiple(of: graph.sizeMultiple) {
            throw .patchMultiple(patch, multiple: graph.sizeMultiple)
        }
    }

    /// Whether the stages of batches and patches take as many steps as the training.
    /// - Throws: `bad-stages`.
    public func checkStages() throws(Diagnostic) {
        for (name, stages) in [("batch", batches), ("patch", patches)] where !stages.isEmpty {
            guard case .steps(let steps) = length else {
                throw Diagnostic(
                    "bad-stages",
                    "the stages of `\(name)` count steps, and `epochs` does not say how many there are",
                    hint: "give `steps` instead of `epochs`"
                ).of(argument: name)
            }
            let sum = stages.reduce(0) { $0 + $1.steps }
            guard sum != steps else { continue }
            let (before, last) = (sum - stages[stages.count - 1].steps, stages[stages.count - 1])
            throw Diagnostic(
                "bad-stages",
                "the stages of `\(name)` take \(counted(sum, "step")), and the training has \(steps)",
                hint: before < steps
                    ? "each is [steps, \(name)]; with [\(steps - before), \(last.size)] as the last they come out even"
                    : "each is [steps, \(name)]: their steps are added up"
            ).of(argument: name)
        }
    }
}

extension Diagnostic {
    fileprivate static func patchMultiple(_ patch: Int, multiple: Int) -> Diagnostic {
        let below = patch / multiple * multiple
        let good = below > 0 ? "\(below) or \(below + multiple)" : "\(multiple)"
        return Diagnostic(
            "patch-multiple",
            "patches of \(patch) pixels cannot be halved as often as this network does: "
                + "the side must be a multiple of \(multiple)",
            hint: "`patch = \(good)` is nearest".replacing(" or ", with: "` or `patch = ")
        ).of(argument: "patch")
    }

    fileprivate static func patchTooLarge(
        _ patch: Int, multiple: Int, name: String, size: ImageSize
    ) -> Diagnostic {
        let largest = min(size.width, size.height) / multiple * multiple
        return Diagnostic(
            "patch-too-large",
            "patches of \(patch)×\(patch) do not fit into \(name), which is \(size.width)×\(size.height)",
            hint: largest > 0
                ? "`patch = \(largest)` is the largest that fits this network and this image"
                : "this network needs images of at least \(multiple)×\(multiple)"
        ).of(argument: "patch")
    }
}
