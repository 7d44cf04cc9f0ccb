import Foundation
import LossCurves
import Machine
import Samples
import Testing
import Training

/// What a training says of its last batches.
struct BatchMeanTests {
    private func settings(_ steps: Int) -> TrainingSettings {
        var settings = TrainingSettings(length: .steps(steps))
        (settings.batch, settings.patch, settings.threads) = (1, 32, 1)
        return settings
    }

    @Test func `it is the mean over the last hundred batches, with its standard error`() throws {
        var psnrs: [Double] = []
        var losses: [Double] = []
        var seen: [BatchMean] = []
        let trained = try Trainer(
            GraphBuilder.tiny(channels: 1, width: 4), on: SampleImages.waves(3), settings(130)
        )
        .run {
            psnrs.append($0.psnr)
            losses.append($0.loss)
            seen.append($0.recent)
        }
        #expect(seen[0].batches == 1 && seen[0].psnrError == nil && seen[0].psnr == psnrs[0])
        for step in [2, 57, 100, 101, 130] {
            let last = psnrs[max(0, step - 100)..<step]
            let mean = last.reduce(0, +) / Double(last.count)
            let variance = last.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(last.count - 1)
            let recent = seen[step - 1]
            #expect(recent.batches == last.count)
            #expect(abs(recent.psnr - mean) < 1e-9)
            #expect(abs((recent.psnrError ?? 0) - (variance / Double(last.count)).squareRoot()) < 1e-9)
            let loss = losses[max(0, step - 100)..<step]
            let meanLoss = loss.reduce(0, +) / Double(loss.count)
            #expect(abs(try #require(recent.loss) - meanLoss) < 1e-9)
        }
        #expect(trained.report.history.last?.recent == seen.last)
    }

    @Test func `a training that was stopped goes on with the batches that it had`() throws {
        let graph = GraphBuilder.tiny(channels: 1, width: 4)
        let whole = try Trainer(graph, on: SampleImages.waves(3), settings(12)).run()
        let stop = StopFlag()
        let trainer = try Trainer(graph, on: SampleImages.waves(3), settings(12))
        _ = try trainer.run(stop: stop) { if $0.step == 5 { stop.request() } }
        let rest = try Trainer(graph, on: SampleImages.waves(3), settings(12), from: .state(trainer.state))
            .run()
        #expect(rest.report.history.last?.recent == whole.report.history.last?.recent)
        #expect(rest.report.history.last?.recent?.batches == 12)
    }
}
