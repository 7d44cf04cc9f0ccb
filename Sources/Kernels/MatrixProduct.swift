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
enum LeftOperand {
    /// rows × inner
    case plain
    /// inner × rows
    case transposed
}

extension Worker {
    /// c = a · b (+ c), on the calling thread: a is rows × inner, as it is or transposed, b is inner ×
    /// columns, all stored by rows without gaps.
    @inline(__always)
    func multiply(
        rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, _ operand: LeftOperand,
        _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, accumulates: Bool
    ) {
        if rows * columns * inner <= smallProduct || !isOpenBLASUpToDate {
            multiplyAlone(
                rows: rows, columns: columns, inner: inner, a, operand, b, into: c, accumulates: accumulates)
        } else {
            multiplyByBLAS(
                rows: rows, columns: columns, inner: inner, a, operand, b, into: c, accumulates: accumulates)
        }
    }

    func multiplyAlone(
        rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, _ operand: LeftOperand,
        _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, accumulates: Bool
    ) {
        let (rowStep, depthStep) = operand == .plain ? (inner, 1) : (1, rows)
        kernels.gemm(rows, columns, inner, a, rowStep, depthStep, b, c, accumulates ? 1 : 0)
    }

    func multiplyByBLAS(
        rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, _ operand: LeftOperand,
        _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, accumulates: Bool
    ) {
        let isPlain = operand == .plain
        cblas_sgemm(
            CblasRowMajor, isPlain ? CblasNoTrans : CblasTrans, CblasNoTrans, blasint(rows), blasint(columns),
            blasint(inner), 1, a, blasint(isPlain ? inner : rows), b, blasint(columns), accumulates ? 1 : 0,
            c,
            blasint(columns))
    }
}
