/// Convolution by gathering what windows read into tiles of some hundred rows, which stay in cache, and one
/// matrix product for each tile.
///
/// All three products divide the pixels of all images evenly over the threads, so that one image keeps every
/// thread as busy as a batch does. No two threads write the same place: the step from output to input gathers
/// as well (see ``ConvolutionGeometry/transposedWindow(row:column:weightOffset:)``), and the weights'
/// gradient is summed apart for each thread and then put together in the order of the threads.
struct TiledConvolution {
    let geometry: ConvolutionGeometry

    init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

    /// Rows of a tile for products of `depth` × `channels` weights.
    ///
    /// As many as keep the product small, for then its operands need not be packed; where that would leave
    /// few rows, packing has to pay off over more of them.
    private static func rows(depth: Int, channels: Int) -> Int {
        let unpacked = 1_000_000 / max(1, depth * channels)
        return unpacked < 64 ? 256 : min(unpacked, 1024)
    }

    private var convolutionDepth: Int { geometry.kernel * geometry.kernel * geometry.input.channels }

    /// Room for a strip of bias, a tile of windows and, where their places in the target lie apart, a tile of
    /// products; or for a tile of windows and a thread's own sum of the weights' gradient.
    var workspace: Int {
        let depth = convolutionDepth
        let tile = Self.rows(depth: depth, channels: geometry.output.channels) * depth
        var most = tile + stripFloats(channels: geometry.output.channels)
        most = max(most, tile + AlignedMemory.aligned(geometry.weightCount))
        geometry.forEachTransposedWindow { window in
            let depth = window.rows * window.columns * geometry.output.channels
            let rows = Self.rows(depth: depth, channels: geometry.input.channels)
            let strip = stripFloats(channels: geometry.input.channels)
            most = max(most, strip + AlignedMemory.aligned(rows * depth) + rows * geometry.input.channels)
        }
        return most
    }

    func convolve(
        _ input: FeatureMap, _ weights: BufferView, into output: FeatureMap, _ epilogue: Epilogue,
        on worker: Worker
    ) {
        multiply(geometry.convolutionWindow, input, weights, into: output, epilogue, on: worker)
    }

    func convolveTransposed(
        _ output: FeatureMap, _ weights: BufferView, into input: FeatureMap, _ epilogue: Epilogue,
        on worker: Worker
    ) {
        geometry.forEachTransposedWindow { window in
            multiply(window, output, weights, into: input, epilogue, on: worker)
        }
    }

    private func multiply(
        _ window: Window, _ source: FeatureMap, _ weights: BufferView, into target: FeatureMap,
        _ epilogue: Epilogue,
        on worker: Worker
    ) {
        let pixels = worker.share(of: target.shape.batch * window.gridHeight * window.gridWidth)
        let epilogue = epilogue.inPlace(of: target)
        let depth = window.rows * window.columns * source.shape.channels
        let channels = target.shape.channels
        let rows = Self.rows(depth: depth, channels: channels)
        let strip = worker.workspace(atLeast: workspace)
        let tile = strip + stripFloats(channels: channels)
        let isDirect = window.pitch == 1
        let products = tile + AlignedMemory.aligned(rows * depth)
        if let bias = epilogue.bias, isDirect { fillStrip(strip, bias) }
        var start = pixels.lowerBound
        while start < pixels.upperBound {
            let count = min(rows, pixels.upperBound - start)
            let run = start..<start + count
            let result = isDirect ? target.base + start * channels : products
            let windows = matrixRows(of: window, from: source, pixels: run, workspace: tile)
            let accumulates = isDirect && epilogue.accumulates
            if depth > 0 {
                worker.multiply(
                    ProductSizes(rows: count, columns: channels, depth: depth), windows, .plain,
                    weights.base + window.weightOffset, into: result, accumulates: accumulates)
            } else if !accumulates {
                // No tap reaches these pixels: a kernel smaller than its stride leaves them to the bias.
                result.update(repeating: 0, count: count * channels)
            }
            if isDirect {
                applyEpilogue(result, at: start, count: count, channels: channels, strip: strip, epilogue)
            } else {
                storeStrided(products, window, pixels: run, into: target, epilogue)
            }
            start += count
        }
    }

    /// The rows of a matrix that a run of grid pixels sees: copied into the workspace, or where the pixels
    /// lie in the map as they do in the matrix, these themselves.
    private func matrixRows(
        of window: Window, from source: FeatureMap, pixels: Range<Int>, workspace: UnsafeMutablePointer<Float>
    ) -> UnsafeMutablePointer<Float> {
        guard !window.isIdentity(over: source.shape) else {
            return source.base + pixels.lowerBound * source.shape.channels
        }
        im2col(window, from: source, pixels: pixels, into: workspace)
        return workspace
    }

    /// Adds this thread's part of the weights' gradient: thread 0 to its place, the others into their
    /// workspace.
    func weightGradient(input: FeatureMap, output: FeatureMap, into gradient: BufferView, on worker: Worker) {
        let window = geometry.convolutionWindow
        let depth = convolutionDepth
        let channels = output.shape.channels
        let rows = Self.rows(depth: depth, channels: channels)
        let workspace = worker.workspace(atLeast: self.workspace)
        let tile = workspace + AlignedMemory.aligned(geometry.weightCount)
        let sum = worker.thread == 0 ? gradient.base : workspace
        let pixels = worker.share(of: output.shape.pixels)
        var accumulates = worker.thread == 0
        if pixels.isEmpty && !accumulates { sum.update(repeating: 0, count: gradient.count) }
        var start = pixels.lowerBound
        while start < pixels.upperBound {
            let count = min(rows, pixels.upperBound - start)
            let windows = matrixRows(of: window, from: input, pixels: start..<start + count, workspace: tile)
            worker.multiply(
                ProductSizes(rows: depth, columns: channels, depth: count), windows, .transposed,
                output.base + start * channels, into: sum, accumulates: accumulates)
            accumulates = true
            start += count
        }
    }

    func reduceWeightGradient(into gradient: BufferView, on worker: Worker) {
        guard worker.threads > 1 else { return }
        worker.wait()
        worker.divide(gradient.count, smallest: 16 * 1024) { range in
            for thread in 1..<worker.threads {
                let part = worker.workspace(of: thread, atLeast: gradient.count)
                let sum = gradient.base
                for index in range { sum[index] += part[index] }
            }
        }
    }

    func packForTransposed(_ weights: BufferView, into packed: BufferView, on worker: Worker) {
        let input = geometry.input.channels
        let output = geometry.output.channels
        let share = worker.share(of: output)
        var target = packed.base
        geometry.forEachTransposedWindow { window in
            let firstRow = geometry.taps(residue: window.row).first
            let firstColumn = geometry.taps(residue: window.column).first
            for row in (0..<window.rows).reversed() {
                for column in (0..<window.columns).reversed() {
                    let tap =
                        (firstRow + geometry.stride * row) * geometry.kernel + firstColumn
                        + geometry.stride * column
                    transpose(
                        weights.base + tap * input * output, rows: input, columns: output, share, into: target
                    )
                    target += input * output
                }
            }
        }
    }
}

/// target[column][row] = source[row][column] for some of the columns.
private func transpose(
    _ source: UnsafeMutablePointer<Float>, rows: Int, columns: Int, _ share: Range<Int>,
    into target: UnsafeMutablePointer<Float>
) {
    for column in share {
        for row in 0..<rows {
            target[column &* rows &+ row] = source[row &* columns &+ column]
        }
    }
}
