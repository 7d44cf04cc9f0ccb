import Graph
import Kernels

/// Where gradients stand while the backward pass is planned.
///
/// A node's gradient is complete when the pass comes to it, since its users all come after it in the graph.
/// The first contribution to a gradient replaces what its buffer held, the others add. Where a gradient
/// passes on unchanged, as through a sum, its buffer is handed on instead of copied: in a chain of residual
/// units the one buffer goes all the way down, and each unit's convolution adds to it in place.
private struct Gradients {
    var slots: [Slot?]
    /// Whether a gradient of the node can reach a parameter, or the input where that is asked for.
    let isWanted: [Bool]
}

extension Planner {
    /// - Returns: the gradient with respect to the input, if that is wanted.
    mutating func planBackward(seeds: [Slot], input: Slot) -> Slot? {
        var gradients = Gradients(slots: graph.nodes.map { _ in nil }, isWanted: wanted())
        for (output, seed) in zip(graph.outputs, seeds) where gradients.isWanted[output.index] {
            gradients.slots[output.index] = seed
        }
        let inputs = graph.nodeIDs.filter { graph[$0].operation == .input }
        for node in liveNodes.reversed() where computes(node) && gradients.isWanted[node.index] {
            guard let gradient = gradients.slots[node.index] else { continue }
            planBackward(node, gradient, &gradients)
        }
        guard wantsInputGradient else { return nil }
        let result = newSlot(input.extent)
        add(.clear(result), of: NodeID(0))
        for node in inputs {
            guard let gradient = gradients.slots[node.index] else { continue }
            add(.scaled(gradient, factor: 1, into: result, accumulates: true), of: node)
        }
        keep(result)
        return result
    }

    private func wanted() -> [Bool] {
        var wanted: [Bool] = []
        for node in graph.nodes {
            switch node.operation {
            case .input: wanted.append(wantsInputGradient)
            case .zeros, .detach: wanted.append(false)
            case .convolution, .transposedConvolution: wanted.append(true)
            case .activation, .add, .subtract, .multiply, .affine, .concatenate, .slice, .resize, .downsize,
                .pixelShuffle:
                wanted.append(node.inputs.contains { wanted[$0.index] })
            }
        }
        return wanted
    }

