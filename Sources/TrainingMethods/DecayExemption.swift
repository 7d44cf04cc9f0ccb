import Graph
import Kinds

/// What weight decay leaves alone.
public struct DecayExemption: NamedKind {
    public static let all = [vectors, biases, none]

    public let name: String
    public let about: String
    let exempts: @Sendable (Parameter) -> Bool

    private init(_ name: String, _ about: String, exempts: @escaping @Sendable (Parameter) -> Bool) {
        (self.name, self.about, self.exempts) = (name, about, exempts)
    }

    /// A shift or a factor for each channel has no scale that decay could keep small without bending what the
    /// network computes.
    public static let vectors = DecayExemption("vectors", "biases and all else of one dimension") {
        $0.kind == .bias || $0.shape.count <= 1
    }

    public static let biases = DecayExemption("biases", "biases alone") { $0.kind == .bias }

    /// As PyTorch's optimisers do it, unless parameters are put into groups.
    public static let none = DecayExemption("none", "nothing") { _ in false }

    /// Whether weight decay reaches a parameter.
    package func lets(_ parameter: Parameter) -> Bool { !exempts(parameter) }
}
