import Data
import Diagnostics
import Files
import FirstWeights
import Foundation
import Graph
import Inference
import Language
import Library
import Machine
import ModelFiles
import PairedData
import Runs
import Tracing
import Training
import Workbench

/// What a training begins with, and where that is said.
package struct TrainingOrigin {
    package let model: Model
    package let span: Span
    /// Where it is said how weights begin that the model lacks; `nil` where it is not.
    package let initialisation: Span?
}

/// A training with all that it depends on, before it begins.
package struct PlannedTraining {
    package let network: Network
    package let task: TrainingTask
    package let origin: TrainingOrigin?
    package let warmStart: WarmStart?
    package let recipe: Recipe
    /// The file that it is kept in.
    package var path: String?
    /// Whether that file is one of a run, and not the user's own.
    package var isRun = false
    package let interval: Double
    /// Whether its state is kept when it is done.
    package var keepsState = false
    /// Images that it is watched on, which change nothing of it.
    package var watched: (any Dataset)?
}

extension Workbench {
    /// What a call of `train` asks for, checked.
    package func training(_ arguments: Arguments) throws(Diagnostic) -> PlannedTraining {
        let settings = try TrainingFunctions.settings(self, arguments)
        let interval = try arguments.number("checkpoint_every")
        guard (0...1e9).contains(interval) else {
            throw .outOfRange(
                "`checkpoint_every`", wanted: "a number of seconds, 0 for every step", got: interval,
                at: arguments.span(of: "checkpoint_every"))
        }
        let path = try arguments.given("checkpoint", arguments.text)
        if path == nil, mode.columns == nil {
            try arguments.refuse(["checkpoint_every"], because: "for a training that `checkpoint` keeps")
        }
        if let path { try Self.checkModelPath(path, at: arguments.span(of: "checkpoint")) }
        let (network, data) = (try arguments.network("net"), try arguments.dataset("data"))
        let origin = try origin(arguments)
        let graph = try network.graph(channels: settings.colour.channels, in: tracing)
        let watched = try arguments.given("validation", arguments.dataset)
        let task = try TrainingTask(graph, on: data, settings, validatedOn: watched)
        // A model that came without its weights is trained again only where this training is to be done too.
        let warmStart = origin?.model.atHand == nil ? nil : try warmStart(of: origin, for: graph)
        // A manifest may need every file's hash, and a check only asks whether the script makes sense.
        if !mode.isCheck {
            try data.hashFiles(stop: configuration.stop)
            try task.validationData?.hashFiles(stop: configuration.stop)
        }
        let lines = mode.isCheck ? [] : try recipeLines(of: task, origin?.model)
        var training = PlannedTraining(
            network: network, task: task, origin: origin, warmStart: warmStart,
            recipe: Self.recipe(of: .train, lines), path: path, interval: interval)
        if settings.validation == nil { training.watched = watched }
        return training
    }

    private func origin(_ arguments: Arguments) throws(Diagnostic) -> TrainingOrigin? {
        try arguments.given("from", arguments.model).map { model in
            TrainingOrigin(
                model: model, span: arguments.span(of: "from"),
                initialisation: arguments.given.contains { $0.name == "init" }
                    ? arguments.span(of: "init") : nil)
        }
    }

    /// A model whose training is only planned.
    package func plan(_ training: PlannedTraining) throws(Diagnostic) -> Model {
        if training.path == nil {
            mode.plan?.add("train", run: training.recipe)
        } else {
            let lines = training.recipe.inputs.filter { $0.key != Work.key }
            mode.plan?.add("train", lines.map { ($0.key, $0.value) })
        }
        return Model(network: training.network, trained: nil, recipe: training.recipe)
    }

    /// Trains a network, or goes on with a training that was kept, or takes the model of one that was done.
    package func train(_ planned: PlannedTraining) throws(Diagnostic) -> Model {
        var training = planned
        guard training.path == nil, let row = mode.recorder else { return try run(training) }
        training.path = row.store.path(of: training.recipe.fingerprint, .model)
        training.isRun = true
        training.keepsState = row.resumed.contains(training.recipe.fingerprint)
        return try run(training, in: row.store)
    }

