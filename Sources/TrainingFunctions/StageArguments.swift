import Diagnostics
import Language
import Training

/// Arguments of `train` for the sizes of batches and patches, which may change on the way.
extension TrainingFunctions {
    static let stageParameters: [Builtin.Parameter] = [
        .standard(
            "batch", .either([.whole(TrainingSettings.Limits.batch), .list("a list of [steps, batch]")]),
            .number(Double(defaults.batch))
        ).about("patches in a step"),
        .standard(
            "patch", .either([.whole(TrainingSettings.Limits.patch), .list("a list of [steps, patch]")]),
            .number(Double(defaults.patch))
        ).about("side of a patch in pixels, or in stages, such as [[700, 64], [300, 128]]"),
    ]

    static func chooseStages(
        _ arguments: Arguments, in settings: inout TrainingSettings
    ) throws(Diagnostic) {
        (settings.batch, settings.batches) = try arguments.staged("batch", TrainingSettings.Limits.batch)
        (settings.patch, settings.patches) = try arguments.staged("patch", TrainingSettings.Limits.patch)
        try settings.checkStages()
    }
}

extension Arguments {
    /// One size, or the first of several with all of them.
    fileprivate func staged(
        _ name: String, _ limits: ClosedRange<Int>
    ) throws(Diagnostic) -> (Int, [StagedSize]) {
        let value = try value(name)
        guard let elements = value.elements else { return (try whole(name), []) }
        var stages: [StagedSize] = []
        for element in elements {
            guard let pair = element.elements, pair.count == 2, case .number(let steps) = pair[0],
                case .number(let size) = pair[1], steps.isWhole(within: TrainingSettings.Limits.steps),
                size.isWhole(within: limits)
            else {
                throw wrong(
                    name, value, hint: "each of its elements is a list of two whole numbers: [steps, \(name)]"
                )
            }
            stages.append(StagedSize(steps: Int(steps), size: Int(size)))
        }
        guard let first = stages.first else { throw wrong(name, value, hint: "it is empty") }
        return (first.size, stages)
    }
}
