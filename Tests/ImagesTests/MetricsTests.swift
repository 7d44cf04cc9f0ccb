import Diagnostics
import Foundation
import Images
import Testing

private struct Score: Decodable {
    let name: String
    let psnr: Double?
    let ssimValid: Double
}

struct MetricsTests {
    @Test func `PSNR and SSIM are scikit-image's`() throws {
        let scores = try decodeOracle([Score].self, "metrics.json")
        #expect(scores.count == 7)
        for score in scores {
            let image = try readPNG(oracle("metrics/\(score.name)-image.png")).image
            let reference = try readPNG(oracle("metrics/\(score.name)-reference.png")).image
            let psnr = try psnr(image, against: reference)
            if let expected = score.psnr {
                #expect(abs(psnr - expected) < 1e-4, "\(score.name)")
            } else {
                #expect(psnr == .infinity, "\(score.name)")
            }
            let ssim = try ssim(image, against: reference, profile: .gaussian)
            #expect(abs(ssim - score.ssimValid) < 1e-4, "\(score.name): \(ssim)")
        }
    }

    @Test func `what is measured is what a file would hold`() throws {
        let wide = Image(width: 16, height: 12, channels: 1, pixels: (0..<192).map { Float($0) / 96 - 0.5 })
        #expect(try psnr(wide, against: wide.rounded()) == .infinity)
        #expect(try ssim(wide, against: wide.rounded()) == 1)
    }

    @Test func `a picture of no numbers scores badly and does not trap`() throws {
        let lost = Image(width: 12, height: 12, channels: 3, filledWith: .nan)
        let white = Image(width: 12, height: 12, channels: 3, filledWith: 1)
        #expect(try psnr(lost, against: white) == 0)
    }

    @Test func `pictures of unequal sizes cannot be compared`() {
        let (left, right) = (
            Image(width: 12, height: 13, channels: 3), Image(width: 13, height: 12, channels: 3)
        )
        let psnrFound = diagnostic { () throws(Diagnostic) in _ = try psnr(left, against: right) }
        let ssimFound = diagnostic { () throws(Diagnostic) in _ = try ssim(left, against: right) }
        #expect(psnrFound?.code == "unequal-sizes" && ssimFound?.code == "unequal-sizes")
    }

    @Test func `SSIM of a picture smaller than its window is a diagnostic`() {
        let small = Image(width: 10, height: 40, channels: 1)
        let found = diagnostic { () throws(Diagnostic) in _ = try ssim(small, against: small) }
        #expect(found?.message == "SSIM needs pictures of at least 11×11 pixels; these are 10×40")
    }
}