    /// Gives the model of a run that is complete, or trains it while no other process does.
    private func run(_ training: PlannedTraining, in store: RunStore) throws(Diagnostic) -> Model {
        try taken(training, in: store) { (run) throws(Diagnostic) in
            guard !training.keepsState, !FileManager.default.fileExists(atPath: store.path(of: run, .model))
            else { return nil }
            let notes = notes(of: training.network, on: training.task.data, training.recipe)
            return Model(network: training.network, recipe: training.recipe, notes: notes) {
                [unowned self] () throws(Diagnostic) in try self.trainedAgain(training, run, in: store)
            }
        }
    }

    private func trainedAgain(
        _ training: PlannedTraining, _ run: String, in store: RunStore
    ) throws(Diagnostic) -> LazyWeights.Made? {
        try requireComputing("the run \(run)")
        frontEnd.notice("the model of the run \(run) is needed and not here; it is trained again")
        let before = try? store.curve(of: run)
        let model = try taken(training, in: store) { (_: String) throws(Diagnostic) -> Model? in nil }
        if let before, let after = try? store.curve(of: run), before != after {
            frontEnd.notice(
                "the run \(run) did not repeat its loss curve, as on another machine or number of threads: scores that "
                    + "are there already are of the earlier model")
        }
        return try model.trained.map { ($0, model.reportAtHand) }
    }

    /// - Parameter absent: what stands for a complete run's model whose file is gone; `nil` trains it again.
    private func taken(
        _ training: PlannedTraining, in store: RunStore, absent: (String) throws(Diagnostic) -> Model?
    ) throws(Diagnostic) -> Model {
        try run(training.recipe, in: store) { (run) throws(Diagnostic) -> Model? in
            if let model = try absent(run) { return model }
            guard let kept = try kept(training), !kept.training.isInterrupted,
                !training.keepsState || kept.state != nil
            else { return nil }
            return model(kept.model, kept.training, of: training, kept.state, notes: kept.notes)
        } compute: { () throws(Diagnostic) in
            let model = try self.run(training)
            return RunOutcome(
                result: model, texts: [.curve: LossCurve(model.reportAtHand?.history ?? []).text],
                seconds: model.reportAtHand?.seconds)
        }
    }

    /// What there is of a training in the file that keeps it.
    private enum Standing {
        case new
        case begun(TrainingState?)
        case done(Model)
    }

    private func standing(
        of training: PlannedTraining, at path: String
    ) throws(Diagnostic) -> Standing {
        removePartials(of: path)
        // Even one that is to be done again does not replace another training's.
        let kept = renewal.isAsked && training.isRun ? nil : try kept(training)
        var standing = Standing.new
        if let kept, !renewal.isAsked {
            if !kept.training.isInterrupted, !training.keepsState || kept.state != nil {
                frontEnd.notice("trained already: \(path)")
                return .done(model(kept.model, kept.training, of: training, kept.state, notes: kept.notes))
            }
            if kept.training.isInterrupted {
                let (step, steps) = (kept.training.steps, kept.training.plannedSteps)
                frontEnd.notice("goes on after step \(step) of \(steps): \(path)")
                standing = .begun(kept.state)
            }
        }
        // A place that cannot be written to is found out before the work and not after it.
        _ = try AtomicFile(replacing: path)
        return standing
    }

    private func noticeNewWeights(_ weights: WarmStart?, of training: PlannedTraining) {
        guard let weights, !weights.missing.isEmpty, let origin = training.origin else { return }
        let names = weightNames(weights.missing)
        frontEnd.notice("not in \(origin.model.description), begin anew: \(names)")
    }

