import Diagnostics
import Foundation
import Machine
import Synchronization

/// What a budget of memory can be spent on.
package protocol ByteSized: Sendable {
    var byteCount: Int { get }
}

/// Values that are dear to make and cheap to keep: the first that fit into a budget stay, the others are made
/// anew each time. (Replacing the oldest would be of no use: an epoch asks for everything before it asks for
/// anything again.)
package final class BoundedCache<Value: ByteSized>: Sendable {
    private struct Kept {
        var values: [Int: Value] = [:]
        var bytes = 0
    }

    private let budget: Int
    private let kept = Mutex(Kept())

    /// - Parameter budget: in bytes; 1 GB unless given, or half of what is free where that is less.
    package init(budget: Int? = nil) { self.budget = budget ?? min(1 << 30, MachineMemory.free / 2) }

    package func kept(at index: Int) -> Value? { kept.withLock { $0.values[index] } }

    package func hasRoom(for bytes: Int) -> Bool { kept.withLock { $0.bytes + bytes <= budget } }

    /// - Returns: whether it is kept, now or already.
    @discardableResult
    package func keep(_ value: Value, at index: Int) -> Bool {
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
    package func value(at index: Int, make: () throws(Diagnostic) -> Value) throws(Diagnostic) -> Value {
        if let value = kept(at: index) { return value }
        let value = try make()
        keep(value, at: index)
        return value
    }
}

extension BoundedCache<QuantisedPair> {
    /// Makes the first `count` pairs of one size, as far as they fit, on all cores.
    package func prepare(
        _ count: Int, size: ImageSize, stop: StopFlag,
        observe: @Sendable (_ made: Int, _ count: Int) -> Void,
        make: @Sendable (Int) throws(Diagnostic) -> QuantisedPair
    ) throws(Diagnostic) {
        let fitting = min(count, budget / size.pairBytes)
        let made = Atomic(0)
        _ = try concurrentMap(fitting, stop: stop) { (index) throws(Diagnostic) in
            _ = try value(at: index) { () throws(Diagnostic) in try make(index) }
            observe(made.add(1, ordering: .relaxed).newValue, fitting)
        }
    }
}
