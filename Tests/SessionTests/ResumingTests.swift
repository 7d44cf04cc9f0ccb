import Diagnostics
import Foundation
import Machine
import ModelFiles
import Models
import Runs
import Session
import SyntheticBlur
import Testing
import Training
import Workbench

/// Trainings that go on, or begin, with what another has learnt.
struct ResumingTests {
    private static let training = """
        data = scenes(3, size = 32)
        network net(b, width = 4) { output b + conv(relu(conv(b, width)), channels(b)) }

        """

    private func weightsHash(_ path: String) throws -> String {
        try ModelFile(reading: path).model.weightsHash
    }

    /// Writes a training of a `length` that was stopped after `done` steps, as `train(net(), data, …)` begins
    /// it.
    private func stopTraining(
        _ length: TrainingSettings.Length, after done: Int, notes: [String: String], at path: String
    ) async
        -> Bool
    {
        await onSessionStack { () -> Bool in
            do {
                let session = try Session(SessionConfiguration(version: "test"), frontEnd: Transcript())
                try session.run(Source(name: "a", text: Self.training))
                let graph = try session.graph(of: Source(name: "b", text: "net()"), channels: 1)
                var settings = TrainingSettings(length: length)
                (settings.batch, settings.patch, settings.threads) = (1, 16, 2)
                let stop = StopFlag()
                let data = try Scenes(count: 3, width: 32, height: 32, seed: 1)
                let checkpoints = Checkpoints(path: path, interval: 1e9, notes: notes)
                _ = try Trainer(graph, on: data, settings).run(stop: stop, checkpoints: checkpoints) {
                    if $0.step == done { stop.request() }
                }
                return true
            } catch { return false }
        }
    }

