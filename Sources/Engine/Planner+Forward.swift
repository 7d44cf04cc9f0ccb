import Graph
import Kernels
import Operators

extension Planner {
    /// Adds the kernel of a node, together with the convolution that it has taken in, if any.
    mutating func planForward(_ node: NodeID, input: PlannedBuffer) {
        let inputs = graph[node].inputs
        if let convolution = fused[node] {
            addConvolution(convolution, residual: inputs.first { $0 != convolution }, as: node)
            return
        }
        switch lowerings[node.index] {
        case .image: values[node.index] = input
        case .detached: values[node.index] = value(inputs[0])
        case .convolution: addConvolution(node, residual: nil, as: node)
        case .kernels(let kernels):
            reserveWorkspace(for: kernels, of: node)
            let sources = inputs.map { value($0) }
            let target = newValue(node)
            values[node.index] = target
            add(
                Step(
                    node: node, phase: .forward, work: .kernel(kernels.forward), buffers: sources + [target],
                    values: graph[node].parameters.map { .parameter($0) }))
        }
    }

    /// - Parameter node: the convolution itself, or what has taken it in.
    private mutating func addConvolution(
        _ convolution: NodeID, residual other: NodeID?, as node: NodeID
    ) {
        let source = value(graph[convolution].inputs[0])
        let residual = other.map { value($0) }
        let planned = planned(convolution, .forward)
        let target = other.flatMap { reusable($0, for: node) } ?? newValue(node)
        values[node.index] = target
        let kernel = planned.forwardKernel(
            hasResidual: residual != nil, relu: graph[node].operation.fusesAsEpilogue == .relu)
        add(
            Step(
                node: node, phase: .forward, work: .kernel(kernel),
                buffers: [source] + [residual, planned.weights.plannedBuffer].compactMap { $0 } + [target],
                values: [planned.weights] + [planned.bias.map { .parameter($0) }].compactMap { $0 },
                convolution: planned))
    }
}
