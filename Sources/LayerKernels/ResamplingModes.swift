import Kernels

/// How a map is resized, as PyTorch's `interpolate` without antialiasing.
package enum ResizeMode: String, Hashable, Sendable, CaseIterable {
    /// Between the two nearest pixels of either side, with half-pixel centres and clamped edges.
    case bilinear
    /// The pixel that a place lies in.
    case nearest
    /// Keys' kernel with a = −0.75 over the four nearest pixels of either side, with half-pixel centres and
    /// clamped edges.
    case bicubic

    /// Pixels of a side that one is made from.
    fileprivate var taps: Int {
        switch self {
        case .nearest: 1
        case .bilinear: 2
        case .bicubic: 4
        }
    }

    /// The pixel of `source` that tap `tap` of a pixel of `target` reads, and the part that it has.
    @inline(__always)
    fileprivate func tap(_ tap: Int, of index: Int, from source: Int, to target: Int) -> (
        place: Int, part: Float
    ) {
        if self == .nearest { return (min(index * source / target, source - 1), 1) }
        let centre = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
        let base = centre.rounded(.down)
        let fraction = centre - base
        let place = Int(base) + tap - (self == .bicubic ? 1 : 0)
        let part =
            self == .bicubic
            ? Self.cubic(abs(fraction - Double(tap - 1))) : tap == 0 ? 1 - fraction : fraction
        return (min(max(place, 0), source - 1), Float(part))
    }

    /// Keys' kernel [Keys 1981] at a distance.
    private static func cubic(_ distance: Double) -> Double {
        let a = -0.75
        if distance <= 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
        return a * (((distance - 5) * distance + 8) * distance - 4)
    }
}

extension Worker {
    /// The source at the target's height and width.
    package func resize(_ source: FeatureMap, _ mode: ResizeMode, into target: FeatureMap) {
        if mode == .bilinear { return resize(source, into: target) }
        let (from, to) = (source.shape, target.shape)
        let channels = to.channels
        divide(to.batch * to.height, smallest: smallestDivided / (to.width * channels)) { rows in
            for row in rows {
                let (image, y) = (row / to.height, row % to.height)
                let line = target.base + row * to.width * channels
                line.update(repeating: 0, count: to.width * channels)
                for v in 0..<mode.taps {
                    let vertical = mode.tap(v, of: y, from: from.height, to: to.height)
                    let values = source.base + (image * from.height + vertical.place) * from.width * channels
                    for x in 0..<to.width {
                        for u in 0..<mode.taps {
                            let tap = mode.tap(u, of: x, from: from.width, to: to.width)
                            let (pixel, place) = (values + tap.place * channels, line + x * channels)
                            let part = vertical.part * tap.part
                            for channel in 0..<channels { place[channel] += part * pixel[channel] }
                        }
                    }
                }
            }
        }
    }

    /// The adjoint of ``resize(_:_:into:)``. A thread owns rows of the target and looks through the
    /// gradient's for those that reach them.
    package func resizeAdjoint(
        _ gradient: FeatureMap, _ mode: ResizeMode, into target: FeatureMap, accumulates: Bool
    ) {
        if mode == .bilinear { return resizeAdjoint(gradient, into: target, accumulates: accumulates) }
        let (from, to) = (gradient.shape, target.shape)
        let channels = to.channels
        let rowLength = to.width * channels
        divide(to.batch * to.height, smallest: smallestDivided / rowLength) { rows in
            if !accumulates {
                (target.base + rows.lowerBound * rowLength).update(
                    repeating: 0, count: rows.count * rowLength)
            }
            for image in rows.lowerBound / to.height...(rows.upperBound - 1) / to.height {
                for index in 0..<from.height * mode.taps {
                    let (y, v) = (index / mode.taps, index % mode.taps)
                    let vertical = mode.tap(v, of: y, from: to.height, to: from.height)
                    let row = image * to.height + vertical.place
                    guard rows.contains(row) else { continue }
                    let line = gradient.base + (image * from.height + y) * from.width * channels
                    for x in 0..<from.width {
                        for u in 0..<mode.taps {
                            let tap = mode.tap(u, of: x, from: to.width, to: from.width)
                            let place = target.base + row * rowLength + tap.place * channels
                            let part = vertical.part * tap.part
                            for channel in 0..<channels {
                                place[channel] += part * line[x &* channels &+ channel]
                            }
                        }
                    }
                }
            }
        }
    }
}
