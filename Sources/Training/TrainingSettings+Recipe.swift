import Engine
import Kinds
import TrainingMethods

extension TrainingSettings {
    /// Raised whenever the same settings begin to give other weights, so that tables know their rows are old.
    static let revision = 3

    /// Every setting but the threads, for the recipe of an experiment's row; keys begin with `training.`.
    public var recipeLines: [(key: String, value: String)] {
        let lengthLine: (String, String) =
            switch length {
            case .steps(let steps): ("steps", "\(steps)")
            case .epochs(let epochs): ("epochs", "\(epochs)")
            }
        var lines = [
            lengthLine, ("batch", Self.recipeValue(batch, batches)),
            ("patch", Self.recipeValue(patch, patches)), ("learning_rate", "\(learningRate)"),
        ]
        if schedule == nil { lines += ownLines([.decay], .always) }
        lines += ownLines(optimizer.settings, .always)
        lines += [
            ("initialisation", initialisation.name),
            ("loss", definedLoss?.recipeValue ?? loss.recipeValue(kindSettings)),
            ("colour", colour.rawValue), ("augmentation", augmentation.description), ("seed", "\(seed)"),
            ("revision", "\(Self.revision)"),
        ]
        return (lines + laterLines).map { (key: "training.\($0.0)", value: $0.1) }
    }

    /// What recipes had no line for at first: it has none where it is as it was then.
    private var laterLines: [(String, String)] {
        var lines: [(String, String)] = []
        if warmup != 0 { lines.append(("warmup", "\(warmup)")) }
        if let schedule { lines.append(("schedule", schedule.description)) }
        if optimizer != .adam {
            lines.append(("optimizer", optimizer.recipeValue(kindSettings) + exemptionWords))
        }
        lines += ownLines(initialisation.settings, .unlessStandard)
        if let clip { lines.append(("clip", clip.recipeValue)) }
        if !frozen.isEmpty { lines.append(("freeze", frozen.joined(separator: ", "))) }
        if !rates.isEmpty {
            lines.append(("rates", rates.map { "\($0.role) \($0.factor)" }.joined(separator: ", ")))
        }
        lines += validation?.recipeLines ?? []
        if let average { lines.append(("average", "\(average)")) }
        return lines
    }

    private func ownLines(_ settings: [Setting], _ presence: Setting.Presence) -> [(String, String)] {
        settings.filter {
            $0.presence == presence && (presence == .always || !kindSettings.isStandard($0))
        }.map { ($0.name, "\(self[$0])") }
    }

    /// Where weights decay and others than the usual ones are spared.
    private var exemptionWords: String {
        kindSettings.isStandard(.weightDecay) || decayExemption == .vectors
            ? "" : ", exempt \(decayExemption.name)"
    }
}

extension GradientClip {
    fileprivate var recipeValue: String {
        switch self {
        case .norm(let limit): "norm \(limit)"
        case .value(let limit): "value \(limit)"
        }
    }
}
