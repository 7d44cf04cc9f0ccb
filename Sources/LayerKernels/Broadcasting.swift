import Kernels
import VectorKernels

/// What two maps are combined by, value by value.
package enum Arithmetic: Sendable {
    case sum
    case difference
    case product
    case quotient
}

/// Steps in memory from one place of a large map to the next, for a map that is repeated along the sides (or
/// the channels) of which it has one.
private struct RepeatedMap {
    let base: UnsafeMutablePointer<Float>
    let image: Int
    let row: Int
    let column: Int
    let channel: Int

    init(_ map: FeatureMap, in whole: TensorShape) {
        let shape = map.shape
        func fits(_ side: Int, _ other: Int) -> Bool { side == other || side == 1 }
        precondition(
            shape.batch == whole.batch && fits(shape.height, whole.height) && fits(shape.width, whole.width)
                && fits(shape.channels, whole.channels), "\(shape) repeated over \(whole)")
        base = map.base
        channel = shape.channels == 1 ? 0 : 1
        column = shape.width == 1 ? 0 : shape.channels
        row = shape.height == 1 ? 0 : shape.width * shape.channels
        image = shape.height * shape.width * shape.channels
    }

    func row(_ image: Int, _ y: Int) -> UnsafeMutablePointer<Float> { base + image * self.image + y * row }
}

extension Worker {
    /// target = left (sign) right (+ target), where either is repeated along what it has one of.
    package func combine(
        _ arithmetic: Arithmetic, _ left: FeatureMap, _ right: FeatureMap, into target: FeatureMap,
        accumulates: Bool
    ) {
        switch arithmetic {
        case .sum: broadcast(left, right, into: target, accumulates: accumulates) { $0 + $1 }
        case .difference: broadcast(left, right, into: target, accumulates: accumulates) { $0 - $1 }
        case .product: broadcast(left, right, into: target, accumulates: accumulates) { $0 * $1 }
        case .quotient: broadcast(left, right, into: target, accumulates: accumulates) { $0 / $1 }
        }
    }

    @inline(__always)
    private func broadcast(
        _ left: FeatureMap, _ right: FeatureMap, into target: FeatureMap, accumulates: Bool,
        _ operation: (Float, Float) -> Float
    ) {
        let whole = target.shape
        let (first, second) = (RepeatedMap(left, in: whole), RepeatedMap(right, in: whole))
        divide(whole.batch * whole.height, smallest: smallestDivided / (whole.width * whole.channels)) {
            rows in
            for row in rows {
                let (image, y) = (row / whole.height, row % whole.height)
                var (from, by) = (first.row(image, y), second.row(image, y))
                var place = target.base + row * whole.width * whole.channels
                for _ in 0..<whole.width {
                    combineChannels(
                        whole.channels, (from, first.channel), (by, second.channel), place, accumulates,
                        operation)
                    from += first.column
                    by += second.column
                    place += whole.channels
                }
            }
        }
    }

    /// One pixel: loops over channels that lie side by side, for the compiler to use vectors.
    @inline(__always)
    private func combineChannels(
        _ channels: Int, _ left: (base: UnsafeMutablePointer<Float>, step: Int),
        _ right: (base: UnsafeMutablePointer<Float>, step: Int), _ target: UnsafeMutablePointer<Float>,
        _ accumulates: Bool, _ operation: (Float, Float) -> Float
    ) {
        if accumulates {
            for channel in 0..<channels {
                target[channel] += operation(left.base[channel * left.step], right.base[channel * right.step])
            }
            return
        }
        let (from, by) = (left.base, right.base)
        switch (left.step, right.step) {
        case (1, 1): for channel in 0..<channels { target[channel] = operation(from[channel], by[channel]) }
        case (1, _):
            let value = by[0]
            for channel in 0..<channels { target[channel] = operation(from[channel], value) }
        case (_, 1):
            let value = from[0]
            for channel in 0..<channels { target[channel] = operation(value, by[channel]) }
        default: for channel in 0..<channels { target[channel] = operation(from[0], by[0]) }
        }
    }

    // MARK: Adjoints

