import Diagnostics
import Foundation
import Kinds

/// A full definition of SSIM: the same two images score differently under each, so a score names its
/// profile.
public struct SSIMProfile: NamedKind {
    public static let all = [gaussian, matlab3d]

    public let name: String
    public let about: String
    /// The mean over the channels, of two images of equal sizes with values of 0…255.
    fileprivate let similarity: @Sendable (Compared) throws(Diagnostic) -> Double

    /// Wang, Bovik, Sheikh & Simoncelli 2004: 11×11 Gaussian window of σ 1.5, K1 0.01, K2 0.03, L 255,
    /// statistics weighted by the window, only where the window lies within the image; each channel by
    /// itself, then the mean.
    public static let gaussian = SSIMProfile(
        name: "gaussian", about: "Wang et al. 2004, each channel by itself"
    ) { images throws(Diagnostic) in
        let (columns, rows) = try windowCentres(of: images.image)
        return (0..<images.channels).reduce(0.0) {
            $0 + images.similarity(mixing: [($1, 1)], rows: rows, columns: columns)
        } / Double(images.channels)
    }

    /// MATLAB's `ssim` of an H×W×3 array, which it takes as a volume: the same constants, an 11×11×11 window
    /// that mixes the channels, edges replicated on all sides, so that every pixel counts. A grey image has
    /// an 11×11 window.
    public static let matlab3d = SSIMProfile(
        name: "matlab3d", about: "MATLAB's `ssim` of a colour image as a volume"
    ) { images throws(Diagnostic) in
        (0..<images.channels).reduce(0.0) {
            $0
                + images.similarity(
                    mixing: mixture(of: $1, among: images.channels), rows: 0..<images.image.height,
                    columns: 0..<images.image.width)
        } / Double(images.channels)
    }
}

/// Structural similarity of `image` and `reference` under `profile`, at most 1; on values clamped and rounded
/// to 8 bits.
/// - Throws: `unequal-sizes`, and `too-small` where the profile's window does not fit.
/// - Complexity: O(pixels · window side).
public func ssim(_ image: Image, against reference: Image, profile: SSIMProfile = .gaussian)
    throws(Diagnostic) -> Double
{
    try requireEqualSizes(image, reference)
    return try profile.similarity(
        Compared(
            image, left: image.quantised().map { Float($0) }, right: reference.quantised().map { Float($0) }))
}

/// SSIM by the profile `gaussian` of values as they are, times 255 and neither clamped nor rounded, the mean
/// taken over those windows alone whose centre `isCounted`: as RealBlur's authors take it of images that
/// only partly overlap.
/// - Throws: `too-small` where the window does not fit, `not-aligned` where none of them counts.
func maskedSSIM(_ image: Image, against reference: Image, isCounted: [Bool]) throws(Diagnostic) -> Double {
    let images = Compared(
        image, left: image.pixels.map { $0 * 255 }, right: reference.pixels.map { $0 * 255 })
    let (columns, rows) = try windowCentres(of: image)
    guard rows.contains(where: { row in columns.contains { isCounted[row * image.width + $0] } }) else {
        throw .notAligned
    }
    var sum = 0.0
    for channel in 0..<image.channels {
        sum += images.similarity(
            mixing: [(channel, 1)], rows: rows, columns: columns, isCounted: isCounted)
    }
    return sum / Double(image.channels)
}

