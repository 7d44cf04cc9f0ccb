import Graph
import Kernels
import Operators

/// Where gradients stand while the backward pass is planned.
///
/// A node's gradient is complete when the pass comes to it, since its users all come after it in the graph.
/// The first contribution to a gradient replaces what its buffer held, the others add. Where a gradient
/// passes on unchanged, as through a sum, its buffer is handed on instead of copied: in a chain of residual
/// units the one buffer goes all the way down, and each unit's convolution adds to it in place.
private struct Gradients {
    var buffers: [PlannedBuffer?]
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
    mutating func planTraining(input: PlannedBuffer, targets: [PlannedBuffer]) -> PlannedBuffer? {
        let isWanted = wanted()
        var gradients = Gradients(
            buffers: graph.nodes.map { _ in nil }, isWanted: isWanted, missing: contributions(),
            isMasked: graph.nodes.map { _ in false })
        let segments = segments(isWanted)
        let computed = liveNodes.filter { computes($0) }
        let members = Dictionary(grouping: computed) { segments[$0.index] }
        for node in computed {
            enterSection(of: node)
            planForward(node, input: input)
            let segment = segments[node.index]
            guard let members = members[segment], members.last == node else { continue }
            planLosses(of: segment, segments, targets, &gradients)
            for member in members.reversed() {
                guard isWanted[member.index], let gradient = gradients.buffers[member.index] else { continue }
                planBackward(member, gradient, &gradients)
            }
        }
        guard wantsInputGradient else { return nil }
        let result = newBuffer(input.inMicrobatches(microbatches).shape, isFullBatch: true)
        add(Step(.clear, of: NodeID(0), [result]))
        for node in graph.nodeIDs where lowerings[node.index].isImage {
            guard let gradient = gradients.buffers[node.index] else { continue }
            add(Step(.passOn, of: node, [gradient, result], accumulates: true))
        }
        return result
    }

    /// The losses at a part's outputs, which leave the gradients that the backward pass starts from.
    private mutating func planLosses(
        of segment: Int, _ segments: [Int], _ targets: [PlannedBuffer], _ gradients: inout Gradients
    ) {
        for (index, output) in graph.outputs.enumerated() where segments[output.index] == segment {
            let existing = gradients.buffers[output.index]
            let buffer = existing ?? newBuffer(shape(output))
            gradients.buffers[output.index] = buffer
            gradients.missing[output.index] -= 1
            // Added to what the buffer holds if the output is supervised twice.
            add(
                Step(
                    node: output, phase: .loss, work: .loss(output: index),
                    buffers: [value(output), targets[index].inMicrobatches(microbatches), buffer],
                    accumulates: existing != nil))
        }
    }

    /// Numbers the parts of the graph between which no gradient passes; a node that none reaches is a part by
    /// itself.
    func segments(_ isWanted: [Bool]) -> [Int] {
        // Every node points to one of its part that comes before it, or to itself.
        var parents = Array(graph.nodes.indices)
        func segment(_ index: Int) -> Int {
            var index = index
            while parents[index] != index { index = parents[index] }
            return index
        }
        for node in liveNodes where isWanted[node.index] && !lowerings[node.index].isDetached {
            for input in graph[node].inputs where isWanted[input.index] {
                let (left, right) = (segment(node.index), segment(input.index))
                parents[max(left, right)] = min(left, right)
            }
        }
        return graph.nodes.indices.map { segment($0) }
    }

    /// How many times something is added to each node's gradient: by its users, and by the losses.
    private func contributions() -> [Int] {
        var counts = [Int](repeating: 0, count: graph.nodes.count)
        for output in graph.outputs { counts[output.index] += 1 }
        for node in liveNodes where !lowerings[node.index].isDetached {
            for input in graph[node].inputs { counts[input.index] += 1 }
        }
        return counts
    }

    func wanted() -> [Bool] {
        var wanted: [Bool] = []
        for (index, node) in graph.nodes.enumerated() {
            switch lowerings[index] {
            case .image: wanted.append(wantsInputGradient)
            case .detached: wanted.append(false)
            case .convolution, .kernels:
                wanted.append(!node.parameters.isEmpty || node.inputs.contains { wanted[$0.index] })
            }
        }
        return wanted
    }

    private mutating func planBackward(
        _ node: NodeID, _ gradient: PlannedBuffer, _ gradients: inout Gradients
    ) {
        if let convolution = fused[node] {
            let isSum = graph[node].operation.fusesAsEpilogue == .sum
            let mask = isSum || gradients.isMasked[node.index] ? nil : value(node)
            planConvolution(convolution, gradient, maskedBy: mask, of: node, &gradients)
            // The convolution has read the gradient; from here on the other term may have its buffer.
            if isSum, let other = graph[node].inputs.first(where: { $0 != convolution }) {
                hand(gradient, to: other, of: node, &gradients)
            }
            return
        }
        switch lowerings[node.index] {
        case .image, .detached: break
        case .convolution: planConvolution(node, gradient, maskedBy: nil, of: node, &gradients)
        case .kernels(let kernels):
            reserveWorkspace(for: kernels, of: node)
            planParameters(kernels.parameterGradients, gradient, of: node)
            planInputs(kernels.gradients, gradient, of: node, &gradients)
        }
    }

