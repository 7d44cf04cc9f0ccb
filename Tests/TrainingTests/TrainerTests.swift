import Diagnostics
import Engine
import Evaluation
import FirstWeights
import Foundation
import Graph
import Images
import Inference
import Kinds
import Machine
import Samples
import Synchronization
import TestSupport
import Testing
import Training
import TrainingMethods

struct TrainerTests {
    private func settings(_ steps: Int, _ change: (inout TrainingSettings) -> Void = { _ in })
        -> TrainingSettings
    {
        var settings = TrainingSettings(length: .steps(steps))
        settings.batch = 4
        settings.patch = 32
        settings.seed = 7
        settings.threads = 1
        change(&settings)
        return settings
    }

    private func train(
        _ graph: Graph, _ settings: TrainingSettings, on data: SampleImages = .waves(6),
        stop: StopFlag = StopFlag(), observe: (TrainingProgress) -> Void = { _ in }
    ) throws -> TrainingResult {
        try Trainer(graph, on: data, settings).run(stop: stop, observe: observe)
    }

    @Test(arguments: [InputColour.luma, .rgb])
    func `a small network learns to undo a motion`(colour: InputColour) throws {
        // Every image is blurred along its rows, which turned patches would hide.
        let trained = try train(
            GraphBuilder.tiny(channels: colour.channels, width: 16),
            settings(600) {
                $0.colour = colour
                $0.learningRate = 3e-3
                $0.augmentation = .none
            })
        let history = trained.report.history
        let (first, last) = try (#require(history.first), #require(history.last))
        #expect(last.loss < 0.5 * first.loss, "from \(first.loss) to \(last.loss)")
        #expect(trained.report.steps == 600)
        #expect(!trained.report.isInterrupted)
        let scores = try evaluate(Restorer(trained.model, threads: 1), on: SampleImages.waves(6))
        #expect(
            scores.restored.psnr > scores.blurred.psnr + 3,
            "\(scores.blurred.psnr) to \(scores.restored.psnr)")
        #expect(scores.restored.ssim > scores.blurred.ssim)
    }

    @Test
    func `Muon moves weights by a fifth of the rate, and leaves biases and what meets an image to Adam`()
        throws
    {
        let graph = GraphBuilder.coarseToFine(width: 8)
        func updates(threads: Int) throws -> [[Float]] {
            let settings = settings(1) {
                $0.optimizer = .muon
                $0.threads = threads
                $0.initialisation = .he
                $0.learningRate = 1e-3
            }
            let (before, after) = try (
                graph.firstWeights(.he, seed: settings.seed), train(graph, settings).model.weights
            )
            return graph.parameterIDs.map { id in zip(after[id], before[id]).map { $0 - $1 } }
        }
        let divided = try (1...3).map { try updates(threads: $0) }
        for (index, id) in graph.parameterIDs.enumerated() {
            let (name, shape) = (graph[id].name, graph[id].shape)
            let isMuons = shape.count == 4 && min(shape[0], shape[1]) >= 8
            for updates in divided.map({ $0[index] }) {
                let size = (updates.reduce(0) { $0 + $1 * $1 } / Float(updates.count)).squareRoot()
                // A fifth of the rate, within what the iteration leaves of singular values; Adam's first step
                // is the rate.
                let range: ClosedRange<Float> = isMuons ? 0.1e-3...0.24e-3 : 0.5e-3...1.001e-3
                #expect(range.contains(size), "\(name): \(size)")
            }
        }
    }

