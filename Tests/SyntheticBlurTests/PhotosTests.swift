import Data
import Diagnostics
import Foundation
import Images
import Samples
import SyntheticBlur
import TestSupport
import Testing

struct PhotosTests {
    private func photos(_ folder: String, count: Int = 4, size: Int = 32, motion: Double = 6)
        throws(Diagnostic) -> Photos
    {
        try Photos(
            folder: folder, count: count, width: size, height: size, seed: 3,
            exposure: MotionBlurSettings(motion: motion))
    }

    @Test func `a seed gives the same images over the same photographs`() throws {
        try withTemporaryFolder { folder in
            for key in 0..<2 {
                let channels = key == 0 ? 3 : 1
                try writePNG(
                    testImage(key, width: 120, height: 100, channels: channels), to: "\(folder)/\(key).png")
            }
            let (together, single) = (try photos(folder), try photos(folder))
            try together.prepare()
            for index in [3, 1] { #expect(try together.pair(at: index) == single.pair(at: index)) }
            #expect(together.imageSize == ImageSize(width: 32, height: 32, channels: 3))
            #expect(try together.pair(at: 0).sharp != together.pair(at: 2).sharp)
        }
    }

    @Test func `without motion and objects every pixel is the photograph's`() throws {
        try withTemporaryFolder { folder in
            // A slope of one level in two pixels: half the size, wherever it is cut, makes it one level a
            // pixel.
            let samples: [UInt8] = (0..<100 * 200).map { (place: Int) in UInt8(place % 200 / 2 + 50) }
            try writePNG(
                Image(width: 200, height: 100, channels: 1, quantised: samples), to: folder + "/slope.png")
            let exposure = MotionBlurSettings(motion: 0, objects: 0)
            let pair = try Photos(
                folder: folder, count: 1, width: 40, height: 40, seed: 1, exposure: exposure
            ).pair(at: 0)
            #expect(pair.blurred == pair.sharp)
            let levels = pair.sharp.quantised()
            let steps = (1..<40).map { abs(Int(levels[$0 * 3]) - Int(levels[$0 * 3 - 3])) }
            #expect(steps.allSatisfy { $0 <= 3 } && (36...52).contains(steps.reduce(0, +)))
            #expect(levels.allSatisfy { (50...150).contains($0) })
        }
    }

    @Test func `only the folder's own images are read, and small ones are left out`() throws {
        try withTemporaryFolder { folder in
            try writePNG(testImage(1, width: 90, height: 90), to: folder + "/a.png")
            try writePNG(testImage(2, width: 20, height: 90), to: folder + "/small.png")
            try writePNG(testImage(3, width: 90, height: 90), to: folder + "/inside/b.png")
            try Data("not an image".utf8).write(to: URL(filePath: folder + "/LICENSES.md"))
            let lines = try photos(folder).manifest.split(separator: "\n")
            #expect(lines.count == 9)
            #expect(lines.last?.hasSuffix(" a.png") == true)
            // Another byte in the file is another fingerprint.
            let before = try photos(folder).fingerprint
            try writePNG(testImage(4, width: 90, height: 90), to: folder + "/a.png")
            #expect(try photos(folder).fingerprint != before)
        }
    }

    @Test func `JPEG photographs serve as PNG ones do, also of several sizes`() throws {
        try withTemporaryFolder { folder in
            try writeImage(testImage(1, width: 90, height: 80), to: folder + "/a.jpg")
            try writeImage(testImage(2, width: 120, height: 70), to: folder + "/b.JPEG")
            try writeImage(testImage(3, width: 70, height: 150), to: folder + "/c.png")
            let photos = try Photos(
                folder: folder, count: 3, width: 32, height: 32, seed: 1,
                exposure: MotionBlurSettings(motion: 6))
            #expect(photos.description.contains("from 3 photographs"))
            #expect(try photos.manifest.contains("a.jpg") && photos.manifest.contains("b.JPEG"))
            for index in 0..<3 { #expect(try photos.pair(at: index).sharp.width == 32) }
        }
    }

    @Test func `a folder that cannot serve is a diagnostic that says why`() throws {
        try withTemporaryFolder { folder in
            func code(_ path: String) -> String? {
                diagnostic { () throws(Diagnostic) in _ = try photos(path) }?.code
            }
            #expect(code(folder + "/none") == "cannot-read")
            #expect(code(folder) == "no-pictures")
            try writePNG(testImage(1, width: 40, height: 60), to: folder + "/a.png")
            let small = diagnostic { () throws(Diagnostic) in _ = try photos(folder) }
            #expect(small?.code == "photos-too-small")
            #expect(small?.notes == ["a.png is 40×60"])
            try Data("not an image".utf8).write(to: URL(filePath: folder + "/b.png"))
            let text = diagnostic { () throws(Diagnostic) in _ = try photos(folder) }
            #expect(text?.message == "\(folder)/b.png is not a PNG or JPEG file but a text file")
            #expect(code(folder + "/a.png") == "cannot-read")
        }
    }

    @Test func `a photograph damaged beyond its header is named when it is used`() throws {
        try withTemporaryFolder { folder in
            let bytes = try encodePNG(testImage(1, width: 90, height: 90))
            try Data(bytes.dropLast(100)).write(to: URL(filePath: folder + "/a.png"))
            let photos = try photos(folder)
            let found = diagnostic { () throws(Diagnostic) in _ = try photos.pair(at: 0) }
            #expect(found?.code == "truncated-picture")
            #expect(found?.message.contains(folder + "/a.png") == true)
            #expect(diagnostic { () throws(Diagnostic) in try photos.prepare() }?.code == "truncated-picture")
        }
    }
}
