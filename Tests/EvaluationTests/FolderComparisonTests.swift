import Diagnostics
import Evaluation
import Foundation
import Images
import Samples
import Testing

struct FolderComparisonTests {
    private func folders(_ body: (_ left: String, _ right: String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(
            path: "acuity-compare-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try body(root + "/a", root + "/b")
    }

    private let images = SampleImages.waves(3).pairs

    @Test func `images of equal names are scored, in folders within folders and whatever their format`()
        throws
    {
        try folders { left, right in
            for (index, name) in ["x/1.png", "x/2.png", "3.png"].enumerated() {
                try writePNG(images[index].blurred, to: "\(left)/\(name)")
                try writePNG(index == 1 ? images[1].blurred : images[index].sharp, to: "\(right)/\(name)")
            }
            let compared = try compareImages(left, with: right)
            #expect(compared.images.map(\.name) == ["3", "x/1", "x/2"])
            #expect(compared.identical == 1)
            let expected = try [2, 0].map {
                try psnr(images[$0].blurred.rounded(), against: images[$0].sharp.rounded())
            }
            #expect(compared.images[2].psnr == .infinity && compared.images[2].ssim == 1)
            #expect(compared.psnr == (expected[0] + expected[1]) / 2)
            let metrics = Metrics(psnr: .float, ssim: .matlab3d)
            let other = try compareImages("\(left)/3.png", with: "\(right)/3.png", metrics: metrics)
            #expect(other.images.map(\.name) == ["3"] && other.metrics == metrics)
            #expect(
                other.ssim
                    == (try ssim(
                        images[2].blurred.rounded(), against: images[2].sharp.rounded(),
                        profile: .matlab3d)))
        }
    }

    @Test func `what cannot be compared is named`() throws {
        try folders { left, right in
            func found() -> Diagnostic? {
                do throws(Diagnostic) { _ = try compareImages(left, with: right) } catch { return error }
                return nil
            }
            #expect(found()?.code == "cannot-read")
            try writePNG(images[0].sharp, to: "\(left)/1.png")
            try FileManager.default.createDirectory(atPath: right, withIntermediateDirectories: true)
            #expect(found()?.code == "no-pictures")
            try writePNG(images[0].sharp.cropped(x: 0, y: 0, width: 16, height: 11), to: "\(right)/1.png")
            #expect(found()?.code == "unequal-sizes")
            #expect(found()?.notes == ["in \(left)/1.png and \(right)/1.png"])
            try writeImage(images[0].sharp, to: "\(right)/1.jpg")
            #expect(found()?.code == "ambiguous-name")
            try FileManager.default.removeItem(atPath: "\(right)/1.png")
            try writePNG(images[0].sharp, to: "\(right)/0/2.png")
            #expect(found()?.message == "\(right)/0/2.png has no partner")
            #expect(found()?.notes == ["there is no image `0/2` below \(left)"])
            var mistake: Diagnostic?
            do throws(Diagnostic) { _ = try compareImages("\(left)/1.png", with: right) } catch {
                mistake = error
            }
            #expect(mistake?.message == "\(right) is a folder, and \(left)/1.png is a file")
        }
    }

    @Test func `it can be stopped`() throws {
        try folders { left, right in
            try writePNG(images[0].sharp, to: "\(left)/1.png")
            try writePNG(images[0].sharp, to: "\(right)/1.png")
            var code = ""
            do throws(Diagnostic) { _ = try compareImages(left, with: right, stop: .requested) } catch {
                code = error.code
            }
            #expect(code == "interrupted")
        }
    }

    @Test func `partners are found whatever the ending's case and kind, and however accents are encoded`()
        throws
    {
        try folders { left, right in
            for (index, names) in [
                ("1.png", "1.JPG"), ("2.PNG", "2.jpeg"), ("caf\u{E9}.png", "cafe\u{301}.png"),
            ]
            .enumerated() {
                try writeImage(images[index].blurred, to: "\(left)/\(names.0)")
                try writeImage(images[index].sharp, to: "\(right)/\(names.1)")
            }
            let compared = try compareImages(left, with: right)
            #expect(compared.images.map(\.name) == ["1", "2", "caf\u{E9}"])
            try writeImage(images[2].sharp, to: "\(right)/caf\u{E9}.png")
            do throws(Diagnostic) {
                _ = try compareImages(left, with: right)
                Issue.record("two candidates were taken for one")
            } catch {
                #expect(error.code == "ambiguous-name")
                #expect(error.message.contains("differ only by how their accented letters are encoded"))
            }
        }
    }

    @Test func `a grey image counts as R = G = B beside one in colour`() throws {
        try folders { left, right in
            let pair = SampleImages.waves(1, channels: 1).pairs[0]
            let (image, grey) = (pair.sharp, pair.blurred)
            try writePNG(grey, to: "\(left)/1.png")
            try writePNG(image.colour, to: "\(right)/1.png")
            let compared = try compareImages(left, with: right)
            #expect(compared.psnr == (try psnr(grey.rounded(), against: image.rounded())))
        }
    }

    @Test func `an image that cannot be scored is named and left out, and the others are scored`() throws {
        try folders { left, right in
            for index in 0..<2 {
                try writePNG(images[index].blurred, to: "\(left)/\(index).png")
                try writePNG(images[index].sharp, to: "\(right)/\(index).png")
            }
            let whole = try compareImages(left, with: right)
            let small = images[0].sharp.cropped(x: 0, y: 0, width: 10, height: 10)
            for folder in [left, right] { try writePNG(small, to: "\(folder)/small.png") }
            try writePNG(images[2].sharp, to: "\(left)/unequal.png")
            try writePNG(
                images[2].sharp.cropped(x: 0, y: 0, width: 16, height: 16), to: "\(right)/unequal.png")
            let compared = try compareImages(left, with: right)
            #expect(compared.unscored.map(\.name) == ["small", "unequal"])
            #expect(compared.unscored.map(\.reason.code) == ["too-small", "unequal-sizes"])
            #expect(compared.psnr == whole.psnr && compared.ssim == whole.ssim)
            #expect(compared.images == whole.images)
        }
    }
}
