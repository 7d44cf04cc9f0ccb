import Graph
import Kernels
import Operators

/// How convolutions are computed, and where their weights are.
extension Planner {
    /// The pass in which a convolution's weights are read.
    enum WeightUse {
        case forward
        case inputGradient
        /// The use is the weights' own gradient, which does not read them.
        case none
    }

    /// - Parameter node: the convolution itself, whether it is fused or not.
    mutating func planned(_ node: NodeID, _ use: WeightUse) -> PlannedConvolution {
        guard let geometry = convolution(node, microbatches: microbatches), let method = methods[weight(node)]
        else {
            preconditionFailure("node \(node.index) is no convolution")
        }
        let weight = weight(node)
        let shape = graph[weight].shape
        precondition(
            shape == [geometry.output.channels, geometry.input.channels, geometry.kernel, geometry.kernel],
            "weight \(graph[weight].name) of \(shape) for \(geometry)")
        reserveWorkspace(method, geometry, weight, channels: self.shape(node).channels)
        func planned(_ weights: ValueSource) -> PlannedConvolution {
            PlannedConvolution(
                geometry: geometry, method: method, isTransposed: isTransposed(node), weight: weight,
                bias: graph[node].parameters.dropFirst().first, weights: weights)
        }
        let stored = planned(.parameter(weight))
        let direction: Direction
        switch use {
        case .forward: direction = stored.forward
        case .inputGradient: direction = stored.backward
        case .none: return stored
        }
        let count = method.packed(geometry, for: direction)
        if count == 0 { return stored }
        if packedForEachUse.contains(weight) {
            let buffer = newBuffer(TensorShape(batch: 1, height: 1, width: 1, channels: count))
            add(
                Step(
                    node: node, phase: .weights, work: .kernel(stored.packingKernel(direction)),
                    buffers: [buffer], values: [.parameter(weight), .buffer(buffer)]))
            return planned(.buffer(buffer))
        }
        return planned(.packing(packing(weight, geometry, method, direction, count: count)))
    }

    private mutating func reserveWorkspace(
        _ method: ConvolutionMethod, _ geometry: ConvolutionGeometry, _ weight: ParameterID, channels: Int
    ) {
        workspace = max(workspace, method.workspace(for: geometry, trains: purpose == .training))
        guard purpose == .training else { return }
        workspace = max(workspace, Worker.biasWorkspace(channels: channels))
        if let shape = layout.muonShape(weight) { workspace = max(workspace, Worker.muonWorkspace(shape)) }
    }

    private func weight(_ node: NodeID) -> ParameterID { graph[node].parameters[0] }

    private func isTransposed(_ node: NodeID) -> Bool {
        lowerings[node.index].convolution?.isTransposed ?? false
    }

    /// How the maps of a node's convolution meet, or nil where it is none.
    private func convolution(_ node: NodeID, microbatches: Int) -> ConvolutionGeometry? {
        guard let window = lowerings[node.index].convolution else { return nil }
        let input = fullBatchShapes[graph[node].inputs[0].index].microbatch(microbatches)
        let output = fullBatchShapes[node.index].microbatch(microbatches)
        return ConvolutionGeometry(
            kernel: window.kernelHeight, stride: window.stride, padding: window.verticalPadding,
            input: window.isTransposed ? output : input, output: window.isTransposed ? input : output)
    }

    /// One method for each set of weights, by all the maps that they meet.
    mutating func chooseMethods() {
        let uses = uses { sectionMicrobatches[sections[$0.index]] }
        methods = uses.mapValues { ConvolutionMethod.best(for: $0) }
        packedForEachUse = Set(uses.filter { isPackedForEachUse($0.key, $0.value) }.keys)
    }

    /// The maps that each set of weights meets.
    func uses(microbatches: (NodeID) -> Int) -> [ParameterID: [ConvolutionGeometry]] {
        var uses: [ParameterID: [ConvolutionGeometry]] = [:]
        for node in liveNodes where computes(node) {
            let convolution = fused[node] ?? node
            guard let geometry = self.convolution(convolution, microbatches: microbatches(node)) else {
                continue
            }
            uses[weight(convolution), default: []].append(geometry)
        }
        return uses
    }

    /// Whether weights are better packed for each use than kept so from one step to the next, in training
    /// for both directions: where their uses are few and have so many pixels that it takes next to nothing.
    ///
    /// A use costs its multiplications, packing a weight about as much as a tile of Winograd's. What is
    /// not transformed takes no more room than the weights themselves, and is better kept in inference.
    private func isPackedForEachUse(_ weight: ParameterID, _ uses: [ConvolutionGeometry]) -> Bool {
        guard replicas == 1, uses.count <= 4, let method = methods[weight],
            purpose == .training || method.isTransformed
        else { return false }
        let work = uses.reduce(0) { $0 + method.multiplications($1) }
        let packed = uses.reduce(0) { $0 + method.packed($1, for: .transposed) }
        return work >= 40 * packed
    }

    private mutating func packing(
        _ weight: ParameterID, _ geometry: ConvolutionGeometry, _ method: ConvolutionMethod,
        _ direction: Direction, count: Int
    ) -> Int {
        if let found = packings.firstIndex(where: { $0.serves(weight, geometry, method, direction) }) {
            return found
        }
        packings.append(
            Packing(
                weight: weight, geometry: geometry, method: method, direction: direction, offset: packedCount,
                count: count))
        packedCount += AlignedMemory.aligned(count)
        return packings.count - 1
    }
}
