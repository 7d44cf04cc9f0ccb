import Diagnostics
import Foundation
import Kinds

/// A full definition of PSNR: what the two images are made of before they are compared.
public struct PSNRProfile: NamedKind {
    public static let all = [eightBit, float]

    public let name: String
    public let about: String
    /// The PSNR of two images of equal sizes, 10 log₁₀(peak² / MSE) in dB.
    let psnr: @Sendable (Image, Image) -> Double

    /// Values clamped to 0…1 and rounded to 8 bits: of files as they are published, and what scikit-image's
    /// `peak_signal_noise_ratio` gives for 8-bit arrays.
    public static let eightBit = PSNRProfile(name: "8bit", about: "of values rounded to 8 bits") {
        let (left, right) = ($0.quantised(), $1.quantised())
        var sum = 0
        for index in 0..<left.count {
            let difference = Int(left[index]) - Int(right[index])
            sum += difference * difference
        }
        // The sum is exact, so that equal images divide by exactly zero and the order of summation has no
        // effect.
        return 10 * log10(255 * 255 * Double(left.count) / Double(sum))
    }

    /// Values clamped to 0…1 and not rounded, as programs report that measure a network's output before it is
    /// written: for a good result some hundredths of a dB more.
    public static let float = PSNRProfile(name: "float", about: "of values as they are") {
        var sum = 0.0
        for index in 0..<$0.pixels.count {
            let difference = clamped($0.pixels[index]) - clamped($1.pixels[index])
            sum += difference * difference
        }
        return 10 * log10(Double($0.pixels.count) / sum)
    }
}

/// Peak signal-to-noise ratio of `image` against `reference`, in dB; infinite where they are equal.
///
/// 10 log₁₀(peak² / MSE), the mean taken over all pixels and channels together, no border left out.
/// - Throws: `unequal-sizes` where width, height or channels differ.
public func psnr(_ image: Image, against reference: Image, profile: PSNRProfile = .eightBit)
    throws(Diagnostic) -> Double
{
    try requireEqualSizes(image, reference)
    return profile.psnr(image, reference)
}

/// What is no number counts as black, as it does where values are rounded.
private func clamped(_ value: Float) -> Double { value > 0 ? Double(min(value, 1)) : 0 }

/// - Throws: `unequal-sizes`.
func requireEqualSizes(_ image: Image, _ reference: Image) throws(Diagnostic) {
    guard image.width == reference.width, image.height == reference.height,
        image.channels == reference.channels
    else {
        func text(_ image: Image) -> String {
            "\(image.sizeText) in \(image.channels == 1 ? "grey" : "colour")"
        }
        throw Diagnostic(
            "unequal-sizes",
            "an image of \(text(image)) cannot be compared with one of \(text(reference))")
    }
}
