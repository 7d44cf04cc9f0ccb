import Foundation
import MachineShim

/// How far the stack of the thread that runs a script may grow. The limits of calls and nesting are made for
/// a large stack; where `ulimit -v` leaves less, this ends what would go beyond.
public struct StackBound {
    /// Bytes that are kept for what evaluating an expression calls, and for the way out.
    private static let most = 4 << 20

    private var thread: pthread_t?
    /// The lowest address that may be come to.
    private var least: UInt = 0

    public init() {}

    /// Whether the calling thread has come to its bound.
    public mutating func isExhausted() -> Bool {
        let current = pthread_self()
        if thread != current {
            thread = current
            least = Self.leastAddress()
        }
        var here: UInt8 = 0
        return withUnsafePointer(to: &here) { UInt(bitPattern: $0) } < least
    }

    private static func leastAddress() -> UInt {
        var (start, size): (UnsafeMutableRawPointer?, Int) = (nil, 0)
        guard acuity_stack(&start, &size) == 0 else { return 0 }
        return UInt(bitPattern: start) + UInt(min(most, size / 4))
    }
}
