import COpenBLAS

/// Up to this many multiplications a product is our own: as fast as OpenBLAS's kernel for small matrices (109
/// to 116 GFLOP/s against 104 to 114 from 16 columns on, 88 against 48 at 8; measured on one core of Zen 4),
/// which only its newest builds for x86-64 have, and which takes memory in some shapes. Beyond, blocking for
/// the caches pays, and that is OpenBLAS's.
private let smallProduct = 1_000_000

/// Whether OpenBLAS knows this processor. A release older than a processor falls back on kernels for the
/// oldest of its architecture: Debian's 0.3.21 takes a Sapphire Rapids without AMX for a Prescott of 2004 and
/// multiplies at a fifth of the speed of our own product, which then takes over altogether.
private let isOpenBLASUpToDate: Bool = {
    guard InstructionSet.current.name != "baseline", let name = openblas_get_corename() else { return true }
    let core = String(cString: name).lowercased()
    return ["haswell", "zen", "skylakex", "cooperlake", "sapphirerapids"].contains(core)
}()

/// Which of a product's left operand is stored by rows.
package enum LeftOperand {
    /// rows × depth
    case plain
    /// depth × rows
    case transposed
}

/// The sizes of a matrix product.
package struct ProductSizes {
    let rows: Int
    let columns: Int
    /// Products in each sum.
    let depth: Int

    package init(rows: Int, columns: Int, depth: Int) {
        (self.rows, self.columns, self.depth) = (rows, columns, depth)
    }
}

extension Worker {
    /// c = a · b (+ c), on the calling thread: a is rows × depth, as it is or transposed, b is depth ×
    /// columns, all stored by rows without gaps.
    @inline(__always)
    package func multiply(
        _ sizes: ProductSizes, _ a: UnsafePointer<Float>, _ operand: LeftOperand, _ b: UnsafePointer<Float>,
        into c: UnsafeMutablePointer<Float>, accumulates: Bool
    ) {
        if sizes.rows * sizes.columns * sizes.depth <= smallProduct || !isOpenBLASUpToDate {
            multiplyAlone(sizes, a, operand, b, into: c, accumulates: accumulates)
        } else {
            multiplyByBLAS(sizes, a, operand, b, into: c, accumulates: accumulates)
        }
    }

    func multiplyAlone(
        _ sizes: ProductSizes, _ a: UnsafePointer<Float>, _ operand: LeftOperand, _ b: UnsafePointer<Float>,
        into c: UnsafeMutablePointer<Float>, accumulates: Bool
    ) {
        let (rowStep, depthStep) = operand == .plain ? (sizes.depth, 1) : (1, sizes.rows)
        kernels.gemm(
            sizes.rows, sizes.columns, sizes.depth, a, rowStep, depthStep, b, c, accumulates ? 1 : 0)
    }

    func multiplyByBLAS(
        _ sizes: ProductSizes, _ a: UnsafePointer<Float>, _ operand: LeftOperand, _ b: UnsafePointer<Float>,
        into c: UnsafeMutablePointer<Float>, accumulates: Bool
    ) {
        let isPlain = operand == .plain
        cblas_sgemm(
            CblasRowMajor, isPlain ? CblasNoTrans : CblasTrans, CblasNoTrans, blasint(sizes.rows),
            blasint(sizes.columns), blasint(sizes.depth), 1, a, blasint(isPlain ? sizes.depth : sizes.rows),
            b, blasint(sizes.columns), accumulates ? 1 : 0, c, blasint(sizes.columns))
    }
}
