import Diagnostics
import Dispatch
import Foundation
import Images
import Synchronization

/// A pair as 8-bit samples: a quarter of an `Image`'s memory, and exactly what it was rounded to.
public struct CompactPair: Weighed {
    public let size: PictureSize
    public let blurred: [UInt8]
    public let sharp: [UInt8]

    var byteCount: Int { blurred.count + sharp.count }

    init(size: PictureSize, blurred: [UInt8], sharp: [UInt8]) {
        self.size = size
        self.blurred = blurred
        self.sharp = sharp
    }

    /// A pair of pictures of no more than 8 bits.
    init(_ pair: Pair) {
        let image = pair.sharp
        self.init(
            size: PictureSize(width: image.width, height: image.height, channels: image.channels),
            blurred: pair.blurred.quantised(), sharp: image.quantised())
    }

    func pair(named name: String) -> Pair {
        Pair(blurred: image(blurred), sharp: image(sharp), name: name)
    }

    private func image(_ samples: [UInt8]) -> Image {
        Image(width: size.width, height: size.height, channels: size.channels, quantised: samples)
    }
}

/// What a budget of memory can be spent on.
protocol Weighed: Sendable {
    var byteCount: Int { get }
}

/// Values that are dear to make and cheap to keep: the first that fit into a budget stay, the others are made anew
/// each time. (Replacing the oldest would be of no use: an epoch asks for everything before it asks for anything again.)
final class BoundedCache<Value: Weighed>: Sendable {
    private struct Kept {
        var values: [Int: Value] = [:]
        var bytes = 0
    }

    private let budget: Int
    private let kept = Mutex(Kept())

    /// - Parameter budget: in bytes.
    init(budget: Int = 1 << 30) { self.budget = budget }

    func kept(at index: Int) -> Value? { kept.withLock { $0.values[index] } }

    func hasRoom(for bytes: Int) -> Bool { kept.withLock { $0.bytes + bytes <= budget } }

    func keep(_ value: Value, at index: Int) {
        let size = value.byteCount
        kept.withLock { kept in
            guard kept.values[index] == nil, kept.bytes + size <= budget else { return }
            kept.values[index] = value
            kept.bytes += size
        }
    }

    /// The value at `index`. Made outside the lock: two threads that want it at once both make it, and make the same.
    func value(at index: Int, make: () throws(Diagnostic) -> Value) throws(Diagnostic) -> Value {
        if let value = kept(at: index) { return value }
        let value = try make()
        keep(value, at: index)
        return value
    }
}

extension BoundedCache<CompactPair> {
    /// Makes the first `count` pairs of one size, as far as they fit, on all cores.
    func prepare(
        _ count: Int, size: PictureSize, isStopped: @Sendable () -> Bool,
        make: @Sendable (Int) throws(Diagnostic) -> CompactPair
    ) throws(Diagnostic) {
        let fitting = min(count, budget / size.pairBytes)
        _ = try concurrentMap(fitting, isStopped: isStopped) { (index) throws(Diagnostic) in
            _ = try value(at: index) { () throws(Diagnostic) in try make(index) }
        }
    }
}

/// `transform` of 0..<count on all cores, in order. Where several fail, the first by index is thrown, so that a message
/// does not depend on the race.
/// - Parameter isStopped: asked before each, from any thread; once it is true no more are begun.
/// - Throws: what `transform` throws; ``Diagnostic/stoppedPreparing``.
package func concurrentMap<Value: Sendable>(
    _ count: Int, isStopped: @Sendable () -> Bool = { false },
    _ transform: @Sendable (Int) throws(Diagnostic) -> Value
) throws(Diagnostic) -> [Value] {
    let results = Mutex([Result<Value, Diagnostic>?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let result: Result<Value, Diagnostic>
        guard !isStopped() else { return }
        do throws(Diagnostic) { result = .success(try transform(index)) } catch { result = .failure(error) }
        results.withLock { $0[index] = result }
    }
    var values: [Value] = []
    for result in results.withLock({ $0 }) {
        guard let result else { throw .stoppedPreparing }
        values.append(try result.get())
    }
    return values
}
