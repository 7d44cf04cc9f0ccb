import Diagnostics
import Foundation
import Kinds

/// How images are brought together before PSNR and SSIM are measured.
public struct ScoringProtocol: NamedKind {
    public static let all = [plain, realBlur]

    /// PSNR (dB) and SSIM of an image against its reference.
    public typealias Scores = @Sendable (Image, Image) throws(Diagnostic) -> (psnr: Double, ssim: Double)

    public let name: String
    public let about: String
    /// What defines PSNR and SSIM as well; `nil` where a profile of each does.
    public let ownScores: Scores?

    /// Pixel against pixel, by a PSNR and an SSIM profile.
    public static let plain = ScoringProtocol(
        name: "plain", about: "pixel against pixel", ownScores: nil)

    /// As scores on RealBlur are published, by ``realBlurScores(_:against:)``.
    public static let realBlur = ScoringProtocol(
        name: "realblur",
        about: "as results on RealBlur are published: made as bright as the reference, aligned with it by a "
            + "homography, scored where both overlap, with profiles of its own",
        ownScores: { image, reference throws(Diagnostic) in
            try realBlurScores(image, against: reference)
        })
}

/// PSNR (dB) and SSIM of `image` against `reference` as the authors of RealBlur measure them [Rim et al.
/// 2020], by their published evaluation program: the two were taken by two cameras and never lie quite on
/// each other, nor are they equally bright, and without this a score says more of the cameras than of the
/// restoration.
///
/// 1. Both images are rounded to 8 bits, as the files that they score are.
/// 2. The image is multiplied by Σ(image·reference) ÷ Σ(image²), over all pixels and channels.
/// 3. A homography is found that maximises the enhanced correlation of their grey values (``Registration``:
///    5×5 Gaussian window, at most 100 iterations from the identity), and the image is warped by it,
///    bicubically.
/// 4. Pixels that the warped image has no pixel for are 0 in both images and do not count. PSNR: peak 1,
///    the squared error over the counted pixels, of values neither clamped nor rounded. SSIM: the profile
///    `gaussian` of the same values, the mean over counted windows that lie within the image, each channel
///    by itself, then the mean.
///
/// Their program leaves the blurred image unaligned when it scores that for comparison; here each image
/// that is scored is aligned. Registration stops early once the map has settled, where theirs goes on to the
/// hundredth iteration.
/// - Throws: `unequal-sizes`, `too-small` where SSIM's window does not fit, `not-aligned`, also where the map
///   that is found leaves no pixel or no window that counts.
/// - Complexity: some 0.1 µs a pixel and iteration.
public func realBlurScores(
    _ image: Image, against reference: Image
) throws(Diagnostic) -> (psnr: Double, ssim: Double) {
    try requireEqualSizes(image, reference)
    var (image, reference) = (image.rounded(), reference.rounded())
    var (product, square) = (0.0, 0.0)
    for index in image.pixels.indices {
        let value = Double(image.pixels[index])
        product += value * Double(reference.pixels[index])
        square += value * value
    }
    guard product > 0 else {
        throw .notAligned
    }
    let gain = Float(product / square)
    for index in image.pixels.indices { image.pixels[index] *= gain }
    let map = try Registration(image, to: reference).map
    let (warped, isInside) = image.warped(by: map)
    image = warped
    let channels = image.channels
    var (error, count) = (0.0, 0)
    for (pixel, isInside) in isInside.enumerated() {
        for index in pixel * channels..<(pixel + 1) * channels {
            guard isInside else {
                (image.pixels[index], reference.pixels[index]) = (0, 0)
                continue
            }
            let difference = Double(image.pixels[index] - reference.pixels[index])
            error += difference * difference
            count += 1
        }
    }
    guard count > 0 else { throw .notAligned }
    return (
        10 * log10(Double(count) / error),
        try maskedSSIM(image, against: reference, isCounted: isInside)
    )
}

extension Diagnostic {
    /// Two images that the RealBlur protocol finds no homography for.
    static var notAligned: Diagnostic {
        Diagnostic(
            "not-aligned", "the image cannot be aligned with its reference",
            notes: ["the two show too little in common, or one of them shows nothing that has an edge"],
            hint: "look at them side by side; `protocol = \"plain\"` scores without aligning")
    }
}