    private mutating func planBackward(_ node: NodeID, _ gradient: Slot, _ gradients: inout Gradients) {
        let inputs = graph[node].inputs
        if let convolution = fused[node] {
            let isSum = graph[node].operation == .add
            planConvolution(convolution, gradient, maskedBy: isSum ? nil : value(node), of: node, &gradients)
            // The convolution has read the gradient; from here on the other term may have its buffer.
            if isSum, let other = inputs.first(where: { $0 != convolution }) {
                hand(gradient, to: other, of: node, &gradients)
            }
            return
        }
        switch graph[node].operation {
        case .input, .zeros, .detach: break
        case .convolution, .transposedConvolution:
            planConvolution(node, gradient, maskedBy: nil, of: node, &gradients)
        case .activation(let kind):
            let output = value(node)
            contribute(to: inputs[0], of: node, &gradients) {
                .activation(kind, output: output, gradient: gradient, into: $0, accumulates: $1)
            }
        case .add:
            contribute(to: inputs[0], of: node, &gradients) {
                .scaled(gradient, factor: 1, into: $0, accumulates: $1)
            }
            hand(gradient, to: inputs[1], of: node, &gradients)
        case .subtract:
            contribute(to: inputs[1], of: node, &gradients) {
                .scaled(gradient, factor: -1, into: $0, accumulates: $1)
            }
            hand(gradient, to: inputs[0], of: node, &gradients)
        case .multiply:
            for (input, other) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
                let factor = value(other)
                contribute(to: input, of: node, &gradients) {
                    .product(gradient, factor, into: $0, accumulates: $1)
                }
            }
        case .affine(let factor, _):
            contribute(to: inputs[0], of: node, &gradients) {
                .scaled(gradient, factor: Float(factor), into: $0, accumulates: $1)
            }
        case .concatenate, .slice, .resize, .downsize, .pixelShuffle:
            planRearrangement(node, gradient, &gradients)
        }
    }

    private mutating func planRearrangement(
        _ node: NodeID, _ gradient: Slot, _ gradients: inout Gradients
    ) {
        let inputs = graph[node].inputs
        switch graph[node].operation {
        case .concatenate:
            var first = 0
            for input in inputs {
                let (start, count) = (first, extents[input.index].channels)
                contribute(to: input, of: node, &gradients) {
                    .channels(count, of: gradient, from: start, into: $0, at: 0, accumulates: $1)
                }
                first += count
            }
        case .slice(let channels):
            if gradients.isWanted[inputs[0].index], gradients.slots[inputs[0].index] == nil {
                // The channels beside the slice get nothing from it.
                contribute(to: inputs[0], of: node, &gradients) { slot, _ in .clear(slot) }
            }
            contribute(to: inputs[0], of: node, &gradients) {
                .channels(
                    channels.count, of: gradient, from: 0, into: $0, at: channels.lowerBound, accumulates: $1)
            }
        case .resize:
            contribute(to: inputs[0], of: node, &gradients) { .resize(gradient, into: $0, accumulates: $1) }
        case .downsize(let factor):
            contribute(to: inputs[0], of: node, &gradients) {
                .downsize(gradient, factor: factor, into: $0, accumulates: $1)
            }
        case .pixelShuffle(let factor):
            contribute(to: inputs[0], of: node, &gradients) {
                .pixelShuffle(gradient, factor: factor, into: $0, accumulates: $1)
            }
        case .input, .zeros, .convolution, .transposedConvolution, .activation, .add, .subtract, .multiply,
            .affine, .detach:
            preconditionFailure("node \(node.index) rearranges nothing")
        }
    }

    private mutating func planConvolution(
        _ convolution: NodeID, _ gradient: Slot, maskedBy mask: Slot?, of node: NodeID,
        _ gradients: inout Gradients
    ) {
        let source = graph[convolution].inputs[0]
        let spreads = gradients.isWanted[source.index] && !graph[convolution].operation.isTransposed
        let planned = planned(convolution, spreadsForward: false, spreadsBackward: spreads)
        add(.bias(planned.bias, gradient: gradient, maskedBy: mask), of: node)
        add(.weight(planned, input: value(source), gradient: gradient), of: node)
        contribute(to: source, of: node, &gradients) {
            .convolutionInput(planned, gradient: gradient, into: $0, accumulates: $1)
        }
    }

    /// Adds a step that writes (or, from the second on, adds to) a node's gradient, if the node's gradient is
    /// wanted.
    private mutating func contribute(
        to node: NodeID, of user: NodeID, _ gradients: inout Gradients, _ step: (Slot, Bool) -> BackwardStep
    ) {
        guard gradients.isWanted[node.index] else { return }
        let existing = gradients.slots[node.index]
        let slot = existing ?? newSlot(extents[node.index])
        gradients.slots[node.index] = slot
        add(step(slot, existing != nil), of: user)
    }

    /// Gives a gradient's buffer, which is needed no more, to a node that has none; otherwise adds it to the
    /// node's.
    private mutating func hand(
        _ gradient: Slot, to node: NodeID, of user: NodeID, _ gradients: inout Gradients
    ) {
        guard gradients.isWanted[node.index] else { return }
        if gradients.slots[node.index] == nil {
            gradients.slots[node.index] = gradient
        } else {
            contribute(to: node, of: user, &gradients) {
                .scaled(gradient, factor: 1, into: $0, accumulates: $1)
            }
        }
    }

    private mutating func add(_ step: BackwardStep, of node: NodeID) {
        moment += 1
        step.slots.forEach { reach($0) }
        backward.append((node, step))
    }
}
