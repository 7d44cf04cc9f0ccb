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
}

extension Diagnostic {
    /// The work was given up because the user asked for it; `interrupted` is what every such end is called.
    public static let stoppedPreparing = Diagnostic("interrupted", "stopped at your request")
}
