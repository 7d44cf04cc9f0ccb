/// The constants of Muon [Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/].
public struct MuonConstants: Hashable, Sendable {
    /// The share of its old value that the gradient's running mean keeps at each step.
    public var momentum: Double

    public init(momentum: Double = 0.95) { self.momentum = momentum }

    /// Whether Muon suits a weight: those between maps of eight channels or more. The directions of biases,
    /// and of weights that read or make an image, are not all worth the same.
    public static func suits(outputChannels: Int, inputChannels: Int) -> Bool {
        min(outputChannels, inputChannels) >= 8
    }

    /// The coefficients of the polynomial aσ + bσ³ + cσ⁵ that brings every singular value σ from (0, 1] near
    /// 1 when it is applied again and again: to between 0.68 and 1.21 after five times, where σ was not below
    /// 0.003. They are Jordan's, chosen for a steep start.
    static let polynomial: (a: Float, b: Float, c: Float) = (3.4445, -4.7750, 2.0315)
    static let iterations = 5

    /// Root mean square of an update, divided by the learning rate: about what Adam's updates have, so that
    /// one rate serves both [Liu et al. 2025, arXiv 2502.16982].
    static let updateSize = 0.2
}

/// A weight as Muon sees it: a matrix of a row for each tap and input channel and a column for each output
/// one, which is how it is stored.
package struct MuonShape: Sendable {
    package let rows: Int
    package let columns: Int

    package init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }

    /// Rows of the matrix that are worked on together: so many that a product takes a million
    /// multiplications, up to which our own kernel computes it (see `smallProduct`) and its operands stay in
    /// L1 and L2.
    private var chunk: Int { min(rows, max(48, 1_000_000 / (columns * columns))) }

    /// Floats for five matrices of a row and a column for each output channel, and for two chunks of rows.
    var workspace: Int { 5 * AlignedMemory.aligned(columns * columns) + 2 * chunkWorkspace }

    var chunkWorkspace: Int { AlignedMemory.aligned(chunk * columns) }

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
    /// Floats of workspace for a step of a weight of this shape.
    package static func muonWorkspace(_ shape: MuonShape) -> Int { shape.workspace }

    /// One step of Muon for one weight, by this worker alone: the mean of the gradient with Nesterov's look
    /// ahead, made orthogonal by Newton and Schulz's iteration, so that the step is about equally long in
    /// every direction, however little of the gradient lies in it.
    ///
    /// For a matrix X the iteration X · (a + bG + cG²) with G = XᵀX changes X by polynomials of the first G
    /// only. So it runs on G, which is small, and X is multiplied once at the end by the product of all those
    /// polynomials.
    ///
    /// - Parameter momentum: the running mean of the gradient; zeros before the first step.
    package func muon(
        _ parameters: BufferView, gradient: BufferView, momentum: BufferView, shape: MuonShape,
        learningRate: Double,
        constants: MuonConstants
    ) {
        let count = shape.rows * shape.columns
        precondition(
            parameters.count == count && gradient.count == count && momentum.count == count,
            "\(parameters.count) parameters, \(gradient.count) gradients, \(momentum.count) means of \(count)"
        )
        let side = shape.columns
        let matrices = MuonMatrices(
            gradient: gradient.base, mean: momentum.base, keep: Float(constants.momentum), shape: shape,
            workspace: workspace(atLeast: shape.workspace))
        matrices.updateMean()
        let squares = makeGramMatrix(matrices)
        // A gradient of nothing but zeros has no direction. One that is no number goes on into the weights,
        // where the next loss shows it.
        guard squares != 0 else { return }
        let factors = orthogonalise(matrices)

        let size = MuonConstants.updateSize * Double(max(shape.rows, side)).squareRoot()
        let rate = Float(learningRate * size / Double(squares).squareRoot())
        let weights = parameters.base
        shape.forEachChunk { range in
            matrices.lookAhead(range)
            multiply(
                ProductSizes(rows: range.count / side, columns: side, depth: side), matrices.ahead, .plain,
                factors, into: matrices.direction, accumulates: false)
            for index in range { weights[index] -= rate * matrices.direction[index - range.lowerBound] }
        }
    }

    /// XᵀX of the mean with its look ahead, divided by its trace.
    /// - Returns: the trace, which is the sum of X's squares.
    private func makeGramMatrix(_ matrices: MuonMatrices) -> Float {
        let side = matrices.shape.columns
        var isFirst = true
        matrices.shape.forEachChunk { range in
            matrices.lookAhead(range)
            multiply(
                ProductSizes(rows: side, columns: side, depth: range.count / side), matrices.ahead,
                .transposed, matrices.ahead, into: matrices.gram, accumulates: !isFirst)
            isFirst = false
        }
        var squares: Float = 0
        for index in 0..<side { squares += matrices.gram[index * (side + 1)] }
        if squares != 0 { for index in 0..<side * side { matrices.gram[index] /= squares } }
        return squares
    }

    /// - Returns: the product of the iterations' polynomials of G.
    private func orthogonalise(_ matrices: MuonMatrices) -> UnsafeMutablePointer<Float> {
        let side = matrices.shape.columns
        let (gram, spare, factor) = (matrices.gram, matrices.spare, matrices.factor)
        var (factors, next) = (matrices.factors, matrices.next)
        func multiplySquares(
            _ left: UnsafeMutablePointer<Float>, _ right: UnsafeMutablePointer<Float>,
            into result: UnsafeMutablePointer<Float>
        ) {
            multiply(
                ProductSizes(rows: side, columns: side, depth: side), left, .plain, right, into: result,
                accumulates: false)
        }
        let (a, b, c) = MuonConstants.polynomial
        for iteration in 0..<MuonConstants.iterations {
            multiplySquares(gram, gram, into: spare)
            for index in 0..<side * side { factor[index] = b * gram[index] + c * spare[index] }
            for index in 0..<side { factor[index * (side + 1)] += a }
            if iteration == 0 {
                factors.update(from: factor, count: side * side)
            } else {
                multiplySquares(factors, factor, into: next)
                swap(&factors, &next)
            }
            guard iteration + 1 < MuonConstants.iterations else { break }
            multiplySquares(gram, factor, into: spare)
            multiplySquares(spare, factor, into: gram)
        }
        return factors
    }
}

