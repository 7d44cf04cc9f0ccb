import Diagnostics
import Engine
import Foundation
import Graph
import Inference
import Machine
import ModelFiles
import Models
import Samples
import TestSupport
import Testing
import Training

struct ModelFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
        .path
    private var path: String { folder + "/model.safetensors" }

    private func settings(_ steps: Int) -> TrainingSettings {
        var settings = TrainingSettings(length: .steps(steps))
        settings.batch = 2
        settings.patch = 16
        settings.threads = 1
        return settings
    }

    /// A short training whose checkpoint, after `stopping` steps, or whose model is written.
    @discardableResult
    private func train(_ steps: Int, stopping: Int? = nil, from state: TrainingState? = nil) throws
        -> TrainingResult
    {
        let stop = StopFlag()
        let trainer = try Trainer(
            GraphBuilder.coarseToFine(), on: SampleImages.waves(3), settings(steps),
            from: state.map { .state($0) } ?? .first(nil))
        let checkpoints = Checkpoints(path: path, interval: 1e9, notes: ["recipe": "a = \"ü\"\n"])
        return try trainer.run(stop: stop, checkpoints: checkpoints) {
            if $0.step == stopping { stop.request() }
        }
    }

    @Test func `a model is read back as it was, and its file has each weight once`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let trained = try train(3)
        let file = try ModelFile(reading: path)
        #expect(file.model.weights == trained.model.weights)
        #expect(file.training == trained.report)
        #expect(file.training.steps == 3 && file.training.plannedSteps == 3)
        #expect(file.model.graph.canonicalText == trained.model.graph.canonicalText)
        #expect(file.state == nil)
        #expect(file.notes == ["recipe": "a = \"ü\"\n"])
        #expect(
            try Safetensors(reading: path).tensors.map(\.name) == trained.model.graph.parameters.map(\.name))
    }

    @Test func `a training goes on from its file to the same last bit`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let undisturbed = try train(20)
        let partial = try train(20, stopping: 7)
        #expect(partial.report.isInterrupted)
        let file = try ModelFile(reading: path)
        #expect(file.training.isInterrupted && file.model.weights == partial.model.weights)
        #expect(file.state?.step == 7)
        let whole = try train(20, from: file.state)
        #expect(whole.model.weights == undisturbed.model.weights)
        #expect(whole.report.history == undisturbed.report.history)
        #expect(try ModelFile(reading: path).model.weightsHash == undisturbed.model.weightsHash)
    }

    @Test func `checkpoints are written while a training goes on`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var seen: [Int?] = []
        let trainer = try Trainer(.tiny, on: SampleImages.waves(2), settings(4))
        _ = try trainer.run(checkpoints: Checkpoints(path: path, interval: 0, notes: [:])) { _ in
            seen.append((try? ModelFile(reading: path))?.state?.step)
        }
        #expect(seen == [nil, 1, 2, 3])
        #expect(try ModelFile(reading: path).training.steps == 4)
    }

    @Test func `a checkpoint that cannot be written stops the training, and the last one stands`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let trainer = try Trainer(.tiny, on: SampleImages.waves(2), settings(9))
        let kept = folder + "/kept.safetensors"
        var step = 0
        let said = message { () throws(Diagnostic) in
            _ = try trainer.run(checkpoints: Checkpoints(path: path, interval: 0, notes: [:])) { progress in
                step = progress.step
                guard step == 3 else { return }
                // A folder that holds something cannot be renamed over.
                try? FileManager.default.moveItem(atPath: path, toPath: kept)
                try? FileManager.default.createDirectory(
                    atPath: path + "/x", withIntermediateDirectories: true)
            }
        }
        #expect(said == "error[cannot-write]: cannot write \(path): Is a directory\n")
        #expect(step == 3)
        #expect(try ModelFile(reading: kept).state?.step == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
    }

    @Test func `a model that was not trained here has a file as every other`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let graph = GraphBuilder.tiny(channels: 3)
        let model = TrainedModel(graph: graph, weights: Weights(zerosFor: graph), colour: .rgb)
        try ModelFile.write(model, nil, notes: [:], to: path)
        let first = try Data(contentsOf: URL(filePath: path))
        let file = try ModelFile(reading: path)
        #expect(file.model.colour == .rgb && file.state == nil)
        #expect(file.training.steps == 0 && file.training.history.isEmpty && !file.training.isInterrupted)
        try ModelFile.write(file.model, file.training, notes: [:], to: path)
        #expect(try Data(contentsOf: URL(filePath: path)) == first)
    }

    // MARK: Refusals

    private func refusal() -> String { message { () throws(Diagnostic) in _ = try ModelFile(reading: path) } }

    /// Writes the file anew with other metadata or tensors.
    private func rewrite(
        metadata change: (inout [String: String]) -> Void = { _ in },
        tensors: ([NamedTensor]) -> [NamedTensor] = { $0 }
    ) throws {
        let file = try Safetensors(reading: path)
        var metadata = file.metadata
        change(&metadata)
        let all = try file.tensors.map {
            NamedTensor(name: $0.name, shape: $0.shape, values: try file.floats(of: $0))
        }
        try writeSafetensors(tensors(all), metadata: metadata, to: path)
    }

    @Test func `any changed byte is noticed`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try train(2)
        let whole = try Data(contentsOf: URL(filePath: path))
        for place in stride(from: 8, to: whole.count, by: 97) {
            var bytes = whole
            bytes[place] ^= 1
            try bytes.write(to: URL(filePath: path))
            #expect(refusal() != "", "byte \(place)")
        }
        try whole.write(to: URL(filePath: path))
        #expect(refusal() == "")
    }

    @Test func `a file of another program's says what to do with it`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try writeSafetensors([], metadata: [:], to: path)
        #expect(
            refusal() == """
                error[no-architecture]: \(path) holds weights but no network: Acuity did not write it
                   = hint: `weights_from` brings weights of other programs into a network of yours

                """)
        try writeSafetensors([], metadata: ["acuity.format": "model 9"], to: path)
        #expect(
            refusal()
                == "error[bad-model]: \(path) is not a model that can be used: it is of format \"model 9\", and this version reads \"model 1\"\n"
        )
    }

    @Test func `what does not fit together is refused`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func refusal(
            metadata: (inout [String: String]) -> Void = { _ in },
            tensors: ([NamedTensor]) -> [NamedTensor] = { $0 }
        ) throws -> String {
            try train(1)
            try rewrite(metadata: metadata, tensors: tensors)
            return self.refusal()
        }
        #expect(
            try refusal { $0["acuity.graph"] = "{}" }.contains(
                "its network cannot be made: it is not a list of layers"))
        #expect(try refusal { $0["acuity.graph"] = nil }.contains("it names no layers"))
        #expect(
            try refusal { $0["acuity.graph"] = $0["acuity.graph"]?.replacing("scale1.extract1", with: "x") }
                .contains("is not as it was written"))
        #expect(
            try refusal { $0["acuity.training"] = "{}" }.contains(
                "what it says of its training makes no sense"))
        for (old, new) in [
            (#""step":1"#, #""step":-1"#), (#""step":1"#, #""step":2"#),
            (#""steps":1"#, #""steps":9223372036854775807"#),
        ] {
            let said = try refusal {
                $0["acuity.training"] = $0["acuity.training"]?.replacing(old, with: new)
            }
            #expect(said.contains("what it says of its training makes no sense"), "\(old) \(said)")
        }
        #expect(
            try refusal {
                $0["acuity.training"] = $0["acuity.training"]?.replacing(#""batch":2"#, with: #""batch":0"#)
            }.contains("`batch` must be a whole number from 1 to 4096, not 0"))
        #expect(try refusal { $0["acuity.recipe"] = "other" }.contains("is not as it was written"))
        #expect(try refusal(tensors: { $0.dropLast() }).contains("it lacks `scale2.last.bias` of [1]"))
        #expect(
            try refusal(tensors: { $0 + [NamedTensor(name: "more", shape: [], values: [1])] })
                .contains("it holds tensors that are not its network's"))
        #expect(
            try refusal(tensors: { tensors in
                tensors.map { NamedTensor(name: $0.name, shape: $0.shape.reversed(), values: $0.values) }
            }).contains("it lacks `scale1.extract1.weight` of [8, 2, 3, 3]"))
    }
}
