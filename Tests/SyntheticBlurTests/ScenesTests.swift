import Diagnostics
import Foundation
import Images
import SyntheticBlur
import TestSupport
import Testing

struct ScenesTests {
    private func scenes(
        _ count: Int, size: Int = 48, seed: Int = 1, exposure: MotionBlurSettings = MotionBlurSettings()
    ) throws
        -> Scenes
    {
        try Scenes(count: count, width: size, height: size, seed: seed, exposure: exposure)
    }

    @Test func `a seed gives the same scenes in any order, on any number of threads`() throws {
        let (together, single) = (try scenes(6), try scenes(6))
        try together.prepare()
        for index in [5, 0, 3] {
            #expect(try together.pair(at: index) == single.pair(at: index))
        }
        #expect(try together.pair(at: 2) != scenes(6, seed: 2).pair(at: 2))
        #expect(try together.pair(at: 2).sharp != together.pair(at: 3).sharp)
        // Scene k is the same however many there are.
        #expect(try scenes(4).pair(at: 3) == single.pair(at: 3))
    }

    @Test
    func `the sharp image is the middle sub-frame and the blurred one the mean of all in linear light`()
        throws
    {
        let scenes = try scenes(5)
        for index in 0..<5 {
            let frames = scenes.linearFrames(at: index)
            #expect([7, 9, 11, 13].contains(frames.count))
            let pair = try scenes.pair(at: index)
            let middle = frames[frames.count / 2]
            #expect(pair.sharp == encoded(middle.pixels, like: middle))
            let mean = middle.pixels.indices.map { pixel in
                frames.reduce(0) { $0 + $1.pixels[pixel] } * (1 / Float(frames.count))
            }
            #expect(try psnr(pair.blurred, against: encoded(mean, like: middle)) > 60)
        }
    }

    private func encoded(_ light: [Float], like image: Image) -> Image {
        Image(width: image.width, height: image.height, channels: 3, pixels: light.map(LinearLight.encode))
            .rounded()
    }

    @Test func `the mean light of a blurred image is that of its sub-frames`() throws {
        let scenes = try scenes(4)
        for index in 0..<4 {
            let frames = scenes.linearFrames(at: index)
            func mean(_ values: [Float]) -> Double {
                values.reduce(0) { $0 + Double($1) } / Double(values.count)
            }
            let light = frames.map { mean($0.pixels) }.reduce(0, +) / Double(frames.count)
            let blurred = mean(try scenes.pair(at: index).blurred.pixels.map(LinearLight.decode))
            // What rounding to 8 bits may move it by.
            #expect(abs(blurred - light) < 5e-4)
        }
    }

    @Test func `without motion the blurred image is the sharp one`() throws {
        let still = try scenes(4, exposure: MotionBlurSettings(motion: 0))
        for index in 0..<4 {
            let pair = try still.pair(at: index)
            #expect(pair.blurred == pair.sharp)
        }
    }

    @Test func `a camera that moves by a whole image's width still finds scene everywhere`() throws {
        let scenes = try scenes(4, size: 16, exposure: MotionBlurSettings(motion: 16, objects: 0))
        for index in 0..<4 {
            for frame in scenes.linearFrames(at: index) {
                // A background that ended would repeat its last column over the image's whole side.
                let columns = (0..<16).map { frame.cropped(x: $0, y: 0, width: 1, height: 16).pixels }
                #expect(zip(columns, columns.dropFirst()).allSatisfy { $0 != $1 })
            }
        }
    }