/// What a step of Muon works on: the gradient and its mean, and workspace for matrices of a row and a column
/// for each output channel.
private struct MuonMatrices {
    let gradient: UnsafeMutablePointer<Float>
    let mean: UnsafeMutablePointer<Float>
    /// The share of the mean that each step keeps.
    let keep: Float
    let shape: MuonShape
    let gram: UnsafeMutablePointer<Float>
    let spare: UnsafeMutablePointer<Float>
    let factor: UnsafeMutablePointer<Float>
    let factors: UnsafeMutablePointer<Float>
    let next: UnsafeMutablePointer<Float>
    /// Some rows of the mean with its look ahead, and of the update.
    let ahead: UnsafeMutablePointer<Float>
    let direction: UnsafeMutablePointer<Float>

    init(
        gradient: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>, keep: Float,
        shape: MuonShape, workspace: UnsafeMutablePointer<Float>
    ) {
        (self.gradient, self.mean, self.keep, self.shape) = (gradient, mean, keep, shape)
        let area = AlignedMemory.aligned(shape.columns * shape.columns)
        (gram, spare, factor) = (workspace, workspace + area, workspace + 2 * area)
        (factors, next) = (workspace + 3 * area, workspace + 4 * area)
        ahead = workspace + 5 * area
        direction = ahead + shape.chunkWorkspace
    }

    func updateMean() {
        for index in 0..<shape.rows * shape.columns {
            mean[index] = gradient[index] + keep * (mean[index] - gradient[index])
        }
    }

    func lookAhead(_ range: Range<Int>) {
        for index in range {
            ahead[index - range.lowerBound] = gradient[index] + keep * (mean[index] - gradient[index])
        }
    }
}
