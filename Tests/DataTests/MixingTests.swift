import Data
import Diagnostics
import Foundation
import Images
import Testing

/// Pairs of one value each, the sharp one with a half more.
private struct FlatPairs: Dataset {
    let values: [Float]
    var side = 12

    var count: Int { values.count }
    var name: String { "flat" }
    var description: String { "\(count) flat pairs" }
    var imageSize: ImageSize? { nil }
    var manifest: String { "flat \(values)\n" }
    func size(at index: Int) -> ImageSize { ImageSize(width: side, height: side, channels: 1) }
    func name(at index: Int) -> String { "flat-\(index)" }

    func pair(at index: Int) -> Pair {
        func image(_ value: Float) -> Image {
            Image(
                width: side, height: side, channels: 1,
                pixels: [Float](repeating: value, count: side * side))
        }
        return Pair(blurred: image(values[index]), sharp: image(values[index] + 0.5), name: name(at: index))
    }
}

struct MixingTests {
    private static let side = 8

    private func sampler(_ kinds: [AugmentationKind], batch: Int, values: [Float] = [0, 1]) -> PatchSampler {
        PatchSampler(
            FlatPairs(values: values), patch: Self.side, batch: batch, colour: .luma,
            augmentation: Augmentation(kinds), source: RandomSource(seed: 3))
    }

    /// The patches of a batch, each with its sharp one.
    private func patches(_ sampler: inout PatchSampler) throws -> [(blurred: [Float], sharp: [Float])] {
        var blurred = [Float](repeating: 0, count: sampler.valueCount)
        var sharp = blurred
        try sampler.next(blurred: &blurred, sharp: &sharp)
        let size = Self.side * Self.side
        return (0..<sampler.batch).map { patch in
            let range = patch * size..<(patch + 1) * size
            return (Array(blurred[range]), Array(sharp[range]))
        }
    }

    @Test func `MixUp takes the same mean of both images, by a share of the beta distribution`() throws {
        var sampler = sampler([.mixup], batch: 4000)
        var shares: [Double] = []
        for patch in try patches(&sampler) {
            #expect(Set(patch.blurred).count == 1)
            #expect(zip(patch.blurred, patch.sharp).allSatisfy { abs($0 + 0.5 - $1) < 1e-6 })
            if patch.blurred[0] > 0, patch.blurred[0] < 1 { shares.append(Double(patch.blurred[0])) }
        }
        // Half of the patches are mixed, and half of the others are unlike them.
        #expect(abs(Double(shares.count) / 4000 - 0.25) < 0.03)
        let mean = shares.reduce(0, +) / Double(shares.count)
        let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
        #expect(abs(mean - 0.5) < 0.03)
        // 1 / (4 · (2 · 1.2 + 1))
        #expect(abs(variance - 0.0735) < 0.008)
    }

    @Test func `CutMix pastes a rectangle of another patch at the same place of both images`() throws {
        var sampler = sampler([.cutmix], batch: 600)
        var (mixed, areas) = (0, 0.0)
        for patch in try patches(&sampler) {
            #expect(zip(patch.blurred, patch.sharp).allSatisfy { $0 + 0.5 == $1 })
            let ones = patch.blurred.indices.filter { patch.blurred[$0] == 1 }
            guard !ones.isEmpty, ones.count < patch.blurred.count else { continue }
            mixed += 1
            areas += Double(ones.count) / Double(patch.blurred.count)
            // The zeros or the ones fill the rectangle around them.
            let isRectangle = [ones, patch.blurred.indices.filter { patch.blurred[$0] == 0 }].contains {
                places in
                let (rows, columns) = (places.map { $0 / Self.side }, places.map { $0 % Self.side })
                guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(),
                    let right = columns.max()
                else { return false }
                return places.count == (bottom - top + 1) * (right - left + 1)
            }
            #expect(isRectangle)
        }
        #expect(mixed > 80 && mixed < 180, "\(mixed)")
        #expect(abs(areas / Double(mixed) - 0.5) < 0.1)
    }

