import Synchronization

/// Which experiments scripts hold against their tables, over all scripts of an audit.
public final class Audit: Sendable {
    private struct State {
        var met: Set<String> = []
        var stopped: Set<[String]> = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Experiments that some script has.
    public var met: Set<String> { state.withLock { $0.met } }

    /// Scripts that were run together and did not come to their end, for a mistake.
    public var stopped: Set<[String]> { state.withLock { $0.stopped } }

    package func meet(_ experiment: String) { state.withLock { _ = $0.met.insert(experiment) } }

    public func stop(_ scripts: [String]) { state.withLock { _ = $0.stopped.insert(scripts) } }
}
