import Diagnostics
import Foundation

/// Registers images by maximising the enhanced correlation coefficient [Evangelidis & Psarakis 2008,
/// "Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization"], forward additive, with
/// a homography.
///
/// The coefficient is the correlation of both images' grey values, each less its mean and divided by its
/// norm, over the pixels that lie in both: it does not change with brightness or contrast. Grey values are
/// smoothed beforehand by a 5×5 Gaussian window of σ 1.1, as OpenCV's `findTransformECC` does with
/// `gaussFiltSize` 5, to which this compares.
package struct Registration {
    /// Iterations beyond which published protocols do not go.
    static let iterations = 100
    /// Pixels by which no corner moves any more once the map has settled: far below what a score can show.
    static let settled = 1e-4

    package let map: Homography
    /// The correlation coefficient of the last map but one, at most 1.
    package let coefficient: Double

    /// Finds the map that takes each place of `reference` to that of `image` which shows the same.
    /// - Precondition: the two are of one size and kind.
    /// - Throws: `not-aligned` where the images have too little in common, or one has nothing to align by.
    package init(_ image: Image, to reference: Image) throws(Diagnostic) {
        let (width, height) = (image.width, image.height)
        let moving = MovingImage(Self.smoothed(image.grey, width, height), width: width, height: height)
        let fixed = Self.smoothed(reference.grey, width, height)
        var map = Homography.identity
        var coefficient = -1.0
        for _ in 0..<Self.iterations {
            let sums = Sums(moving, fixed, map: map)
            guard let step = sums.step() else { throw .notAligned }
            coefficient = sums.coefficient
            let next = Homography(values: zip(map.values, step).map { $0 + $1 })
            let moved = next.distance(from: map, width: width, height: height)
            map = next
            if moved < Self.settled { break }
        }
        self.map = map
        self.coefficient = coefficient
    }

    private static func smoothed(_ values: [Float], _ width: Int, _ height: Int) -> [Float] {
        let samples = (-2...2).map { exp(-Double($0 * $0) / (2 * 1.1 * 1.1)) }
        let window = samples.map { Float($0 / samples.reduce(0, +)) }
        func smoothed(_ values: [Float], _ place: (Int, Int, Int) -> Int) -> [Float] {
            (0..<width * height).map { index in
                var sum: Float = 0
                for offset in -2...2 {
                    sum += window[offset + 2] * values[place(index % width, index / width, offset)]
                }
                return sum
            }
        }
        let across = smoothed(values) { x, y, offset in y * width + reflected(x + offset, width) }
        return smoothed(across) { x, y, offset in reflected(y + offset, height) * width + x }
    }
}

/// The image that is laid on the other.
private struct MovingImage {
    let width: Int
    let height: Int
    /// Value, horizontal slope, vertical slope and 1 of each pixel.
    private let pixels: [SIMD4<Float>]

    init(_ values: [Float], width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        pixels = (0..<width * height).map { place in
            let (x, y) = (place % width, place / width)
            let row = y * width
            let across = values[row + reflected(x + 1, width)] - values[row + reflected(x - 1, width)]
            let down =
                values[reflected(y + 1, height) * width + x] - values[reflected(y - 1, height) * width + x]
            return SIMD4(values[place], across / 2, down / 2, 1)
        }
    }

    /// Interpolated between pixels; beyond the border all are 0.
    @inline(__always)
    func value(x: Double, y: Double) -> SIMD4<Double> {
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (dx, dy) = (Float(x - left), Float(y - top))
        let (i, j) = (Int(left), Int(top))
        let upper = pixel(i, j) * (1 - dx) + pixel(i + 1, j) * dx
        let lower = pixel(i, j + 1) * (1 - dx) + pixel(i + 1, j + 1) * dx
        return SIMD4<Double>(upper * (1 - dy) + lower * dy)
    }

    @inline(__always)
    private func pixel(_ x: Int, _ y: Int) -> SIMD4<Float> {
        x >= 0 && y >= 0 && x < width && y < height ? pixels[y * width + x] : .zero
    }
}

/// The place of 0..<`count` that `place` is, mirrored about the first and the last: …2 1 | 0 1 2….
private func reflected(_ place: Int, _ count: Int) -> Int {
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let wrapped = ((place % period) + period) % period
    return wrapped < count ? wrapped : period - wrapped
}

extension Image {
    /// Luma by ITU-R BT.601, as OpenCV's `cvtColor` takes it.
    fileprivate var grey: [Float] {
        guard channels == 3 else { return pixels }
        return (0..<width * height).map {
            0.299 * pixels[3 * $0] + 0.587 * pixels[3 * $0 + 1] + 0.114 * pixels[3 * $0 + 2]
        }
    }
}

/// What one iteration needs of all pixels: sums over those places of the reference that the map takes into
/// the image.
///
/// With the slopes (u, v) of the image at the place (p, q) that the map takes (x, y) to, both divided by
/// the map's denominator, and t = −(pu + qv), a value's derivatives by the eight values of the map are xu,
/// yu, u, xv, yv, v, xt, yt. All their products are products of two of u, v, t times x and y to at most the
/// second power, so those are what is summed, and the equations are put together at the end.
private struct Sums {
    /// Sums over places, each weighted by xᵃyᵇ.
    private struct Moment {
        /// Sums of u, v and t, each times (u, v, t).
        var byU = SIMD4<Double>.zero
        var byV = SIMD4<Double>.zero
        var byT = SIMD4<Double>.zero
        /// Sums of (u, v, t) times the image's value, times the reference's, and alone.
        var image = SIMD4<Double>.zero
        var reference = SIMD4<Double>.zero
        var alone = SIMD4<Double>.zero

