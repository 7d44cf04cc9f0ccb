import Data
import Diagnostics
import Engine
import FirstWeights
import Graph
import Inference
import Machine
import TrainingMethods

/// Trains a network: batches of patches, a loss at every output, Adam or Muon with a decaying rate.
///
/// For equal graphs, data and settings (threads among them) the weights are equal to the last bit; also when
/// a training is stopped and goes on from its ``state``.
public final class Trainer {
    public let task: TrainingTask
    /// Steps of the whole training.
    public let steps: Int
    /// Steps done.
    public private(set) var step = 0

    /// What is done with the gradients of all parameters between the backward pass and the optimiser: the one
    /// place where processes that share a batch out would average theirs. Nothing by default.
    public var combineGradients: (inout MutableSpan<Float>) -> Void = { _ in }

    /// That of the stage at hand; none only while the next stage's takes its place.
    private var heldExecution: Execution?
    private var stage: TrainingStage
    private let lossFunction: LossFunction
    private let rule: UpdateRule
    private var history: HistoryRecorder
    private var seconds = 0.0
    private var validation: ValidationCourse?
    /// The weights of the best validation, where the model is to have these.
    private var best: Weights?

    private var graph: Graph { task.graph }
    private var settings: TrainingSettings { task.settings }

    /// Where a training begins.
    public enum Start {
        /// At its first step, with these weights where there are some, and others by the settings' rule.
        case first(WarmStart?)
        /// Within a training of the same graph, data and settings.
        case state(TrainingState)
    }

    /// Makes the first weights, and takes all memory.
    /// - Parameters:
    ///   - plan: of the task at the step where it starts, which may have been looked at before.
    ///   - stop: looked at while the first weights are made.
    /// - Throws: `not-enough-memory`; what keeps an image from being read; `interrupted`.
    public init(
        _ task: TrainingTask, _ plan: Plan, from start: Start = .first(nil), stop: StopFlag = StopFlag()
    ) throws(Diagnostic) {
        let settings = task.settings
        self.task = task
        steps = task.steps
        lossFunction =
            settings.definedLoss == nil
            ? settings.loss.lossFunction(settings.kindSettings) : .projection
        rule = settings.optimizer.rule(settings.kindSettings)
        history = HistoryRecorder(steps: steps)
        switch start {
        case .state(let state):
            stage = settings.stage(atStep: min(state.step, steps - 1), of: steps)
            heldExecution = try settings.execution(task.graph, plan)
            resume(from: state)
        case .first(let warmStart):
            // Before the training's own memory is taken, for it takes some too.
            let first = try settings.firstWeights(
                of: task.graph, on: task.data, warmStart: warmStart, stop: stop)
            stage = settings.stage(atStep: 0, of: steps)
            let execution = try settings.execution(task.graph, plan)
            heldExecution = execution
            execution.load(first)
            if settings.average != nil { execution.loadAverage(first) }
        }
        // A checkpoint copies weights and moments, and then writes them.
        try MachineMemory.check(2 * plan.parameterBytes, for: "a checkpoint of this training")
    }

    /// As above, with the checks, the plan and the making of the data.
    /// - Throws: as ``TrainingTask``, its plan and ``Dataset/prepare(stop:)`` do, too.
    public convenience init(
        _ graph: Graph, on data: any Dataset, _ settings: TrainingSettings, from start: Start = .first(nil),
        stop: StopFlag = StopFlag()
    ) throws(Diagnostic) {
        let task = try TrainingTask(graph, on: data, settings)
        let begun = if case .state(let state) = start { state.step } else { 0 }
        let plan = try task.plan(atStep: begun)
        try data.prepare(stop: stop)
        try self.init(task, plan, from: start, stop: stop)
    }

    /// Trains to the last step, or until `stop` is requested; the model then says that it was interrupted.
    /// - Parameters:
    ///   - checkpoints: where the training is kept while it goes on, and its model when it is done.
    ///   - observe: called after each step.
    /// - Throws: `not-finite` where the loss is no number any more; what keeps an image from being read;
    ///   `cannot-write` where a checkpoint cannot be written, the last one then stands.
    public func run(
        stop: StopFlag = StopFlag(), checkpoints: Checkpoints? = nil,
        observe: (TrainingProgress) -> Void = { _ in }
    ) throws(Diagnostic) -> TrainingResult {
        var course = Course(
            startStep: step, startSeconds: seconds, schedule: checkpoints.map { CheckpointSchedule($0) })
        while step < steps, !isEndedEarly, !stop.isRequested {
            try runStage(&course, stop, observe)
        }
        try checkpoints?.write(self)
        return TrainingResult(model: model, report: report)
    }