    private func run(_ training: PlannedTraining) throws(Diagnostic) -> Model {
        try requireComputing("the run \(training.recipe.fingerprint)")
        let weights =
            if let warmStart = training.warmStart { warmStart as WarmStart? } else {
                try warmStart(of: training.origin, for: training.task.graph)
            }
        let notes = notes(of: training.network, on: training.task.data, training.recipe)
        let checkpoints = training.path.map {
            Checkpoints(
                path: $0, interval: training.interval, notes: notes, keepsState: training.keepsState)
        }
        var state: TrainingState?
        if let checkpoints {
            switch try standing(of: training, at: checkpoints.path) {
            case .done(let model): return model
            case .begun(let begun): state = begun
            case .new: break
            }
        }
        if state == nil { noticeNewWeights(weights, of: training) }
        defer { frontEnd.progressEnded() }
        let plan = try training.task.plan(atStep: state?.step ?? 0)
        warnOfLength(of: training.task, plan, steps: training.task.steps - (state?.step ?? 0))
        try prepare(training.task)
        let trainer = try Trainer(
            training.task, plan, from: state.map { .state($0) } ?? .first(weights), stop: configuration.stop)
        let result = try run(trainer, training, checkpoints)
        let report = result.report
        guard !report.isInterrupted || keepsStopped else {
            throw .interruptedTraining(report, keptIn: checkpoints?.path)
        }
        let model = model(result.model, report, of: training, trainer.state, notes: notes)
        if report.isInterrupted { stopped = model } else { noticeEnd(of: report) }
        return model
    }

    private func run(
        _ trainer: Trainer, _ training: PlannedTraining, _ checkpoints: Checkpoints?
    ) throws(Diagnostic) -> TrainingResult {
        let done = trainer.step
        var waiting = 0.0
        var validation = training.watched.map { Validation($0) }
        let result = try trainer.run(stop: configuration.stop, checkpoints: checkpoints) {
            waiting = $0.waiting
            report($0, of: training.network.description, trainer, &validation)
        }
        let steps = result.report.steps - done
        // A short training waits mostly for its first images.
        if waiting >= 0.02, steps >= 100 {
            frontEnd.notice(
                "the last steps spent \(Int((100 * waiting).rounded())) % of their time waiting for data to be read"
                    + remedy(for: training.task.data))
        }
        count(result.report, of: training.task.graph, steps: steps)
        return result
    }

    private func model(
        _ trained: TrainedModel, _ report: TrainingReport, of training: PlannedTraining,
        _ state: TrainingState?, notes: [String: String]
    ) -> Model {
        Model(
            network: training.network, trained: trained, report, recipe: training.recipe,
            course: state.map {
                ResumableTraining(
                    data: training.task.data, settings: training.task.settings, state: $0,
                    validationData: training.task.validationData)
            }, notes: notes)
    }

    /// Tells a person who watched the progress line what the training came to; a row's result is in its
    /// table.
    package func noticeEnd(of report: TrainingReport) {
        guard configuration.isInteractive, mode.recorder == nil else { return }
        frontEnd.notice(report.course)
    }

    /// What would keep a training from waiting, for the end of a sentence.
    private func remedy(for data: any Dataset) -> String {
        guard let pairs = data as? PairedFolder else { return "" }
        if let trouble = pairs.diskTrouble { return "; decoded pairs have no place: \(trouble.message)" }
        guard pairs.decodedBytes > pairs.room.memory + pairs.room.disk else { return "" }
        return
            "; its pairs take \(MemorySize(pairs.decodedBytes)) decoded, and `memory` and `disk` of `pairs` "
            + "hold \(MemorySize(pairs.room.memory)) and \(MemorySize(pairs.room.disk))"
    }

    /// What a file of a model says about where it comes from.
    private func notes(of network: Network, on data: any Dataset, _ recipe: Recipe) -> [String: String] {
        // As its names stood when it was made, whatever has been defined anew since.
        let names = Frame()
        names.rebind(interpreter.globals.values.merging(network.captured) { _, old in old })
        var source = NetworkSource(globals: names)
        return [
            "network": network.description, "source": source.text(of: network), "data": data.description,
            "recipe": recipe.text, "version": configuration.version,
        ]
    }

