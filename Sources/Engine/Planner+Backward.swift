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
    /// Contributions that a node's gradient still waits for.
    var missing: [Int]
    /// Whether a ReLU's gradient has been masked by the convolution that completed it.
    var isMasked: [Bool]
}

extension Planner {
    /// Plans forward, losses and backward of every part of the graph that gradients connect, one part after
    /// the other.
    ///
    /// - Returns: the gradient with respect to the input, if that is wanted.
    mutating func planTraining(input: Slot, targets: [Slot]) -> Slot? {
        let isWanted = wanted()
        var gradients = Gradients(
            slots: graph.nodes.map { _ in nil }, isWanted: isWanted, missing: contributions(),
            isMasked: graph.nodes.map { _ in false })
        let parts = parts(isWanted)
        let computed = liveNodes.filter { computes($0) }
        let members = Dictionary(grouping: computed) { parts[$0.index] }
        for node in computed {
            enterSection(of: node)
            planForward(node, input: input)
            let part = parts[node.index]
            guard let members = members[part], members.last == node else { continue }
            planLosses(of: part, parts, targets, &gradients)
            for member in members.reversed() {
                guard isWanted[member.index], let gradient = gradients.slots[member.index] else { continue }
                planBackward(member, gradient, &gradients)
            }
        }
        guard wantsInputGradient else { return nil }
        let result = newSlot(input.regrouped(groups).extent, isWhole: true)
        let inputs = graph.nodeIDs.filter { graph[$0].operation == .input }
        add(.clear(result), of: NodeID(0))
        for node in inputs {
            guard let gradient = gradients.slots[node.index] else { continue }
            add(.scaled(gradient, factor: 1, into: result, accumulates: true), of: node)
        }
        return result
    }

    /// The losses at a part's outputs, which leave the gradients that the backward pass starts from.
    private mutating func planLosses(
        of part: Int, _ parts: [Int], _ targets: [Slot], _ gradients: inout Gradients
    ) {
        for (index, output) in graph.outputs.enumerated() where parts[output.index] == part {
            let existing = gradients.slots[output.index]
            let slot = existing ?? newSlot(extent(output))
            gradients.slots[output.index] = slot
            gradients.missing[output.index] -= 1
            add(
                .loss(
                    index, value: value(output), target: targets[index].regrouped(groups), gradient: slot,
                    accumulates: existing != nil), of: output)
        }
    }

    /// Numbers the parts of the graph between which no gradient passes; a node that none reaches is a part by
    /// itself.
    func parts(_ isWanted: [Bool]) -> [Int] {
        // Every node points to one of its part that comes before it, or to itself.
        var parents = Array(graph.nodes.indices)
        func part(_ index: Int) -> Int {
            var index = index
            while parents[index] != index { index = parents[index] }
            return index
        }
        for node in liveNodes where isWanted[node.index] && graph[node].operation != .detach {
            for input in graph[node].inputs where isWanted[input.index] {
                let (left, right) = (part(node.index), part(input.index))
                parents[max(left, right)] = min(left, right)
            }
        }
        return graph.nodes.indices.map { part($0) }
    }

    /// How many times something is added to each node's gradient: by its users, and by the losses.
    private func contributions() -> [Int] {
        var counts = [Int](repeating: 0, count: graph.nodes.count)
        for output in graph.outputs { counts[output.index] += 1 }
        for node in liveNodes where graph[node].operation != .detach {
            for input in graph[node].inputs { counts[input.index] += 1 }
        }
        return counts
    }

    func wanted() -> [Bool] {
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
            let mask = isSum || gradients.isMasked[node.index] ? nil : value(node)
            planConvolution(convolution, gradient, maskedBy: mask, of: node, &gradients)
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
                let (start, count) = (first, wholes[input.index].channels)
                contribute(to: input, of: node, &gradients) {
                    .channels(count, of: gradient, from: start, into: $0, at: 0, accumulates: $1)
                }
                first += count
            }
        case .slice(let channels):
            if gradients.isWanted[inputs[0].index], gradients.slots[inputs[0].index] == nil {
                // The channels beside the slice get nothing from it.
                gradients.missing[inputs[0].index] += 1
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
        let isTransposed = graph[convolution].operation.isTransposed
        let passesOn = gradients.isWanted[source.index]
        let direction: Direction = isTransposed ? .gathering : .spreading
        let planned = planned(convolution, passesOn ? direction : nil)
        let bringsBias = planned.method.sumsBias && !isTransposed && mask == nil
        if !bringsBias { add(.bias(planned.bias, gradient: gradient, maskedBy: mask), of: node) }
        add(.weight(planned, input: value(source), gradient: gradient, withBias: bringsBias), of: node)
        // The last to add to a ReLU's gradient masks it on the way.
        let completes = gradients.missing[source.index] == 1 && isFusedReLU(source)
        gradients.isMasked[source.index] = completes
        let masking = completes ? value(source) : nil
        contribute(to: source, of: node, &gradients) {
            .convolutionInput(planned, gradient: gradient, into: $0, accumulates: $1, maskedBy: masking)
        }
    }

    private func isFusedReLU(_ node: NodeID) -> Bool {
        fused[node] != nil && graph[node].operation == .activation(.relu)
    }

    /// Adds a step that writes (or, from the second on, adds to) a node's gradient, if the node's gradient is
    /// wanted.
    private mutating func contribute(
        to node: NodeID, of user: NodeID, _ gradients: inout Gradients, _ step: (Slot, Bool) -> BackwardStep
    ) {
        gradients.missing[node.index] -= 1
        guard gradients.isWanted[node.index] else { return }
        let existing = gradients.slots[node.index]
        let slot = existing ?? newSlot(extent(node))
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
            gradients.missing[node.index] -= 1
            gradients.slots[node.index] = gradient
        } else {
            contribute(to: node, of: user, &gradients) {
                .scaled(gradient, factor: 1, into: $0, accumulates: $1)
            }
        }
    }

    private mutating func add(_ step: BackwardStep, of node: NodeID) { add(.backward(step), of: node) }
}
