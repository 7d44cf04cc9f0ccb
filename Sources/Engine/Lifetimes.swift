import Kernels

/// A buffer that a plan needs from one moment to another, both included. A moment is a step of the plan.
struct Lifetime: Sendable {
    let count: Int
    var first: Int
    var last: Int

    mutating func reach(_ moment: Int) {
        first = min(first, moment)
        last = max(last, moment)
    }

    func overlaps(_ other: Lifetime) -> Bool { first <= other.last && other.first <= last }
}

/// A place for every buffer, so that no two that live at the same moment overlap.
///
/// Largest first, each at the lowest place that is free for all of its life. It is what TensorFlow Lite calls
/// greedy by size [Pisarchyk & Lee 2020], within some percent of the best for networks like these.
struct Arena: Sendable {
    /// Of each buffer, in floats, on cache lines.
    let offsets: [Int]
    /// Floats at the beginning, for buffers that are kept to the end.
    let kept: Int
    /// Floats behind them, whose buffers come and go.
    let passing: Int

    init(_ lifetimes: [Lifetime]) {
        var offsets = [Int](repeating: 0, count: lifetimes.count)
        var placed: [(range: Range<Int>, buffer: Int)] = []
        var (kept, total) = (0, 0)
        let order = lifetimes.indices.sorted { left, right in
            lifetimes[left].rank(left) < lifetimes[right].rank(right)
        }
        for buffer in order {
            let size = Memory.aligned(lifetimes[buffer].count)
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
    fileprivate var isKept: Bool { first == 0 && last == .max }

    /// What is kept comes first, then what is large; a buffer's number settles the rest.
    fileprivate func rank(_ buffer: Int) -> (Int, Int, Int, Int) {
        (isKept ? 0 : 1, -count, first, buffer)
    }
}
