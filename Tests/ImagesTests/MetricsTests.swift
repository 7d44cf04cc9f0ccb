import Diagnostics
import Foundation
import Images
import TestSupport
import Testing

private struct Score: Decodable {
    let name: String
    let psnr: Double?
    let ssimValid: Double
    let ssimVolume: Double
}

private struct Unrounded: Decodable {
    let psnr8bit: Double
    let psnrFloat: Double
}

struct MetricsTests {
    @Test func `PSNR and SSIM are scikit-image's, and MATLAB's SSIM of a volume is its source's`() throws {
        let scores = try decodeOracle([Score].self, "metrics.json")
        #expect(scores.count == 7)
        for score in scores {
            let image = try readImageFile(oracle("metrics/\(score.name)-image.png")).image
            let reference = try readImageFile(oracle("metrics/\(score.name)-reference.png")).image
            let psnr = try psnr(image, against: reference)
            if let expected = score.psnr {
                #expect(abs(psnr - expected) < 1e-4, "\(score.name)")
            } else {
                #expect(psnr == .infinity, "\(score.name)")
            }
            let ssim = try ssim(image, against: reference, profile: .gaussian)
            #expect(abs(ssim - score.ssimValid) < 1e-4, "\(score.name): \(ssim)")
            let volume = try Images.ssim(image, against: reference, profile: .matlab3d)
            #expect(abs(volume - score.ssimVolume) < 1e-9, "\(score.name): \(volume)")
        }
    }

    @Test func `PSNR is told with and without rounding to 8 bits`() throws {
        let expected = try decodeOracle(Unrounded.self, "unrounded.json")
        let image = try readImageFile(oracle("metrics/deep-image.png")).image
        let reference = try readImageFile(oracle("metrics/deep-reference.png")).image
        #expect(try abs(psnr(image, against: reference) - expected.psnr8bit) < 1e-9)
        #expect(try abs(psnr(image, against: reference, profile: .float) - expected.psnrFloat) < 1e-4)
    }

    @Test func `what is measured is what a file would hold`() throws {
        let wide = Image(width: 16, height: 12, channels: 1, pixels: (0..<192).map { Float($0) / 96 - 0.5 })
        #expect(try psnr(wide, against: wide.rounded()) == .infinity)
        #expect(try ssim(wide, against: wide.rounded()) == 1)
        #expect(try ssim(wide, against: wide.rounded(), profile: .matlab3d) == 1)
        // Without rounding, values beyond the range are still the nearest that an image can have.
        let beyond = Image(width: 2, height: 1, channels: 1, pixels: [-3, 4])
        let ends = Image(width: 2, height: 1, channels: 1, pixels: [0, 1])
        #expect(try psnr(beyond, against: ends, profile: .float) == .infinity)
    }

    @Test(arguments: PSNRProfile.all)
    func `an image of no numbers scores badly and does not trap`(profile: PSNRProfile) throws {
        let lost = Image(width: 12, height: 12, channels: 3, filledWith: .nan)
        let white = Image(width: 12, height: 12, channels: 3, filledWith: 1)
        #expect(try psnr(lost, against: white, profile: profile) == 0)
    }

    @Test func `images of unequal sizes cannot be compared`() {
        let (left, right) = (
            Image(width: 12, height: 13, channels: 3), Image(width: 13, height: 12, channels: 1)
        )
        let psnrFound = diagnostic { () throws(Diagnostic) in _ = try psnr(left, against: right) }
        let ssimFound = diagnostic { () throws(Diagnostic) in _ = try ssim(left, against: right) }
        #expect(psnrFound?.code == "unequal-sizes" && psnrFound == ssimFound)
        #expect(
            psnrFound?.message
                == "an image of 12×13 in colour cannot be compared with one of 13×12 in grey")
    }

    @Test func `SSIM of an image smaller than its window is a diagnostic, or the definition that has none`()
        throws
    {
        let small = Image(width: 10, height: 40, channels: 1)
        let found = diagnostic { () throws(Diagnostic) in _ = try ssim(small, against: small) }
        #expect(found?.message == "SSIM needs images of at least 11×11 pixels; these are 10×40")
        #expect(try ssim(small, against: small, profile: .matlab3d) == 1)
    }
}