    @Test func `a stopped training that is loaded ends as one that was never stopped, to the last bit`()
        async throws
    {
        try await withTemporaryFolder { folder in
            #expect(
                await stopTraining(
                    .steps(7), after: 3, notes: ["data": "3 scenes"], at: folder + "/stopped.safetensors"))
            let outcome = await run(
                Self.training + """
                    stopped = load("\(folder)/stopped.safetensors")
                    print(stopped)
                    save(stopped, to = "\(folder)/copy.safetensors")
                    save(resume(load("\(folder)/copy.safetensors"), data = data), to = "\(folder)/resumed.safetensors")
                    save(train(net(), data, steps = 7, batch = 1, patch = 16), to = "\(folder)/whole.safetensors")
                    """)
            #expect(outcome.mistake == nil, "\(outcome.message)")
            #expect(outcome.lines == ["model of the network in \(folder)/stopped.safetensors, 3 steps"])
            let resumed = try weightsHash(folder + "/resumed.safetensors")
            let whole = try weightsHash(folder + "/whole.safetensors")
            #expect(resumed == whole)
            let mistake = await run(
                "resume(load(\"\(folder)/stopped.safetensors\"))\n", named: "s.acu")
            #expect(
                mistake.message == """
                    error[cannot-resume]: the data that this model was trained on are not in its file
                      --> s.acu:1:8
                       |
                     1 | resume(load("\(folder)/stopped.safetensors"))
                       |        \(String(repeating: "^", count: folder.count + 28))
                       = note: they were 3 scenes
                       = hint: make them again: `resume(model, data = …)`

                    """)
        }
    }

    @Test func `a training that is done goes on from its file if the state was saved`() async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                Self.training + """
                    model = train(net(), data, steps = 4, batch = 1, patch = 16)
                    save(model, to = "\(folder)/state.safetensors", state = true)
                    save(model, to = "\(folder)/plain.safetensors")
                    save(resume(model, steps = 3), to = "\(folder)/here.safetensors")
                    save(resume(load("\(folder)/state.safetensors"), steps = 3, data = data), to = "\(folder)/there.safetensors")
                    resume(load("\(folder)/state.safetensors"), steps = 3, data = scenes(2, size = 32))
                    """)
            #expect(outcome.mistake == nil, "\(outcome.message)")
            #expect(
                outcome.notices == [
                    "goes on with other data than those it was trained on: 3 scenes of 32×32, seed 1"
                ])
            #expect(
                try weightsHash(folder + "/here.safetensors") == weightsHash(folder + "/there.safetensors"))
            #expect(try ModelFile(reading: folder + "/there.safetensors").training.steps == 7)
            let recipe = try ModelFile(reading: folder + "/here.safetensors").notes["recipe"]
            #expect(recipe?.hasSuffix("\nresumed1 = 3\n") == true)

            let mistake = await run(
                Self.training + "resume(load(\"\(folder)/plain.safetensors\"), steps = 3, data = data)")
            #expect(
                mistake.message.contains(
                    "error[cannot-resume]: this model's file does not hold the state of a training\n"))
            #expect(mistake.message.contains("`train(net, data, from = model, …)` starts a new training"))
            let stateless = await run(
                Self.training
                    + "save(load(\"\(folder)/plain.safetensors\"), to = \"\(folder)/x.safetensors\", state = true)"
            )
            #expect(stateless.mistake?.code == "no-state")
        }
    }

    @Test(arguments: [1, 3, 5])
    func `epochs that were stopped go on to the step that was planned, whatever the data`(scenes: Int)
        async throws
    {
        try await withTemporaryFolder { folder in
            let path = folder + "/stopped.safetensors"
            #expect(await stopTraining(.epochs(2), after: 5, notes: ["data": "3 scenes"], at: path))
            let outcome = await run(
                Self.training + "print(resume(load(\"\(path)\"), data = scenes(\(scenes), size = 32)))")
            #expect(outcome.mistake == nil, "\(outcome.message)")
            #expect(outcome.lines.last?.hasSuffix(", 6 steps") == true, "\(outcome.lines)")
        }
    }

    @Test func `what a row depends on tells a training's state from its weights alone`() async throws {
        try await withTemporaryFolder { folder in
            let save = { (state: Bool) in
                Self.training + """
                    model = train(net(), data, steps = 2, batch = 1, patch = 16)
                    save(model, to = "\(folder)/m.safetensors", state = \(state))
                    """
            }
            let table =
                Self.training + """
                    experiment "more" {
                        model = resume(load("\(folder)/m.safetensors"), steps = 2, data = data)
                        record psnr_db = evaluate(model, data).psnr
                    }
                    """
            _ = await run(save(true))
            #expect(await run(table, results: folder).failedRows == 0)
            #expect(await run(table, results: folder).notices.first == "more 1/1: recorded already")
            _ = await run(save(false))
            let changed = await run(table, results: folder)
            #expect(changed.notices.first?.contains("load1.training: ") == true)
            #expect(changed.reports.map(\.code) == ["cannot-resume"])
        }
    }

    // MARK: Starting from another model

    @Test func `a training begins with the weights of the model it is given`() async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                Self.training + """
                    model = train(net(), data, steps = 20, batch = 1, patch = 16, learning_rate = 1e-2)
                    save(model, to = "\(folder)/m.safetensors")
                    test = scenes(2, size = 32, seed = 3)
                    for origin in [model, load("\(folder)/m.safetensors")] {
                        tuned = train(net(), test, steps = 1, batch = 1, patch = 16, learning_rate = 1e-9, from = origin)
                        print(abs(evaluate(tuned, test).psnr - evaluate(model, test).psnr) < 1e-3, tuned)
                    }
                    fresh = train(net(), test, steps = 1, batch = 1, patch = 16, learning_rate = 1e-9)
                    print(abs(evaluate(fresh, test).psnr - evaluate(model, test).psnr) < 1e-3)
                    """)
            #expect(outcome.mistake == nil, "\(outcome.message)")
            #expect(outcome.lines == ["true model of net, 1 step", "true model of net, 1 step", "false"])
        }
    }

    @Test func `weights that the model lacks begin anew, and that is said`() async {
        let outcome = await run(
            Self.training + """
                network more(b) { output b + conv(relu(conv(relu(conv(b, 4)), 4)), channels(b)) }
                network same(b) { output b + conv(relu(conv(relu(conv(b, 4)), channels(b))), channels(b)) }
                model = train(net(), data, steps = 1, batch = 1, patch = 16)
                tuned = train(same(), data, steps = 1, batch = 1, patch = 16, from = model)
                train(more(), data, steps = 1, batch = 1, patch = 16, from = model)
                """, named: "s.acu")
        #expect(outcome.notices == ["not in model of net, 1 step, begin anew: `conv3.weight`, `conv3.bias`"])
        #expect(
            outcome.message == """
                error[weight-shape]: `conv2.weight` is [1, 4, 3, 3] in the model to start from, and this network needs [4, 4, 3, 3]
                  --> s.acu:7:62
                   |
                 7 | …), data, steps = 1, batch = 1, patch = 16, from = model)
                   |                                                    ^^^^^
                   = hint: start from a model of the same widths, kernels and `colour`

                """)
        let strangers = await run(
            Self.training + """
                block inner(x) { return conv(relu(conv(x, 4)), channels(x)) }
                network other(b) { output b + inner(b) }
                model = train(net(), data, steps = 1, batch = 1, patch = 16)
                train(other(), data, steps = 1, batch = 1, patch = 16, from = model)
                """)
        #expect(strangers.mistake?.code == "nothing-in-common")
        #expect(
            strangers.message.contains(
                "its first are `conv1.weight`, the network's `inner1.conv1.weight`"))
    }

    @Test func `how weights begin that the model does not lack has no effect, and is not passed over`() async
    {
        let outcome = await run(
            Self.training + """
                model = train(net(), data, steps = 1, batch = 1, patch = 16)
                train(net(), data, steps = 1, batch = 1, patch = 16, from = model, init = "he")
                """, named: "s.acu")
        #expect(
            outcome.message == """
                error[no-effect]: `init` has no effect here: it is for weights that the model of `from` lacks, and it has them all
                  --> s.acu:4:75
                   |
                 4 | … = 1, batch = 1, patch = 16, from = model, init = "he")
                   |                                                    ^^^^
                   = hint: leave it out

                """)
    }

    @Test func `a row depends on the model that its training starts from`() async throws {
        try await withTemporaryFolder { folder in
            func table(_ seed: Int) -> String {
                Self.training + """
                    seed = \(seed)
                    experiment "tuned" {
                        base = train(net(), data, steps = 1, batch = 1, patch = 16, seed = seed)
                        model = train(net(), data, steps = 1, batch = 1, patch = 16, from = base)
                        record psnr_db = evaluate(model, data).psnr
                    }
                    """
            }
            #expect(await run(table(1), results: folder).failedRows == 0)
            let again = await run(table(2), results: folder)
            // Both are trained anew, the second only because of the first.
            #expect(
                again.notices.first
                    == "tuned 1/1: run again, because train1.training.seed: 1 → 2", "\(again.notices)")
            #expect(RunStore(in: folder).all.count == 8)
        }
    }
}
