import Data
import Diagnostics
import Engine
import Foundation
import Graph
import Images
import Inference
import ModelFiles
import Models
import Runs
import Training

/// A training between two steps, with what it was done with.
struct TrainingCourse {
    /// `nil` for a training out of a file, which does not hold them.
    let data: (any Dataset)?
    let settings: TrainingSettings
    let state: TrainingState
}

extension Builtin {
    static let resume = Builtin(
        "resume", .training,
        [
            .required("model", "a model"), .derived("steps", "a whole number", "those that were left"),
            .derived("data", "a dataset", "those it was trained on"),
        ],
        """
        Goes on with a training where it was stopped, or beyond its end: `steps` more, with the same settings. Resumed \
        for the steps that were left, on the same data and as many threads, it gives the same weights as if it had never \
        been stopped; for another number, the learning rate falls towards the new end. A model that was loaded goes on if \
        its file holds the state of its training, and is given its `data`, which no file holds. To train a model \
        further with other settings, give it to `train` as `from`.
        """,
        examples: [
            "net = gao2019(widths = [4, 8], scales = 2)\nmodel = train(net, scenes(2, size = 32), steps = 1, batch = 1, patch = 32)\nmodel = resume(model, steps = 1)",
            "model = resume(load(\"stopped.safetensors\"), steps = 50, data = scenes(2, size = 32))",
        ]
    ) { session, arguments throws(Diagnostic) in
        let model = try arguments.model("model")
        let steps =
            arguments.optional("steps") == nil
            ? nil : try arguments.whole("steps", TrainingSettings.Limits.steps)
        let data = try arguments.given("data", arguments.dataset)
        return .model(try session.resume(model, steps: steps, on: data, arguments))
    }
}

