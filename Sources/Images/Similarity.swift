import Diagnostics
import Foundation

/// A full definition of SSIM: the same two pictures score differently under each, so a score names its
/// profile.
public enum SSIMProfile: String, Sendable, CaseIterable {
    /// Wang, Bovik, Sheikh & Simoncelli 2004: 11×11 Gaussian window of σ 1.5, K1 0.01, K2 0.03, L 255,
    /// statistics weighted by the window, only where the window lies within the picture; each channel by
    /// itself, then the mean.
    case gaussian
    /// MATLAB's `ssim` of an H×W×3 array, which it takes as a volume: the same constants, an 11×11×11 window
    /// that mixes the channels, edges replicated on all sides, so that every pixel counts. A grey picture has
    /// an 11×11 window.
    case matlab3d
}

/// Structural similarity of `image` and `reference` under `profile`, at most 1; on values clamped and rounded
/// to 8 bits.
/// - Throws: `unequal-sizes`, and `too-small` where the profile's window does not fit.
/// - Complexity: O(pixels · window side).
public func ssim(_ image: Image, against reference: Image, profile: SSIMProfile = .gaussian)
    throws(Diagnostic) -> Double
{
    try requireEqualSizes(image, reference)
    let (left, right) = (image.quantised().map { Float($0) }, reference.quantised().map { Float($0) })
    let channels = image.channels
    var sum = 0.0
    switch profile {
    case .gaussian:
        let (columns, rows) = try windowCentres(of: image)
        for channel in 0..<channels {
            sum += similarity(left, right, of: image, mixing: [(channel, 1)], rows: rows, columns: columns)
        }
    case .matlab3d:
        for channel in 0..<channels {
            sum += similarity(
                left, right, of: image, mixing: mixture(of: channel, among: channels), rows: 0..<image.height,
                columns: 0..<image.width)
        }
    }
    return sum / Double(channels)
}

/// SSIM by the profile `gaussian` of values as they are, times 255 and neither clamped nor rounded, the mean
/// taken over those windows alone whose centre `isCounted`: as RealBlur's authors take it of pictures that
/// only partly overlap.
/// - Throws: `too-small` where the window does not fit, `not-aligned` where none of them counts.
func maskedSSIM(_ image: Image, against reference: Image, isCounted: [Bool]) throws(Diagnostic) -> Double {
    let (left, right) = (image.pixels.map { $0 * 255 }, reference.pixels.map { $0 * 255 })
    let (columns, rows) = try windowCentres(of: image)
    guard rows.contains(where: { row in columns.contains { isCounted[row * image.width + $0] } }) else {
        throw .notAligned
    }
    var sum = 0.0
    for channel in 0..<image.channels {
        sum += similarity(
            left, right, of: image, mixing: [(channel, 1)], rows: rows, columns: columns, isCounted: isCounted
        )
    }
    return sum / Double(image.channels)
}

/// Where the middle of a window may be that lies within the picture.
private func windowCentres(of image: Image) throws(Diagnostic) -> (columns: Range<Int>, rows: Range<Int>) {
    guard image.width >= windowSide, image.height >= windowSide else {
        throw Diagnostic(
            "too-small",
            "SSIM needs pictures of at least \(windowSide)×\(windowSide) pixels; these are \(image.sizeText)",
            hint: "`matlab3d` is a definition of SSIM for pictures of any size")
    }
    return (reach..<image.width - reach, reach..<image.height - reach)
}

private let windowSide = 11
private let reach = windowSide / 2

/// exp(−d²/2σ²), σ 1.5, over 11 samples, its sum made 1; the window is its product with itself in every
/// dimension.
private let gaussianWindow: [Double] = {
    let samples = (0..<windowSide).map { index in
        let distance = Double(index - reach)
        return exp(-distance * distance / (2 * 1.5 * 1.5))
    }
    return samples.map { $0 / samples.reduce(0, +) }
}()

/// What part each channel has in a window around `channel` of a volume whose first and last channels are
/// replicated.
private func mixture(of channel: Int, among channels: Int) -> [(channel: Int, weight: Double)] {
    // MATLAB sees no third dimension in a grey picture; a window across one channel alone would be the same.
    var weights = [Double](repeating: 0, count: channels)
    for (offset, weight) in gaussianWindow.enumerated() {
        weights[max(0, min(channels - 1, channel + offset - reach))] += weight
    }
    return weights.enumerated().map { ($0.offset, $0.element) }
}

/// Mean SSIM over windows around the pixels of `rows` and `columns`; what they reach beyond the picture is
/// its edge again.
///
/// Float would lose the variances of a flat bright area to cancellation; Double costs the memory of four more
/// rows.
/// - Parameters:
///   - left: values of 0…255.
///   - mixing: channels that are taken together, and their weights.
///   - isCounted: the pixels whose windows count; all, unless given.
private func similarity(
    _ left: [Float], _ right: [Float], of image: Image, mixing: [(channel: Int, weight: Double)],
    rows: Range<Int>, columns: Range<Int>, isCounted: [Bool]? = nil
) -> Double {
    let (width, height, channels) = (image.width, image.height, image.channels)
    let weights = gaussianWindow
    let c1 = (0.01 * 255) * (0.01 * 255)
    let c2 = (0.03 * 255) * (0.03 * 255)
    // Sums down the window's rows of x, y, x² + y² and xy, for one row of windows at a time.
    var (x, y, squares, product) = (
        [Double](repeating: 0, count: width), [Double](repeating: 0, count: width),
        [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
    )
    var (total, count) = (0.0, 0)
    for centre in rows {
        for column in 0..<width { (x[column], y[column], squares[column], product[column]) = (0, 0, 0, 0) }
        for (offset, rowWeight) in weights.enumerated() {
            let row = max(0, min(height - 1, centre + offset - reach))
            for (channel, part) in mixing {
                let weight = rowWeight * part
                let start = row * width * channels + channel
                for column in 0..<width {
                    let a = Double(left[start + column * channels])
                    let b = Double(right[start + column * channels])
                    x[column] += weight * a
                    y[column] += weight * b
                    squares[column] += weight * (a * a + b * b)
                    product[column] += weight * (a * b)
                }
            }
        }
        for middle in columns where isCounted?[centre * width + middle] ?? true {
            count += 1
            var (meanX, meanY, meanSquares, meanProduct) = (0.0, 0.0, 0.0, 0.0)
            for (offset, weight) in weights.enumerated() {
                let column = max(0, min(width - 1, middle + offset - reach))
                meanX += weight * x[column]
                meanY += weight * y[column]
                meanSquares += weight * squares[column]
                meanProduct += weight * product[column]
            }
            let means = meanX * meanX + meanY * meanY
            let covariance = meanProduct - meanX * meanY
            total +=
                (2 * meanX * meanY + c1) * (2 * covariance + c2)
                / ((means + c1) * (meanSquares - means + c2))
        }
    }
    return total / Double(count)
}
