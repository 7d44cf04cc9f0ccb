import Kernels

/// Windows of pixels, each of which becomes one.
package struct PoolingWindow: Hashable, Sendable {
    package let side: Int
    package let stride: Int

    package init(side: Int, stride: Int) { (self.side, self.stride) = (side, stride) }
}

extension Worker {
    /// The mean of each window's pixels, channel by channel.
    package func meanOfWindows(_ source: FeatureMap, _ window: PoolingWindow, into target: FeatureMap) {
        let part = 1 / Float(window.side * window.side)
        let channels = target.shape.channels
        forEachOwnWindow(window, of: source.shape, target.shape) { pixel, start in
            let place = target.base + pixel * channels
            place.update(repeating: 0, count: channels)
            forEachPixel(of: window, in: source.shape, from: start) { index in
                let values = source.base + index * channels
                for channel in 0..<channels { place[channel] += values[channel] }
            }
            for channel in 0..<channels { place[channel] *= part }
        }
    }

    /// The adjoint of ``meanOfWindows(_:_:into:)``; adds to the target.
    package func meanOfWindowsAdjoint(
        _ gradient: FeatureMap, _ window: PoolingWindow, into target: FeatureMap
    ) {
        let part = 1 / Float(window.side * window.side)
        let channels = target.shape.channels
        forEachReached(window, of: target.shape, gradient.shape) { pixel, index in
            let (values, place) = (gradient.base + pixel * channels, target.base + index * channels)
            for channel in 0..<channels { place[channel] += values[channel] * part }
        }
    }

    /// The largest of each window's values, or of each image's, channel by channel; not-a-number where there
    /// is one.
    ///
    /// Every value is compared by the worker that has its channel: windows may be few and large.
    package func largestOfWindows(_ source: FeatureMap, _ window: PoolingWindow?, into target: FeatureMap) {
        let channels = target.shape.channels
        let own = share(of: channels)
        forEachWindow(window, of: source.shape, target.shape) { pixel, rows, columns in
            let place = target.base + pixel * channels
            for channel in own { place[channel] = -.infinity }
            for row in rows {
                for column in columns {
                    let values = source.base + (row * source.shape.width + column) * channels
                    for channel in own where !(values[channel] <= place[channel]) {
                        if !place[channel].isNaN { place[channel] = values[channel] }
                    }
                }
            }
        }
    }

    /// Reads the input, the result and its gradient, which goes to the first pixel of a window, row by row,
    /// that has the largest value; adds to the target.
    package func largestOfWindowsGradient(
        _ source: FeatureMap, _ largest: FeatureMap, _ gradient: FeatureMap, _ window: PoolingWindow?,
        into target: FeatureMap
    ) {
        let channels = source.shape.channels
        // Windows may overlap, so each worker has channels of its own.
        let own = share(of: channels)
        forEachWindow(window, of: source.shape, gradient.shape) { pixel, rows, columns in
            for channel in own {
                let value = largest.base[pixel * channels + channel]
                for place in pixels(rows, columns, source.shape.width)
                where source.base[place * channels + channel] == value {
                    target.base[place * channels + channel] += gradient.base[pixel * channels + channel]
                    break
                }
            }
        }
    }

    private func pixels(
        _ rows: Range<Int>, _ columns: Range<Int>, _ width: Int
    ) -> some Sequence<Int> {
        rows.lazy.flatMap { row in columns.lazy.map { row * width + $0 } }
    }

    /// Calls `body` with each pixel of the result, and the rows and columns of its window; pixels and rows
    /// are counted over all images. Without a window, it is the whole of each image.
    @inline(__always)
    private func forEachWindow(
        _ window: PoolingWindow?, of source: TensorShape, _ result: TensorShape,
        _ body: (_ pixel: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void
    ) {
        let (height, width) = (window?.side ?? source.height, window?.side ?? source.width)
        let stride = window?.stride ?? 1
        for pixel in 0..<result.pixels {
            let (image, y) = (pixel / result.width / result.height, pixel / result.width % result.height)
            let (row, column) = (image * source.height + y * stride, pixel % result.width * stride)
            body(pixel, row..<row + height, column..<column + width)
        }
    }

    /// Calls `body` with each pixel of the target that is this worker's, and the source's pixel at which its
    /// window begins; both counted over all images.
    @inline(__always)
    private func forEachOwnWindow(
        _ window: PoolingWindow, of source: TensorShape, _ target: TensorShape,
        _ body: (_ pixel: Int, _ start: Int) -> Void
    ) {
        let smallest = smallestDivided / (target.width * target.channels * window.side * window.side)
        divide(target.batch * target.height, smallest: smallest) { rows in
            for row in rows {
                let (image, y) = (row / target.height, row % target.height)
                let line = (image * source.height + y * window.stride) * source.width
                for x in 0..<target.width { body(row * target.width + x, line + x * window.stride) }
            }
        }
    }

    @inline(__always)
    private func forEachPixel(
        of window: PoolingWindow, in source: TensorShape, from start: Int, _ body: (Int) -> Void
    ) {
        for v in 0..<window.side {
            for u in 0..<window.side { body(start + v * source.width + u) }
        }
    }

    /// Calls `body` with each pixel of the windows' result and each pixel of the map that its window holds,
    /// where that lies in a row that is this worker's.
    @inline(__always)
    private func forEachReached(
        _ window: PoolingWindow, of source: TensorShape, _ result: TensorShape,
        _ body: (_ pixel: Int, _ index: Int) -> Void
    ) {
        divide(source.batch * source.height) { rows in
            for row in rows {
                let (image, y) = (row / source.height, row % source.height)
                let first = max(0, (y - window.side + window.stride) / window.stride)
                for resultRow in first..<max(first, min(result.height, y / window.stride + 1)) {
                    for x in 0..<result.width {
                        let pixel = (image * result.height + resultRow) * result.width + x
                        for u in 0..<window.side {
                            body(pixel, row * source.width + x * window.stride + u)
                        }
                    }
                }
            }
        }
    }
}
