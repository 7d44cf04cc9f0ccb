import Curation
import Data
import Diagnostics
import Foundation
import Images
import Machine
import PairedData
import Samples
import TestSupport
import Testing

struct FrameBlurTests {
    /// Frames whose every value can be told, `count` of them.
    private func plantFrames(_ count: Int, in folder: String, width: Int = 32, height: Int = 24) throws {
        for index in 1...count {
            // Without leading zeros, so that the order of names is not that of numbers.
            try writePNG(testImage(index, width: width, height: height), to: "\(folder)/frame\(index).png")
        }
    }

    @Test func `windows of frames are averaged as encoded and as light, the middle one the target`() throws {
        try withTemporaryFolder { root in
            try plantFrames(23, in: root + "/clip")
            let maker = try FrameBlur(window: 5...7, seed: 3, into: root + "/set", split: "train")
            let sequences = try maker.run(root + "/clip")
            #expect(sequences.count == 1 && sequences[0].name == "clip" && sequences[0].frames == 23)
            let set = try PairedFolder(root + "/set", split: "train")
            let gamma = try PairedFolder(root + "/set", split: "train", blur: .gamma)
            #expect(set.count == sequences[0].pairs && (3...4).contains(set.count))
            var first = 1
            for index in 0..<set.count {
                let number = try #require(Int(set.name(at: index).suffix(6)))
                let window = 2 * (number - first) + 1
                #expect([5, 7].contains(window), "one window begins where the last one ended")
                let frames = (first..<first + window).map { testImage($0, width: 32, height: 24) }
                first += window
                #expect(try set.pair(at: index).sharp == frames[window / 2])
                for place in stride(from: 0, to: frames[0].pixels.count, by: 7) {
                    let values = frames.map { Double($0.pixels[place]) }
                    let plain = values.reduce(0, +) / Double(window)
                    let light = pow(values.reduce(0) { $0 + pow($1, 2.2) } / Double(window), 1 / 2.2)
                    #expect(try abs(Double(set.pair(at: index).blurred.pixels[place]) - plain) < 0.51 / 255)
                    #expect(try abs(Double(gamma.pair(at: index).blurred.pixels[place]) - light) < 0.51 / 255)
                }
            }
            let table = try String(contentsOfFile: root + "/set/train/clip/measures.csv", encoding: .utf8)
            #expect(table.hasPrefix("frames,pairs,shake_px,largest_shake_px,noise_levels,smooth_part\n23,"))
        }
    }

    @Test func `frames of light have one kind of blur, and a folder of clips gives a sequence each`() throws {
        try withTemporaryFolder { root in
            try plantFrames(3, in: root + "/clips/one")
            try plantFrames(7, in: root + "/clips/two")
            let maker = try FrameBlur(window: 3...3, curve: .linear, into: root + "/set")
            #expect(try maker.run(root + "/clips").map(\.pairs) == [1, 2])
            #expect(try PairedFolder(root + "/set").count == 3)
            #expect(!FileManager.default.fileExists(atPath: root + "/set/one/blur_gamma"))
            // What is there is never mixed with something else.
            let again = diagnostic { () throws(Diagnostic) in _ = try maker.run(root + "/clips") }
            #expect(again?.code == "sequence-exists" && again?.message == "\(root)/set/one is there already")
        }
    }

    @Test func `frames that cannot serve leave nothing behind`() throws {
        try withTemporaryFolder { root in
            func found(_ source: String, stop: Bool = false) -> Diagnostic? {
                diagnostic { () throws(Diagnostic) in
                    _ = try FrameBlur(window: 5...5, into: root + "/set").run(
                        source, stop: stop ? .requested : StopFlag())
                }
            }
            try plantFrames(4, in: root + "/few")
            #expect(found(root + "/few")?.message == "few has 4 frames, too few for a window of 5")
            try plantFrames(6, in: root + "/mixed")
            try writePNG(testImage(1, width: 33, height: 24), to: root + "/mixed/frame6.png")
            #expect(found(root + "/mixed")?.code == "unequal-sizes")
            try Data("no image".utf8).write(to: URL(filePath: root + "/mixed/frame3.png"))
            #expect(found(root + "/mixed")?.code == "unknown-picture")
            #expect(found(root + "/few", stop: true) == .stopped)
            #expect(found(root + "/none")?.code == "cannot-read")
            try FileManager.default.createDirectory(
                atPath: root + "/empty", withIntermediateDirectories: true)
            #expect(found(root + "/empty")?.code == "no-pictures")
            #expect((try? FileManager.default.contentsOfDirectory(atPath: root + "/set")) ?? [] == [])
            for window in [2...2, 0...3, 7...103] {
                let code = diagnostic { () throws(Diagnostic) in _ = try FrameBlur(window: window, into: root)
                }
                #expect(code?.code == "out-of-range")
            }
        }
    }

    private static let hasFFmpeg = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/ffmpeg") }