/// Where the middle of a window may be that lies within the image.
private func windowCentres(of image: Image) throws(Diagnostic) -> (columns: Range<Int>, rows: Range<Int>) {
    guard image.width >= windowSide, image.height >= windowSide else {
        throw Diagnostic(
            "too-small",
            "SSIM needs images of at least \(windowSide)×\(windowSide) pixels; these are \(image.sizeText)",
            hint: "`matlab3d` is a definition of SSIM for images of any size")
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
    // MATLAB sees no third dimension in a grey image; a window across one channel alone would be the same.
    var weights = [Double](repeating: 0, count: channels)
    for (offset, weight) in gaussianWindow.enumerated() {
        weights[max(0, min(channels - 1, channel + offset - reach))] += weight
    }
    return weights.enumerated().map { ($0.offset, $0.element) }
}

/// Two images of equal sizes, with values of 0…255, whose structural similarity is measured.
///
/// Float would lose the variances of a flat bright area to cancellation; Double costs the memory of four more
/// rows.
private struct Compared {
    let image: Image
    let left: [Float]
    let right: [Float]

    init(_ image: Image, left: [Float], right: [Float]) {
        (self.image, self.left, self.right) = (image, left, right)
    }

    var channels: Int { image.channels }

    /// Mean SSIM over windows around the pixels of `rows` and `columns`; what they reach beyond the image is
    /// its edge again.
    /// - Parameters:
    ///   - mixing: channels that are taken together, and their weights.
    ///   - isCounted: the pixels whose windows count; all, unless given.
    func similarity(
        mixing: [(channel: Int, weight: Double)], rows: Range<Int>, columns: Range<Int>,
        isCounted: [Bool]? = nil
    ) -> Double {
        var sums = WindowSums(width: image.width)
        var (total, count) = (0.0, 0)
        for centre in rows {
            add(mixing, aroundRow: centre, into: &sums)
            for middle in columns where isCounted?[centre * image.width + middle] ?? true {
                count += 1
                total += sums.similarity(at: middle)
            }
        }
        return total / Double(count)
    }

    /// The sums down the columns of the windows around one row.
    private func add(
        _ mixing: [(channel: Int, weight: Double)], aroundRow centre: Int, into sums: inout WindowSums
    ) {
        let (width, height) = (image.width, image.height)
        sums.clear()
        for (offset, rowWeight) in gaussianWindow.enumerated() {
            let row = max(0, min(height - 1, centre + offset - reach))
            for (channel, part) in mixing {
                sums.add(
                    left, right, from: row * width * channels + channel, step: channels,
                    weight: rowWeight * part)
            }
        }
    }
}

/// Weighted sums of x, y, x² + y² and xy down the rows of a row of windows, for each column.
private struct WindowSums {
    private var x: [Double]
    private var y: [Double]
    private var squares: [Double]
    private var product: [Double]
    private let window = gaussianWindow
    private static let c1 = (0.01 * 255) * (0.01 * 255)
    private static let c2 = (0.03 * 255) * (0.03 * 255)

    init(width: Int) {
        let zeros = [Double](repeating: 0, count: width)
        (x, y, squares, product) = (zeros, zeros, zeros, zeros)
    }

    mutating func clear() {
        for column in x.indices { (x[column], y[column], squares[column], product[column]) = (0, 0, 0, 0) }
    }

    /// Adds one row: a value for each column, `step` values apart.
    mutating func add(_ left: [Float], _ right: [Float], from start: Int, step: Int, weight: Double) {
        for column in x.indices {
            let a = Double(left[start + column * step])
            let b = Double(right[start + column * step])
            x[column] += weight * a
            y[column] += weight * b
            squares[column] += weight * (a * a + b * b)
            product[column] += weight * (a * b)
        }
    }

    /// SSIM of the window around a column [Wang et al. 2004, eq. 13].
    func similarity(at middle: Int) -> Double {
        var (meanX, meanY, meanSquares, meanProduct) = (0.0, 0.0, 0.0, 0.0)
        for (offset, weight) in window.enumerated() {
            let column = max(0, min(x.count - 1, middle + offset - reach))
            meanX += weight * x[column]
            meanY += weight * y[column]
            meanSquares += weight * squares[column]
            meanProduct += weight * product[column]
        }
        let means = meanX * meanX + meanY * meanY
        let covariance = meanProduct - meanX * meanY
        return (2 * meanX * meanY + Self.c1) * (2 * covariance + Self.c2)
            / ((means + Self.c1) * (meanSquares - means + Self.c2))
    }
}
