import Data
import Diagnostics
import Engine
import Experiments
import Graph
import Images
import Training

/// A training between two steps, with what it was done with.
struct TrainingCourse {
    let data: any Dataset
    let settings: TrainingSettings
    let state: TrainingState
}

extension Builtin {
    static let resume = Builtin(
        "resume", .training,
        [.required("model", "a model"), .derived("steps", "a whole number", "those that were left")],
        """
        Goes on with a training of this session where it was stopped, or beyond its end: `steps` more, on the same \
        data, with the same settings. Resumed for the steps that were left, it gives the same weights as if it had \
        never been stopped; for another number, the learning rate falls towards the new end.
        """,
        examples: [
            "resume(train(gao2019(widths = [4, 8], scales = 2), scenes(2, size = 32), steps = 1, batch = 1, patch = 32), steps = 1)"
        ]
    ) { session, arguments throws(Diagnostic) in
        let model = try arguments.model("model")
        let steps =
            arguments.optional("steps") == nil
            ? nil : try arguments.whole("steps", TrainingSettings.Limits.steps)
        return .model(try session.resume(model, steps: steps, arguments))
    }
}

extension Session {
    func resume(_ model: Model, steps: Int?, _ arguments: Arguments) throws(Diagnostic) -> Model {
        let span = arguments.span(of: "model")
        guard let trained = model.trained else {
            return Model(network: model.network, trained: nil, recipe: resumed(model.recipe, steps))
        }
        guard let course = model.course else { throw .cannotResume(at: span) }
        let left = trained.plannedSteps - trained.steps
        guard let more = steps ?? (left > 0 ? left : nil) else { throw .nothingLeft(trained.steps, at: span) }
        var settings = course.settings
        if more != left { settings.length = .steps(trained.steps + more) }
        defer { front.progressEnded() }
        warnOfLength(of: more, trained.graph, settings)
        let trainer = try Trainer(
            trained.graph, on: course.data, settings, from: course.state.planned(for: trained.steps + more))
        let title = model.network.description
        let result = try trainer.run(stop: configuration.stop) { report($0, of: title, trainer) }
        count(result, steps: result.steps - trained.steps)
        guard !result.isInterrupted || keepsStopped else { throw .interruptedTraining(result, keptIn: nil) }
        let resumed = Model(
            network: model.network, trained: result,
            recipe: more == left ? model.recipe : resumed(model.recipe, more),
            course: TrainingCourse(data: course.data, settings: settings, state: trainer.state),
            notes: model.notes)
        if result.isInterrupted { stopped = resumed } else { noticeEnd(of: result) }
        return resumed
    }

    private func resumed(_ recipe: Recipe, _ steps: Int?) -> Recipe {
        let times = recipe.inputs.count { $0.key.hasPrefix("resumed") }
        let line = Recipe.Line("resumed\(times + 1)", steps.map { "\($0)" } ?? "to its end")
        return Recipe(axes: recipe.axes, inputs: recipe.inputs + [line])
    }

    /// Whether a training that is stopped gives a model all the same: not as a row of a table, nor in a script that
    /// nobody watches.
    var keepsStopped: Bool { configuration.isInteractive && recorded == nil }

    // MARK: What work costs

    /// Counts the work of training steps: a backward pass is two forward passes' worth.
    func count(_ trained: TrainedModel, steps: Int) {
        multiplyAccumulates += Self.stepWork(trained.graph, trained.settings) * Double(steps)
        finishedWorks += 1
        guard trained.steps >= 10, trained.seconds > 0 else { return }
        measuredSpeed =
            Self.stepWork(trained.graph, trained.settings) * Double(trained.steps) / trained.seconds
    }

    /// Counts the restoring of one picture; a luma model is applied to each channel by itself.
    func count(_ trained: TrainedModel, on size: PictureSize) {
        let times = trained.colour.channels == 1 ? size.channels : 1
        multiplyAccumulates +=
            Double(trained.graph.multiplyAccumulates(height: size.height, width: size.width)) * Double(times)
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

extension Diagnostic {
    /// A training was stopped at the prompt, and its model kept.
    static func keptStopped(_ model: Model, name: String, at span: Span) -> Diagnostic {
        let (done, planned) = (model.trained?.steps ?? 0, model.trained?.plannedSteps ?? 0)
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
            "cannot-resume", "this model no longer knows its training", at: span,
            hint: "models of this session do; `train` starts anew")
    }

    fileprivate static func nothingLeft(_ steps: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "cannot-resume", "this model has had all of its \(counted(steps, "step"))", at: span,
            hint: "say how many more: `resume(model, steps = 500)`")
    }
}
