import Kernels
import VectorKernels

// Sums over the pixels of each image, channel by channel, and maps that are scaled and shifted by channel.
//
// Rows are summed in single precision and then added up in double, so that a sum over a photograph is as
// exact as one over a patch. Each thread sums rows of its own, and the parts are put together in the threads'
// order.

extension Worker {
    /// Floats of workspace for ``sumsOverPixels(of:terms:_:)``.
    package static func sumsWorkspace(of shape: TensorShape, terms: Int) -> Int {
        2 * AlignedMemory.aligned(shape.batch * terms * shape.channels)
            + AlignedMemory.aligned(terms * shape.channels)
            // What callers make of the sums, for one image at a time.
            + 4 * AlignedMemory.aligned(shape.channels)
    }

    /// For each image and term, a sum for each channel over the image's pixels, in double precision.
    ///
    /// Waits for all workers. The result lies in the first worker's workspace, [image][term][channel], until
    /// the next kernel.
    /// - Parameter body: adds a row of pixels, which starts at so many floats of a map of `shape`, to the
    ///   sums, [term][channel].
    @inline(__always)
    func sumsOverPixels(
        of shape: TensorShape, terms: Int,
        _ body: (_ image: Int, _ start: Int, UnsafeMutablePointer<Float>) -> Void
    ) -> UnsafeMutablePointer<Double> {
        let channels = shape.channels
        let count = shape.batch * terms * channels
        let own = doubles(of: thread, shape, terms)
        let strip =
            workspace(atLeast: Self.sumsWorkspace(of: shape, terms: terms)) + 2 * AlignedMemory.aligned(count)
        own.update(repeating: 0, count: count)
        for row in share(of: shape.batch * shape.height) {
            strip.update(repeating: 0, count: terms * channels)
            let image = row / shape.height
            body(image, row * shape.width * channels, strip)
            let sums = own + image * terms * channels
            for index in 0..<terms * channels { sums[index] += Double(strip[index]) }
        }
        wait()
        let first = doubles(of: 0, shape, terms)
        for index in share(of: count) {
            for thread in 1..<max(1, threads) { first[index] += doubles(of: thread, shape, terms)[index] }
        }
        wait()
        return first
    }

    private func doubles(of thread: Int, _ shape: TensorShape, _ terms: Int) -> UnsafeMutablePointer<Double> {
        let floats = workspace(of: thread, atLeast: Self.sumsWorkspace(of: shape, terms: terms))
        return UnsafeMutableRawPointer(floats).assumingMemoryBound(to: Double.self)
    }

    /// Room behind the sums for one value of each channel, in this worker's workspace.
    func channelValues(_ place: Int, _ shape: TensorShape, terms: Int) -> UnsafeMutablePointer<Float> {
        precondition(place < 4, "there is room for four values of a channel")
        let count = shape.batch * terms * shape.channels
        return workspace(atLeast: Self.sumsWorkspace(of: shape, terms: terms))
            + 2 * AlignedMemory.aligned(count) + AlignedMemory.aligned(terms * shape.channels)
            + place * AlignedMemory.aligned(shape.channels)
    }

    /// Calls `body` with each image that this worker's rows are of, and the pixels of that image that are
    /// its, counted over all images.
    @inline(__always)
    func forEachImage(of shape: TensorShape, _ body: (_ image: Int, _ pixels: Range<Int>) -> Void) {
        let area = shape.height * shape.width
        let own = share(of: shape.pixels)
        var start = own.lowerBound
        while start < own.upperBound {
            let image = start / area
            let end = min(own.upperBound, (image + 1) * area)
            body(image, start..<end)
            start = end
        }
    }

    /// target = source · scale + shift (+ target) for some pixels, with a scale and a shift for each channel.
    func scaleRows(
        _ source: FeatureMap, _ pixels: Range<Int>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
        into target: FeatureMap, accumulates: Bool
    ) {
        let channels = target.shape.channels
        kernels.scaleRows(
            pixels.count, channels, source.base + pixels.lowerBound * channels, scale, shift,
            target.base + pixels.lowerBound * channels, accumulates ? 1 : 0)
    }

    // MARK: Means

    /// The mean over all pixels of each image: a map of one pixel.
    package func meanOverPixels(_ source: FeatureMap, into target: FeatureMap) {
        let shape = source.shape
        let sums = sumsOverPixels(of: shape, terms: 1) { _, start, sums in
            kernels.sumRows(shape.width, shape.channels, source.base + start, nil, sums)
        }
        let area = Double(shape.height * shape.width)
        for index in share(of: shape.batch * shape.channels) {
            target.base[index] = Float(sums[index] / area)
        }
    }

    /// The mean over all values of each image.
    package func mean(_ source: FeatureMap, into target: FeatureMap) {
        let shape = source.shape
        let sums = sumsOverPixels(of: shape, terms: 1) { _, start, sums in
            kernels.sumRows(shape.width, shape.channels, source.base + start, nil, sums)
        }
        let count = Double(shape.height * shape.width * shape.channels)
        for image in share(of: shape.batch) {
            var sum = 0.0
            for channel in 0..<shape.channels { sum += sums[image * shape.channels + channel] }
            target.base[image] = Float(sum / count)
        }
    }

    /// The adjoint of ``mean(_:into:)``.
    package func meanAdjoint(_ gradient: FeatureMap, into target: FeatureMap, accumulates: Bool) {
        let shape = target.shape
        let part = 1 / Float(shape.height * shape.width * shape.channels)
        forEachImage(of: shape) { image, pixels in
            let value = gradient.base[image] * part
            for index in pixels.lowerBound * shape.channels..<pixels.upperBound * shape.channels {
                target.base[index] = accumulates ? target.base[index] + value : value
            }
        }
    }

    /// The adjoint of ``meanOverPixels(_:into:)``.
    package func meanOverPixelsAdjoint(_ gradient: FeatureMap, into target: FeatureMap, accumulates: Bool) {
        let shape = target.shape
        let part = 1 / Float(shape.height * shape.width)
        forEachImage(of: shape) { image, pixels in
            let values = gradient.base + image * shape.channels
            for pixel in pixels {
                let place = target.base + pixel * shape.channels
                if accumulates {
                    for channel in 0..<shape.channels { place[channel] += values[channel] * part }
                } else {
                    for channel in 0..<shape.channels { place[channel] = values[channel] * part }
                }
            }
        }
    }
}