    /// The training or model of just this recipe that is kept in its file; `nil` where nothing is.
    /// - Throws: `foreign-checkpoint` for what belongs to another training: it is not written over.
    private func kept(_ training: PlannedTraining) throws(Diagnostic) -> ModelFile? {
        let (recipe, settings) = (training.recipe, training.task.settings)
        guard let path = training.path, FileManager.default.fileExists(atPath: path) else { return nil }
        let file: ModelFile
        do throws(Diagnostic) { file = try ModelFile(reading: path) } catch {
            // A run's model can be made again; a file of the user's own is not written over.
            guard training.isRun, error.code != Diagnostic.notEnoughMemoryCode else { throw error }
            if mode.audit == nil { frontEnd.notice("\(error.message); it is trained again") }
            return nil
        }
        let other = Recipe(text: file.notes["recipe"] ?? "")
        guard other == recipe else {
            throw .foreignCheckpoint(path, other.map { recipe.changes(since: $0) } ?? [])
        }
        // A model that is done is one that any machine may have trained; its run says on what.
        guard !file.training.isInterrupted || file.training.settings.threads == settings.threads else {
            throw .otherThreads(path, file.training.settings.threads, not: settings.threads)
        }
        guard !file.training.isInterrupted || file.state != nil else { throw .foreignCheckpoint(path, []) }
        return file
    }

    private func warmStart(
        of origin: TrainingOrigin?, for graph: Graph
    ) throws(Diagnostic) -> WarmStart? {
        guard let origin, let model = try origin.model.trained else { return nil }
        let warmStart: WarmStart
        do throws(Diagnostic) { warmStart = try WarmStart(of: model, for: graph) } catch {
            throw error.located(at: origin.span)
        }
        if warmStart.missing.isEmpty, let span = origin.initialisation {
            throw .unusedInitialisation(at: span)
        }
        return warmStart
    }

    private func originLines(_ origin: Model?) -> [(key: String, value: String)] {
        origin.map { [("training.from", $0.recipe.fingerprint)] } ?? []
    }

    private func recipeLines(
        of task: TrainingTask, _ origin: Model?
    ) throws(Diagnostic) -> [(key: String, value: String)] {
        var lines = [
            (key: "network", value: shortDigest(task.graph.canonicalText)),
            (key: "data", value: try task.data.fingerprint),
        ]
        if let data = task.validationData { lines.append(("validation", try data.fingerprint)) }
        return lines + task.settings.recipeLines + originLines(origin)
    }
}

extension Diagnostic {
    package static func interruptedTraining(_ report: TrainingReport, keptIn path: String?) -> Diagnostic {
        interrupted(
            report,
            hint: path.map { "\($0) keeps them: run it again to go on from there" }
                ?? "`checkpoint = \"file.safetensors\"` keeps a training that is stopped, and goes on with it"
        )
    }

    package static func interruptedResumption(_ report: TrainingReport) -> Diagnostic {
        interrupted(report, hint: "the steps since it was resumed are lost; running it again begins there")
    }

    private static func interrupted(_ report: TrainingReport, hint: String) -> Diagnostic {
        Diagnostic(
            interruptedCode, "stopped at your request, after \(report.steps) of \(report.plannedSteps) steps",
            hint: hint)
    }

    fileprivate static func unusedInitialisation(at span: Span) -> Diagnostic {
        Diagnostic(
            "no-effect",
            "`init` has no effect here: it is for weights that the model of `from` lacks, and it has them all",
            at: span, hint: "leave it out")
    }

    package static func foreignCheckpoint(_ path: String, _ changes: [String]) -> Diagnostic {
        Diagnostic(
            "foreign-checkpoint", "\(path) keeps another training than this one", notes: changes,
            hint: "move or remove it, or name another file: it is not written over")
    }

    package static func otherThreads(_ path: String, _ theirs: Int, not ours: Int) -> Diagnostic {
        Diagnostic(
            "foreign-checkpoint",
            "\(path) keeps this training as begun on \(counted(theirs, "thread")), and on \(ours) it would not end with the same numbers",
            hint: "go on with --threads \(theirs), or remove the file to begin anew")
    }
}