    /// What a run keeps count of.
    private struct Course {
        let watch = Stopwatch()
        let startStep: Int
        let startSeconds: Double
        var schedule: CheckpointSchedule?
        var waiting = DataWait()
        /// Seconds that the stages before this one have waited for data.
        var waited = 0.0
    }

    /// Trains to the end of the stage that the next step is in.
    private func runStage(
        _ course: inout Course, _ stop: StopFlag, _ observe: (TrainingProgress) -> Void
    ) throws(Diagnostic) {
        try enterStage()
        let prefetcher = try BatchPrefetcher(
            sampler, factors: factors, steps: stage.steps.upperBound - step)
        while step < stage.steps.upperBound, !isEndedEarly, !stop.isRequested {
            let rate = settings.rate(atStep: step, of: steps)
            let (loss, psnr) = try advance(rate: rate, fedBy: prefetcher)
            let elapsed = course.watch.seconds
            course.waiting.add(waited: course.waited + prefetcher.waited, of: elapsed)
            seconds = course.startSeconds + elapsed
            let speed = Double(step - course.startStep) / max(elapsed, 1e-9)
            let recent = history.addBatch(loss: loss, psnr: psnr)
            let validated = try validate()
            let progress = TrainingProgress(
                step: step, steps: steps, recent: recent, loss: loss, psnr: psnr, learningRate: rate,
                stepsPerSecond: speed, secondsLeft: Double(steps - step) / speed,
                validation: validation?.last, waiting: course.waiting.fraction)
            history.add(progress, validation: validated)
            observe(progress)
            if step < steps, !isEndedEarly { try course.schedule?.write(self, at: elapsed) }
        }
        course.waited += prefetcher.waited
    }

    private var execution: Execution {
        guard let heldExecution else { preconditionFailure("a training without its memory") }
        return heldExecution
    }

    /// Makes room for the batches of the next step, and moves what has been learnt there.
    private func enterStage() throws(Diagnostic) {
        let next = settings.stage(atStep: step, of: steps)
        defer { stage = next }
        guard !next.isLike(stage) else { return }
        let tensors = state.tensors
        let plan = try settings.stepPlan(of: graph, next)
        // What this stage takes is given back before the next takes its own.
        heldExecution = nil
        let execution = try settings.execution(graph, plan)
        heldExecution = execution
        load(tensors, into: execution)
    }

    /// Draws the patches of the stage at hand, from the next step's on.
    private var sampler: PatchSampler {
        var sampler = PatchSampler(
            task.data, patch: stage.patch, batch: stage.batch, colour: settings.colour,
            augmentation: settings.augmentation,
            source: RandomSource(seed: UInt64(bitPattern: Int64(settings.seed))).split("batches"))
        sampler.drawn = settings.patchesDrawn(before: step)
        return sampler
    }

    /// The network as trained so far: with the weights that did best, or with their average, where the
    /// settings ask for that.
    public var model: TrainedModel {
        TrainedModel(graph: graph, weights: best ?? lastWeights, colour: settings.colour)
    }

    /// The weights after the last step, or their average.
    private var lastWeights: Weights {
        settings.average == nil ? execution.weights() : execution.averagedWeights()
    }

    private var isEndedEarly: Bool { report.isEndedEarly }

    /// Holds the training against its validation data, where it is time.
    /// - Returns: the PSNR in dB.
    private func validate() throws(Diagnostic) -> Double? {
        guard let plan = settings.validation, let data = task.validationData,
            step.isMultiple(of: plan.every) || step == steps
        else { return nil }
        let weights = lastWeights
        let psnr = try meanPSNR(
            of: TrainedModel(graph: graph, weights: weights, colour: settings.colour), on: data,
            images: data.count, threads: settings.threads)
        let isBest = validation?.add(psnr, step: step) ?? true
        validation = validation ?? ValidationCourse(first: psnr, step: step)
        if isBest, plan.keepsBest { best = weights }
        return psnr
    }

    /// What the training has come to so far.
    public var report: TrainingReport {
        TrainingReport(
            settings: settings, history: history.points, steps: step, plannedSteps: steps, seconds: seconds,
            validation: validation)
    }