    @Test func `a coarse-to-fine network learns at every scale`() throws {
        let trained = try train(
            GraphBuilder.coarseToFine(),
            settings(200) {
                $0.learningRate = 2e-3
                $0.augmentation = .none
            })
        let history = trained.report.history
        let (first, last) = try (#require(history.first), #require(history.last))
        #expect(last.loss < 0.8 * first.loss, "from \(first.loss) to \(last.loss)")
    }

    @Test(arguments: [1, 2]) func `equal settings give equal weights, to the last bit`(threads: Int) throws {
        let settings = settings(20) { $0.threads = threads }
        let (one, other) = try (
            train(GraphBuilder.coarseToFine(), settings), train(GraphBuilder.coarseToFine(), settings)
        )
        #expect(one.model.weights == other.model.weights)
        #expect(one.report.history == other.report.history)
        let reseeded = try train(GraphBuilder.coarseToFine(), self.settings(20) { $0.seed = 8 })
        #expect(reseeded.model.weights != one.model.weights)
    }

    @Test(arguments: Optimizer.all)
    func `a training that was stopped goes on to the same weights`(optimizer: Optimizer)
        throws
    {
        let (graph, data) = (GraphBuilder.coarseToFine(), SampleImages.waves(6))
        let settings = settings(20) { $0.optimizer = optimizer }
        let undisturbed = try train(graph, settings, on: data)

        let stop = StopFlag()
        let first = try Trainer(graph, on: data, settings)
        let partial = try first.run(stop: stop) { if $0.step == 9 { stop.request() } }
        #expect(partial.report.isInterrupted)
        #expect(partial.report.steps == 9)
        #expect(partial.report.plannedSteps == 20)
        #expect(partial.report.history.count == 9)

        let second = try Trainer(graph, on: data, settings, from: .state(first.state))
        let whole = try second.run()
        #expect(whole.model.weights == undisturbed.model.weights)
        #expect(whole.report.history == undisturbed.report.history)
    }

    @Test func `an average of the weights follows them, is the model, and goes on`() throws {
        let (graph, data) = (GraphBuilder.coarseToFine(), SampleImages.waves(6))
        let settings = settings(12) {
            $0.average = 0.9
            $0.clip = .norm(0.01)
        }
        let first = try Trainer(graph, on: data, settings)
        let start = first.model.weights
        #expect(start == first.state.tensors.weights)
        let whole = try first.run()
        #expect(whole.model.weights != first.state.tensors.weights)
        #expect(whole.model.weights == first.state.tensors.modelWeights)
        let unaveraged = try train(graph, self.settings(12) { $0.clip = .norm(0.01) }, on: data)
        #expect(first.state.tensors.weights == unaveraged.model.weights)

        let stop = StopFlag()
        let partial = try Trainer(graph, on: data, settings)
        _ = try partial.run(stop: stop) { if $0.step == 5 { stop.request() } }
        let resumed = try Trainer(graph, on: data, settings, from: .state(partial.state)).run()
        #expect(resumed.model.weights == whole.model.weights)
    }

    @Test func `progress tells the step, the rate the loss and its PSNR`() throws {
        var seen: [TrainingProgress] = []
        _ = try train(.tiny, settings(5)) { seen.append($0) }
        #expect(seen.map(\.step) == [1, 2, 3, 4, 5])
        #expect(seen.allSatisfy { $0.steps == 5 && $0.stepsPerSecond > 0 })
        #expect(seen[0].learningRate == 5e-4)
        #expect(seen[4].secondsLeft == 0)
        // With one output, loss and PSNR say the same.
        #expect(seen.allSatisfy { abs($0.psnr + 10 * log10($0.loss)) < 1e-9 })
    }

    @Test func `the loss is the sum over the outputs, each against the sharp image at its size`() throws {
        // At the start each output is the blurred image at its size.
        let data = SampleImages.waves(1, width: 32, height: 32)
        var loss = 0.0
        _ = try train(GraphBuilder.coarseToFine(), settings(1) { $0.augmentation = .none }, on: data) {
            loss = $0.loss
        }
        let (blurred, sharp) = (data.pairs[0].blurred.luma, data.pairs[0].sharp.luma)
        func error(_ left: Image, _ right: Image) -> Double {
            zip(left.pixels, right.pixels).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
                / Double(left.pixels.count)
        }
        let expected =
            error(blurred, sharp) + error(blurred.downsized(by: 2), sharp.downsized(by: 2))
        #expect(abs(loss - expected) < 1e-5 * expected)
    }

    @Test func `the gradients of a step pass one point`() throws {
        let calls = Mutex(0)
        let trainer = try Trainer(.tiny, on: SampleImages.waves(2), settings(3))
        let start = trainer.model.weights
        trainer.combineGradients = { gradients in
            calls.withLock { $0 += 1 }
            for index in 0..<gradients.count { gradients[index] = 0 }
        }
        let trained = try trainer.run()
        #expect(calls.withLock { $0 } == 3)
        #expect(trained.model.weights == start)
    }

    @Test func `the loss curve has at most a thousand points`() throws {
        var builder = GraphBuilder()
        let input = builder.input(1)
        let graph = builder.graph([builder.sum(input, builder.conv(input, 1, "only", kernel: 1))])
        let history = try train(
            graph,
            settings(2500) {
                $0.patch = 4
                $0.batch = 1
            }
        ).report.history
        #expect(history.count == 834)
        #expect(history.map(\.step).prefix(2) == [3, 6])
        #expect(history.last?.step == 2500)
    }

    @Test func `a loss that is no number any more stops the training and names the layer`() throws {
        let said = message { () throws(Diagnostic) in
            var settings = TrainingSettings(length: .steps(50))
            settings.batch = 2
            settings.patch = 32
            settings.threads = 1
            // Adam moves each weight by about the rate whatever the gradient: only absurd weights can
            // overflow.
            let trainer = try Trainer(.tiny, on: SampleImages.waves(2), settings)
            trainer.combineGradients = { $0[0] = .infinity }
            _ = try trainer.run()
        }
        #expect(
            said == """
                error[not-finite]: at step 2 the loss is no longer a finite number; the first layer to give such \
                values is `relu`
                   = note: the learning rate is 0.000497 at this step
                   = hint: a smaller `learning_rate` is the usual remedy, or a `warmup`

                """)
    }

    @Test func `a stop is heard while the first weights are made`() throws {
        let task = try TrainingTask(GraphBuilder.coarseToFine(), on: SampleImages.waves(2), settings(3))
        let plan = try task.plan()
        let mistake = #expect(throws: Diagnostic.self) { _ = try Trainer(task, plan, stop: .requested) }
        #expect(mistake?.code == "interrupted")
    }

    @Test func `what does not fit is said before anything is computed`() {
        let said = message { () throws(Diagnostic) in
            _ = try Trainer(
                GraphBuilder.coarseToFine(), on: SampleImages.waves(1), TrainingSettings(length: .steps(1)))
        }
        #expect(
            said.hasPrefix(
                "error[patch-too-large]: patches of 64×64 do not fit into wave-0, which is 48×40\n"))
    }
}
