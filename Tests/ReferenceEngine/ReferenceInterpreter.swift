import Foundation
import Graph
import Operators

/// Runs a graph node by node in Double, straight from the definition of each operation: what the engine is
/// compared with.
///
/// It shares no code with the engine. It has no backward pass; ``projectionGradient(of:projections:step:)``
/// takes central differences instead.
public struct ReferenceInterpreter {
    public let graph: Graph
    /// By parameter, in the order of its shape.
    public var parameters: [[Double]]
    public var input: Tensor

    public init(_ graph: Graph, parameters: [[Double]], input: Tensor) {
        self.graph = graph
        self.parameters = parameters
        self.input = input
    }

    /// Every node's value. A `detach` gives its input's, or what `detached` holds for it.
    public func values(detached: [Tensor]? = nil) -> [Tensor] {
        var values: [Tensor] = []
        for (index, node) in graph.nodes.enumerated() {
            if node.operation is Detach, let detached {
                values.append(detached[index])
            } else {
                values.append(value(of: node, node.inputs.map { values[$0.index] }))
            }
        }
        return values
    }

    private func value(of node: Node, _ inputs: [Tensor]) -> Tensor {
        Reference.of(node.operation).value(
            node.operation,
            ReferenceSite(
                image: input, inputs: inputs, parameters: node.parameters.map { parameters[$0.index] },
                height: node.shape.size.height.of(input.height),
                width: node.shape.size.width.of(input.width)))
    }

    /// What a gradient is taken with respect to.
    public enum Variable: Hashable, Sendable {
        case parameter(ParameterID, Int)
        case input(Int)
        /// All of a parameter's values at once, along a direction: the derivative is gradient · direction.
        case direction(ParameterID, [Double])
    }

    /// The derivative of Σ projections · outputs by each variable, by central differences. What is detached
    /// is held still.
    public func projectionGradient(
        of variables: [Variable], projections: [[Double]], step: Double = 1e-5
    ) -> [Double] {
        gradient(of: variables, step: step) { outputs in
            var sum = 0.0
            for (output, projection) in zip(outputs, projections) {
                for (value, weight) in zip(output.values, projection) { sum += value * weight }
            }
            return sum
        }
    }

    /// The derivative of ``loss(against:)`` by each variable, by central differences. What is detached is
    /// held still.
    public func lossGradient(of variables: [Variable], targets: [Tensor], step: Double = 1e-5) -> [Double] {
        gradient(of: variables, step: step) { Self.loss($0, targets) }
    }

    /// The sum over the outputs of each one's mean squared error against its target.
    public func loss(against targets: [Tensor]) -> Double { Self.loss(outputs(of: values()), targets) }

    private static func loss(_ outputs: [Tensor], _ targets: [Tensor]) -> Double {
        zip(outputs, targets).reduce(0) { sum, pair in
            let squares = pair.0.combined(with: pair.1) { ($0 - $1) * ($0 - $1) }.values
            return sum + squares.reduce(0, +) / Double(squares.count)
        }
    }

    private func outputs(of values: [Tensor]) -> [Tensor] { graph.outputs.map { values[$0.index] } }

    /// A step that would carry an operator over a kink is taken again, a tenth as long, so that the loss
    /// function is smooth between the two sides.
    private func gradient(
        of variables: [Variable], step: Double, _ lossFunction: ([Tensor]) -> Double
    ) -> [Double] {
        let still = values()
        return variables.map { variable in
            var step = step
            while true {
                let above = moved(variable, by: step).values(detached: still)
                let below = moved(variable, by: -step).values(detached: still)
                if step < 1e-9 || !isKink(between: above, and: below) {
                    return (lossFunction(outputs(of: above)) - lossFunction(outputs(of: below))) / (2 * step)
                }
                step /= 10
            }
        }
    }

    private func moved(_ variable: Variable, by change: Double) -> ReferenceInterpreter {
        var moved = self
        switch variable {
        case .parameter(let parameter, let index): moved.parameters[parameter.index][index] += change
        case .input(let index): moved.input.values[index] += change
        case .direction(let parameter, let direction):
            for (index, part) in direction.enumerated() {
                moved.parameters[parameter.index][index] += change * part
            }
        }
        return moved
    }

    private func isKink(between above: [Tensor], and below: [Tensor]) -> Bool {
        graph.nodes.contains { node in
            Reference.of(node.operation).kinks.contains { kink in
                let source = node.inputs[0].index
                return zip(above[source].values, below[source].values).contains {
                    ($0 > kink) != ($1 > kink)
                }
            }
        }
    }
}
