import Data
import Diagnostics
import Engine
import Foundation
import Graph
import Machine
import ModelFiles
import Samples
import TestSupport
import Testing
import Training
import TrainingMethods

/// Trainings of every kind that stop halfway, are kept in a file and go on from it, against those that were
/// never stopped.
struct ResumedFileTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let change: @Sendable (inout TrainingSettings) throws -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout TrainingSettings) throws -> Void) {
            (testDescription, self.change) = (name, change)
        }
    }

    static let cases = [
        Case("adamw") {
            $0.optimizer = .adamw
            $0[.weightDecay] = 0.01
        },
        Case("sgd") {
            $0.optimizer = .sgd
            $0[.momentum] = 0.9
            $0.clip = .value(1e-3)
        },
        Case("muon with decay, clipped") {
            $0.optimizer = .muon
            $0[.weightDecay] = 0.1
            $0.clip = .norm(0.01)
        },
        Case("schedule") {
            $0.setSchedule(
                try Schedule(SchedulePart(.warmup, ["steps": [5]])).followed(
                    by: Schedule(SchedulePart(.cosineRestarts, ["periods": [3, 4], "to": [1e-6]]))))
        },
        Case("average") { $0.average = 0.9 },
        Case("best") {
            $0.learningRate = 0.02
            $0.validation = ValidationSettings(every: 3)
            $0.validation?.keepsBest = true
        },
        Case("best of averages") {
            $0.learningRate = 0.02
            $0.average = 0.5
            $0.validation = ValidationSettings(every: 2)
            $0.validation?.keepsBest = true
            $0.validation?.patience = 100
        },
        Case("stages") {
            $0.patches = [.init(steps: 7, size: 16), .init(steps: 13, size: 32)]
            $0.patch = 16
            $0.batches = [.init(steps: 12, size: 3), .init(steps: 8, size: 1)]
            $0.batch = 3
            $0.average = 0.5
        },
        Case("mixing") { $0.augmentation = Augmentation([.flips, .mixup, .cutmix]) },
        Case("best before the first validation") {
            $0.average = 0.5
            $0.validation = ValidationSettings(every: 11)
            $0.validation?.keepsBest = true
        },
    ]

    private func trainer(_ settings: TrainingSettings, _ state: TrainingState? = nil) throws -> Trainer {
        let task = try TrainingTask(
            GraphBuilder.coarseToFine(width: 8), on: SampleImages.waves(5), settings,
            validatedOn: SampleImages.waves(2, blur: 5))
        return try Trainer(
            task, task.plan(atStep: state?.step ?? 0), from: state.map { .state($0) } ?? .first(nil))
    }

    @Test(arguments: cases, [1, 2])
    func `half a training, a file and the other half are the whole training, to the last bit`(
        training: Case, threads: Int
    ) throws {
        try withTemporaryFolder { folder in
            var settings = TrainingSettings(length: .steps(20))
            (settings.batch, settings.patch, settings.threads) = (2, 16, threads)
            try training.change(&settings)
            let whole = try trainer(settings)
            let expected = try whole.run()

            let path = folder + "/half.safetensors"
            let stop = StopFlag()
            let half = try trainer(settings)
            _ = try half.run(stop: stop, checkpoints: Checkpoints(path: path, interval: 1e9, notes: [:])) {
                if $0.step == 10 { stop.request() }
            }
            let file = try ModelFile(reading: path)
            #expect(file.training.settings == settings && file.training.isInterrupted)
            #expect(file.model.weights == half.model.weights)
            let state = try #require(file.state)
            #expect(state.tensors == half.state.tensors)

            let resumed = try trainer(settings, state)
            let found = try resumed.run()
            #expect(found.model.weights == expected.model.weights)
            #expect(found.report.history == expected.report.history)
            #expect(found.report.validation == expected.report.validation)
            #expect(resumed.state.tensors == whole.state.tensors)
        }
    }
}
