import Diagnostics
import Foundation

/// Peak signal-to-noise ratio of `image` against `reference`, in dB; infinite where they are equal.
///
/// 10 log₁₀(255² / MSE) on values clamped to 0…1 and rounded to 8 bits, the mean taken over all pixels and channels
/// together, no border left out: what scikit-image's `peak_signal_noise_ratio` gives for 8-bit arrays.
/// - Throws: `unequal-sizes` where width, height or channels differ.
public func psnr(_ image: Image, against reference: Image) throws(Diagnostic) -> Double {
    try requireEqualSizes(image, reference)
    let (left, right) = (image.quantised(), reference.quantised())
    var sum = 0
    for index in 0..<left.count {
        let difference = Int(left[index]) - Int(right[index])
        sum += difference * difference
    }
    // The sum is exact, so equal pictures divide by zero exactly and the order of summation is of no account.
    return 10 * log10(255 * 255 * Double(left.count) / Double(sum))
}

/// A full definition of SSIM: the same two pictures score differently under each, so a score names its profile.
public enum SSIMProfile: String, Sendable, CaseIterable {
    /// Wang, Bovik, Sheikh & Simoncelli 2004: 11×11 Gaussian window of σ 1.5, K1 0.01, K2 0.03, L 255, statistics
    /// weighted by the window, only where the window lies within the picture; each channel by itself, then the mean.
    case gaussian
}

/// Structural similarity of `image` and `reference` under `profile`, at most 1; on values clamped and rounded to 8 bits.
/// - Throws: `unequal-sizes`, and `too-small` where the profile's window does not fit.
/// - Complexity: O(pixels · window side).
public func ssim(_ image: Image, against reference: Image, profile: SSIMProfile = .gaussian)
    throws(Diagnostic) -> Double
{
    try requireEqualSizes(image, reference)
    switch profile {
    case .gaussian: return try gaussianSSIM(image, reference)
    }
}

private let windowSide = 11

private func gaussianSSIM(_ image: Image, _ reference: Image) throws(Diagnostic) -> Double {
    guard image.width >= windowSide, image.height >= windowSide else {
        throw Diagnostic(
            "too-small",
            "SSIM needs pictures of at least \(windowSide)×\(windowSide) pixels; these are \(image.sizeText)")
    }
    let (left, right) = (image.quantised(), reference.quantised())
    var sum = 0.0
    for channel in 0..<image.channels {
        sum += channelSSIM(
            left, right, width: image.width, height: image.height, offset: channel, stride: image.channels)
    }
    return sum / Double(image.channels)
}

/// Mean SSIM of one channel over the windows that lie within it.
///
/// Float would lose the variances of a flat bright area to cancellation; Double costs the same memory as three more rows.
private func channelSSIM(
    _ left: [UInt8], _ right: [UInt8], width: Int, height: Int, offset: Int, stride: Int
) -> Double {
    let weights = gaussianWindow
    let c1 = (0.01 * 255) * (0.01 * 255)
    let c2 = (0.03 * 255) * (0.03 * 255)
    let across = width - windowSide + 1
    // Sums down the window's rows of x, y, x² + y² and xy, for one row of windows at a time.
    var (x, y, squares, product) = (
        [Double](repeating: 0, count: width), [Double](repeating: 0, count: width),
        [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
    )
    var total = 0.0
    for top in 0...height - windowSide {
        for column in 0..<width { (x[column], y[column], squares[column], product[column]) = (0, 0, 0, 0) }
        for (row, weight) in weights.enumerated() {
            let start = (top + row) * width * stride + offset
            for column in 0..<width {
                let a = Double(left[start + column * stride])
                let b = Double(right[start + column * stride])
                x[column] += weight * a
                y[column] += weight * b
                squares[column] += weight * (a * a + b * b)
                product[column] += weight * (a * b)
            }
        }
        for window in 0..<across {
            var (meanX, meanY, meanSquares, meanProduct) = (0.0, 0.0, 0.0, 0.0)
            for (column, weight) in weights.enumerated() {
                meanX += weight * x[window + column]
                meanY += weight * y[window + column]
                meanSquares += weight * squares[window + column]
                meanProduct += weight * product[window + column]
            }
            let means = meanX * meanX + meanY * meanY
            let covariance = meanProduct - meanX * meanY
            total +=
                (2 * meanX * meanY + c1) * (2 * covariance + c2)
                / ((means + c1) * (meanSquares - means + c2))
        }
    }
    return total / Double(across * (height - windowSide + 1))
}

/// exp(−d²/2σ²), σ 1.5, over 11 samples, its sum made 1; the window is its outer product with itself.
private let gaussianWindow: [Double] = {
    let samples = (0..<windowSide).map { index in
        let distance = Double(index - windowSide / 2)
        return exp(-distance * distance / (2 * 1.5 * 1.5))
    }
    return samples.map { $0 / samples.reduce(0, +) }
}()

private func requireEqualSizes(_ image: Image, _ reference: Image) throws(Diagnostic) {
    guard image.width == reference.width, image.height == reference.height,
        image.channels == reference.channels
    else {
        throw Diagnostic(
            "unequal-sizes",
            "a picture of \(image.sizeText) with \(image.channels) channels cannot be compared with one of "
                + "\(reference.sizeText) with \(reference.channels)")
    }
}
