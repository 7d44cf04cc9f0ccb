import Dispatch
import MachineShim
import Synchronization

/// The cores of this machine that this process may use.
public enum Processors {
    /// How many there are: `taskset` and the quotas of containers leave fewer than the machine has.
    public static let usable = max(1, min(Int(acuity_allowed_cores()), ControlGroups().cores ?? .max))
}

/// Calls `body` with each of 0..<count, from as many threads as there are usable cores. What the threads take
/// is handed out one by one, for images differ in size.
public func concurrently(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(count, Processors.usable)) { _ in
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            body(index)
        }
    }
}
