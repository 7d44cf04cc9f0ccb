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

/// Images whose reading can be watched, held up and made to fail.
private final class WatchedImages: Dataset {
    let images = SampleImages.waves(4)
    let count = 4
    let name = "watched"
    let description = "watched images"
    let manifest = "watched\n"
    let reads = Atomic(0)
    /// After so many reads, the next fails.
    let lasts: Int
    /// Seconds that a read takes.
    let delay: Double

    init(lasts: Int = .max, delay: Double = 0) { (self.lasts, self.delay) = (lasts, delay) }

    var imageSize: ImageSize? { images.imageSize }
    func size(at index: Int) -> ImageSize { images.size(at: index) }
    func name(at index: Int) -> String { "watched-\(index)" }
    func pair(at index: Int) throws(Diagnostic) -> Pair {
        guard reads.add(1, ordering: .relaxed).newValue <= lasts else {
            throw Diagnostic("cannot-read", "cannot read watched-\(index)")
        }
        Thread.sleep(forTimeInterval: delay)
        return try images.pair(at: index)
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
        let images = WatchedImages()
        let trainer = try Trainer(.tiny, on: images, settings(5))
        _ = try trainer.run { progress in
            guard progress.step == 1 else { return }
            // All five batches fit ahead; the first step waits here until they are there.
            let deadline = ContinuousClock.now + .seconds(60)
            while images.reads.load(ordering: .relaxed) < 10, ContinuousClock.now < deadline { usleep(1000) }
        }
        #expect(images.reads.load(ordering: .relaxed) == 10)
    }

    @Test func `an image that cannot be read stops the training at the step that needs it`() throws {
        let images = WatchedImages(lasts: 7)
        let trainer = try Trainer(.tiny, on: images, settings(9))
        var last = 0
        let said = message { () throws(Diagnostic) in _ = try trainer.run { last = $0.step } }
        #expect(said.hasPrefix("error[cannot-read]: cannot read watched-"))
        #expect(last == 3)
    }

    @Test func `the data wait is that of the last steps`() {
        var wait = DataWait()
        #expect(wait.fraction == 0)
        // Steps of 2 s, each of which waits for 0.5 s.
        for step in 1...200 { wait.add(waited: 0.5 * Double(step), of: 2 * Double(step)) }
        #expect(abs(wait.fraction - 0.25) < 1e-12)
        // Then steps that wait for nothing: after n of them 0.95ⁿ of the waits are left, and all of the time.
        for step in 1...20 { wait.add(waited: 100, of: 400 + 2 * Double(step)) }
        #expect(abs(wait.fraction - 0.25 * pow(0.95, 20)) < 1e-4)
    }

    @Test func `a training whose data come slowly waits for them`() throws {
        var fractions: [Double] = []
        _ = try Trainer(.tiny, on: WatchedImages(delay: 0.02), settings(20)).run {
            fractions.append($0.waiting)
        }
        // A step takes a millisecond, and its two patches as long as both are read: most of the time.
        #expect(fractions.allSatisfy { $0 <= 1 } && fractions[19] > 0.3, "\(fractions)")
    }

    @Test func `a training that is given up half-way lets go of its data`() throws {
        weak var images: WatchedImages?
        let stop = StopFlag()
        do {
            let watched = WatchedImages()
            images = watched
            let trainer = try Trainer(.tiny, on: watched, settings(100_000))
            _ = try trainer.run(stop: stop) { _ in stop.request() }
        }
        let deadline = ContinuousClock.now + .seconds(60)
        while images != nil, ContinuousClock.now < deadline { usleep(1000) }
        #expect(images == nil)
    }
}
