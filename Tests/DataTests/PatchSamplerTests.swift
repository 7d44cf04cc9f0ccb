import Data
import Diagnostics
import Foundation
import Images
import PairedData
import Samples
import SyntheticBlur
import TestSupport
import Testing

/// Pairs whose every value says which pair, place and channel it is; the sharp one is a half more.
private struct NumberedPairs: Dataset {
    let count: Int
    let width = 9
    let height = 7

    var name: String { "numbered" }
    var description: String { "\(count) numbered pairs" }
    var imageSize: ImageSize? { nil }
    var manifest: String { "numbered \(count)\n" }
    func size(at index: Int) -> ImageSize { ImageSize(width: width, height: height, channels: 3) }
    func name(at index: Int) -> String { "pair-\(index)" }

    func pair(at index: Int) throws(Diagnostic) -> Pair {
        var pixels: [Float] = []
        for place in 0..<width * height {
            for channel in 0..<3 { pixels.append(Float(1000 * index + 3 * place + channel)) }
        }
        let blurred = Image(width: width, height: height, channels: 3, pixels: pixels)
        let sharp = Image(width: width, height: height, channels: 3, pixels: pixels.map { $0 + 0.5 })
        return Pair(blurred: blurred, sharp: sharp, name: name(at: index))
    }
}

/// Pairs that are there already, and cut as every dataset's are by default.
private struct WholePairs: Dataset {
    let pairs: [Pair]

    var count: Int { pairs.count }
    var name: String { "whole" }
    var description: String { "whole pairs" }
    var imageSize: ImageSize? { nil }
    var manifest: String { "whole" }
    func size(at index: Int) -> ImageSize {
        let image = pairs[index].sharp
        return ImageSize(width: image.width, height: image.height, channels: image.channels)
    }
    func name(at index: Int) -> String { pairs[index].name }
    func pair(at index: Int) -> Pair { pairs[index] }
}

struct PatchSamplerTests {
    private func sampler(
        _ count: Int, patch: Int = 4, batch: Int = 3, colour: InputColour = .rgb,
        augmentation: Augmentation = .geometric,
        seed: UInt64 = 1
    ) -> PatchSampler {
        PatchSampler(
            NumberedPairs(count: count), patch: patch, batch: batch, colour: colour,
            augmentation: augmentation,
            source: RandomSource(seed: seed))
    }

    private func batch(_ sampler: inout PatchSampler) throws -> (blurred: [Float], sharp: [Float]) {
        var blurred = [Float](repeating: .nan, count: sampler.valueCount)
        var sharp = blurred
        try sampler.next(blurred: &blurred, sharp: &sharp)
        return (blurred, sharp)
    }

    @Test func `a patch is one of the eight turns of a square of its pair, the same in both images`() throws {
        var sampler = sampler(5)
        let source = NumberedPairs(count: 5)
        for _ in 0..<20 {
            let (blurred, sharp) = try batch(&sampler)
            #expect(zip(blurred, sharp).allSatisfy { $1 - $0 == 0.5 })
            for start in stride(from: 0, to: blurred.count, by: 48) {
                let patch = Image(
                    width: 4, height: 4, channels: 3, pixels: Array(blurred[start..<start + 48]))
                let least = Int(patch.pixels.min() ?? 0)
                let whole = try source.pair(at: least / 1000).blurred
                let place = least % 1000 / 3
                let square = whole.cropped(x: place % 9, y: place / 9, width: 4, height: 4)
                let turns = (0..<4).flatMap { turn in
                    let turned = square.turned(quarterTurns: turn)
                    return [turned, turned.flippedHorizontally()]
                }
                #expect(turns.contains(patch))
            }
        }
    }

    @Test func `each epoch takes every pair once, in another order`() throws {
        var sampler = sampler(6, batch: 4)
        var order: [Int] = []
        for _ in 0..<6 {
            let batch = try batch(&sampler).blurred
            for start in stride(from: 0, to: batch.count, by: 48) { order.append(Int(batch[start]) / 1000) }
        }
        #expect(sampler.drawn == 24 && sampler.epoch == 4)
        let epochs = stride(from: 0, to: 24, by: 6).map { Array(order[$0..<$0 + 6]) }
        #expect(epochs.allSatisfy { $0.sorted() == Array(0..<6) })
        #expect(Set(epochs).count > 1)
    }

    @Test func `a sampler set to where another stood goes on as it`() throws {
        var (whole, resumed) = (sampler(5), sampler(5))
        for _ in 0..<7 { _ = try batch(&whole) }
        resumed.drawn = whole.drawn
        #expect(try batch(&whole) == batch(&resumed))
        var other = sampler(5, seed: 2)
        other.drawn = resumed.drawn
        #expect(try batch(&other) != batch(&resumed))
    }

