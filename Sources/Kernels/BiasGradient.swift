extension Worker {
    /// Floats of workspace that ``addBiasGradient(_:maskedBy:into:)`` needs on each thread.
    package static func biasWorkspace(channels: Int) -> Int { 2 * stripFloats(channels: channels) }

    /// Adds the sum over all pixels of a gradient to a bias's gradient.
    ///
    /// - Parameter output: if given, the output of the ReLU that follows the convolution: the gradient is
    ///   first set to 0,
    ///   in place, wherever it is not positive. One pass over the gradient does both.
    package func addBiasGradient(_ gradient: FeatureMap, maskedBy output: FeatureMap?, into bias: BufferView)
    {
        if let output { checkEqual(output, gradient) }
        let channels = gradient.shape.channels
        precondition(bias.count == channels, "\(bias.count) biases for \(channels) channels")
        let stripLength = stripFloats(channels: channels)
        let strip = workspace(atLeast: Self.biasWorkspace(channels: channels))
        let pixels = share(of: gradient.shape.pixels)
        sumStrips(gradient, pixels, maskedBy: output, into: strip, stripLength)
        fold(strip, stripLength, channels: channels, into: strip + stripLength)
        wait()
        guard thread == 0 else { return }
        for thread in 0..<threads {
            let sums = workspace(of: thread, atLeast: 2 * stripLength) + stripLength
            for channel in 0..<channels { bias.base[channel] += sums[channel] }
        }
    }
}

/// Sums runs of a strip's length, value by value. A run's length is a multiple of the channels, so a place in
/// the strip belongs to one channel; the loop is long and straight however few the channels are.
private func sumStrips(
    _ gradient: FeatureMap, _ pixels: Range<Int>, maskedBy output: FeatureMap?,
    into strip: UnsafeMutablePointer<Float>,
    _ stripLength: Int
) {
    let channels = gradient.shape.channels
    let run = stripPixels * channels
    strip.update(repeating: 0, count: stripLength)
    var start = pixels.lowerBound * channels
    let end = pixels.upperBound * channels
    while start < end {
        let values = gradient.base + start
        let length = min(run, end - start)
        if let mask = output.map({ $0.base + start }) {
            for index in 0..<length { values[index] = mask[index] > 0 ? values[index] : 0 }
        }
        for index in 0..<length { strip[index] += values[index] }
        start += run
    }
}

private func fold(
    _ strip: UnsafeMutablePointer<Float>, _ stripLength: Int, channels: Int,
    into sums: UnsafeMutablePointer<Float>
) {
    sums.update(repeating: 0, count: channels)
    for pixel in 0..<stripPixels {
        for channel in 0..<channels { sums[channel] += strip[pixel &* channels &+ channel] }
    }
}
