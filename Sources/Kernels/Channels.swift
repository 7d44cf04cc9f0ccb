extension Worker {
    /// Copies `count` channels of each pixel, from channel `first` of the source to channel `place` of the
    /// target.
    ///
    /// Concatenation, slicing and the adjoints of both.
    /// - Parameter accumulates: adds to what the target holds instead of replacing it.
    package func copyChannels(
        _ count: Int, of source: FeatureMap, from first: Int, into target: FeatureMap, at place: Int,
        accumulates: Bool = false
    ) {
        let sourceChannels = source.shape.channels
        let targetChannels = target.shape.channels
        precondition(
            first >= 0 && first + count <= sourceChannels && place >= 0 && place + count <= targetChannels,
            "channels \(first)..<\(first + count) of \(sourceChannels) at \(place) of \(targetChannels)")
        precondition(
            source.shape.pixels == target.shape.pixels,
            "channels of a map of \(source.shape) in one of \(target.shape)")
        let smallest = smallestDivided / max(1, count)
        divide(source.shape.pixels, smallest: smallest) { range in
            var from = source.base + (range.lowerBound * sourceChannels + first)
            var to = target.base + (range.lowerBound * targetChannels + place)
            for _ in range {
                if accumulates {
                    for channel in 0..<count { to[channel] += from[channel] }
                } else {
                    for channel in 0..<count { to[channel] = from[channel] }
                }
                from += sourceChannels
                to += targetChannels
            }
        }
    }

    /// Channels to space, in PyTorch's order: target[y·f + v, x·f + u, c] = source[y, x, c·f² + v·f + u].
    package func pixelShuffle(
        _ source: FeatureMap, factor: Int, into target: FeatureMap, accumulates: Bool = false
    ) {
        forEachShuffled(source, factor, target) { source, target in
            target[0] = accumulates ? target[0] + source[0] : source[0]
        }
    }

    /// The adjoint of ``pixelShuffle(_:factor:into:)``, from the input gradient to the output one.
    package func pixelShuffleAdjoint(
        _ gradient: FeatureMap, factor: Int, into target: FeatureMap, accumulates: Bool
    ) {
        forEachShuffled(target, factor, gradient) { output, input in
            output[0] = accumulates ? output[0] + input[0] : input[0]
        }
    }

    @inline(__always)
    private func forEachShuffled(
        _ output: FeatureMap, _ factor: Int, _ input: FeatureMap,
        _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) {
        let (few, many) = (output.shape, input.shape)
        precondition(
            few.batch == many.batch && few.height * factor == many.height && few.width * factor == many.width
                && few.channels == many.channels * factor * factor,
            "\(few) shuffled by \(factor) is not \(many)")
        let area = factor * factor
        divide(many.batch * many.height, smallest: smallestDivided / (many.width * many.channels)) { rows in
            for row in rows {
                // Images have a whole number of output rows, so rows may be counted over all images.
                let line = output.base + row / factor * few.width * few.channels + row % factor * factor
                var place = input.base + row * many.width * many.channels
                for x in 0..<many.width {
                    let pixel = line + x / factor * few.channels + x % factor
                    for channel in 0..<many.channels { body(pixel + channel &* area, place + channel) }
                    place += many.channels
                }
            }
        }
    }
}
