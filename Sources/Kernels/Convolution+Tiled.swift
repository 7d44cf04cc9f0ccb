/// Convolution by gathering what windows read into tiles of some hundred rows, which stay in cache, and one
/// matrix product for each tile.
///
/// All three products divide the pixels of all images evenly over the threads, so that one image keeps every
/// thread as busy as a batch does. No two threads write the same place: the step from coarse to fine gathers
/// as well (see ``ConvolutionGeometry/spreading(row:column:weightOffset:)``), and the weights' gradient is
/// summed apart for each thread and then put together in the order of the threads.
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

    private var gatherDepth: Int { geometry.kernel * geometry.kernel * geometry.fine.channels }

    /// Room for a strip of bias, a tile of windows and, where their places in the target lie apart, a tile of
    /// products; or for a tile of windows and a thread's own sum of the weights' gradient.
    var scratch: Int {
        let depth = gatherDepth
        let tile = Self.rows(depth: depth, channels: geometry.coarse.channels) * depth
        var most = tile + stripFloats(channels: geometry.coarse.channels)
        most = max(most, tile + Memory.aligned(geometry.weightCount))
        geometry.forEachSpreading { window in
            let depth = window.rows * window.columns * geometry.coarse.channels
            let rows = Self.rows(depth: depth, channels: geometry.fine.channels)
            let strip = stripFloats(channels: geometry.fine.channels)
            most = max(most, strip + Memory.aligned(rows * depth) + rows * geometry.fine.channels)
        }
        return most
    }

    func gather(
        _ fine: Map, _ weights: Floats, into coarse: Map, _ finish: Finish, on worker: Worker
    ) {
        multiply(geometry.gathering, fine, weights, into: coarse, finish, on: worker)
    }

    func spread(
        _ coarse: Map, _ weights: Floats, into fine: Map, _ finish: Finish, on worker: Worker
    ) {
        geometry.forEachSpreading { window in
            multiply(window, coarse, weights, into: fine, finish, on: worker)
        }
    }

    private func multiply(
        _ window: Window, _ source: Map, _ weights: Floats, into target: Map, _ finish: Finish,
        on worker: Worker
    ) {
        let pixels = worker.share(of: target.extent.batch * window.gridHeight * window.gridWidth)
        let finish = finish.inPlace(of: target)
        let depth = window.rows * window.columns * source.extent.channels
        let channels = target.extent.channels
        let rows = Self.rows(depth: depth, channels: channels)
        let strip = worker.scratch(atLeast: scratch)
        let tile = strip + stripFloats(channels: channels)
        let isDirect = window.pitch == 1
        let products = tile + Memory.aligned(rows * depth)
        if let bias = finish.bias, isDirect { fillStrip(strip, bias) }
        var start = pixels.lowerBound
        while start < pixels.upperBound {
            let count = min(rows, pixels.upperBound - start)
            let run = start..<start + count
            let result = isDirect ? target.base + start * channels : products
            let windows = matrixRows(of: window, from: source, pixels: run, workspace: tile)
            let accumulates = isDirect && finish.accumulates
            if depth > 0 {
                worker.multiply(
                    ProductSizes(rows: count, columns: channels, depth: depth), windows, .plain,
                    weights.base + window.weightOffset, into: result, accumulates: accumulates)
            } else if !accumulates {
                // No tap reaches these pixels: a kernel smaller than its stride leaves them to the bias.
                result.update(repeating: 0, count: count * channels)
            }
            if isDirect {
                finishRun(result, at: start, count: count, channels: channels, strip: strip, finish)
            } else {
                scatter(products, window, pixels: run, into: target, finish)
            }
            start += count
        }
    }

    /// The rows of a matrix that a run of grid pixels sees: copied into the workspace, or where the pixels
    /// lie in the image as they do in the matrix, these themselves.
    private func matrixRows(
        of window: Window, from source: Map, pixels: Range<Int>, workspace: UnsafeMutablePointer<Float>
    ) -> UnsafeMutablePointer<Float> {
        guard !window.isIdentity(over: source.extent) else {
            return source.base + pixels.lowerBound * source.extent.channels
        }
        Kernels.gather(window, from: source, pixels: pixels, into: workspace)
        return workspace
    }

    /// Adds this thread's part of the weights' gradient: thread 0 to its place, the others into their
    /// scratch.
    func weightGradient(fine: Map, coarse: Map, into gradient: Floats, on worker: Worker) {
        let window = geometry.gathering
        let depth = gatherDepth
        let channels = coarse.extent.channels
        let rows = Self.rows(depth: depth, channels: channels)
        let scratch = worker.scratch(atLeast: self.scratch)
        let tile = scratch + Memory.aligned(geometry.weightCount)
        let sum = worker.thread == 0 ? gradient.base : scratch
        let pixels = worker.share(of: coarse.extent.pixels)
        var accumulates = worker.thread == 0
        if pixels.isEmpty && !accumulates { sum.update(repeating: 0, count: gradient.count) }
        var start = pixels.lowerBound
        while start < pixels.upperBound {
            let count = min(rows, pixels.upperBound - start)
            let windows = matrixRows(of: window, from: fine, pixels: start..<start + count, workspace: tile)
            worker.multiply(
                ProductSizes(rows: depth, columns: channels, depth: count), windows, .transposed,
                coarse.base + start * channels, into: sum, accumulates: accumulates)
            accumulates = true
            start += count
        }
    }

    func reduceWeightGradient(into gradient: Floats, on worker: Worker) {
        guard worker.threads > 1 else { return }
        worker.wait()
        worker.divide(gradient.count, smallest: 16 * 1024) { range in
            for thread in 1..<worker.threads {
                let part = worker.scratch(of: thread, atLeast: gradient.count)
                let sum = gradient.base
                for index in range { sum[index] += part[index] }
            }
        }
    }

    func packForSpreading(_ weights: Floats, into packed: Floats, on worker: Worker) {
        let fine = geometry.fine.channels
        let coarse = geometry.coarse.channels
        let share = worker.share(of: coarse)
        var target = packed.base
        geometry.forEachSpreading { window in
            let firstRow = geometry.taps(residue: window.row).first
            let firstColumn = geometry.taps(residue: window.column).first
            for row in (0..<window.rows).reversed() {
                for column in (0..<window.columns).reversed() {
                    let tap =
                        (firstRow + geometry.stride * row) * geometry.kernel + firstColumn
                        + geometry.stride * column
                    transpose(
                        weights.base + tap * fine * coarse, rows: fine, columns: coarse, share, into: target)
                    target += fine * coarse
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
