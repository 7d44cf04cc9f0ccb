import Foundation
import Graph

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
            if case .detach = node.operation, let detached {
                values.append(detached[index])
            } else {
                values.append(value(of: node, node.inputs.map { values[$0.index] }))
            }
        }
        return values
    }

    private func value(of node: Node, _ inputs: [Tensor]) -> Tensor {
        let height = node.shape.scale.of(input.height)
        let width = node.shape.scale.of(input.width)
        switch node.operation {
        case .input: return input
        case .zeros:
            return Tensor(batch: input.batch, height: height, width: width, channels: node.shape.channels)
        case .convolution(let convolution):
            return inputs[0].convolved(
                parameters[convolution.weight.index], bias: parameters[convolution.bias.index],
                kernel: convolution.kernel, stride: convolution.stride, padding: convolution.padding,
                height: height, width: width)
        case .transposedConvolution(let convolution):
            return inputs[0].transposeConvolved(
                parameters[convolution.weight.index], bias: parameters[convolution.bias.index],
                kernel: convolution.kernel, stride: convolution.stride, padding: convolution.padding,
                height: height, width: width)
        case .activation(.relu): return inputs[0].mapped { max($0, 0) }
        case .activation(.sigmoid): return inputs[0].mapped(sigmoid)
        case .activation(.tanh): return inputs[0].mapped { tanh($0) }
        case .add: return inputs[0].combined(with: inputs[1], +)
        case .subtract: return inputs[0].combined(with: inputs[1], -)
        case .multiply: return inputs[0].combined(with: inputs[1], *)
        case .affine(let factor, let offset): return inputs[0].mapped { factor * $0 + offset }
        case .concatenate: return .concatenated(inputs)
        case .slice(let channels): return inputs[0].sliced(channels)
        case .resize: return inputs[0].resized(height: height, width: width)
        case .downsize(let factor): return inputs[0].downsized(by: factor)
        case .pixelShuffle(let factor): return inputs[0].pixelShuffled(by: factor)
        case .detach: return inputs[0]
        }
    }

    /// A place that a gradient is taken with respect to.
    public enum Variable: Hashable, Sendable {
        case parameter(ParameterID, Int)
        case input(Int)
    }

    /// The derivative of Σ projections · outputs by each variable, by central differences. What is detached
    /// is held still.
    public func projectionGradient(
        of variables: [Variable], projections: [[Double]], step: Double = 1e-5
    ) -> [Double] {
        let still = values()
        return variables.map { variable in
            let sides = [step, -step].map { change in
                var moved = self
                switch variable {
                case .parameter(let parameter, let index): moved.parameters[parameter.index][index] += change
                case .input(let index): moved.input.values[index] += change
                }
                return moved.projection(projections, detached: still)
            }
            return (sides[0] - sides[1]) / (2 * step)
        }
    }

    private func projection(_ projections: [[Double]], detached: [Tensor]) -> Double {
        let values = values(detached: detached)
        var sum = 0.0
        for (output, projection) in zip(graph.outputs, projections) {
            for (value, weight) in zip(values[output.index].values, projection) { sum += value * weight }
        }
        return sum
    }
}
