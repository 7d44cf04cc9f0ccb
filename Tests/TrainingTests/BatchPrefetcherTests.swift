import Data
import Diagnostics
import Dispatch
import FirstWeights
import Foundation
import Graph
import Images
import Kinds
import Machine
import Samples
import Synchronization
import TestSupport
import Testing
import Training
import TrainingMethods

/// Pictures whose reading can be watched, held up and made to fail.
private final class WatchedPictures: Dataset {
    let pictures = Pictures.waves(4)
    let count = 4
    let name = "watched"
    let description = "watched pictures"
    let manifest = "watched\n"
    let reads = Atomic(0)
    /// After so many reads, the next fails.
    let lasts: Int

    init(lasts: Int = .max) { self.lasts = lasts }

    var imageSize: PictureSize? { pictures.imageSize }
    func size(at index: Int) -> PictureSize { pictures.size(at: index) }
    func name(at index: Int) -> String { "watched-\(index)" }
    func pair(at index: Int) throws(Diagnostic) -> Pair {
        guard reads.add(1, ordering: .relaxed).newValue <= lasts else {
            throw Diagnostic("cannot-read", "cannot read watched-\(index)")
        }
        return try pictures.pair(at: index)
    }
}

struct BatchPrefetcherTests {
    private func settings(_ steps: Int) -> TrainingSettings {
        var settings = TrainingSettings(length: .steps(steps))
        settings.batch = 2
        settings.patch = 16
        settings.threads = 1
        settings.initialisation = .he
        return settings
    }

    @Test func `batches are drawn while a step is computed, and no more than are wanted`() throws {
        let pictures = WatchedPictures()
        let trainer = try Trainer(.tiny, on: pictures, settings(5))
        _ = try trainer.run { progress in
            guard progress.step == 1 else { return }
            // All five batches fit ahead; the first step waits here until they are there.
            while pictures.reads.load(ordering: .relaxed) < 10 { usleep(1000) }
        }
        #expect(pictures.reads.load(ordering: .relaxed) == 10)
    }

    @Test func `a picture that cannot be read stops the training at the step that needs it`() throws {
        let pictures = WatchedPictures(lasts: 7)
        let trainer = try Trainer(.tiny, on: pictures, settings(9))
        var last = 0
        let said = message { () throws(Diagnostic) in _ = try trainer.run { last = $0.step } }
        #expect(said.hasPrefix("error[cannot-read]: cannot read watched-"))
        #expect(last == 3)
    }

    @Test func `waiting is a share of the time`() throws {
        var shares: [Double] = []
        _ = try Trainer(.tiny, on: WatchedPictures(), settings(20)).run { shares.append($0.waiting) }
        #expect(shares.allSatisfy { (0...1).contains($0) })
    }

    @Test func `a training that is given up half-way lets go of its data`() throws {
        weak var pictures: WatchedPictures?
        let stop = StopFlag()
        do {
            let watched = WatchedPictures()
            pictures = watched
            let trainer = try Trainer(.tiny, on: watched, settings(100_000))
            _ = try trainer.run(stop: stop) { _ in stop.request() }
        }
        let deadline = ContinuousClock.now + .seconds(60)
        while pictures != nil, ContinuousClock.now < deadline { usleep(1000) }
        #expect(pictures == nil)
    }
}