    @Test func `all turns and mirrorings and all places come up, and none where not asked for`() throws {
        var sampler = sampler(1, patch: 6, batch: 64)
        var (corners, firsts) = (Set<Float>(), Set<Float>())
        for _ in 0..<10 {
            let values = try batch(&sampler).blurred
            for start in stride(from: 0, to: values.count, by: 108) {
                let patch = values[start..<start + 108]
                let least = patch.min() ?? 0
                firsts.insert(least)
                corners.formUnion([(values[start] - least) * 100 + values[start + 3] - least])
            }
        }
        #expect(corners.count == 8)
        #expect(firsts.count == 4 * 2)
        var plain = self.sampler(1, patch: 6, batch: 8, augmentation: .none)
        let values = try batch(&plain).blurred
        #expect(stride(from: 0, to: values.count, by: 108).allSatisfy { values[$0 + 3] - values[$0] == 3 })
    }

    @Test func `luma gives one channel, of the same places`() throws {
        var (luma, rgb) = (sampler(4, colour: .luma), sampler(4))
        let (one, three) = (try batch(&luma).blurred, try batch(&rgb).blurred)
        #expect(one.count * 3 == three.count)
        for (index, value) in one.enumerated() {
            let expected =
                0.299 * three[index * 3] + 0.587 * three[index * 3 + 1] + 0.114 * three[index * 3 + 2]
            #expect(abs(value - expected) < 1e-2)
        }
    }

    @Test(arguments: [InputColour.luma, .rgb])
    func `pairs that are at hand give the same patches as those that are made`(
        colour: InputColour
    ) throws {
        let scenes = try Scenes(count: 4, width: 32, height: 24, seed: 1)
        let start = PatchSampler(
            scenes, patch: 16, batch: 4, colour: colour,
            augmentation: Augmentation(AugmentationKind.all),
            source: RandomSource(seed: 1))
        #expect((0..<4).allSatisfy { !scenes.isCached($0) })
        var made = start
        let first = try batch(&made)
        #expect((0..<4).allSatisfy { scenes.isCached($0) })
        var kept = start
        #expect(try batch(&kept) == first)
    }

    /// Pairs of 24×20, of which the second has 16 bits, the third is grey, and the fourth a JPEG file.
    private func plantMixed(_ root: String) throws {
        for (index, half) in ["blur", "sharp"].enumerated() {
            try writePNG(testImage(index, width: 24, height: 20), to: "\(root)/\(half)/a.png")
            let deep = testImage(index + 2, width: 24, height: 20)
            try writeImage(deep, to: "\(root)/\(half)/b.png", quality: ImageQuality(bits: 16))
            try writePNG(
                testImage(index + 4, width: 24, height: 20, channels: 1), to: "\(root)/\(half)/c.png")
            try writeImage(testImage(index + 6, width: 24, height: 20), to: "\(root)/\(half)/d.jpg")
        }
    }

    @Test(arguments: [(0, 0), (3000, 0), (0, 100_000), (3000, 4000), (100_000, 0)])
    func `patches do not depend on how many pairs memory and disk have room for`(memory: Int, disk: Int)
        throws
    {
        try withTemporaryFolder { root in
            try plantMixed(root)
            var (patches, plain) = ([[Float]](), [[Float]]())
            let whole = try (0..<4).map { try PairedFolder(root).pair(at: $0) }
            let set = try PairedFolder(
                root, room: DecodedRoom(memory: memory, disk: disk, in: root + "/scratch"))
            func sampler(_ data: any Dataset) -> PatchSampler {
                PatchSampler(
                    data, patch: 8, batch: 3, colour: .rgb,
                    augmentation: Augmentation(AugmentationKind.all), source: RandomSource(seed: 2))
            }
            var (one, other) = (sampler(set), sampler(WholePairs(pairs: whole)))
            for _ in 0..<12 {
                let (batch, its) = (try batch(&one), try batch(&other))
                patches += [batch.blurred, batch.sharp]
                plain += [its.blurred, its.sharp]
            }
            #expect(patches == plain)
            #expect(set.diskTrouble == nil)
        }
    }

    @Test func `grey images give three equal channels where colour is asked for`() throws {
        try withTemporaryFolder { root in
            try writePNG(testImage(1, channels: 1), to: root + "/blur/a.png")
            try writePNG(testImage(2, channels: 1), to: root + "/sharp/a.png")
            var sampler = PatchSampler(
                try PairedFolder(root), patch: 8, batch: 1, colour: .rgb, source: RandomSource(seed: 1))
            let patch = Image(width: 8, height: 8, channels: 3, pixels: try batch(&sampler).sharp)
            #expect(patch.channel(0) == patch.channel(2))
        }
    }
}
