import Dispatch
import Foundation
import Images
import Synchronization

/// A made pair as 8-bit samples, a quarter of an `Image`'s memory and exactly what it was rounded to.
struct RenderedPair: Sendable {
    let blurred: [UInt8]
    let sharp: [UInt8]
}

/// Pairs that are dear to make and cheap to keep: the first that fit into a budget stay, the others are made anew
/// each time. (Replacing the oldest would be of no use: epochs visit every pair before any comes again.)
final class PairCache: Sendable {
    private static let budget = 1 << 30

    private let size: PictureSize
    private let capacity: Int
    private let kept = Mutex<[Int: RenderedPair]>([:])

    init(size: PictureSize) {
        self.size = size
        capacity = Self.budget / (2 * size.width * size.height * size.channels)
    }

    func pair(at index: Int, name: String, make: () -> RenderedPair) -> Pair {
        let rendered = kept.withLock { $0[index] } ?? keep(make(), at: index)
        return Pair(blurred: image(rendered.blurred), sharp: image(rendered.sharp), name: name)
    }

    /// Makes the first `count` pairs, as far as they fit, on all cores.
    func prepare(_ count: Int, make: @Sendable (Int) -> RenderedPair) {
        let missing = kept.withLock { kept in (0..<min(count, capacity)).filter { kept[$0] == nil } }
        DispatchQueue.concurrentPerform(iterations: missing.count) {
            keep(make(missing[$0]), at: missing[$0])
        }
    }

    /// Made outside the lock: two threads that want one pair at once both make it, and make the same.
    @discardableResult
    private func keep(_ rendered: RenderedPair, at index: Int) -> RenderedPair {
        kept.withLock { kept in
            if kept.count < capacity { kept[index] = rendered }
        }
        return rendered
    }

    private func image(_ samples: [UInt8]) -> Image {
        Image(width: size.width, height: size.height, channels: size.channels, quantised: samples)
    }
}
