extension Worker {
    /// Copies `count` channels of each pixel, from channel `first` of the source to channel `place` of the
    /// target.
    ///
    /// Concatenation, slicing and the adjoints of both.
    /// - Parameter accumulates: adds to what the target holds instead of replacing it.
    package func copyChannels(
        _ count: Int, of source: Map, from first: Int, into target: Map, at place: Int,
        accumulates: Bool = false
    ) {
        let sourceChannels = source.extent.channels
        let targetChannels = target.extent.channels
        precondition(
            first >= 0 && first + count <= sourceChannels && place >= 0 && place + count <= targetChannels,
            "channels \(first)..<\(first + count) of \(sourceChannels) at \(place) of \(targetChannels)")
        precondition(
            source.extent.pixels == target.extent.pixels,
            "channels of a map of \(source.extent) in one of \(target.extent)")
        let smallest = smallestDivided / max(1, count)
        divide(source.extent.pixels, smallest: smallest) { range in
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
    package func pixelShuffle(_ source: Map, factor: Int, into target: Map) {
        forEachShuffled(source, factor, target) { source, target in target[0] = source[0] }
    }

    /// The adjoint of ``pixelShuffle(_:factor:into:)``, from the fine gradient to the coarse one.
    package func pixelShuffleAdjoint(_ gradient: Map, factor: Int, into target: Map, accumulates: Bool) {
        forEachShuffled(target, factor, gradient) { coarse, fine in
            coarse[0] = accumulates ? coarse[0] + fine[0] : fine[0]
        }
    }

    @inline(__always)
    private func forEachShuffled(
        _ coarse: Map, _ factor: Int, _ fine: Map,
        _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) {
        let (few, many) = (coarse.extent, fine.extent)
        precondition(
            few.batch == many.batch && few.height * factor == many.height && few.width * factor == many.width
                && few.channels == many.channels * factor * factor,
            "\(few) shuffled by \(factor) is not \(many)")
        let area = factor * factor
        divide(many.batch * many.height, smallest: smallestDivided / (many.width * many.channels)) { rows in
            for row in rows {
                // Images have a whole number of coarse rows, so rows may be counted over all images.
                let line = coarse.base + row / factor * few.width * few.channels + row % factor * factor
                var place = fine.base + row * many.width * many.channels
                for x in 0..<many.width {
                    let pixel = line + x / factor * few.channels + x % factor
                    for channel in 0..<many.channels { body(pixel + channel &* area, place + channel) }
                    place += many.channels
                }
            }
        }
    }
}
