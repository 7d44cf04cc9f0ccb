import Data
import Diagnostics
import Evaluation
import Foundation
import Inference
import Language
import Runs
import Tables
import Tracing
import Training

/// A trained network, or in a rehearsal the plan of one.
package struct Model: ForeignValue {
    package static let kind = "a model"

    package let network: Network
    private let lazyWeights: LazyWeights
    /// What determines it: the network, the data, every setting; of a loaded model the network and its
    /// weights.
    package let recipe: Recipe
    /// What it takes to go on with its training; `nil` where that is not known any more.
    package var course: ResumableTraining?
    /// What its file says about where it comes from, by key.
    package var notes: [String: String] = [:]

    /// - Parameter trained: `nil` in a rehearsal, where nothing is trained.
    package init(
        network: Network, trained: TrainedModel?, _ report: TrainingReport? = nil, recipe: Recipe,
        course: ResumableTraining? = nil, notes: [String: String] = [:]
    ) {
        (self.network, self.recipe, self.course, self.notes) = (network, recipe, course, notes)
        lazyWeights = LazyWeights(made: trained.map { ($0, report) })
    }

    /// - Parameter train: gives the model, where anything asks for it.
    package init(
        network: Network, recipe: Recipe, notes: [String: String] = [:], train: @escaping LazyWeights.Maker
    ) {
        (self.network, self.recipe, self.notes) = (network, recipe, notes)
        lazyWeights = LazyWeights(maker: train)
    }

    /// The model with its weights, trained again where the results came without it; `nil` in a rehearsal.
    package var trained: TrainedModel? {
        get throws(Diagnostic) { try lazyWeights.value?.model }
    }

    /// The training that gave the weights; `nil` in a rehearsal, and of weights from elsewhere.
    package var report: TrainingReport? {
        get throws(Diagnostic) { try lazyWeights.value?.report }
    }

    /// The same, of a model that ``isTrained``.
    package func weights() throws(Diagnostic) -> TrainedModel {
        guard let trained = try trained else { preconditionFailure("a rehearsal has no weights") }
        return trained
    }

    /// Whether there are weights, here or to be made: not in a rehearsal.
    package var isTrained: Bool { lazyWeights.isThere }

    /// The weights where the model need not be trained for them.
    package var atHand: TrainedModel? { lazyWeights.made?.model }

    /// Its ``report`` where the model need not be trained for it.
    package var reportAtHand: TrainingReport? { lazyWeights.made?.report }

    package var size: ValueSize { network.size }
    package var source: String? { network.source }

    package func hint(forField name: String, written: String) -> String? {
        switch name {
        case "psnr", "ssim": "a model is scored on a dataset: `evaluate(\(written), data).\(name)`"
        case "loss", "history", "curve":
            "`plot(\(written))` draws the loss of its training, and `curve(\(written))` lists it"
        case "net", "network": "it is a network too, wherever one is asked for"
        case "steps": reportAtHand.map { "it was trained for \(counted($0.steps, "step"))" }
        default: nil
        }
    }

    package var description: String {
        guard atHand != nil else {
            return
                "model of \(network.description), \(isTrained ? "its weights not loaded" : "not trained yet")"
        }
        return "model of \(network.description), \(counted(reportAtHand?.steps ?? 0, "step"))"
    }

    /// What a person wants to know of it, in two lines.
    package var summary: String {
        guard atHand != nil else { return description }
        if reportAtHand?.steps ?? 0 == 0, let file = notes["weights"] {
            return "model of \(network.description)\n  with the weights of \(file), not trained since"
        }
        return reportAtHand.map { "model of \(network.description)\n  \($0.course)" } ?? description
    }
}

/// A model's weights, made when they are first asked for: what is scored already needs none.
package final class LazyWeights {
    package typealias Made = (model: TrainedModel, report: TrainingReport?)
    package typealias Maker = () throws(Diagnostic) -> Made?

    package private(set) var made: Made?
    private var maker: Maker?

    package init(made: Made?) { self.made = made }

    package init(maker: @escaping Maker) { self.maker = maker }

    package var isThere: Bool { made != nil || maker != nil }

    package var value: Made? {
        get throws(Diagnostic) {
            if let maker {
                made = try maker()
                self.maker = nil
            }
            return made
        }
    }
}

extension TrainingReport {
    /// `trained for 300 steps, 8 patches of 64×64 each, in 12.4 s, loss 0.002151, 27.31 ± 0.14 dB on its last
    /// 100 batches`
    package var course: String {
        var facts = [
            isInterrupted || isEndedEarly
                ? "\(isEndedEarly ? "ended" : "stopped") after \(steps) of \(counted(plannedSteps, "step"))"
                : "trained for \(counted(steps, "step"))",
            settings.batchWords,
            "in \(duration(seconds))",
        ]
        if let last = history.last {
            let loss = last.recent?.loss ?? last.loss
            facts.append("loss \(loss < 1e4 ? fixed(loss, digits: 6) : String(format: "%.3e", loss))")
            facts.append(
                last.recent.map { recent in
                    switch recent.batches {
                    case 1: "\(recent.text) on its one batch"
                    case let batches?: "\(recent.text) on its last \(batches) batches"
                    case nil: "\(recent.text) on its last batches"
                    }
                } ?? "\(fixed(last.psnr, digits: 2)) dB on its last batches")
        }
        if let validation {
            let which = settings.validation?.keepsBest == true ? "kept, the best" : "the best"
            facts.append(
                "validation \(fixed(validation.last, digits: 2)) dB, "
                    + "\(fixed(validation.best, digits: 2)) dB \(which), after step \(validation.bestStep)")
        }
        return facts.joined(separator: ", ")
    }
}

/// A training between two steps, with what it was done with.
package struct ResumableTraining {
    /// `nil` for a training out of a file, which does not hold them.
    package let data: (any Dataset)?
    package let settings: TrainingSettings
    package let state: TrainingState
    /// What it was validated on; `nil` for a training without validations, or out of a file.
    package let validationData: (any Dataset)?

    package init(
        data: (any Dataset)?, settings: TrainingSettings, state: TrainingState,
        validationData: (any Dataset)? = nil
    ) {
        (self.data, self.settings, self.state) = (data, settings, state)
        self.validationData = validationData
    }
}
