// Elementwise kernels. A source and a target are either apart or, where it is said, the very same place.

/// Work up to this many values is not worth waking a thread for.
package let smallestDivided = 16 * 1024

extension Worker {
    package func fill(_ target: BufferView, with value: Float) {
        divide(target.count, smallest: smallestDivided) { range in
            (target.base + range.lowerBound).update(repeating: value, count: range.count)
        }
    }

    /// target = factor · source + offset (+ target)
    package func affine(
        _ source: FeatureMap, factor: Float, offset: Float = 0, into target: FeatureMap,
        accumulates: Bool = false
    ) {
        transform(source, into: target, accumulates: accumulates) { factor * $0 + offset }
    }

    /// target *= factor
    package func scale(_ target: BufferView, by factor: Float) {
        divide(target.count, smallest: smallestDivided) { range in
            let target = target.base
            for index in range { target[index] *= factor }
        }
    }

    /// target += source
    package func add(_ source: BufferView, to target: BufferView) {
        precondition(source.count == target.count, "\(source.count) values meet \(target.count)")
        divide(target.count, smallest: smallestDivided) { range in
            let (source, target) = (source.base, target.base)
            for index in range { target[index] += source[index] }
        }
    }

    /// target = 0 where `output`, a ReLU's result, is not positive.
    package func mask(_ target: FeatureMap, by output: FeatureMap) {
        combine(output, target, into: target, accumulates: false) { $0 > 0 ? $1 : 0 }
    }

    /// target = operation(source) (+ target), value by value.
    ///
    /// Inlined where it is called, in other targets too, so that the loop is over `operation` itself and uses
    /// vectors.
    @inlinable @inline(__always)
    package func transform(
        _ source: FeatureMap, into target: FeatureMap, accumulates: Bool, _ operation: (Float) -> Float
    ) {
        checkEqual(source, target)
        divide(target.count, smallest: smallestDivided) { range in
            let (source, target) = (source.base, target.base)
            if accumulates {
                for index in range { target[index] += operation(source[index]) }
            } else {
                for index in range { target[index] = operation(source[index]) }
            }
        }
    }

    /// target = operation(left, right) (+ target), value by value; inlined as
    /// ``transform(_:into:accumulates:_:)``.
    @inlinable @inline(__always)
    package func combine(
        _ left: FeatureMap, _ right: FeatureMap, into target: FeatureMap, accumulates: Bool,
        _ operation: (Float, Float) -> Float
    ) {
        checkEqual(left, target)
        checkEqual(right, target)
        divide(target.count, smallest: smallestDivided) { range in
            let (left, right, target) = (left.base, right.base, target.base)
            if accumulates {
                for index in range { target[index] += operation(left[index], right[index]) }
            } else {
                for index in range { target[index] = operation(left[index], right[index]) }
            }
        }
    }

    package func checkEqual(_ map: FeatureMap, _ other: FeatureMap) {
        precondition(map.shape == other.shape, "a map of \(map.shape) meets one of \(other.shape)")
    }
}
