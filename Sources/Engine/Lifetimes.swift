import Kernels

/// A buffer that a plan needs from one of its steps to another, both included.
package struct Lifetime: Sendable {
    /// In floats.
    package let count: Int
    /// Indices of steps, counted from 1: 0 is before the first.
    package private(set) var firstUse: Int
    package private(set) var lastUse: Int

    /// A buffer that no step uses yet.
    package init(count: Int) { self.init(count: count, firstUse: .max, lastUse: .min) }

    package init(count: Int, firstUse: Int, lastUse: Int) {
        self.count = count
        self.firstUse = firstUse
        self.lastUse = lastUse
    }

    package mutating func use(at stepIndex: Int) {
        firstUse = min(firstUse, stepIndex)
        lastUse = max(lastUse, stepIndex)
    }

    /// Keeps the buffer's place for it alone, before the first step and after the last.
    package mutating func keep() {
        firstUse = 0
        lastUse = .max
    }

    package func overlaps(_ other: Lifetime) -> Bool {
        firstUse <= other.lastUse && other.firstUse <= lastUse
    }
}

/// A place for every buffer, so that no two that are needed at the same step overlap.
///
/// Largest first, each at the lowest place that is free for all of its life. It is what TensorFlow Lite calls
/// greedy by size [Pisarchyk & Lee 2020], within some percent of the best for networks like these.
package struct Arena: Sendable {
    /// The offset of each buffer, in floats, on cache lines.
    package let offsets: [Int]
    /// Floats at the beginning, for buffers that are kept to the end.
    package let kept: Int
    /// Floats behind them, whose buffers come and go.
    package let passing: Int

    package init(_ lifetimes: [Lifetime]) {
        var offsets = [Int](repeating: 0, count: lifetimes.count)
        var placed: [(range: Range<Int>, buffer: Int)] = []
        var (kept, total) = (0, 0)
        let order = lifetimes.indices.sorted { left, right in
            lifetimes[left].rank(left) < lifetimes[right].rank(right)
        }
        for buffer in order {
            let size = AlignedMemory.aligned(lifetimes[buffer].count)
            var offset = 0
            // `placed` is in order of place, so the first gap that is wide enough is the lowest.
            for other in placed where lifetimes[other.buffer].overlaps(lifetimes[buffer]) {
                if other.range.lowerBound >= offset + size { break }
                offset = max(offset, other.range.upperBound)
            }
            offsets[buffer] = offset
            let index = placed.firstIndex { $0.range.lowerBound > offset } ?? placed.endIndex
            placed.insert((offset..<offset + size, buffer), at: index)
            total = max(total, offset + size)
            if lifetimes[buffer].isKept { kept = total }
        }
        self.offsets = offsets
        self.kept = kept
        passing = total - kept
    }
}

extension Lifetime {
    /// Whether no other buffer can ever have its place.
    fileprivate var isKept: Bool { firstUse == 0 && lastUse == .max }

    /// What is kept comes first, then what is large; a buffer's number settles the rest.
    fileprivate func rank(_ buffer: Int) -> (Int, Int, Int, Int) {
        (isKept ? 0 : 1, -count, firstUse, buffer)
    }
}
