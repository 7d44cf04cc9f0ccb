import Data
import Diagnostics
import Engine
import Foundation
import Graph
import Images
import Inference
import Language
import Library
import ModelFiles
import Runs
import Tracing
import Training
import Workbench

extension TrainingFunctions {
    package static let resume = Function<Workbench>(
        Builtin(
            "resume", .training,
            [
                .required("model", .model),
                .derived("steps", .whole(TrainingSettings.Limits.steps), "those that were left"),
                .derived("data", .dataset, "those it was trained on"),
                .derived("validation", .dataset, "those it was validated on").about(
                    "for a training with `validate_every`"),
            ],
            """
            Goes on with a training where it was stopped, or beyond its end: `steps` more, with the same settings. Resumed \
            for the steps that were left, on the same data and as many threads, it gives the same weights as if it had never \
            been stopped; for another number, the learning rate falls towards the new end. A model that was loaded goes on if \
            its file holds the state of its training, and is given its `data`, which no file holds, and where it is validated \
            its `validation`. One that ended early goes on with as much patience again. To train a model \
            further with other settings, give it to `train` as `from`.
            """,
            examples: [
                "net = gao2019(widths = [4, 8], scales = 2)\nmodel = train(net, scenes(2, size = 32), steps = 1, batch = 1, patch = 32)\nmodel = resume(model, steps = 1)",
                "model = resume(load(\"stopped.safetensors\"), steps = 50, data = scenes(2, size = 32))",
            ], .init(effect: .trains)),
        plan: { workbench, arguments throws(Diagnostic) in
            .foreign(try workbench.plan(Resumption(arguments), arguments))
        }
    ) { workbench, arguments throws(Diagnostic) in
        .foreign(try workbench.resume(Resumption(arguments), arguments))
    }
}

/// What a call of `resume` asks for.
package struct Resumption {
    package let model: Model
    /// `nil` for those that were left.
    package let steps: Int?
    /// Other than those of the model's own training.
    package let data: (any Dataset)?
    /// What it is validated on, where that is not what it was validated on before.
    package let validation: (any Dataset)?

    package init(_ arguments: Arguments) throws(Diagnostic) {
        model = try arguments.model("model")
        steps = try arguments.given("steps", arguments.whole)
        data = try arguments.given("data", arguments.dataset)
        validation = try arguments.given("validation", arguments.dataset)
    }
}

/// The fingerprints of data that a training is given to go on with; `nil` for those that it had.
private struct DataFingerprints {
    let data: String?
    let validation: String?

    /// For a recipe.
    var lines: [(key: String, value: String)] {
        [("data", data), ("validation", validation)].compactMap { key, value in
            value.map { (key: key, value: $0) }
        }
    }
}

/// A training that can be gone on with, and how far.
private struct ResumedTraining {
    let model: Model
    let trained: TrainedModel
    let report: TrainingReport
    let course: ResumableTraining
    let data: any Dataset
    let validationData: (any Dataset)?
    /// Of data that are others than those of the model's own training.
    let fingerprints: DataFingerprints
    /// Steps that are to be done.
    let steps: Int

    /// - Throws: `cannot-resume`.
    init(_ resumption: Resumption, on fingerprints: DataFingerprints) throws(Diagnostic) {
        model = resumption.model
        guard let course = model.course, let report = try model.report else { throw .cannotResume }
        guard let data = resumption.data ?? course.data else { throw .dataNotKept(model) }
        let left = report.plannedSteps - report.steps
        guard let steps = resumption.steps ?? (left > 0 ? left : nil) else {
            throw .nothingLeft(report.steps)
        }
        validationData = resumption.validation ?? course.validationData
        if course.settings.validation != nil, validationData == nil { throw .validationDataNotKept }
        if course.settings.validation == nil, resumption.validation != nil { throw .notValidated }
        trained = try model.weights()
        (self.course, self.report, self.data, self.steps) = (course, report, data, steps)
        self.fingerprints = fingerprints
    }

    var lastStep: Int { report.steps + steps }

    /// Those of the training; for another number of steps than they say, that number: epochs of other data
    /// would be other steps.
    var settings: TrainingSettings {
        var settings = course.settings
        if settings.steps(forImages: data.count) != lastStep { settings.length = .steps(lastStep) }
        return settings
    }

