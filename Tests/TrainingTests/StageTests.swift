import Data
import Diagnostics
import Graph
import Samples
import TestSupport
import Testing
import Training

/// Progressive patches and batches.
struct StageTests {
    private func settings(_ change: (inout TrainingSettings) -> Void) -> TrainingSettings {
        var settings = TrainingSettings(length: .steps(10))
        (settings.batch, settings.patch, settings.threads) = (4, 16, 1)
        change(&settings)
        return settings
    }

    private func stages(_ pairs: [(Int, Int)]) -> [StagedSize] {
        pairs.map { StagedSize(steps: $0.0, size: $0.1) }
    }

    @Test func `stages of patches and batches change each by itself, and the last lasts to the end`() {
        let settings = settings {
            $0.patches = stages([(3, 16), (4, 32), (3, 48)])
            $0.batches = stages([(5, 4), (5, 1)])
        }
        let found = settings.stages(of: 0..<12)
        #expect(found.map(\.steps) == [0..<3, 3..<5, 5..<7, 7..<12])
        #expect(found.map(\.patch) == [16, 32, 32, 48])
        #expect(found.map(\.batch) == [4, 4, 1, 1])
        #expect(settings.stages(of: 4..<6).map(\.steps) == [4..<5, 5..<6])
        #expect(settings.batchWords == "4 to 1 patches of 16×16 to 48×48 each")
        #expect(self.settings { $0.batch = 1 }.batchWords == "1 patch of 16×16 each")
    }

    @Test func `stages of one size are the training without stages, to the last bit`() throws {
        let graph = GraphBuilder.coarseToFine()
        let plain = try Trainer(graph, on: SampleImages.waves(3), settings { _ in }).run()
        let staged = try Trainer(
            graph, on: SampleImages.waves(3),
            settings {
                $0.patches = stages([(3, 16), (7, 16)])
                $0.batches = stages([(6, 4), (4, 4)])
            }
        ).run()
        #expect(plain.model.weights == staged.model.weights)
        #expect(plain.report.history == staged.report.history)
    }

    @Test func `a stage takes over what the one before it has learnt`() throws {
        let graph = GraphBuilder.coarseToFine()
        let early = try Trainer(
            graph, on: SampleImages.waves(3),
            settings {
                $0.length = .steps(3)
                $0[.decay] = 0
            })
        _ = try early.run()
        let later = try Trainer(
            graph, on: SampleImages.waves(3),
            settings {
                $0.patches = stages([(3, 16), (7, 32)])
                $0[.decay] = 0
            })
        var first: [Double] = []
        _ = try later.run { if $0.step <= 4 { first.append($0.loss) } }
        // The same three steps, and then one of larger patches that begins at the same weights.
        #expect(early.report.history.map(\.loss) == Array(first.prefix(3)))
        let continued = try Trainer(
            graph, on: SampleImages.waves(3),
            settings {
                $0.patch = 32
                $0[.decay] = 0
            }, from: .state(early.state))
        var next: Double?
        _ = try continued.run { if $0.step == 4 { next = $0.loss } }
        #expect(next == first[3])
    }

    @Test func `every stage must fit network and data, and their steps the training's`() {
        func said(_ change: (inout TrainingSettings) -> Void) -> String {
            let settings = settings(change)
            return message { () throws(Diagnostic) in
                try settings.checkStages()
                try settings.check(GraphBuilder.coarseToFine(), on: SampleImages.waves(1))
            }
        }
        #expect(said { $0.patches = stages([(5, 16), (5, 32)]) } == "")
        #expect(said { $0.patches = stages([(5, 16), (5, 30)]) }.hasPrefix("error[patch-multiple]"))
        #expect(said { $0.patches = stages([(5, 16), (5, 64)]) }.hasPrefix("error[patch-too-large]"))
        #expect(
            said { $0.batches = stages([(5, 0), (5, 1)]) }.contains(
                "`batch` must be a whole number from 1 to 4096, not 0"))
        #expect(
            said { $0.patches = stages([(5, 16), (6, 32)]) } == """
                error[bad-stages]: the stages of `patch` take 11 steps, and the training has 10
                   = hint: each is [steps, patch]; with [5, 32] as the last they come out even

                """)
        #expect(
            said {
                $0.length = .epochs(3)
                $0.patches = stages([(5, 16), (6, 32)])
            } == """
                error[bad-stages]: the stages of `patch` count steps, and `epochs` does not say how many there are
                   = hint: give `steps` instead of `epochs`

                """)
    }
}
