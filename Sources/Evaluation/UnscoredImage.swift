import Diagnostics
import Machine

/// An image that could not be scored: it is left out of the means, and the others are scored all the same.
public struct UnscoredImage: Sendable, Equatable {
    public let name: String
    public let reason: Diagnostic

    public init(name: String, reason: Diagnostic) {
        self.name = name
        self.reason = reason
    }
}

extension Diagnostic {
    /// Whether it may hold for one image and not for the next: not that memory is short, or that the user
    /// wants to stop.
    var isOfOneImage: Bool { ![Self.stopped.code, Self.notEnoughMemoryCode].contains(code) }
}
