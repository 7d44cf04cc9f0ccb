import Machine

/// The geometry that a convolution and its adjoint share.
///
/// A convolution reads the `input` and gives the `output`; a transposed convolution reads the output
/// and gives the input. What lies outside a map counts as zero, however far a window reaches, so any two
/// shapes go together. Weights are stored as [kernel row][kernel column][input channel][output channel].
package struct ConvolutionGeometry: Hashable, Sendable {
    package let kernel: Int
    package let stride: Int
    package let padding: Int
    package let input: TensorShape
    package let output: TensorShape

    package init(kernel: Int, stride: Int, padding: Int, input: TensorShape, output: TensorShape) {
        precondition(kernel > 0 && stride > 0 && padding >= 0, "kernel \(kernel), stride \(stride)")
        precondition(input.batch == output.batch, "\(input.batch) images become \(output.batch)")
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.input = input
        self.output = output
    }

    package var weightCount: Int { kernel * kernel * input.channels * output.channels }

    /// Whether it is one matrix product over all pixels, with nothing to gather.
    package var isPointwise: Bool {
        kernel == 1 && stride == 1 && padding == 0 && input.height == output.height
            && input.width == output.width
    }

    /// The window of the pass from input to output: the whole kernel.
    var convolutionWindow: Window {
        Window(
            rows: kernel, columns: kernel, top: -padding, left: -padding, step: stride, pitch: 1, row: 0,
            column: 0, gridHeight: output.height, gridWidth: output.width, weightOffset: 0)
    }

    /// The window of the pass from output to input for the input pixels of one residue (`row`, `column`)
    /// modulo the stride: the taps that reach them.
    ///
    /// Input row i = stride·q + r meets kernel row v where i + padding − v is a multiple of the stride: v =
    /// v₀ + stride·j with v₀ = (r + padding) mod stride, from output row q + (r + padding − v₀)/stride − j.
    /// In order of rising output row the taps are those of falling j, which is how
    /// ``TiledConvolution/packForTransposed(_:into:on:)`` arranges the weights.
    func transposedWindow(row: Int, column: Int, weightOffset: Int) -> Window {
        let vertical = taps(residue: row)
        let horizontal = taps(residue: column)
        return Window(
            rows: vertical.count, columns: horizontal.count, top: vertical.start, left: horizontal.start,
            step: 1,
            pitch: stride, row: row, column: column,
            gridHeight: max(0, (input.height - row).dividedRoundingUp(by: stride)),
            gridWidth: max(0, (input.width - column).dividedRoundingUp(by: stride)),
            weightOffset: weightOffset)
    }

    /// The kernel rows (or columns) that reach input pixels of a residue: the first of them, how many there
    /// are, and the output pixel that the last of them reads for the first such input pixel.
    func taps(residue: Int) -> (first: Int, count: Int, start: Int) {
        let first = (residue + padding) % stride
        let count = first < kernel ? (kernel - first).dividedRoundingUp(by: stride) : 0
        return (first, count, (residue + padding - first) / stride - (count - 1))
    }

    /// Calls `body` with each window from output to input, in the order of the packed weights.
    func forEachTransposedWindow(_ body: (Window) -> Void) {
        var offset = 0
        for row in 0..<stride {
            for column in 0..<stride {
                let window = transposedWindow(row: row, column: column, weightOffset: offset)
                body(window)
                offset += window.rows * window.columns * input.channels * output.channels
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
    func isIdentity(over source: TensorShape) -> Bool {
        rows == 1 && columns == 1 && top == 0 && left == 0 && step == 1 && gridHeight == source.height
            && gridWidth == source.width
    }
}