    /// The recipe of the model that comes out, and what its file will say of it.
    var provenance: (recipe: Recipe, notes: [String: String]) {
        // As planned, on the data that were planned: the model is the one that was to be.
        let isAsPlanned =
            lastStep == report.plannedSteps
            && (fingerprints.data == nil || fingerprints.data == model.dataFingerprint)
            && (fingerprints.validation == nil || fingerprints.validation == model.validationFingerprint)
        var (recipe, notes) = (model.recipe, model.notes)
        // That of a model out of a file is the weights it was loaded with.
        if !isAsPlanned || course.data == nil { recipe = recipe.resumed(steps, on: fingerprints) }
        if !isAsPlanned {
            notes["recipe"] = (model.notedRecipe ?? model.recipe).resumed(steps, on: fingerprints).text
        }
        return (recipe, notes)
    }
}

extension Workbench {
    /// The fingerprints of what a training goes on with; nothing in a check, which only asks whether the
    /// script makes sense.
    private func fingerprints(of resumption: Resumption) throws(Diagnostic) -> DataFingerprints {
        DataFingerprints(
            data: try fingerprint(of: resumption.data),
            validation: try fingerprint(of: resumption.validation))
    }

    private func fingerprint(of data: (any Dataset)?) throws(Diagnostic) -> String? {
        guard !mode.isCheck, let data else { return nil }
        try data.hashFiles(stop: configuration.stop)
        return try data.fingerprint
    }

    private func recipe(of resumption: Resumption, on fingerprints: DataFingerprints) -> Recipe {
        Self.recipe(
            of: .resume,
            [
                ("model", resumption.model.recipe.fingerprint),
                ("steps", resumption.steps.map { "\($0)" } ?? "to its end"),
            ]
                + fingerprints.lines)
    }

    fileprivate func plan(_ resumption: Resumption, _ arguments: Arguments) throws(Diagnostic) -> Model {
        let fingerprints = try fingerprints(of: resumption)
        let model = resumption.model
        mode.plan?.resumes(model.recipe)
        mode.plan?.add("resume", run: recipe(of: resumption, on: fingerprints))
        return Model(
            network: model.network, trained: nil,
            recipe: model.recipe.resumed(resumption.steps, on: fingerprints))
    }

    fileprivate func resume(_ resumption: Resumption, _ arguments: Arguments) throws(Diagnostic) -> Model {
        let (model, data) = (resumption.model, resumption.data)
        let fingerprints = try fingerprints(of: resumption)
        let asWritten = model.recipe.resumed(resumption.steps, on: fingerprints)
        guard try model.trained != nil else {
            return Model(network: model.network, trained: nil, recipe: asWritten)
        }
        func resumed() throws(Diagnostic) -> Model {
            do throws(Diagnostic) { return try resume(ResumedTraining(resumption, on: fingerprints)) } catch {
                throw error.located(at: arguments.span(of: "model"))
            }
        }
        guard let row = mode.recorder else { return try resumed() }
        let run = recipe(of: resumption, on: fingerprints)
        let path = row.store.path(of: run.fingerprint, .model)
        let keepsState = row.resumed.contains(asWritten.fingerprint)
        return try self.run(run, in: row.store) { _ throws(Diagnostic) -> Model? in
            // A model may be left out of results that are passed on.
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            let file = try ModelFile(reading: path)
            guard !keepsState || file.state != nil else { return nil }
            return Model(
                network: model.network, trained: file.model, file.training, recipe: asWritten,
                course: file.state.map {
                    ResumableTraining(
                        data: data ?? model.course?.data, settings: file.training.settings, state: $0,
                        validationData: resumption.validation ?? model.course?.validationData)
                }, notes: file.notes)
        } compute: { () throws(Diagnostic) in
            try kept(resumed(), as: asWritten, withState: keepsState, in: path)
        }
    }

    /// Writes a resumed training into its run.
    private func kept(
        _ resumed: Model, as recipe: Recipe, withState keepsState: Bool, in path: String
    ) throws(Diagnostic) -> RunOutcome<Model> {
        let model = Model(
            network: resumed.network, trained: resumed.atHand, resumed.reportAtHand, recipe: recipe,
            course: resumed.course, notes: resumed.notes)
        guard let trained = model.atHand, let report = model.reportAtHand else {
            return RunOutcome(result: model)
        }
        try ModelFile.write(
            trained, report, state: keepsState ? model.course?.state : nil, notes: model.notes, to: path)
        return RunOutcome(result: model, texts: [.curve: LossCurve(report.history).text])
    }

