/// The constants of Muon [Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/].
public struct MuonConstants: Hashable, Sendable {
    /// Of the running mean of the gradient.
    public var momentum: Double

    public init(momentum: Double = 0.95) { self.momentum = momentum }

    /// What Muon is for: weights between maps of eight channels or more. Biases, and what reads a picture or
    /// makes one, are no matrices whose directions would all be worth the same.
    public static func suits(coarse: Int, fine: Int) -> Bool { min(coarse, fine) >= 8 }

    /// Of the polynomial aσ + bσ³ + cσ⁵ that brings every singular value σ from (0, 1] near 1 when it is
    /// applied again and again: to between 0.68 and 1.21 after five times, where σ was not below 0.003.
    /// Jordan's, chosen for a steep start.
    static let polynomial: (a: Float, b: Float, c: Float) = (3.4445, -4.7750, 2.0315)
    static let iterations = 5

    /// Root mean square of an update over the learning rate: about what Adam's updates have, so that one rate
    /// serves both [Liu et al. 2025, arXiv 2502.16982].
    static let updateSize = 0.2
}

/// A weight as Muon sees it: a matrix of a row for each tap and fine channel and a column for each coarse
/// one, which is how it is stored.
package struct MuonShape: Sendable {
    package let rows: Int
    package let columns: Int

    package init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }

    /// Rows of the matrix that are worked on together: so many that a product takes a million
    /// multiplications, up to which it is our own and its operands stay in the near caches.
    private var chunk: Int { min(rows, max(48, 1_000_000 / (columns * columns))) }

    /// Room for five matrices of a row and a column for each coarse channel, and for some rows twice.
    var scratch: Int { 5 * Memory.aligned(columns * columns) + 2 * chunkScratch }

    var chunkScratch: Int { Memory.aligned(chunk * columns) }

    /// Multiplications of a step.
    package var multiplications: Int {
        (2 * rows + (4 * MuonConstants.iterations - 3) * columns) * columns * columns
    }

    func forEachChunk(_ body: (Range<Int>) -> Void) {
        var start = 0
        while start < rows {
            body(start * columns..<min(rows, start + chunk) * columns)
            start += chunk
        }
    }
}

extension Worker {
    /// Floats of scratch for a step of a weight of this shape.
    package static func muonScratch(_ shape: MuonShape) -> Int { shape.scratch }

    /// One step of Muon for one weight, by this worker alone: the mean of the gradient with Nesterov's look
    /// ahead, made orthogonal by Newton and Schulz's iteration, so that every direction is gone alike,
    /// however little of the gradient lies in it.
    ///
    /// For a matrix X the iteration X · (a + bG + cG²) with G = XᵀX changes X by polynomials of the first G
    /// only. So it runs on G, which is small, and X is multiplied once at the end by the product of all those
    /// polynomials.
    ///
    /// - Parameter momentum: the running mean of the gradient; zeros before the first step.
    package func muon(
        _ parameters: Floats, gradient: Floats, momentum: Floats, shape: MuonShape, learningRate: Double,
        constants: MuonConstants
    ) {
        let count = shape.rows * shape.columns
        precondition(
            parameters.count == count && gradient.count == count && momentum.count == count,
            "\(parameters.count) parameters, \(gradient.count) gradients, \(momentum.count) means of \(count)"
        )
        let (side, keep) = (shape.columns, Float(constants.momentum))
        let area = side * side
        let (slope, mean, weights) = (gradient.base, momentum.base, parameters.base)
        let gram = scratch(atLeast: shape.scratch)
        let spare = gram + Memory.aligned(area)
        let factor = spare + Memory.aligned(area)
        var (factors, next) = (factor + Memory.aligned(area), factor + 2 * Memory.aligned(area))
        let ahead = factor + 3 * Memory.aligned(area)
        let direction = ahead + shape.chunkScratch
        func look(_ range: Range<Int>) {
            for index in range {
                ahead[index - range.lowerBound] = slope[index] + keep * (mean[index] - slope[index])
            }
        }

        for index in 0..<count { mean[index] = slope[index] + keep * (mean[index] - slope[index]) }
        var isFirst = true
        shape.forEachChunk { range in
            look(range)
            multiply(
                rows: side, columns: side, inner: range.count / side, ahead, .transposed, ahead, into: gram,
                accumulates: !isFirst)
            isFirst = false
        }
        var squares: Float = 0
        for index in 0..<side { squares += gram[index * (side + 1)] }
        // A gradient of nothing but zeros has no direction. One that is no number goes on into the weights,
        // where the next loss shows it.
        guard squares != 0 else { return }
        for index in 0..<area { gram[index] /= squares }

        func multiplySquares(
            _ left: UnsafeMutablePointer<Float>, _ right: UnsafeMutablePointer<Float>,
            into result: UnsafeMutablePointer<Float>
        ) {
            multiply(
                rows: side, columns: side, inner: side, left, .plain, right, into: result, accumulates: false)
        }
        let (a, b, c) = MuonConstants.polynomial
        for iteration in 0..<MuonConstants.iterations {
            multiplySquares(gram, gram, into: spare)
            for index in 0..<area { factor[index] = b * gram[index] + c * spare[index] }
            for index in 0..<side { factor[index * (side + 1)] += a }
            if iteration == 0 {
                factors.update(from: factor, count: area)
            } else {
                multiplySquares(factors, factor, into: next)
                swap(&factors, &next)
            }
            guard iteration + 1 < MuonConstants.iterations else { break }
            multiplySquares(gram, factor, into: spare)
            multiplySquares(spare, factor, into: gram)
        }

        let size = MuonConstants.updateSize * Double(max(shape.rows, side)).squareRoot()
        let rate = Float(learningRate * size / Double(squares).squareRoot())
        shape.forEachChunk { range in
            look(range)
            multiply(
                rows: range.count / side, columns: side, inner: side, ahead, .plain, factors, into: direction,
                accumulates: false)
            for index in range { weights[index] -= rate * direction[index - range.lowerBound] }
        }
    }
}
