/// Where bilinear interpolation reads along one side, with half-pixel centres and clamped edges: PyTorch's
/// `interpolate(mode="bilinear", align_corners=False, antialias=False)`.
private struct Tap {
    let first: Int
    let second: Int
    /// The part of the second; the first has the rest.
    let fraction: Float

    init(_ index: Int, from source: Int, to target: Int) {
        let centre = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
        let position = max(0, centre)
        first = min(Int(position), source - 1)
        second = min(first + 1, source - 1)
        fraction = Float(position - Double(first))
    }
}

extension Worker {
    /// Bilinear, up or down, to the target's height and width.
    package func resize(_ source: FeatureMap, into target: FeatureMap) {
        let (from, to) = (source.shape, target.shape)
        checkResampling(from, to)
        let channels = to.channels
        divide(to.batch * to.height, smallest: smallestDivided / (to.width * channels)) { rows in
            for row in rows {
                let image = row / to.height
                let vertical = Tap(row - image * to.height, from: from.height, to: to.height)
                let upper = source.base + (image * from.height + vertical.first) * from.width * channels
                let lower = source.base + (image * from.height + vertical.second) * from.width * channels
                var place = target.base + row * to.width * channels
                for x in 0..<to.width {
                    let tap = Tap(x, from: from.width, to: to.width)
                    let (left, right) = (tap.first &* channels, tap.second &* channels)
                    for channel in 0..<channels {
                        let (left, right) = (left &+ channel, right &+ channel)
                        let above = upper[left] + tap.fraction * (upper[right] - upper[left])
                        let below = lower[left] + tap.fraction * (lower[right] - lower[left])
                        place[channel] = above + vertical.fraction * (below - above)
                    }
                    place += channels
                }
            }
        }
    }

    /// The adjoint of ``resize(_:into:)``: each gradient value goes back to the pixels that it was mixed
    /// from.
    ///
    /// A thread owns rows of the target and looks through the gradient's rows for those that reach them, so
    /// that no two threads write the same place.
    package func resizeAdjoint(_ gradient: FeatureMap, into target: FeatureMap, accumulates: Bool) {
        let (from, to) = (gradient.shape, target.shape)
        checkResampling(from, to)
        let rowLength = to.width * to.channels
        divide(to.batch * to.height, smallest: smallestDivided / rowLength) { rows in
            if !accumulates {
                (target.base + rows.lowerBound * rowLength).update(
                    repeating: 0, count: rows.count * rowLength)
            }
            let images = rows.lowerBound / to.height...(rows.upperBound - 1) / to.height
            for image in images {
                for y in 0..<from.height {
                    let tap = Tap(y, from: to.height, to: from.height)
                    let source = gradient.base + (image * from.height + y) * from.width * from.channels
                    let (upper, lower) = (image * to.height + tap.first, image * to.height + tap.second)
                    if rows.contains(upper) {
                        spreadRow(source, from, 1 - tap.fraction, into: target.base + upper * rowLength, to)
                    }
                    if rows.contains(lower) {
                        spreadRow(source, from, tap.fraction, into: target.base + lower * rowLength, to)
                    }
                }
            }
        }
    }

    /// The mean of squares of `factor` × `factor` pixels.
    package func downsize(_ source: FeatureMap, factor: Int, into target: FeatureMap) {
        let (from, to) = (source.shape, target.shape)
        checkDownsizing(from, to, factor)
        let channels = to.channels
        let share = 1 / Float(factor * factor)
        divide(to.batch * to.height, smallest: smallestDivided / (to.width * channels * factor)) { rows in
            for row in rows {
                let place = target.base + row * to.width * channels
                for x in 0..<to.width {
                    for channel in 0..<channels {
                        var sum: Float = 0
                        for v in 0..<factor {
                            let line = source.base + (row &* factor &+ v) &* from.width &* channels
                            for u in 0..<factor { sum += line[(x &* factor &+ u) &* channels &+ channel] }
                        }
                        place[x &* channels &+ channel] = sum * share
                    }
                }
            }
        }
    }

    /// The adjoint of ``downsize(_:factor:into:)``.
    package func downsizeAdjoint(
        _ gradient: FeatureMap, factor: Int, into target: FeatureMap, accumulates: Bool
    ) {
        let (from, to) = (gradient.shape, target.shape)
        checkDownsizing(to, from, factor)
        let channels = to.channels
        let share = 1 / Float(factor * factor)
        divide(to.batch * to.height, smallest: smallestDivided / (to.width * channels)) { rows in
            for row in rows {
                let source = gradient.base + row / factor * from.width * channels
                var place = target.base + row * to.width * channels
                for x in 0..<to.width {
                    let pixel = source + x / factor * channels
                    for channel in 0..<channels {
                        let value = pixel[channel] * share
                        place[channel] = accumulates ? place[channel] + value : value
                    }
                    place += channels
                }
            }
        }
    }

    private func checkResampling(_ from: TensorShape, _ to: TensorShape) {
        precondition(from.batch == to.batch && from.channels == to.channels, "\(from) resized to \(to)")
    }

    private func checkDownsizing(_ from: TensorShape, _ to: TensorShape, _ factor: Int) {
        precondition(
            from.batch == to.batch && from.channels == to.channels && from.height == to.height * factor
                && from.width == to.width * factor,
            "\(from) downsized by \(factor) is not \(to)")
    }
}

/// Adds `share` of a gradient's row to the row that it was mixed from.
private func spreadRow(
    _ gradient: UnsafeMutablePointer<Float>, _ from: TensorShape, _ share: Float,
    into target: UnsafeMutablePointer<Float>, _ to: TensorShape
) {
    let channels = to.channels
    for x in 0..<from.width {
        let tap = Tap(x, from: to.width, to: from.width)
        let (left, right) = (target + tap.first &* channels, target + tap.second &* channels)
        for channel in 0..<channels {
            let value = gradient[x &* channels &+ channel] * share
            left[channel] += value * (1 - tap.fraction)
            right[channel] += value * tap.fraction
        }
    }
}
