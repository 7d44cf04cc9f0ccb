import Diagnostics
import Graph
import Language
import Layers
import Operators
import Syntax

/// A feature map in the network being traced.
package struct Feature: ForeignValue {
    package static let kind = "a feature map"

    package let node: NodeID
    package let shape: Shape
    /// Which trace it belongs to: a feature map kept beyond its trace means nothing to another.
    package let trace: ObjectIdentifier
    private unowned let tracing: Tracing

    package init(node: NodeID, shape: Shape, trace: ObjectIdentifier, tracing: Tracing) {
        (self.node, self.shape, self.trace, self.tracing) = (node, shape, trace, tracing)
    }

    package var description: String { "feature map of \(shape)" }
    package var elementHint: String? { "`slice(x, 1, 3)` takes channels 1 to 3 of a feature map" }

    package func checkBinding(at span: Span) throws(Diagnostic) {
        if tracing.tracer == nil { throw .featureOutsideNetwork(at: span) }
    }

    package func negated(at span: Span) throws(Diagnostic) -> Value? {
        .foreign(try tracing.currentTracer(at: span).affine(self, factor: -1, offset: 0, at: span))
    }

    package func value(of function: String, at span: Span) throws(Diagnostic) -> Value? {
        guard let operation = OperatorList.byValueFunction[function] else { return nil }
        return .foreign(
            try tracing.currentTracer(at: span).apply(
                operation, to: [.init(feature: self, span: span)], at: span))
    }

    package func combined(_ operation: BinaryOperation) throws(Diagnostic) -> Value? {
        let span = operation.span
        if let left = operation.left.as(Feature.self), let right = operation.right.as(Feature.self) {
            guard let combination = OperatorList.bySign[operation.operation.rawValue] else {
                throw .cannotCombine(operation)
            }
            return .foreign(
                try tracing.currentTracer(at: span).apply(
                    combination,
                    to: [
                        .init(feature: left, span: operation.leftSpan),
                        .init(feature: right, span: operation.rightSpan),
                    ], at: span))
        }
        guard let (factor, offset) = try affine(operation) else { throw .cannotCombine(operation) }
        return .foreign(
            try tracing.currentTracer(at: span).affine(self, factor: factor, offset: offset, at: span))
    }

    /// What an operator with a number does to each value; `nil` where it means nothing.
    private func affine(_ operation: BinaryOperation) throws(Diagnostic) -> (factor: Double, offset: Double)?
    {
        switch (operation.left, operation.operation, operation.right) {
        case (_, .plus, .number(let number)), (.number(let number), .plus, _): return (1, number)
        case (_, .times, .number(let number)), (.number(let number), .times, _): return (number, 0)
        case (_, .minus, .number(let number)): return (1, -number)
        case (.number(let number), .minus, _): return (-1, number)
        case (_, .divide, .number(let number)):
            guard number != 0 else { throw .divisionByZero(at: operation.rightSpan) }
            return (1 / number, 0)
        default: return nil
        }
    }
}

extension Kind {
    package static let feature = Kind.foreign(ForeignKind(of: Feature.self))
}

extension Arguments {
    package func feature(_ name: String) throws(Diagnostic) -> Feature { try foreign(name, Feature.self) }
}