extension Session {
    /// - Parameter data: other than those of the model's own training.
    func resume(
        _ model: Model, steps: Int?, on data: (any Dataset)?, _ arguments: Arguments
    ) throws(Diagnostic) -> Model {
        let span = arguments.span(of: "model")
        let named = configuration.isCheck ? nil : data
        try named?.hashFiles(isStopped: isStopped)
        let fingerprint = try named?.fingerprint
        let asWritten = model.recipe.resumed(steps, on: fingerprint)
        let run = Self.recipe(
            of: .resume,
            [("model", model.recipe.fingerprint), ("steps", steps.map { "\($0)" } ?? "to its end")]
                + (fingerprint.map { [("data", $0)] } ?? []))
        guard !isRehearsal, let trained = try model.trained else {
            plan?.resumes(model.recipe)
            plan?.add("resume", run: run)
            return Model(network: model.network, trained: nil, recipe: asWritten)
        }
        guard let row = rowRuns else {
            return try resume(model, trained, try model.report, steps: steps, on: data, fingerprint, at: span)
        }
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
                    TrainingCourse(
                        data: data ?? model.course?.data, settings: file.training.settings, state: $0)
                }, notes: file.notes)
        } compute: { () throws(Diagnostic) in
            var resumed = try resume(
                model, trained, try model.report, steps: steps, on: data, fingerprint, at: span)
            resumed = Model(
                network: resumed.network, trained: resumed.atHand, resumed.reportAtHand, recipe: asWritten,
                course: resumed.course, notes: resumed.notes)
            guard let result = resumed.atHand, let report = resumed.reportAtHand else {
                return RunOutcome(result: resumed)
            }
            try ModelFile.write(
                result, report, state: keepsState ? resumed.course?.state : nil, notes: resumed.notes,
                to: path)
            return RunOutcome(
                result: resumed, texts: [.curve: LossCurve(report.lossPoints).text])
        }
    }

    private func resume(
        _ model: Model, _ trained: TrainedModel, _ report: TrainingReport?, steps: Int?,
        on data: (any Dataset)?, _ fingerprint: String?, at span: Span
    ) throws(Diagnostic) -> Model {
        guard let course = model.course, let report else { throw .cannotResume(at: span) }
        guard let data = data ?? course.data else { throw .dataNotKept(model, at: span) }
        let left = report.plannedSteps - report.steps
        guard let more = steps ?? (left > 0 ? left : nil) else { throw .nothingLeft(report.steps, at: span) }
        var settings = course.settings
        // Epochs of other data would come to another number of steps.
        if settings.steps(forPictures: data.count) != report.steps + more {
            settings.length = .steps(report.steps + more)
        }
        if course.data == nil {
            noticeChanges(of: model, settings, fingerprint)
            settings.threads = configuration.threads
        }
        defer { front.progressEnded() }
        warnOfLength(of: more, trained.graph, settings)
        let trainer = try Trainer(
            trained.graph, on: data, settings, from: course.state.planned(for: report.steps + more))
        let title = model.network.description
        let result = try trainer.run(stop: configuration.stop) { self.report($0, of: title, trainer) }
        count(result.report, of: trained.graph, steps: result.report.steps - report.steps)
        guard !result.report.isInterrupted || keepsStopped else {
            throw .interruptedResumption(result.report)
        }
        // As planned, on the data that were planned: the model is the one that was to be.
        let isAsPlanned = more == left && (fingerprint == nil || fingerprint == model.dataFingerprint)
        var (recipe, notes) = (model.recipe, model.notes)
        // That of a model out of a file is the weights it was loaded with.
        if !isAsPlanned || course.data == nil { recipe = recipe.resumed(more, on: fingerprint) }
        if !isAsPlanned {
            notes["recipe"] = (model.notedRecipe ?? model.recipe).resumed(more, on: fingerprint).text
        }
        let resumed = Model(
            network: model.network, trained: result.model, result.report, recipe: recipe,
            course: TrainingCourse(data: data, settings: settings, state: trainer.state), notes: notes)
        if result.report.isInterrupted { stopped = resumed } else { noticeEnd(of: result.report) }
        return resumed
    }

    /// Whether a training that is stopped gives a model all the same: not as a row of a table, nor in a
    /// script that nobody watches.
    var keepsStopped: Bool { configuration.isInteractive && recorded == nil }

    /// Says what keeps a training out of a file from ending as it would have where it was begun.
    private func noticeChanges(of model: Model, _ begun: TrainingSettings, _ data: String?) {
        if let kept = model.dataFingerprint, kept != data {
            front.notice(
                "goes on with other data than those it was trained on: "
                    + withoutControls(model.notes["data"] ?? kept))
        }
        if begun.threads != configuration.threads {
            front.notice(
                "was begun on \(counted(begun.threads, "thread")) and goes on with \(configuration.threads): "
                    + "the last bits will be others")
        }
    }

    // MARK: What work costs

    /// Counts the work of training steps: a backward pass is two forward passes' worth.
    func count(_ report: TrainingReport, of graph: Graph, steps: Int) {
        let work = Self.stepWork(graph, report.settings)
        multiplyAccumulates += work * Double(steps)
        finishedWorks += 1
        guard report.steps >= 10, report.seconds > 0 else { return }
        measuredSpeed = work * Double(report.steps) / report.seconds
    }

    /// Counts the restoring of one picture, grown to what the network needs; a luma model is applied to each
    /// channel by itself.
    func count(_ trained: TrainedModel, on size: PictureSize) {
        let times = trained.colour.channels == 1 ? size.channels : 1
        let multiple = trained.graph.sizeMultiple
        func grown(_ side: Int) -> Int { (side + multiple - 1) / multiple * multiple }
        let work = trained.graph.multiplyAccumulates(height: grown(size.height), width: grown(size.width))
        multiplyAccumulates += Double(work) * Double(times)
    }

    static func stepWork(_ graph: Graph, _ settings: TrainingSettings) -> Double {
        3 * Double(settings.batch)
            * Double(graph.multiplyAccumulates(height: settings.patch, width: settings.patch))
    }

    /// Seconds from which on work is announced.
    private static let announcedSeconds = 600.0

    /// Says so before training that would take more than ten minutes.
    ///
    /// By the speed of the last training of this session, or else by one step of this one at batch 1.
    func warnOfLength(of steps: Int, _ graph: Graph, _ settings: TrainingSettings) {
        let work = Self.stepWork(graph, settings) * Double(steps)
        // No machine that this runs on does a tenth of this or less.
        guard work > Self.announcedSeconds * 1e9 else { return }
        guard let speed = measuredSpeed ?? probedSpeed(graph, settings), work / speed > Self.announcedSeconds
        else {
            return
        }
        let plan = try? Plan(
            graph, batch: settings.batch, height: settings.patch, width: settings.patch, purpose: .training,
            threads: settings.threads)
        let memory = plan.map { ", \(Self.memory($0.peakBytes)) of memory" } ?? ""
        front.notice(
            "this training will take about \(Self.duration(work / speed)) "
                + "(\(counted(steps, "step")), \(scaled(Int(min(work, 1e18))))MACs\(memory)); Ctrl-C stops it"
                + (keepsStopped ? ", and keeps what it has learnt" : ""))
    }

    private func probedSpeed(_ graph: Graph, _ settings: TrainingSettings) -> Double? {
        var probe = settings
        probe.batch = 1
        guard let seconds = try? Training.secondsOfStep(graph, probe), seconds > 0 else { return nil }
        return Self.stepWork(graph, probe) / seconds
    }
}

