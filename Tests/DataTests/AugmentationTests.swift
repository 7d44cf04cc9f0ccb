import Data
import Diagnostics
import Foundation
import Images
import Testing

/// One pair of equal images of one colour.
private struct PlainPair: Dataset {
    let pixel: [Float]
    let side = 32
    let count = 1
    let name = "plain"
    let description = "a plain pair"
    let manifest = "plain\n"
    var imageSize: ImageSize? { size(at: 0) }
    func size(at index: Int) -> ImageSize {
        ImageSize(width: side, height: side, channels: pixel.count)
    }
    func name(at index: Int) -> String { name }
    func pair(at index: Int) throws(Diagnostic) -> Pair {
        let image = Image(
            width: side, height: side, channels: pixel.count,
            pixels: (0..<side * side).flatMap { _ in pixel })
        return Pair(blurred: image, sharp: image, name: name)
    }
}

struct AugmentationTests {
    private func batch(
        _ kinds: [AugmentationKind], of pixel: [Float], colour: InputColour = .rgb, batch: Int = 400
    ) throws -> (blurred: [[Float]], sharp: [[Float]]) {
        var sampler = PatchSampler(
            PlainPair(pixel: pixel), patch: 32, batch: batch, colour: colour,
            augmentation: Augmentation(kinds),
            source: RandomSource(seed: 5))
        var blurred = [Float](repeating: .nan, count: sampler.valueCount)
        var sharp = blurred
        try sampler.next(blurred: &blurred, sharp: &sharp)
        let size = sampler.valueCount / batch
        func patches(_ values: [Float]) -> [[Float]] {
            stride(from: 0, to: values.count, by: size).map { Array(values[$0..<$0 + size]) }
        }
        return (patches(blurred), patches(sharp))
    }

    private struct Oracle: Decodable {
        struct Case: Decodable {
            let factor: Float
            let result: [[Float]]
        }
        let pixels: [[Float]]
        let cases: [Case]
    }

    @Test func `saturation changes as in scikit-image's HSV`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Oracles/saturation.json")
        let oracle = try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: file))
        for example in oracle.cases {
            for (pixel, expected) in zip(oracle.pixels, example.result) {
                let found = saturated(SIMD3(pixel), by: example.factor)
                let difference = found - SIMD3(expected)
                #expect(difference.max() < 1e-6 && difference.min() > -1e-6)
            }
        }
    }

    @Test func `colours come in all six orders, the same in both images`() throws {
        let (blurred, sharp) = try batch([.colours], of: [0.1, 0.5, 0.9])
        #expect(blurred == sharp)
        let orders = blurred.map { Array($0.prefix(3)) }
        #expect(Set(orders).count == 6)
        #expect(orders.allSatisfy { $0.sorted() == [0.1, 0.5, 0.9] })
        for order in Set(orders) {
            // 400 draws of one in six: a seventh standard deviation is out of reach.
            #expect(abs(orders.count { $0 == order } - 67) < 52)
        }
        #expect(blurred.allSatisfy { patch in patch.indices.allSatisfy { patch[$0] == patch[$0 % 3] } })
    }

    @Test func `saturation is changed by a half to one and a half, the same in both images`() throws {
        let (blurred, sharp) = try batch([.saturation], of: [0.8, 0.6, 0.4])
        #expect(blurred == sharp)
        // c = 0.8 − factor · (0.8 − 0.4)
        let factors = blurred.map { (0.8 - $0[2]) / 0.4 }
        #expect(factors.allSatisfy { 0.4999 < $0 && $0 < 1.5001 })
        #expect((factors.min() ?? 1) < 0.55 && (factors.max() ?? 1) > 1.45)
        #expect(zip(blurred, factors).allSatisfy { abs($0[1] - (0.8 - $1 * 0.2)) < 1e-6 && $0[0] == 0.8 })
    }

    @Test(arguments: [InputColour.luma, .rgb])
    func `noise is on the blurred image alone, normal, of a deviation drawn for each patch`(
        colour: InputColour
    ) throws {
        let (blurred, sharp) = try batch([.noise], of: [0.5], colour: colour)
        #expect(sharp.allSatisfy { $0.allSatisfy { $0 == 0.5 } })
        var (squares, fourths, means) = ([Double](), [Double](), [Double]())
        for patch in blurred {
            let noise = patch.map { Double($0) - 0.5 }
            let square = noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)
            squares.append(square)
            fourths.append(
                noise.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(noise.count) / (square * square))
            means.append(noise.reduce(0, +) / Double(noise.count) / square.squareRoot())
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        let deviation = mean(squares).squareRoot() * 255
        // Of 400 squares of normal values: ± 4 standard errors of √(2/400) of the square.
        #expect(abs(deviation - 2) < 0.3, "\(deviation)")
        #expect(abs(mean(fourths) - 3) < 0.02)
        #expect(abs(mean(means)) < 0.01)
        #expect(Set(blurred.map { $0[0] }).count > 390)
    }

    @Test func `noise is clamped to what an image can hold`() throws {
        let (blurred, _) = try batch([.noise], of: [1])
        #expect(blurred.allSatisfy { $0.allSatisfy { (0.5...1).contains($0) } })
        #expect(blurred.contains { $0.contains { $0 < 0.99 } })
    }

    @Test func `grey images keep their colours`() throws {
        let (blurred, _) = try batch([.colours, .saturation], of: [0.3], batch: 8)
        #expect(blurred.allSatisfy { $0.allSatisfy { $0 == 0.3 } })
    }

    @Test func `a recipe names what is done, as before where nothing new is`() {
        #expect(Augmentation.geometric.description == "true")
        #expect(Augmentation.none.description == "false")
        #expect(Augmentation([.noise, .flips]).description == "flips, noise")
        #expect(Augmentation(AugmentationKind.all).kinds == AugmentationKind.all)
    }
}