        @inline(__always)
        mutating func add(_ slopes: SIMD4<Double>, _ value: Double, _ target: Double, weight: Double) {
            let weighted = slopes * weight
            byU += weighted * slopes[0]
            byV += weighted * slopes[1]
            byT += weighted * slopes[2]
            image += weighted * value
            reference += weighted * target
            alone += weighted
        }

        mutating func add(_ other: Moment, weight: Double) {
            byU += other.byU * weight
            byV += other.byV * weight
            byT += other.byT * weight
            image += other.image * weight
            reference += other.reference * weight
            alone += other.alone * weight
        }

        func square(_ one: Int, _ other: Int) -> Double { [byU, byV, byT][one][other] }
    }

    /// For each of the eight values of the map, which of u, v, t the derivative by it holds, and the powers
    /// of x and y.
    private static let derivatives = [
        (0, 1, 0), (0, 0, 1), (0, 0, 0), (1, 1, 0), (1, 0, 1), (1, 0, 0), (2, 1, 0), (2, 0, 1),
    ]

    /// The moments by the powers of x and y, at 3a + b.
    private var moments = [Moment](repeating: Moment(), count: 9)
    private var count = 0.0
    /// Sums of the image's values, of the reference's, and of their products.
    private var (image, reference) = (0.0, 0.0)
    private var (imageSquares, mixed, referenceSquares) = (0.0, 0.0, 0.0)

    init(_ moving: MovingImage, _ fixed: [Float], map: Homography) {
        let h = map.values
        let (width, height) = (moving.width, moving.height)
        for y in 0..<height {
            let row = Double(y)
            var (first, second, third) = (Moment(), Moment(), Moment())
            for x in 0..<width {
                let column = Double(x)
                let scale = 1 / (h[6] * column + h[7] * row + 1)
                let p = (h[0] * column + h[1] * row + h[2]) * scale
                let q = (h[3] * column + h[4] * row + h[5]) * scale
                guard p > -0.5, q > -0.5, p < Double(width) - 0.5, q < Double(height) - 0.5 else { continue }
                let here = moving.value(x: p, y: q)
                let (value, target) = (here[0], Double(fixed[y * width + x]))
                let (u, v) = (here[1] * scale, here[2] * scale)
                let slopes = SIMD4(u, v, -(p * u + q * v), 0)
                first.add(slopes, value, target, weight: 1)
                second.add(slopes, value, target, weight: column)
                third.add(slopes, value, target, weight: column * column)
                add(value, target)
            }
            moments[0].add(first, weight: 1)
            moments[1].add(first, weight: row)
            moments[2].add(first, weight: row * row)
            moments[3].add(second, weight: 1)
            moments[4].add(second, weight: row)
            moments[6].add(third, weight: 1)
        }
    }

    @inline(__always)
    private mutating func add(_ value: Double, _ target: Double) {
        count += 1
        image += value
        reference += target
        imageSquares += value * value
        mixed += value * target
        referenceSquares += target * target
    }

    /// Squared norms of both images' values less their means, and the product of the two.
    private var norms: (image: Double, reference: Double, product: Double) {
        (
            imageSquares - image * image / count, referenceSquares - reference * reference / count,
            mixed - image * reference / count
        )
    }

    var coefficient: Double { norms.product / (norms.image * norms.reference).squareRoot() }

    /// What to add to the map's eight values; `nil` where nothing leads on: no slopes, no correlation.
    func step() -> [Double]? {
        let all = Self.derivatives
        let hessian = all.map { one in
            all.map { other in
                moments[3 * (one.1 + other.1) + one.2 + other.2].square(one.0, other.0)
            }
        }
        let onImage = all.map { component, a, b in
            moments[3 * a + b].image[component] - moments[3 * a + b].alone[component] * image / count
        }
        let onReference = all.map { component, a, b in
            moments[3 * a + b].reference[component] - moments[3 * a + b].alone[component] * reference / count
        }
        guard let solved = solution(of: hessian, [onImage, onReference]) else { return nil }
        func dot(_ one: [Double], _ other: [Double]) -> Double {
            zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let numerator = norms.image - dot(onImage, solved[0])
        let denominator = norms.product - dot(onReference, solved[0])
        // Negative where the images are so far apart that the closed form has no maximum.
        guard denominator > 0 else { return nil }
        let scale = numerator / denominator
        let step = zip(solved[0], solved[1]).map { scale * $1 - $0 }
        return step.allSatisfy(\.isFinite) ? step : nil
    }
}

/// The x of `matrix`·x = each of `sides`, by Cholesky's decomposition; `nil` where the symmetric matrix is
/// not positive definite to within rounding.
private func solution(of matrix: [[Double]], _ sides: [[Double]]) -> [[Double]]? {
    let count = matrix.count
    // Rows for slopes times x are some 10⁶ times those for slopes alone; made alike, rounding spares both.
    let scales = (0..<count).map { 1 / matrix[$0][$0].squareRoot() }
    guard scales.allSatisfy(\.isFinite) else { return nil }
    var lower = [[Double]](repeating: .init(repeating: 0, count: count), count: count)
    for i in 0..<count {
        for j in 0...i {
            var sum = matrix[i][j] * scales[i] * scales[j]
            for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
            if i == j {
                guard sum > 1e-12 else { return nil }
                lower[i][i] = sum.squareRoot()
            } else {
                lower[i][j] = sum / lower[j][j]
            }
        }
    }
    return sides.map { side in
        var x = zip(side, scales).map { $0 * $1 }
        for i in 0..<count {
            for k in 0..<i { x[i] -= lower[i][k] * x[k] }
            x[i] /= lower[i][i]
        }
        for i in (0..<count).reversed() {
            for k in i + 1..<count { x[i] -= lower[k][i] * x[k] }
            x[i] /= lower[i][i]
        }
        return zip(x, scales).map { $0 * $1 }
    }
}