    private func resume(_ training: ResumedTraining) throws(Diagnostic) -> Model {
        let (model, course) = (training.model, training.course)
        var settings = training.settings
        if course.data == nil {
            noticeChanges(of: model, settings, training.fingerprints.data)
            settings.threads = configuration.threads
        }
        defer { frontEnd.progressEnded() }
        let task = try TrainingTask(
            training.trained.graph, on: training.data, settings, validatedOn: training.validationData)
        let plan = try task.plan(atStep: course.state.step)
        warnOfLength(of: task, plan, steps: training.steps)
        try prepare(task)
        let trainer = try Trainer(
            task, plan, from: .state(course.state.planned(for: training.lastStep)), stop: configuration.stop)
        let title = model.network.description
        var validation: Validation?
        let result = try trainer.run(stop: configuration.stop) {
            self.report($0, of: title, trainer, &validation)
        }
        count(result.report, of: task.graph, steps: result.report.steps - training.report.steps)
        guard !result.report.isInterrupted || keepsStopped else {
            throw .interruptedResumption(result.report)
        }
        let (recipe, notes) = training.provenance
        let resumed = Model(
            network: model.network, trained: result.model, result.report, recipe: recipe,
            course: ResumableTraining(
                data: training.data, settings: settings, state: trainer.state,
                validationData: task.validationData),
            notes: notes)
        if result.report.isInterrupted { stopped = resumed } else { noticeEnd(of: result.report) }
        return resumed
    }

    /// Whether a training that is stopped gives a model all the same: not as a row of a table, nor in a
    /// script that nobody watches.
    package var keepsStopped: Bool { configuration.isInteractive && mode.recorder == nil }

    /// Says what keeps a training out of a file from ending as it would have where it was begun.
    private func noticeChanges(of model: Model, _ begun: TrainingSettings, _ data: String?) {
        if let kept = model.dataFingerprint, kept != data {
            frontEnd.notice(
                "goes on with other data than those it was trained on: "
                    + withoutControls(model.notes["data"] ?? kept))
        }
        if begun.threads != configuration.threads {
            frontEnd.notice(
                "was begun on \(counted(begun.threads, "thread")) and goes on with \(configuration.threads): "
                    + "the last bits will be others")
        }
    }
}

extension Model {
    /// What its file, or the file it would have, says that it was made by.
    fileprivate var notedRecipe: Recipe? { Recipe(text: notes["recipe"] ?? "") }

    /// The fingerprint of the data that it was trained on.
    fileprivate var dataFingerprint: String? { notedInput("data") }

    /// The fingerprint of those that it was validated on.
    fileprivate var validationFingerprint: String? { notedInput("validation") }

    private func notedInput(_ key: String) -> String? {
        notedRecipe?.inputs.first { $0.key == key }?.value
    }
}

extension Recipe {
    /// The same after some more steps.
    /// - Parameters:
    ///   - steps: `nil` for those that were left.
    fileprivate func resumed(_ steps: Int?, on fingerprints: DataFingerprints) -> Recipe {
        let times = inputs.count { $0.key.hasPrefix("resumed") && !$0.key.contains(".") }
        let key = "resumed\(times + 1)"
        return Recipe(
            axes: axes,
            inputs: inputs + [Line(key, steps.map { "\($0)" } ?? "to its end")]
                + fingerprints.lines.map { Line("\(key).\($0.key)", $0.value) })
    }
}

extension Diagnostic {
    fileprivate static let cannotResume = Diagnostic(
        "cannot-resume", "this model's file does not hold the state of a training",
        notes: ["that of one that is done is kept by `save(model, to = …, state = true)`"],
        hint: "`train(net, data, from = model, …)` starts a new training from its weights")

    fileprivate static func dataNotKept(_ model: Model) -> Diagnostic {
        Diagnostic(
            "cannot-resume", "the data that this model was trained on are not in its file",
            notes: model.notes["data"].map { ["they were \(withoutControls($0))"] } ?? [],
            hint: "make them again: `resume(model, data = …)`")
    }

    fileprivate static let validationDataNotKept = Diagnostic(
        "cannot-resume", "the data that this model was validated on are not in its file",
        hint: "make them again: `resume(model, data = …, validation = …)`")

    fileprivate static let notValidated = Diagnostic(
        "no-effect", "`validation` has no effect here: this training has no `validate_every`",
        hint: "leave it out")

    fileprivate static func nothingLeft(_ steps: Int) -> Diagnostic {
        Diagnostic(
            "cannot-resume", "this model has had all of its \(counted(steps, "step"))",
            hint: "say how many more: `resume(model, steps = 500)`")
    }
}
