import COpenBLAS

/// c = a · b (+ c): a is rows × inner, b is inner × columns, all stored by rows without gaps.
@inline(__always)
func multiply(
    rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, accumulates: Bool
) {
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner), 1, a,
        blasint(inner), b, blasint(columns), accumulates ? 1 : 0, c, blasint(columns))
}

/// c = aᵀ · b (+ c): a is inner × rows, b is inner × columns, all stored by rows without gaps.
@inline(__always)
func multiplyTransposed(
    rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, accumulates: Bool
) {
    cblas_sgemm(
        CblasRowMajor, CblasTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner), 1, a,
        blasint(rows), b, blasint(columns), accumulates ? 1 : 0, c, blasint(columns))
}