    @Test(arguments: AugmentationKind.mixing)
    func `what is drawn depends on the number of the patch alone, and mixing changes no other draw`(
        kind: AugmentationKind
    ) throws {
        let values: [Float] = [0, 0.1, 0.2, 0.3, 0.4]
        var whole = sampler([.flips, kind], batch: 6, values: values)
        _ = try patches(&whole)
        let second = try patches(&whole)
        var resumed = sampler([.flips, kind], batch: 6, values: values)
        resumed.drawn = 6
        let again = try patches(&resumed)
        #expect(second.map(\.blurred) == again.map(\.blurred) && second.map(\.sharp) == again.map(\.sharp))
        var plain = sampler([.flips], batch: 6, values: values)
        plain.drawn = 6
        let unmixed = try patches(&plain)
        #expect(zip(second, unmixed).contains { $0.blurred == $1.blurred })
        #expect(zip(second, unmixed).contains { $0.blurred != $1.blurred })
    }

    @Test func `a patch alone in its batch stays as it is`() throws {
        var sampler = sampler([.mixup, .cutmix], batch: 1)
        for _ in 0..<20 {
            #expect(try patches(&sampler).allSatisfy { Set($0.blurred).count == 1 && $0.blurred[0].isWhole })
        }
    }

    @Test func `files name the mixing kinds only where they are chosen`() throws {
        let plain = try JSONEncoder().encode(Augmentation.geometric)
        #expect(!String(decoding: plain, as: UTF8.self).contains("mix"))
        let mixed = Augmentation([.turns, .mixup, .cutmix])
        #expect(try JSONDecoder().decode(Augmentation.self, from: JSONEncoder().encode(mixed)) == mixed)
    }
}

extension Float {
    fileprivate var isWhole: Bool { self == rounded() }
}

/// Weights of joined data sets.
struct WeightedPairsTests {
    private let large = FlatPairs(values: [Float](repeating: 0, count: 30))
    private let small = FlatPairs(values: [Float](repeating: 1, count: 10))

    /// The share of patches that come from the pairs of value 1.
    private func share(_ data: any Dataset) throws -> Double {
        var sampler = PatchSampler(
            data, patch: 4, batch: 4000, colour: .luma, augmentation: .none, source: RandomSource(seed: 1))
        var blurred = [Float](repeating: 0, count: sampler.valueCount)
        var sharp = blurred
        try sampler.next(blurred: &blurred, sharp: &sharp)
        return Double(blurred.reduce(0, +)) / Double(blurred.count)
    }

    @Test func `a pair is drawn as often as its weight says`() throws {
        #expect(abs(try share(JoinedPairs(large, small)) - 0.25) < 0.001)
        #expect(abs(try share(JoinedPairs(large, small.weighted(by: 3))) - 0.5) < 0.03)
        #expect(abs(try share(JoinedPairs(large.weighted(by: 2), small.weighted(by: 6))) - 0.5) < 0.03)
        let nested = JoinedPairs(large, JoinedPairs(small, small).weighted(by: 1.5))
        #expect(abs(try share(nested) - 0.5) < 0.03)
    }

    @Test func `only weights that differ are weights`() throws {
        let plain = try JoinedPairs(large, small).fingerprint
        #expect(try JoinedPairs(large.weighted(by: 2), small.weighted(by: 2)).fingerprint == plain)
        #expect(try JoinedPairs(large, small).weighted(by: 5).fingerprint == plain)
        #expect(try large.weighted(by: 2).fingerprint == large.fingerprint)
        let weighted = try JoinedPairs(large, small.weighted(by: 3)).fingerprint
        #expect(weighted != plain)
        #expect(try JoinedPairs(large.weighted(by: 2), small.weighted(by: 6)).fingerprint == weighted)
        #expect(try JoinedPairs(large.weighted(by: 3), small).fingerprint != weighted)
        #expect(
            JoinedPairs(large, small.weighted(by: 3)).description
                == "1 × 30 flat pairs, and 3 × 10 flat pairs")
        #expect(JoinedPairs(large, small).description == "30 flat pairs, and 10 flat pairs")
    }
}
