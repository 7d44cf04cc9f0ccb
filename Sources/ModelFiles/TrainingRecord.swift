import Foundation
import Inference
import Models
import Training

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
    /// `nil` of a training without validations, and in files of earlier versions.
    let validation: ValidationCourse?

    /// The record of a training that is under way, or that may be resumed.
    init(_ state: TrainingState, _ settings: TrainingSettings) {
        self.settings = settings
        step = state.step
        steps = state.history.steps
        seconds = state.seconds
        history = state.history
        validation = state.validation
    }

    /// The record of a training that is done.
    init(_ report: TrainingReport) {
        settings = report.settings
        step = report.steps
        steps = report.plannedSteps
        seconds = report.seconds
        history = HistoryRecorder(points: report.history, steps: report.plannedSteps)
        validation = report.validation
    }

    /// What stands in the file of a model that was not trained here. The format has a record in every file,
    /// for it holds the model's colour: that of no steps, with a patch that the network takes.
    init(untrained model: TrainedModel) {
        var settings = TrainingSettings(length: .steps(1))
        settings.colour = model.colour
        settings.patch = model.graph.sizeMultiple
        self.init(TrainingReport(settings: settings))
    }

    var report: TrainingReport {
        TrainingReport(
            settings: settings, history: history.points, steps: step, plannedSteps: steps, seconds: seconds,
            validation: validation)
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
