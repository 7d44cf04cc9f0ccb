import Foundation
import Models

/// What a model's file says of its training beside the weights, as JSON.
///
/// The patches that a step draws depend on the seed and the step's number alone, so no state of a random
/// source and no order of the data is kept: both follow from `settings.seed` and `step`.
struct TrainingRecord: Codable {
    let settings: TrainingSettings
    /// Steps done, and to do in all.
    let step: Int
    let steps: Int
    let seconds: Double
    let history: HistoryRecorder

    init(settings: TrainingSettings, step: Int, steps: Int, seconds: Double, history: HistoryRecorder) {
        self.settings = settings
        self.step = step
        self.steps = steps
        self.seconds = seconds
        self.history = history
    }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A batch that is restored exactly has an infinite PSNR.
        encoder.nonConformingFloatEncodingStrategy = .spelledOut
        guard let json = try? encoder.encode(self) else {
            preconditionFailure("a record of numbers and texts does not encode")
        }
        return String(decoding: json, as: UTF8.self)
    }

    /// Reads back ``text``; `nil` for what no training could have written.
    init?(text: String) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .spelledOut
        guard let record = try? decoder.decode(Self.self, from: Data(text.utf8)),
            (0...TrainingSettings.stepLimit).contains(record.steps), (0...record.steps).contains(record.step),
            record.history.isOf(steps: record.steps, done: record.step)
        else { return nil }
        self = record
    }
}
