import Synchronization

/// Which experiments scripts hold against their tables, over all scripts of an audit.
public final class Audit: Sendable {
    private let names = Mutex<Set<String>>([])

    public init() {}

    /// Experiments that some script has.
    public var met: Set<String> { names.withLock { $0 } }

    func meet(_ experiment: String) { names.withLock { _ = $0.insert(experiment) } }
}
