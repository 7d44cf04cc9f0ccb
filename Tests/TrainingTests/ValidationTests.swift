import Data
import Diagnostics
import Evaluation
import Graph
import Inference
import Samples
import TestSupport
import Testing
import Training

/// Validations that are part of a training.
struct ValidationTests {
    private let held = SampleImages.waves(2, blur: 5)

    private func settings(
        _ steps: Int, _ validation: ValidationSettings, _ change: (inout TrainingSettings) -> Void = { _ in }
    ) -> TrainingSettings {
        var settings = TrainingSettings(length: .steps(steps))
        (settings.batch, settings.patch, settings.threads) = (2, 16, 1)
        settings.validation = validation
        change(&settings)
        return settings
    }

    private func trainer(_ settings: TrainingSettings) throws -> Trainer {
        let task = try TrainingTask(
            GraphBuilder.coarseToFine(), on: SampleImages.waves(3), settings, validatedOn: held)
        return try Trainer(task, task.plan())
    }

    private func psnr(_ model: TrainedModel) throws -> Double {
        try evaluate(Restorer(model, threads: 1), on: held).restored.psnr
    }

    @Test func `validations are made every so many steps and at the end, and the curve keeps them`() throws {
        var shown: [Double?] = []
        let result = try trainer(settings(8, ValidationSettings(every: 3))).run {
            shown.append($0.validation)
        }
        let points = result.report.history
        #expect(points.filter { $0.validation != nil }.map(\.step) == [3, 6, 8])
        #expect(points.count == 8)
        let last = try #require(points.last?.validation)
        #expect(abs(last - (try psnr(result.model))) < 1e-9)
        #expect(
            shown[..<2].allSatisfy { $0 == nil } && shown.last == last && shown[3] == points[2].validation)
        let course = try #require(result.report.validation)
        #expect(course.last == last && course.best == points.compactMap(\.validation).max())
    }

    @Test func `a validation changes nothing of a training that keeps its last weights`() throws {
        var plain = settings(6, ValidationSettings(every: 2))
        let validated = try trainer(plain).run().model.weights
        plain.validation = nil
        let unvalidated = try Trainer(GraphBuilder.coarseToFine(), on: SampleImages.waves(3), plain).run()
        #expect(validated == unvalidated.model.weights)
        #expect(unvalidated.report.validation == nil)
    }

    @Test(arguments: [nil, 0.1])
    func `the best model is kept where that is asked for`(average: Double?) throws {
        var validation = ValidationSettings(every: 1)
        validation.keepsBest = true
        // So large a rate that it does not get better from step to step.
        let settings = settings(12, validation) {
            $0.learningRate = 0.05
            $0.average = average
        }
        let result = try trainer(settings).run()
        let course = try #require(result.report.validation)
        #expect(course.bestStep < 12, "the last step is the best one")
        #expect(abs(course.best - (try psnr(result.model))) < 1e-9)
    }

    @Test func `a training ends when its patience does, and that is no interruption`() throws {
        var validation = ValidationSettings(every: 2)
        validation.patience = 3
        let trainer = try trainer(settings(100, validation))
        // Without gradients nothing gets better.
        trainer.combineGradients = { gradients in
            for index in 0..<gradients.count { gradients[index] = 0 }
        }
        let report = try trainer.run().report
        #expect(report.steps == 8 && report.plannedSteps == 100)
        #expect(report.isEndedEarly && !report.isInterrupted)
        let state = trainer.state.planned(for: 100)
        #expect(state.validation?.sinceBest == 0)
    }

    @Test func `nothing to validate on is said`() {
        let settings = settings(4, ValidationSettings(every: 2))
        let said = message { () throws(Diagnostic) in
            _ = try TrainingTask(GraphBuilder.coarseToFine(), on: SampleImages.waves(3), settings)
        }
        #expect(
            said == """
                error[no-validation]: nothing is given to validate on
                   = hint: `validation = …` is a dataset, such as the second part of `split(data, 0.9)`

                """)
        let empty = message { () throws(Diagnostic) in
            _ = try TrainingTask(
                GraphBuilder.coarseToFine(), on: SampleImages.waves(3), settings,
                validatedOn: SampleImages(pairs: []))
        }
        #expect(empty == "error[no-pictures]: there is no image to validate on in 0 images\n")
    }
}
