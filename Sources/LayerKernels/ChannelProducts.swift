import Kernels
import Machine
import VectorKernels

// Products of channels, as attention between channels takes them [Zamir et al. 2022]. A map is a matrix of a
// row for each pixel; with heads, each head's channels are a matrix of their own. A matrix of channels by
// channels is a map of a row for each of the one, a column for each head, and a channel for each of the
// other.

extension Worker {
    /// Pixels whose products are added up together.
    private static let run = 256

    /// Floats for the kernels below, where the matrix is of `matrix` shape.
    package static func productsWorkspace(matrix: TensorShape) -> Int {
        let one = matrix.height * matrix.channels
        return AlignedMemory.aligned(matrix.count) + AlignedMemory.aligned(one)
            + 2 * AlignedMemory.aligned(run * max(matrix.height, matrix.channels))
    }

    /// m[i, head, j] = Σ left[pixel, head·I + i] · right[pixel, head·J + j] over the pixels of each image (+
    /// m).
    package func channelProducts(
        _ left: FeatureMap, _ right: FeatureMap, into matrix: FeatureMap, accumulates: Bool
    ) {
        let shape = matrix.shape
        let (rows, heads, columns) = (shape.height, shape.width, shape.channels)
        checkMatrix(shape, rows: left.shape, columns: right.shape)
        let sums = workspace(atLeast: Self.productsWorkspace(matrix: shape))
        sums.update(repeating: 0, count: shape.count)
        let tile = sums + AlignedMemory.aligned(shape.count) + AlignedMemory.aligned(rows * columns)
        let other = tile + AlignedMemory.aligned(Self.run * max(rows, columns))
        forEachImage(of: left.shape) { image, pixels in
            for start in stride(from: pixels.lowerBound, to: pixels.upperBound, by: Self.run) {
                let run = start..<min(pixels.upperBound, start + Self.run)
                for head in 0..<heads {
                    copyHead(head, of: left, run, rows, into: tile)
                    copyHead(head, of: right, run, columns, into: other)
                    multiply(
                        ProductSizes(rows: rows, columns: columns, depth: run.count), tile, .transposed,
                        other,
                        into: sums + (image * heads + head) * rows * columns, accumulates: true)
                }
            }
        }
        wait()
        for index in share(of: shape.count) {
            // The matrix has [image][row][head][column], the sums [image][head][row][column].
            let (column, head) = (index % columns, index / columns % heads)
            let (row, image) = (index / (columns * heads) % rows, index / (columns * heads * rows))
            let place = ((image * heads + head) * rows + row) * columns + column
            var sum: Float = 0
            for thread in 0..<threads {
                sum += workspace(of: thread, atLeast: Self.productsWorkspace(matrix: shape))[place]
            }
            matrix.base[index] = accumulates ? matrix.base[index] + sum : sum
        }
    }

    /// y[pixel, head·I + i] = Σ m[i, head, j] · x[pixel, head·J + j] (+ y); with the matrix transposed, the
    /// sum is over i and gives y[pixel, head·J + j].
    package func multiplyChannels(
        _ source: FeatureMap, by matrix: FeatureMap, isTransposed: Bool, into target: FeatureMap,
        accumulates: Bool
    ) {
        let shape = matrix.shape
        let (rows, heads, columns) = (shape.height, shape.width, shape.channels)
        checkMatrix(
            shape, rows: isTransposed ? source.shape : target.shape,
            columns: isTransposed ? target.shape : source.shape)
        let (from, to) = isTransposed ? (rows, columns) : (columns, rows)
        let arranged =
            workspace(atLeast: Self.productsWorkspace(matrix: shape)) + AlignedMemory.aligned(shape.count)
        let tile = arranged + AlignedMemory.aligned(rows * columns)
        let products = tile + AlignedMemory.aligned(Self.run * max(rows, columns))
        forEachImage(of: source.shape) { image, pixels in
            for head in 0..<heads {
                for row in 0..<rows {
                    let values = matrix.base + ((image * rows + row) * heads + head) * columns
                    for column in 0..<columns {
                        arranged[isTransposed ? row * columns + column : column * rows + row] = values[column]
                    }
                }
                for start in stride(from: pixels.lowerBound, to: pixels.upperBound, by: Self.run) {
                    let run = start..<min(pixels.upperBound, start + Self.run)
                    copyHead(head, of: source, run, from, into: tile)
                    multiply(
                        ProductSizes(rows: run.count, columns: to, depth: from), tile, .plain, arranged,
                        into: products, accumulates: false)
                    storeHead(head, products, run, to, into: target, accumulates: accumulates)
                }
            }
        }
    }

    private func copyHead(
        _ head: Int, of source: FeatureMap, _ pixels: Range<Int>, _ channels: Int,
        into target: UnsafeMutablePointer<Float>
    ) {
        var from = source.base + pixels.lowerBound * source.shape.channels + head * channels
        var to = target
        for _ in pixels {
            for channel in 0..<channels { to[channel] = from[channel] }
            from += source.shape.channels
            to += channels
        }
    }

    private func storeHead(
        _ head: Int, _ products: UnsafeMutablePointer<Float>, _ pixels: Range<Int>, _ channels: Int,
        into target: FeatureMap, accumulates: Bool
    ) {
        var from = products
        var to = target.base + pixels.lowerBound * target.shape.channels + head * channels
        for _ in pixels {
            if accumulates {
                for channel in 0..<channels { to[channel] += from[channel] }
            } else {
                for channel in 0..<channels { to[channel] = from[channel] }
            }
            from += channels
            to += target.shape.channels
        }
    }

    private func checkMatrix(_ matrix: TensorShape, rows: TensorShape, columns: TensorShape) {
        precondition(
            rows.channels == matrix.height * matrix.width
                && columns.channels == matrix.channels * matrix.width
                && rows.pixels == columns.pixels && rows.batch == matrix.batch,
            "channels of \(rows) and \(columns) in a matrix of \(matrix)")
    }
}
