import Kernels

/// What stands beyond the sides of a map that is padded.
package enum PaddingMode: String, Hashable, Sendable, CaseIterable {
    case zeros
    /// The map mirrored at its outermost pixels, which are not repeated.
    case reflect
    /// The outermost pixels repeated.
    case replicate

    /// The place within `0..<count` whose value stands at `place`; nil for zero.
    func source(of place: Int, in count: Int) -> Int? {
        if place >= 0 && place < count { return place }
        switch self {
        case .zeros: return nil
        case .replicate: return min(max(place, 0), count - 1)
        case .reflect:
            guard count > 1 else { return 0 }
            let period = 2 * (count - 1)
            let folded = ((place % period) + period) % period
            return min(folded, period - folded)
        }
    }
}

extension Worker {
    /// The source with rows above and below it and columns at its sides, as many as the target has more.
    package func pad(_ source: FeatureMap, _ mode: PaddingMode, into target: FeatureMap) {
        let (from, to) = (source.shape, target.shape)
        let (top, left) = padding(from, to)
        let channels = to.channels
        divide(to.batch * to.height, smallest: smallestDivided / (to.width * channels)) { rows in
            for row in rows {
                let y = mode.source(of: row % to.height - top, in: from.height)
                let line = target.base + row * to.width * channels
                for x in 0..<to.width {
                    let place = line + x * channels
                    if let y, let x = mode.source(of: x - left, in: from.width) {
                        let pixel = (row / to.height * from.height + y) * from.width + x
                        place.update(from: source.base + pixel * channels, count: channels)
                    } else {
                        place.update(repeating: 0, count: channels)
                    }
                }
            }
        }
    }

    /// The adjoint of ``pad(_:_:into:)``. A thread owns rows of the target and looks through the gradient's
    /// for those that show them.
    package func padAdjoint(
        _ gradient: FeatureMap, _ mode: PaddingMode, into target: FeatureMap, accumulates: Bool
    ) {
        let (from, to) = (gradient.shape, target.shape)
        let (top, left) = padding(to, from)
        let channels = to.channels
        let rowLength = to.width * channels
        divide(to.batch * to.height, smallest: smallestDivided / rowLength) { rows in
            if !accumulates {
                (target.base + rows.lowerBound * rowLength).update(
                    repeating: 0, count: rows.count * rowLength)
            }
            for image in rows.lowerBound / to.height...(rows.upperBound - 1) / to.height {
                for y in 0..<from.height {
                    guard let shown = mode.source(of: y - top, in: to.height),
                        rows.contains(image * to.height + shown)
                    else { continue }
                    let line = gradient.base + (image * from.height + y) * from.width * channels
                    let place = target.base + (image * to.height + shown) * rowLength
                    for x in 0..<from.width {
                        guard let column = mode.source(of: x - left, in: to.width) else { continue }
                        for channel in 0..<channels {
                            place[column &* channels &+ channel] += line[x &* channels &+ channel]
                        }
                    }
                }
            }
        }
    }

    private func padding(_ small: TensorShape, _ large: TensorShape) -> (top: Int, left: Int) {
        precondition(
            small.batch == large.batch && small.channels == large.channels && small.height <= large.height
                && small.width <= large.width && (large.height - small.height) % 2 == 0
                && (large.width - small.width) % 2 == 0, "\(small) padded to \(large)")
        return ((large.height - small.height) / 2, (large.width - small.width) / 2)
    }

    /// Copies a block of pixels from one map into another.
    /// - Parameters:
    ///   - height: rows of the block, `width` its columns.
    ///   - from: its first row and column in the source, `to` those in the target.
    package func copyBlock(
        of source: FeatureMap, from: (row: Int, column: Int), into target: FeatureMap,
        at to: (row: Int, column: Int), size: (height: Int, width: Int), accumulates: Bool = false
    ) {
        let (shape, other) = (source.shape, target.shape)
        precondition(
            from.row + size.height <= shape.height && from.column + size.width <= shape.width
                && to.row + size.height <= other.height && to.column + size.width <= other.width
                && shape.channels == other.channels && shape.batch == other.batch,
            "\(size) of \(shape) in \(other)")
        let count = size.width * shape.channels
        divide(shape.batch * size.height, smallest: smallestDivided / count) { rows in
            for row in rows {
                let (image, y) = (row / size.height, row % size.height)
                let values =
                    source.base
                    + ((image * shape.height + from.row + y) * shape.width + from.column) * shape.channels
                let place =
                    target.base
                    + ((image * other.height + to.row + y) * other.width + to.column) * other.channels
                if accumulates {
                    for index in 0..<count { place[index] += values[index] }
                } else {
                    for index in 0..<count { place[index] = values[index] }
                }
            }
        }
    }
}