    private mutating func planParameters(
        _ rules: [ParameterGradient], _ gradient: PlannedBuffer, of node: NodeID
    ) {
        let parameters = graph[node].parameters
        for rule in rules {
            add(
                Step(
                    rule.kernel, of: node, rule.sources.map { buffer($0, gradient, of: node) },
                    values: [.gradient(parameters[rule.parameter])] + parameters.map { .parameter($0) }))
        }
    }

    private mutating func planInputs(
        _ rules: [InputGradient], _ gradient: PlannedBuffer, of node: NodeID, _ gradients: inout Gradients
    ) {
        for (place, rule) in rules.enumerated() {
            let input = graph[node].inputs[rule.input]
            switch rule.rule {
            case .unchanged where place == rules.count - 1: hand(gradient, to: input, of: node, &gradients)
            case .unchanged: copy(gradient, to: input, of: node, &gradients)
            case .kernel(let kernel, let sources):
                if !rule.writesAll, gradients.isWanted[input.index], gradients.buffers[input.index] == nil {
                    gradients.missing[input.index] += 1
                    contribute(to: input, &gradients) { target, _ in Step(.clear, of: node, [target]) }
                }
                let buffers = sources.map { buffer($0, gradient, of: node) }
                let values = graph[node].parameters.map { ValueSource.parameter($0) }
                contribute(to: input, &gradients) { target, accumulates in
                    Step(kernel, of: node, buffers + [target], values: values, accumulates: accumulates)
                }
            }
        }
    }

    private func buffer(_ source: InputGradient.Source, _ gradient: PlannedBuffer, of node: NodeID)
        -> PlannedBuffer
    {
        switch source {
        case .gradient: gradient
        case .output: value(node)
        case .input(let index): value(graph[node].inputs[index])
        }
    }

    private mutating func planConvolution(
        _ convolution: NodeID, _ gradient: PlannedBuffer, maskedBy mask: PlannedBuffer?, of node: NodeID,
        _ gradients: inout Gradients
    ) {
        let source = graph[convolution].inputs[0]
        let planned = planned(convolution, gradients.isWanted[source.index] ? .inputGradient : .none)
        let bias = planned.bias.map { ValueSource.gradient($0) }
        let bringsBias = bias != nil && planned.method.sumsBias && !planned.isTransposed && mask == nil
        // Without a bias, a ReLU's mask is still applied.
        if !bringsBias, bias != nil || mask != nil {
            add(
                Step(
                    planned.biasKernel(isMasked: mask != nil), of: node,
                    [gradient] + [mask].compactMap { $0 }, values: [bias].compactMap { $0 }))
        }
        add(
            Step(
                planned.weightKernel(withBias: bringsBias), of: node, [value(source), gradient],
                values: [.gradient(planned.weight)] + (bringsBias ? [bias] : []).compactMap { $0 },
                convolution: planned))
        // The last to add to a ReLU's gradient masks it on the way.
        let completes = gradients.missing[source.index] == 1 && isFusedReLU(source)
        gradients.isMasked[source.index] = completes
        let masking = completes ? value(source) : nil
        contribute(to: source, &gradients) { target, accumulates in
            Step(
                planned.inputKernel(accumulates: accumulates, isMasked: completes), of: node,
                [gradient] + [masking, planned.weights.plannedBuffer].compactMap { $0 } + [target],
                values: [planned.weights], accumulates: accumulates, convolution: planned)
        }
    }

    private func isFusedReLU(_ node: NodeID) -> Bool {
        fused[node] != nil && graph[node].operation.fusesAsEpilogue == .relu
    }

    /// Adds a step that writes (or, from the second on, adds to) a node's gradient, if the node's gradient is
    /// wanted.
    ///
    /// - Parameter step: of the gradient's buffer, and whether it is to be added to.
    private mutating func contribute(
        to node: NodeID, _ gradients: inout Gradients, _ step: (PlannedBuffer, Bool) -> Step
    ) {
        gradients.missing[node.index] -= 1
        guard gradients.isWanted[node.index] else { return }
        let existing = gradients.buffers[node.index]
        let buffer = existing ?? newBuffer(shape(node))
        gradients.buffers[node.index] = buffer
        add(step(buffer, existing != nil))
    }

    private mutating func copy(
        _ gradient: PlannedBuffer, to node: NodeID, of user: NodeID, _ gradients: inout Gradients
    ) {
        contribute(to: node, &gradients) {
            Step(.passOn, of: user, [gradient, $0], accumulates: $1)
        }
    }

    /// Gives a gradient's buffer, which is needed no more, to a node that has none; otherwise adds it to the
    /// node's.
    private mutating func hand(
        _ gradient: PlannedBuffer, to node: NodeID, of user: NodeID, _ gradients: inout Gradients
    ) {
        guard gradients.isWanted[node.index] else { return }
        if gradients.buffers[node.index] == nil {
            gradients.missing[node.index] -= 1
            gradients.buffers[node.index] = gradient
        } else {
            copy(gradient, to: node, of: user, &gradients)
        }
    }
}

extension Step {
    /// A kernel of the backward pass.
    fileprivate init(
        _ kernel: Kernel, of node: NodeID, _ buffers: [PlannedBuffer], values: [ValueSource] = [],
        accumulates: Bool = false, convolution: PlannedConvolution? = nil
    ) {
        self.init(
            node: node, phase: .backward, work: .kernel(kernel), buffers: buffers, values: values,
            accumulates: accumulates, convolution: convolution)
    }
}
