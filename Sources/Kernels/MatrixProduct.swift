import COpenBLAS

/// Up to this many multiplications a product is our own: as fast as OpenBLAS's kernel for small matrices (109 to 116
/// GFLOP/s against 104 to 114 from 16 columns on, 88 against 48 at 8; measured on one core of Zen 4), which only its
/// newest builds for x86-64 have, and which takes memory in some shapes. Beyond, blocking for the caches pays, and that
/// is OpenBLAS's.
private let smallProduct = 1_000_000

/// Which of a product's left operand is stored by rows.
enum LeftOperand {
    /// rows × inner
    case plain
    /// inner × rows
    case transposed
}

extension Worker {
    /// c = a · b (+ c), on the calling thread: a is rows × inner, as it is or transposed, b is inner × columns, all stored
    /// by rows without gaps.
    @inline(__always)
    func multiply(
        rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, _ operand: LeftOperand,
        _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, accumulates: Bool
    ) {
        let isPlain = operand == .plain
        if rows * columns * inner <= smallProduct {
            kernels.product(
                rows, columns, inner, a, isPlain ? inner : 1, isPlain ? 1 : rows, b, c, accumulates ? 1 : 0)
        } else {
            cblas_sgemm(
                CblasRowMajor, isPlain ? CblasNoTrans : CblasTrans, CblasNoTrans, blasint(rows),
                blasint(columns),
                blasint(inner), 1, a, blasint(isPlain ? inner : rows), b, blasint(columns),
                accumulates ? 1 : 0, c,
                blasint(columns))
        }
    }
}