    @Test func `objects change the sub-frames, and no object moves in a still exposure`() throws {
        let (with, without) = (try scenes(3), try scenes(3, exposure: MotionBlurSettings(objects: 0)))
        for index in 0..<3 { #expect(with.linearFrames(at: index) != without.linearFrames(at: index)) }
        let still = try scenes(1, exposure: MotionBlurSettings(motion: 0, objects: 8)).linearFrames(at: 0)
        #expect(still.allSatisfy { $0 == still[0] })
    }

    @Test func `before a fixed camera only objects move`() throws {
        let empty = try scenes(3, exposure: MotionBlurSettings(objects: 0, shake: 0))
        for index in 0..<3 {
            let pair = try empty.pair(at: index)
            #expect(pair.blurred == pair.sharp)
        }
        let frames = try scenes(1, exposure: MotionBlurSettings(objects: 4, shake: 0)).linearFrames(at: 0)
        #expect(frames[0] != frames[frames.count - 1])
    }

    @Test func `a smooth area covers the part of the images that is asked for`() throws {
        /// Of 8 images, the part of the pixels that differ by less than 1.5 levels from their right and
        /// lower neighbours.
        func calm(_ smooth: Double) throws -> Double {
            let exposure = MotionBlurSettings(motion: 0, objects: 0, smooth: smooth)
            let set = try Scenes(count: 8, width: 64, height: 64, seed: 3, exposure: exposure)
            var count = 0
            for index in 0..<8 {
                let image = try set.pair(at: index).sharp
                for y in 0..<63 {
                    for x in 0..<63 {
                        func value(_ x: Int, _ y: Int) -> Float { image.pixels[(y * 64 + x) * 3] * 255 }
                        let here = value(x, y)
                        if abs(value(x + 1, y) - here) < 1.5, abs(value(x, y + 1) - here) < 1.5 { count += 1 }
                    }
                }
            }
            return Double(count) / (8 * 63 * 63)
        }
        let base = try calm(0)
        #expect(base < 0.4)
        #expect(try calm(1) == 1)
        // The area is cut through the background with its margins, so that an image shows more or less of
        // it.
        #expect(abs(try calm(0.5) - (0.5 + 0.5 * base)) < 0.12)
    }

    @Test func `one sub-frame is a sharp image`() throws {
        let pair = try scenes(1, exposure: MotionBlurSettings(motion: 8, frames: 1...1)).pair(at: 0)
        #expect(pair.blurred == pair.sharp)
    }

    @Test func `noise has the strength asked for and falls on the blurred image alone`() throws {
        let clean = try scenes(3, size: 64, exposure: MotionBlurSettings(motion: 0))
        let noisy = try scenes(3, size: 64, exposure: MotionBlurSettings(motion: 0, noise: 4))
        for index in 0..<3 {
            let (left, right) = (try clean.pair(at: index), try noisy.pair(at: index))
            #expect(left.sharp == right.sharp)
            // 20 log₁₀(255 / 4) is 36.1 dB; less is taken away where the values are clamped.
            #expect(abs(try psnr(right.blurred, against: left.blurred) - 36.1) < 0.7)
        }
    }

    @Test func `scenes are blurred as much as the GoPro set is`() throws {
        let scenes = try Scenes(count: 64, width: 96, height: 96, seed: 1)
        try scenes.prepare()
        let scores = try (0..<64).map { index in
            let pair = try scenes.pair(at: index)
            return try psnr(pair.blurred, against: pair.sharp)
        }
        // GOPRO_Large's test set: 25.6 dB.
        #expect(abs(scores.reduce(0, +) / 64 - 25.6) < 2)
    }

    @Test func `the power of a scene falls with frequency as a photograph's does`() throws {
        let scenes = try Scenes(count: 24, width: 64, height: 64, seed: 11)
        let spectra = try (0..<24).map { radialPower(try scenes.pair(at: $0).sharp.luma) }
        let frequencies = Array(3...20)
        let points = frequencies.map { frequency in
            (log(Double(frequency)), log(spectra.reduce(0) { $0 + $1[frequency] }))
        }
        // Photographs: a power of 1/f² give or take 0.5 from one to another [Field 1987; Tolhurst et al.
        // 1992].
        let slope = regressionSlope(points)
        #expect(slope > -2.7 && slope < -1.6, "\(slope)")
    }

    private func regressionSlope(_ points: [(Double, Double)]) -> Double {
        let count = Double(points.count)
        let x = points.reduce(0) { $0 + $1.0 } / count
        let y = points.reduce(0) { $0 + $1.1 } / count
        return points.reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) }
            / points.reduce(0) { $0 + ($1.0 - x) * ($1.0 - x) }
    }

    /// Mean power at each whole frequency, under a Hann window, by the definition of the Fourier transform.
    private func radialPower(_ image: Image) -> [Double] {
        let side = image.width
        let window = (0..<side).map { 0.5 - 0.5 * cos(2 * .pi * (Double($0) + 0.5) / Double(side)) }
        let mean = image.pixels.reduce(0) { $0 + Double($1) } / Double(image.pixels.count)
        let waves = (0..<side).map {
            (cos(2 * .pi * Double($0) / Double(side)), sin(2 * .pi * Double($0) / Double(side)))
        }
        // Along rows, then along columns.
        var half = [(Double, Double)](repeating: (0, 0), count: side * side)
        for y in 0..<side {
            for u in 0..<side {
                for x in 0..<side {
                    let value = (Double(image.pixels[y * side + x]) - mean) * window[x] * window[y]
                    let wave = waves[u * x % side]
                    half[y * side + u].0 += value * wave.0
                    half[y * side + u].1 -= value * wave.1
                }
            }
        }
        var power = [Double](repeating: 0, count: side)
        var counts = [Double](repeating: 0, count: side)
        for v in 0..<side {
            for u in 0..<side {
                var (real, imaginary) = (0.0, 0.0)
                for y in 0..<side {
                    let (wave, value) = (waves[v * y % side], half[y * side + u])
                    real += value.0 * wave.0 + value.1 * wave.1
                    imaginary += value.1 * wave.0 - value.0 * wave.1
                }
                let (fu, fv) = (Double(min(u, side - u)), Double(min(v, side - v)))
                let frequency = Int((fu * fu + fv * fv).squareRoot().rounded())
                guard frequency < side else { continue }
                power[frequency] += real * real + imaginary * imaginary
                counts[frequency] += 1
            }
        }
        return zip(power, counts).map { $1 > 0 ? $0 / $1 : 0 }
    }

    @Test func `the manifest says every argument, and the fingerprint changes with each`() throws {
        let base = try scenes(4)
        let expected = """
            scenes version 2
            count 4
            size 48×48
            seed 1
            motion 12.0
            objects 3
            frames 7..13
            noise 0.0

            """
        #expect(base.manifest == expected)
        let others = [
            base, try scenes(5), try scenes(4, size: 50), try scenes(4, seed: 2),
            try scenes(4, exposure: MotionBlurSettings(motion: 6)),
            try scenes(4, exposure: MotionBlurSettings(objects: 2)),
            try scenes(4, exposure: MotionBlurSettings(frames: 7...11)),
            try scenes(4, exposure: MotionBlurSettings(noise: 1)),
            try scenes(4, exposure: MotionBlurSettings(shake: 0)),
            try scenes(4, exposure: MotionBlurSettings(smooth: 0.5)),
        ]
        #expect(Set(try others.map { try $0.fingerprint }).count == others.count)
        #expect(try base.fingerprint.count == 64)
    }

    @Test func `arguments out of range are diagnostics that name them`() {
        func message(
            _ count: Int, _ width: Int, _ height: Int, _ exposure: MotionBlurSettings = MotionBlurSettings()
        ) -> String? {
            diagnostic { () throws(Diagnostic) in
                _ = try Scenes(count: count, width: width, height: height, seed: 1, exposure: exposure)
            }?.message
        }
        #expect(message(0, 96, 96) == "`count` must be from 1 to 1000000, not 0")
        #expect(message(1, 8, 8) == "`size` must be from 16 to 2048, not 8")
        #expect(message(1, 96, 4096) == "`height` must be from 16 to 2048, not 4096")
        #expect(
            message(1, 96, 96, MotionBlurSettings(motion: 100)) == "`motion` must be from 0 to 96, not 100")
        #expect(
            message(1, 96, 96, MotionBlurSettings(motion: .nan)) == "`motion` must be from 0 to 96, not nan")
        #expect(
            message(1, 96, 96, MotionBlurSettings(objects: -1)) == "`objects` must be from 0 to 64, not -1")
        #expect(
            message(1, 96, 96, MotionBlurSettings(noise: 300)) == "`noise` must be from 0 to 255, not 300")
        #expect(message(1, 96, 96, MotionBlurSettings(shake: 2)) == "`shake` must be from 0 to 1, not 2")
        #expect(message(1, 96, 96, MotionBlurSettings(smooth: -1)) == "`smooth` must be from 0 to 1, not -1")
        #expect(
            message(1, 96, 96, MotionBlurSettings(frames: 8...8))
                == "`frames` is 8..8; it must lie in 1..101 and hold an odd number")
        #expect(message(1, 33, 17, MotionBlurSettings(motion: 8, objects: 0)) == nil)
    }
}