extension Model {
    /// What its file, or the file it would have, says that it was made by.
    fileprivate var notedRecipe: Recipe? { Recipe(text: notes["recipe"] ?? "") }

    /// Of the data it was trained on.
    fileprivate var dataFingerprint: String? {
        notedRecipe?.inputs.first { $0.key == "data" }?.value
    }
}

extension Recipe {
    /// The same after some more steps.
    /// - Parameters:
    ///   - steps: `nil` for those that were left.
    ///   - data: of other data, their fingerprint.
    fileprivate func resumed(_ steps: Int?, on data: String?) -> Recipe {
        let times = inputs.count { $0.key.hasPrefix("resumed") && !$0.key.contains(".") }
        let key = "resumed\(times + 1)"
        return Recipe(
            axes: axes,
            inputs: inputs + [Line(key, steps.map { "\($0)" } ?? "to its end")]
                + (data.map { [Line(key + ".data", $0)] } ?? []))
    }
}

extension Diagnostic {
    /// A training was stopped at the prompt, and its model kept.
    static func keptStopped(_ model: Model, name: String, at span: Span) -> Diagnostic {
        let (done, planned) = (model.reportAtHand?.steps ?? 0, model.reportAtHand?.plannedSteps ?? 0)
        return Diagnostic(
            interruptedCode, "stopped at your request, after \(done) of \(counted(planned, "step"))",
            at: span,
            notes: ["`\(name)` is the model as trained so far"],
            hint:
                "`\(name) = resume(\(name), steps = \(planned - done))` goes on as if it had not been stopped"
        )
    }

    fileprivate static func cannotResume(at span: Span) -> Diagnostic {
        Diagnostic(
            "cannot-resume", "this model's file does not hold the state of a training", at: span,
            notes: ["that of one that is done is kept by `save(model, to = …, state = true)`"],
            hint: "`train(net, data, from = model, …)` starts a new training from its weights")
    }

    fileprivate static func dataNotKept(_ model: Model, at span: Span) -> Diagnostic {
        Diagnostic(
            "cannot-resume", "the data that this model was trained on are not in its file", at: span,
            notes: model.notes["data"].map { ["they were \(withoutControls($0))"] } ?? [],
            hint: "make them again: `resume(model, data = …)`")
    }

    fileprivate static func nothingLeft(_ steps: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "cannot-resume", "this model has had all of its \(counted(steps, "step"))", at: span,
            hint: "say how many more: `resume(model, steps = 500)`")
    }
}