    /// Frames at equal times, and at times that lie further and further apart.
    @Test(.enabled(if: hasFFmpeg), arguments: ["null", "setpts=(N+N*N)/25/TB"])
    func `a video's frames are those that were put in, each once`(times: String) throws {
        try withTemporaryFolder { root in
            try plantFrames(9, in: root + "/frames", width: 64, height: 48)
            // Without loss, so that what comes back is what was put in.
            let ffmpeg = try Process.run(
                URL(filePath: "/usr/bin/env"),
                arguments: [
                    "ffmpeg", "-v", "error", "-i", root + "/frames/frame%d.png", "-vf", times, "-c:v", "ffv1",
                    "-pix_fmt", "gbrp",
                    root + "/clip.mkv",
                ])
            ffmpeg.waitUntilExit()
            let maker = try FrameBlur(window: 3...3, into: root + "/set")
            let sequence = try maker.run(root + "/clip.mkv")[0]
            #expect(sequence.pairs == 3 && sequence.frames == 9 && sequence.name == "clip")
            let set = try PairedFolder(root + "/set")
            for index in 0..<3 {
                #expect(try set.pair(at: index).sharp == testImage(3 * index + 2, width: 64, height: 48))
            }
            try Data("no video".utf8).write(to: URL(filePath: root + "/bad.mp4"))
            let bad = diagnostic { () throws(Diagnostic) in _ = try maker.run(root + "/bad.mp4") }
            #expect(bad?.message == "cannot read \(root)/bad.mp4: ffmpeg gives up on it")
            #expect(bad?.notes.isEmpty == false)
        }
    }

    @Test(arguments: [
        "", "P6", "P5\n2 2\n255\n", "P6\n2 2\n255\nabc", "P6\n0 2\n255\n", "P6\n99999999 99999999\n255\n",
        "P6\n2 2\n7\n", "P6 " + String(repeating: "1", count: 100), "\n\n\n\n",
    ])
    func `what is no PPM image is refused`(text: String) {
        var rest = Array(text.utf8)[...]
        var reader = PortablePixmaps { count in
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        var image: Image?
        let found = diagnostic { () throws(Diagnostic) in image = try reader.next(named: "a pipe") }
        #expect(image == nil && (text.isEmpty ? found == nil : found?.code == "corrupt-picture"))
    }
}

struct SceneMeasuresTests {
    /// A smooth random landscape that can be looked at from anywhere.
    private func view(_ x: Double, _ y: Double, noise: Double = 0, contrast: Double = 1) -> Image {
        var source = RandomSource(seed: 9)
        // As in photographs, what is large is strong: amplitudes fall as 1/f.
        let waves = (0..<40).map { _ in
            let frequency = exp(source.uniform(log(0.02), log(0.8)))
            let angle = source.uniform(0, 6.28)
            return (
                frequency * cos(angle), frequency * sin(angle), source.uniform(0, 6.28), 0.02 / frequency
            )
        }
        var grain = RandomSource(seed: 5).split(Int(100 * (x + 50 * y)))
        let (width, height) = (160, 120)
        return Image(
            width: width, height: height, channels: 1,
            pixels: (0..<width * height).map { place in
                let (u, v) = (Double(place % width) - x, Double(place / width) - y)
                let sum = waves.reduce(0.0) { $0 + $1.3 * sin($1.0 * u + $1.1 * v + $1.2) }
                return Float(0.5 + contrast * sum / 8 + noise / 255 * grain.gaussian())
            })
    }

    @Test(arguments: [(0.0, 0.0), (0.3, -0.2), (1.7, 2.4), (-6.5, 3.0), (11, -9)])
    func `a shift is found to a tenth of a pixel`(x: Double, y: Double) {
        let found = Translation(from: view(0, 0), to: view(x, y))
        #expect(abs(found.dx - x) < 0.1 && abs(found.dy - y) < 0.1, "\(found)")
        let noisy = Translation(from: view(0, 0, noise: 4), to: view(x, y, noise: 4))
        #expect(abs(noisy.dx - x) < 0.2 && abs(noisy.dy - y) < 0.2, "\(noisy)")
    }

    @Test func `an image without detail has no shift`() {
        let flat = Image(width: 100, height: 100, channels: 1, filledWith: 0.5)
        let found = Translation(from: flat, to: flat)
        #expect(found.dx == 0 && found.dy == 0)
    }

    @Test func `shake, noise and smooth areas are measured as they were made`() {
        let calm = RecordingMeasures(of: (0..<12).map { view(0.4 * Double($0), 0, noise: 1) })
        #expect(abs(calm.shake - 0.4) < 0.1 && abs(calm.noise - 1) < 0.3, "\(calm)")
        #expect(calm.smooth < 0.3 && calm.warnings.isEmpty)
        let wild = RecordingMeasures(
            of: (0..<12).map { view(5.5 * Double($0 % 2), 0, noise: 9, contrast: 0.01) })
        #expect(abs(wild.noise - 9) < 1.5, "\(wild)")
        #expect(wild.smooth > 0.7 && wild.warnings.count >= 2, "\(wild)")
        let shaken = RecordingMeasures(of: (0..<12).map { view(5.5 * Double($0 % 2), 0) })
        #expect(abs(shaken.shake - 5.5) < 0.2 && abs(shaken.largestShake - 5.5) < 0.3)
        #expect(shaken.warnings.count == 1 && shaken.warnings[0].hasPrefix("the camera moves by 5.5 pixels"))
    }
}
