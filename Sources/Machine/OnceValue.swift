import Diagnostics
import Synchronization

/// A value made when it is first asked for and kept; a failure is not kept, so that a mended file is read
/// again.
package final class OnceValue<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)

    package init() {}

    package func value(make: () throws(Diagnostic) -> Value) throws(Diagnostic) -> Value {
        if let value = kept.withLock({ $0 }) { return value }
        let value = try make()
        kept.withLock { $0 = value }
        return value
    }
}
