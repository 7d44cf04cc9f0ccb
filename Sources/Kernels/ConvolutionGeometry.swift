/// The geometry that a convolution and its adjoint share.
///
/// A convolution reads the `fine` map and gives the `coarse` one; a transposed convolution reads the coarse
/// and gives the fine. What lies outside a map counts as zero, however far a window reaches, so any two
/// extents go together. Weights are stored as [kernel row][kernel column][fine channel][coarse channel].
package struct ConvolutionGeometry: Hashable, Sendable {
    package let kernel: Int
    package let stride: Int
    package let padding: Int
    package let fine: Extent
    package let coarse: Extent

    package init(kernel: Int, stride: Int, padding: Int, fine: Extent, coarse: Extent) {
        precondition(kernel > 0 && stride > 0 && padding >= 0, "kernel \(kernel), stride \(stride)")
        precondition(fine.batch == coarse.batch, "\(fine.batch) images become \(coarse.batch)")
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.fine = fine
        self.coarse = coarse
    }

    package var weightCount: Int { kernel * kernel * fine.channels * coarse.channels }

    /// Whether it is one matrix product over all pixels, with nothing to gather.
    package var isPointwise: Bool {
        kernel == 1 && stride == 1 && padding == 0 && fine.height == coarse.height
            && fine.width == coarse.width
    }

    /// From fine to coarse: one window, the kernel itself.
    var gathering: Window {
        Window(
            rows: kernel, columns: kernel, top: -padding, left: -padding, step: stride, pitch: 1, row: 0,
            column: 0, gridHeight: coarse.height, gridWidth: coarse.width, weightOffset: 0)
    }

    /// From coarse to fine: for each residue of a fine pixel modulo the stride, the taps that reach it.
    ///
    /// Fine row i = stride·q + r meets kernel row v where i + padding − v is a multiple of the stride: v = v₀
    /// + stride·j with v₀ = (r + padding) mod stride, from coarse row q + (r + padding − v₀)/stride − j. In
    /// order of rising coarse row the taps are those of falling j, which is how ``packForSpreading`` arranges
    /// the weights.
    func spreading(row: Int, column: Int, weightOffset: Int) -> Window {
        let vertical = taps(residue: row)
        let horizontal = taps(residue: column)
        return Window(
            rows: vertical.count, columns: horizontal.count, top: vertical.start, left: horizontal.start,
            step: 1,
            pitch: stride, row: row, column: column,
            gridHeight: max(0, (fine.height - row + stride - 1) / stride),
            gridWidth: max(0, (fine.width - column + stride - 1) / stride), weightOffset: weightOffset)
    }

    /// The kernel rows (or columns) that reach fine pixels of a residue: the first of them, how many there
    /// are, and the coarse pixel that the last of them reads for the first such fine pixel.
    func taps(residue: Int) -> (first: Int, count: Int, start: Int) {
        let first = (residue + padding) % stride
        let count = first < kernel ? (kernel - first + stride - 1) / stride : 0
        return (first, count, (residue + padding - first) / stride - (count - 1))
    }

    /// Calls `body` with each window from coarse to fine, in the order of the packed weights.
    func forEachSpreading(_ body: (Window) -> Void) {
        var offset = 0
        for row in 0..<stride {
            for column in 0..<stride {
                let window = spreading(row: row, column: column, weightOffset: offset)
                body(window)
                offset += window.rows * window.columns * fine.channels * coarse.channels
            }
        }
    }
}

/// One dense product of a convolution: at each pixel (y, x) of a grid, `rows` × `columns` source pixels from
/// (y·step + top, x·step + left) on give the target pixel (y·pitch + row, x·pitch + column).
struct Window {
    let rows: Int
    let columns: Int
    let top: Int
    let left: Int
    let step: Int
    let pitch: Int
    let row: Int
    let column: Int
    let gridHeight: Int
    let gridWidth: Int
    let weightOffset: Int

    /// Whether a run of grid pixels is the same run of source pixels.
    func isIdentity(over source: Extent) -> Bool {
        rows == 1 && columns == 1 && top == 0 && left == 0 && step == 1 && gridHeight == source.height
            && gridWidth == source.width
    }
}
