import Diagnostics
import Synchronization

/// A way to end work early, safe to use from a signal handler or another thread.
public final class StopFlag: Sendable {
    private let requested = Atomic(false)

    public init() {}

    public func request() { requested.store(true, ordering: .relaxed) }
    /// Takes the request back, for work that begins after what it ended.
    public func withdraw() { requested.store(false, ordering: .relaxed) }
    public var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// - Throws: ``Diagnostic/stopped`` where the work is to end.
    public func check() throws(Diagnostic) { if isRequested { throw .stopped } }
}

extension Diagnostic {
    /// The code of every end that the user asked for.
    public static let interruptedCode = "interrupted"

    public static let stopped = Diagnostic(interruptedCode, "stopped at your request")
}