    /// What is summed over the places at which a value was repeated.
    package enum RepetitionTerm: Sendable {
        case gradient
        case minusGradient
        /// The gradient times another map.
        case product
        /// The gradient over another map.
        case quotient
        /// −1 / the repeated value, times the gradient times another map.
        case minusProductOverValue

        @inline(__always)
        fileprivate func value(_ gradient: Float, _ other: Float) -> Float {
            switch self {
            case .gradient: gradient
            case .minusGradient: -gradient
            case .product: gradient * other
            case .quotient: gradient / other
            case .minusProductOverValue: -gradient * other
            }
        }
    }

    /// target = Σ term (+ target), over the places at which each value of the target's map was repeated.
    ///
    /// - Parameters:
    ///   - other: for terms that read another map, which may itself be repeated.
    ///   - repeated: the values, where the term reads them.
    package func sumRepetitions(
        _ term: RepetitionTerm, _ gradient: FeatureMap, _ other: FeatureMap?, of repeated: FeatureMap?,
        into target: FeatureMap, accumulates: Bool
    ) {
        func store(_ sum: Double, _ index: Int) {
            let value = Float(repeated.map { sum / Double($0.base[index]) } ?? sum)
            target.base[index] = accumulates ? target.base[index] + value : value
        }
        let (whole, part) = (gradient.shape, target.shape)
        let by = other.map { RepeatedMap($0, in: whole) }
        if part.height == 1 && part.width == 1 && whole.height * whole.width > 1 {
            let sums = sumsOverPixels(of: whole, terms: 1) { image, start, sums in
                if other?.shape ?? whole == whole, term != .quotient, term != .minusGradient {
                    kernels.sumRows(
                        whole.width, whole.channels, gradient.base + start, other.map { $0.base + start },
                        sums)
                } else {
                    let y = start / (whole.width * whole.channels) % whole.height
                    addTerms(term, gradient.base + start, by, (image, y), whole, to: sums)
                }
            }
            let sign: Double = term == .minusProductOverValue && other?.shape == whole ? -1 : 1
            for index in share(of: part.count) {
                let own = sums + index / part.channels * whole.channels + index % part.channels
                let repeats = part.channels == 1 ? whole.channels : 1
                store(sign * (0..<repeats).reduce(0.0) { $0 + own[$1] }, index)
            }
            return
        }
        divide(part.count, smallest: smallestDivided * part.count / whole.count) { indices in
            for index in indices { store(sumOfRepetitions(term, gradient, by, of: index, part), index) }
        }
    }

    /// Adds the terms of a row of the gradient to sums for each channel.
    private func addTerms(
        _ term: RepetitionTerm, _ row: UnsafeMutablePointer<Float>, _ other: RepeatedMap?,
        _ place: (image: Int, y: Int), _ whole: TensorShape, to sums: UnsafeMutablePointer<Float>
    ) {
        var from = row
        for x in 0..<whole.width {
            let by = other.map { $0.row(place.image, place.y) + x * $0.column }
            for channel in 0..<whole.channels {
                sums[channel] += term.value(from[channel], by?[channel * (other?.channel ?? 0)] ?? 1)
            }
            from += whole.channels
        }
    }

    private func sumOfRepetitions(
        _ term: RepetitionTerm, _ gradient: FeatureMap, _ other: RepeatedMap?, of index: Int,
        _ part: TensorShape
    ) -> Double {
        let whole = gradient.shape
        func range(_ place: Int, _ side: Int, of large: Int) -> Range<Int> {
            side == 1 ? 0..<large : place..<place + 1
        }
        let pixel = index / part.channels
        let image = pixel / (part.width * part.height)
        var sum = 0.0
        for y in range(pixel / part.width % part.height, part.height, of: whole.height) {
            for x in range(pixel % part.width, part.width, of: whole.width) {
                let from = gradient.base + ((image * whole.height + y) * whole.width + x) * whole.channels
                let by = other.map { $0.row(image, y) + x * $0.column }
                for channel in range(index % part.channels, part.channels, of: whole.channels) {
                    sum += Double(term.value(from[channel], by?[channel * (other?.channel ?? 0)] ?? 1))
                }
            }
        }
        return sum
    }
}
