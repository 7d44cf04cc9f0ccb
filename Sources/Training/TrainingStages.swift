/// A size that holds for some steps: the side of patches, or how many a batch has.
public struct StagedSize: Sendable, Equatable, Codable {
    public let steps: Int
    public let size: Int

    public init(steps: Int, size: Int) { (self.steps, self.size) = (steps, size) }
}

/// Steps of a training whose batches are alike.
public struct TrainingStage: Sendable, Equatable {
    public let steps: Range<Int>
    public let patch: Int
    public let batch: Int

    /// Whether one plan serves both.
    func isLike(_ other: TrainingStage) -> Bool { patch == other.patch && batch == other.batch }
}

/// Progressive learning [Zamir et al. 2022]: small patches in large batches first, whose steps are cheap, and
/// larger ones later.
extension TrainingSettings {
    /// All sides of patches that the training has.
    package var allPatches: [Int] { patches.isEmpty ? [patch] : patches.map(\.size) }
    package var allBatches: [Int] { batches.isEmpty ? [batch] : batches.map(\.size) }

    /// The stage that a step, counted from 0, is in. The last one lasts to the end, wherever that is.
    package func stage(atStep step: Int, of steps: Int) -> TrainingStage {
        let (patch, batch) = (
            Self.place(of: step, in: patches, otherwise: patch, steps),
            Self.place(of: step, in: batches, otherwise: batch, steps)
        )
        return TrainingStage(
            steps: patch.steps.clamped(to: batch.steps), patch: patch.size, batch: batch.size)
    }

    /// The stages of some steps, the first and the last cut to them.
    package func stages(of range: Range<Int>) -> [TrainingStage] {
        var stages: [TrainingStage] = []
        var step = range.lowerBound
        while step < range.upperBound {
            let stage = stage(atStep: step, of: range.upperBound)
            stages.append(
                TrainingStage(
                    steps: step..<stage.steps.upperBound, patch: stage.patch, batch: stage.batch))
            step = stage.steps.upperBound
        }
        return stages
    }

    /// Patches that the steps before one have drawn.
    func patchesDrawn(before step: Int) -> Int {
        stages(of: 0..<step).reduce(0) { $0 + $1.steps.count * $1.batch }
    }

    private static func place(
        of step: Int, in sizes: [StagedSize], otherwise size: Int, _ steps: Int
    ) -> (steps: Range<Int>, size: Int) {
        var start = 0
        for staged in sizes.dropLast() {
            let end = min(start + staged.steps, steps)
            if step < end { return (start..<end, staged.size) }
            start = end
        }
        return (start..<steps, sizes.last?.size ?? size)
    }

    /// For a recipe: one size, or each with its steps.
    static func recipeValue(_ size: Int, _ stages: [StagedSize]) -> String {
        stages.isEmpty ? "\(size)" : stages.map { "\($0.size) for \($0.steps)" }.joined(separator: ", ")
    }

    /// `8 patches of 64×64 each`; of a training in stages the range of both.
    package var batchWords: String {
        func words(_ sizes: [Int], _ word: (Int) -> String) -> String {
            let (first, last) = (sizes[0], sizes[sizes.count - 1])
            return first == last ? word(first) : "\(word(first)) to \(word(last))"
        }
        let count = words(allBatches) { "\($0)" }
        return "\(count) \(count == "1" ? "patch" : "patches") of \(words(allPatches) { "\($0)×\($0)" }) each"
    }
}