    /// One step.
    /// - Returns: the loss, and the finest output's PSNR in dB, before the update.
    private func advance(rate: Double, fedBy prefetcher: BatchPrefetcher) throws(Diagnostic) -> (
        loss: Double, psnr: Double
    ) {
        try prefetcher.next { batch in
            load(batch)
        }
        let loss = execution.gradientPass(lossFunction)
        guard loss.isFinite else {
            throw .notFinite(
                step: step + 1, layer: execution.firstNonFinite().map { execution.graph[$0] }, rate: rate,
                settings: settings)
        }
        let psnr = psnrOfBatch
        execution.withGradients(combineGradients)
        if let clip = settings.clip { execution.clipGradients(by: clip) }
        step += 1
        execution.update(by: rule, learningRate: rate, step: step)
        if let average = settings.average { execution.average(keeping: average) }
        return (loss, psnr)
    }

    /// Puts a batch where the execution reads it.
    private func load(_ batch: BatchPrefetcher.Batch) {
        guard settings.definedLoss != nil else {
            execution.withInput { $0.fill(with: batch.blurred) }
            for (index, target) in batch.targets.enumerated() {
                execution.withTarget(index) { $0.fill(with: target) }
            }
            return
        }
        let channels = graph.inputChannels
        guard let sharp = batch.targets.last else { preconditionFailure("a network without outputs") }
        execution.withInput { span in
            for pixel in 0..<sharp.count / channels {
                for channel in 0..<channels {
                    span[2 * pixel * channels + channel] = batch.blurred[pixel * channels + channel]
                    span[(2 * pixel + 1) * channels + channel] = sharp[pixel * channels + channel]
                }
            }
        }
        // The loss is the mean over the images of the sum over the outputs; the error that is shown has no
        // part.
        for output in graph.outputs.indices {
            execution.withTarget(output) { span in
                for image in 0..<span.count { span[image] = 1 / Float(stage.batch) }
            }
        }
        execution.withTarget(graph.outputs.count) { span in
            for image in 0..<span.count { span[image] = 0 }
        }
    }

    /// Of the finest output, before the update.
    private var psnrOfBatch: Double {
        guard settings.definedLoss != nil else {
            return settings.loss.psnr(execution.loss(ofOutput: graph.outputs.count - 1))
        }
        let errors = execution.output(graph.outputs.count)
        return Loss.meanSquaredError.psnr(Double(errors.reduce(0, +)) / Double(errors.count))
    }

    /// How many times smaller than the patch each output is.
    private var factors: [Int] { graph.outputs.map { graph[$0].shape.size.multiple } }
}

// MARK: Going on

extension Trainer {
    public var state: TrainingState {
        let moments = execution.moments()
        var tensors = TrainingTensors(
            weights: execution.weights(), firstMoments: moments.first, secondMoments: moments.second)
        if settings.average != nil { tensors.average = execution.averagedWeights() }
        tensors.best = best
        var state = TrainingState(
            step: step, tensors: tensors, history: history, seconds: seconds, validation: validation)
        state.isEndedEarly = isEndedEarly
        return state
    }

    /// Goes on from a state of a training of the same graph, data and settings; but for its length, which may
    /// be another.
    public func resume(from state: TrainingState) {
        precondition(state.step <= steps, "step \(state.step) of \(steps)")
        let tensors = state.tensors
        load(tensors, into: execution)
        step = state.step
        history = state.history.continued(to: steps)
        seconds = state.seconds
        (validation, best) = (state.validation, tensors.best)
    }

    private func load(_ tensors: TrainingTensors, into execution: Execution) {
        execution.load(tensors.weights)
        execution.loadMoments(first: tensors.firstMoments, second: tensors.secondMoments)
        if settings.average != nil { execution.loadAverage(tensors.average ?? tensors.weights) }
    }
}

extension Diagnostic {
    fileprivate static func notFinite(
        step: Int, layer: Node?, rate: Double, settings: TrainingSettings
    ) -> Diagnostic {
        let place = layer.map { "; the first layer to give such values is `\($0.name)`" } ?? ""
        return Diagnostic(
            "not-finite", "at step \(step) the loss is no longer a finite number\(place)",
            related: layer?.span.map { [.init($0, "the layer stands here")] } ?? [],
            notes: ["the learning rate is \(String(format: "%.3g", rate)) at this step"],
            hint: "a smaller `learning_rate` is the usual remedy, or a `warmup`"
                + (settings.initialisation == Initialisation.lsuv ? "" : "; `init = \"lsuv\"` starts tamely"))
    }
}
