import Diagnostics
import Foundation
import Images
import TestSupport
import Testing

/// What OpenCV finds, by Tests/Oracles/realblur.py.
private struct Alignment: Decodable {
    let name: String
    let psnr: Double
    let ssim: Double
    let coefficient: Double
    let corners: [[Double]]
    let counted: Int
    let warp: [Double]
    let warped: [Double]

    func image(_ kind: String) throws -> Image {
        try readImageFile(oracle("realblur/\(name)-\(kind).png")).image
    }
}

struct RealBlurTests {
    private func alignments() throws -> [Alignment] {
        let found = try decodeOracle([Alignment].self, "realblur.json")
        #expect(found.count == 7)
        return found
    }

    @Test func `scores by RealBlur's protocol are those of OpenCV and scikit-image`() throws {
        for expected in try alignments() {
            // OpenCV samples on a grid of 1/32 pixel while it aligns, and so stops some hundredths of a pixel
            // off: this shows where next to nothing else differs, and not in scores as they are published.
            let tolerance = expected.psnr > 45 ? 0.25 : 0.05
            let scores = try realBlurScores(expected.image("image"), against: expected.image("reference"))
            #expect(
                abs(scores.psnr - expected.psnr) < tolerance,
                "\(expected.name): \(scores.psnr), \(expected.psnr)")
            #expect(
                abs(scores.ssim - expected.ssim) < 2e-4, "\(expected.name): \(scores.ssim), \(expected.ssim)")
        }
    }

    @Test func `registration finds OpenCV's homography and coefficient`() throws {
        for expected in try alignments() {
            let (image, reference) = (try expected.image("image"), try expected.image("reference"))
            let found = try Registration(image, to: reference)
            #expect(
                abs(found.coefficient - expected.coefficient) < 1e-3, "\(expected.name): \(found.coefficient)"
            )
            let h = expected.warp
            let theirs = Homography(values: h[0..<8].map { $0 / h[8] })
            let distance = found.map.distance(from: theirs, width: image.width, height: image.height)
            #expect(distance < 0.1, "\(expected.name): \(distance)")
        }
    }

    @Test func `a bicubic warp is OpenCV's, and so are the pixels that it fills`() throws {
        for expected in try alignments() {
            var (image, reference) = (try expected.image("image"), try expected.image("reference"))
            let product = zip(image.pixels, reference.pixels).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            let square = image.pixels.reduce(0) { $0 + Double($1) * Double($1) }
            image = Image(
                width: image.width, height: image.height, channels: image.channels,
                pixels: image.pixels.map { $0 * Float(product / square) })
            reference = image
            let h = expected.warp
            let (warped, isInside) = image.warped(by: Homography(values: h[0..<8].map { $0 / h[8] }))
            #expect(isInside.count(where: \.self) == expected.counted, "\(expected.name)")
            let sampled = stride(from: 0, to: warped.pixels.count, by: 97).map { Double(warped.pixels[$0]) }
            let farthest = zip(sampled, expected.warped).map { abs($0 - $1) }.max() ?? .infinity
            #expect(
                sampled.count == expected.warped.count && farthest < 2e-5, "\(expected.name): \(farthest)")
        }
    }

    @Test func `an image scores perfectly against itself, and against itself half as bright nearly so`()
        throws
    {
        let image = try #require(try alignments().first).image("reference")
        let same = try realBlurScores(image, against: image)
        #expect(same.psnr == .infinity && same.ssim == 1)
        let darker = Image(
            width: image.width, height: image.height, channels: image.channels,
            pixels: image.pixels.map { $0 / 2 })
        // What is left is the rounding to 8 bits, doubled with the brightness.
        #expect(try realBlurScores(darker, against: image).psnr > 50)
        #expect(try psnr(darker, against: image) < 15)
    }

    @Test func `images that are aligned where no window counts are refused and not scored NaN`() throws {
        // Two waves, and the same seven pixels on. Only windows in the middle of the eleven columns count,
        // and the map that aligns the two takes that column out of the image.
        func waves(_ dx: Double) -> Image {
            let pixels = (0..<11 * 45).map { place in
                let (x, y) = (Double(place % 11) + dx, Double(place / 11))
                let first: Double = sin(0.163 * x + 0.388 * y + 1.07)
                let second: Double = sin(0.145 * x - 0.385 * y + 3.8)
                return Float(0.5 + 0.24 * (first + second))
            }
            return Image(width: 11, height: 45, channels: 1, pixels: pixels)
        }
        let (image, reference) = (waves(-7.1), waves(0))
        let (_, isInside) = image.warped(by: try Registration(image, to: reference).map)
        #expect(isInside.contains(true))
        #expect(!(0..<45).contains { isInside[$0 * 11 + 5] })
        let mistake = diagnostic { () throws(Diagnostic) in
            _ = try realBlurScores(image, against: reference)
        }
        #expect(mistake?.code == "not-aligned")
    }

    @Test func `images that cannot be aligned are refused and nothing traps`() throws {
        let grey = Image(width: 24, height: 20, channels: 3, filledWith: 0.5)
        let black = Image(width: 24, height: 20, channels: 3)
        let noise = Image(
            width: 24, height: 20, channels: 3, pixels: (0..<1440).map { Float($0 * 7919 % 256) / 255 })
        for (image, reference) in [(grey, grey), (black, noise), (noise, black), (grey, noise)] {
            let mistake = diagnostic { () throws(Diagnostic) in
                _ = try realBlurScores(image, against: reference)
            }
            #expect(mistake?.code == "not-aligned")
        }
        let lost = Image(width: 24, height: 20, channels: 3, filledWith: .nan)
        #expect(diagnostic { () throws(Diagnostic) in _ = try realBlurScores(lost, against: noise) } != nil)
        let tiny = Image(width: 8, height: 8, channels: 1, pixels: (0..<64).map { Float($0 * 37 % 64) / 64 })
        let small = diagnostic { () throws(Diagnostic) in _ = try realBlurScores(tiny, against: tiny) }
        #expect(small?.code == "too-small")
    }
}
