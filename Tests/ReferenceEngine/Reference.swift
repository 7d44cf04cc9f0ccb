import Graph
import Operators

/// What an operator is compared with: its definition in Double, straight from a textbook, and calls of it
/// that are easily got wrong. The rows are in `References.swift`.
package struct Reference: Sendable {
    /// One call of an operator.
    package struct Example: Sendable, CustomStringConvertible {
        package let operation: any Operator
        /// What it reads.
        package let inputs: [Shape]
        /// The operator, without parameters, as canonical texts have it. Fingerprints of tables hash it, so
        /// it must never change.
        package let canonical: String

        package var description: String { "\(canonical) of \(inputs)" }
    }

    package let kind: String
    package let examples: [Example]
    /// Values of an input at which the derivative jumps.
    package let kinks: [Double]
    /// Whether examples read positive values, as divisors and logarithms need.
    package let needsPositive: Bool
    /// Of gradients, beside the largest: more where they are what is left of sums that cancel.
    package let tolerance: Double
    /// The result, for what the operator is applied to.
    package let value: @Sendable (any Operator, ReferenceSite) -> Tensor

    /// - Parameter examples: calls, what they read, and their canonical texts.
    init<Kind: Operator>(
        _: Kind.Type, _ examples: [(Kind, [Shape], String)], kinks: [Double] = [],
        needsPositive: Bool = false, tolerance: Double = 1e-5,
        _ value: @escaping @Sendable (Kind, ReferenceSite) -> Tensor
    ) {
        kind = Kind.kind
        self.examples = examples.map { Example(operation: $0, inputs: $1, canonical: $2) }
        self.kinks = kinks
        self.needsPositive = needsPositive
        self.tolerance = tolerance
        self.value = { operation, site in
            guard let operation = operation as? Kind else {
                preconditionFailure("\(operation) is no `\(Kind.kind)`")
            }
            return value(operation, site)
        }
    }

    package static let byKind = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0) })

    package static func of(_ operation: any Operator) -> Reference {
        guard let reference = byKind[operation.kind] else {
            preconditionFailure("`\(operation.kind)` has no row in References.swift")
        }
        return reference
    }
}

/// Where an operator is applied.
package struct ReferenceSite: Sendable {
    package let image: Tensor
    package let inputs: [Tensor]
    /// Each in the order of its shape.
    package let parameters: [[Double]]
    /// Of the result.
    package let height: Int
    package let width: Int
}
