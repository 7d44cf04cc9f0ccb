import Diagnostics
import Foundation
import Machine
import Synchronization

/// What a budget of memory can be spent on.
protocol Weighed: Sendable {
    var byteCount: Int { get }
}

/// Values that are dear to make and cheap to keep: the first that fit into a budget stay, the others are made
/// anew each time. (Replacing the oldest would be of no use: an epoch asks for everything before it asks for
/// anything again.)
final class BoundedCache<Value: Weighed>: Sendable {
    private struct Kept {
        var values: [Int: Value] = [:]
        var bytes = 0
    }

    private let budget: Int
    private let kept = Mutex(Kept())

    /// - Parameter budget: in bytes; 1 GB unless given, or half of what is free where that is less.
    init(budget: Int? = nil) { self.budget = budget ?? min(1 << 30, MachineMemory.free / 2) }

    func kept(at index: Int) -> Value? { kept.withLock { $0.values[index] } }

    func hasRoom(for bytes: Int) -> Bool { kept.withLock { $0.bytes + bytes <= budget } }

    /// - Returns: whether it is kept, now or already.
    @discardableResult
    func keep(_ value: Value, at index: Int) -> Bool {
        let size = value.byteCount
        return kept.withLock { kept in
            if kept.values[index] != nil { return true }
            guard kept.bytes + size <= budget else { return false }
            kept.values[index] = value
            kept.bytes += size
            return true
        }
    }

    /// The value at `index`. Made outside the lock: two threads that want it at once both make it, and make
    /// the same.
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
        observe: @Sendable (_ made: Int, _ count: Int) -> Void,
        make: @Sendable (Int) throws(Diagnostic) -> CompactPair
    ) throws(Diagnostic) {
        let fitting = min(count, budget / size.pairBytes)
        let made = Atomic(0)
        _ = try concurrentMap(fitting, isStopped: isStopped) { (index) throws(Diagnostic) in
            _ = try value(at: index) { () throws(Diagnostic) in try make(index) }
            observe(made.add(1, ordering: .relaxed).newValue, fitting)
        }
    }
}

/// `transform` of 0..<count on all usable cores, in order. Where several fail, the first by index is thrown,
/// so that a message does not depend on the race.
/// - Parameter isStopped: asked before each, from any thread; once it is true no more are begun.
/// - Throws: what `transform` throws; ``Diagnostic/stoppedPreparing``.
package func concurrentMap<Value: Sendable>(
    _ count: Int, isStopped: @Sendable () -> Bool = { false },
    _ transform: @Sendable (Int) throws(Diagnostic) -> Value
) throws(Diagnostic) -> [Value] {
    let results = Mutex([Result<Value, Diagnostic>?](repeating: nil, count: count))
    concurrently(count) { index in
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
