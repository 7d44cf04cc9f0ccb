import Graph
import Kernels

extension Planner {
    /// Adds the kernel of a node, together with the convolution that it has taken in, if any.
    mutating func planForward(_ node: NodeID, input: Slot) {
        let inputs = graph[node].inputs
        if let convolution = fused[node] {
            let other = inputs.first { $0 != convolution }
            addConvolution(convolution, residual: other, relu: graph[node].operation != .add, as: node)
            return
        }
        switch graph[node].operation {
        case .input: values[node.index] = input
        case .detach: values[node.index] = value(inputs[0])
        case .convolution, .transposedConvolution:
            addConvolution(node, residual: nil, relu: false, as: node)
        case .zeros: add(node) { .clear($0) }
        case .activation(let kind):
            let source = value(inputs[0])
            add(node) { .activate(kind, source, into: $0) }
        case .add:
            let (left, right) = (value(inputs[0]), value(inputs[1]))
            add(node) { .add(left, right, into: $0) }
        case .subtract:
            let (left, right) = (value(inputs[0]), value(inputs[1]))
            add(node) { .subtract(left, right, into: $0) }
        case .multiply:
            let (left, right) = (value(inputs[0]), value(inputs[1]))
            add(node) { .multiply(left, right, into: $0) }
        case .affine(let factor, let offset):
            let source = value(inputs[0])
            add(node) { .affine(source, factor: Float(factor), offset: Float(offset), into: $0) }
        case .concatenate:
            let sources = inputs.map { value($0) }
            add(node) { .concatenate(sources, into: $0) }
        case .slice(let channels):
            let source = value(inputs[0])
            add(node) { .slice(source, first: channels.lowerBound, into: $0) }
        case .resize:
            let source = value(inputs[0])
            add(node) { .resize(source, into: $0) }
        case .downsize(let factor):
            let source = value(inputs[0])
            add(node) { .downsize(source, factor: factor, into: $0) }
        case .pixelShuffle(let factor):
            let source = value(inputs[0])
            add(node) { .pixelShuffle(source, factor: factor, into: $0) }
        }
    }

    private mutating func addConvolution(
        _ convolution: NodeID, residual other: NodeID?, relu: Bool, as node: NodeID
    ) {
        let source = value(graph[convolution].inputs[0])
        let residual = other.map { value($0) }
        let isTransposed = graph[convolution].operation.isTransposed
        let planned = planned(convolution, isTransposed ? .spreading : .gathering)
        let target = other.flatMap { reusable($0, for: node) } ?? newValue(node)
        add(node, to: target) { .convolve(planned, source, residual: residual, relu: relu, into: $0) }
    }

    private mutating func add(_ node: NodeID, _ step: (Slot) -> ForwardStep) {
        add(node, to: newValue(node), step)
    }

    private mutating func add(_ node: NodeID, to target: Slot, _ step: (Slot) -> ForwardStep) {
        values[node.index] = target
        add(.forward(step(target)), of: node)
    }
}

extension Operation {
    var isTransposed: Bool {
        if case .transposedConvolution = self { true } else { false }
    }
}
