import Graph
import Kernels

/// How convolutions are computed, and where their weights are.
extension Planner {
    /// - Parameters:
    ///   - node: the convolution itself, whether it is fused or not.
    ///   - direction: which way its weights are passed, or nil where they are not.
    mutating func planned(_ node: NodeID, _ direction: Direction?) -> PlannedConvolution {
        guard let (convolution, geometry) = convolution(node, groups: groups),
            let method = methods[convolution.weight]
        else {
            preconditionFailure("node \(node.index) is no convolution")
        }
        let output = extent(node)
        let shape = graph[convolution.weight].shape
        precondition(
            shape == [
                geometry.coarse.channels, geometry.fine.channels, convolution.kernel, convolution.kernel,
            ],
            "weight \(graph[convolution.weight].name) of \(shape) for \(geometry)")
        scratch = max(scratch, method.scratch(for: geometry, trains: purpose == .training))
        if purpose == .training {
            scratch = max(scratch, Worker.biasScratch(channels: output.channels))
            if let shape = layout.muonShape(convolution.weight) {
                scratch = max(scratch, Worker.muonScratch(shape))
            }
        }
        func planned(_ weights: WeightSource) -> PlannedConvolution {
            PlannedConvolution(
                geometry: geometry, method: method, isTransposed: graph[node].operation.isTransposed,
                weight: convolution.weight, bias: convolution.bias, weights: weights)
        }
        guard let direction else { return planned(.stored) }
        let count = method.packed(geometry, for: direction)
        if count == 0 { return planned(.stored) }
        if isMade.contains(convolution.weight) {
            let slot = newSlot(Extent(batch: 1, height: 1, width: 1, channels: count))
            add(.pack(planned(.made(slot)), direction, into: slot), of: node)
            return planned(.made(slot))
        }
        return planned(.kept(packing(convolution.weight, geometry, method, direction, count: count)))
    }

    /// A node's convolution and how its maps meet, or nil where it is none.
    private func convolution(_ node: NodeID, groups: Int) -> (Convolution, ConvolutionGeometry)? {
        guard let convolution = graph[node].operation.convolution else { return nil }
        let isTransposed = graph[node].operation.isTransposed
        let input = wholes[graph[node].inputs[0].index].grouped(groups)
        let output = wholes[node.index].grouped(groups)
        return (
            convolution,
            ConvolutionGeometry(
                kernel: convolution.kernel, stride: convolution.stride, padding: convolution.padding,
                fine: isTransposed ? output : input, coarse: isTransposed ? input : output)
        )
    }

    /// One method for each set of weights, by all the maps that they meet.
    mutating func chooseMethods() {
        let uses = uses { sectionGroups[sections[$0.index]] }
        methods = uses.mapValues { ConvolutionMethod.best(for: $0) }
        isMade = Set(uses.filter { isMadeForEachUse($0.key, $0.value) }.keys)
    }

    /// The maps that each set of weights meets.
    func uses(groups: (NodeID) -> Int) -> [ParameterID: [ConvolutionGeometry]] {
        var uses: [ParameterID: [ConvolutionGeometry]] = [:]
        for node in liveNodes where computes(node) {
            guard let (convolution, geometry) = convolution(fused[node] ?? node, groups: groups(node)) else {
                continue
            }
            uses[convolution.weight, default: []].append(geometry)
        }
        return uses
    }

    /// Whether weights are better rearranged for each use than kept so from one step to the next, in training
    /// for both directions: where their uses are few and have so many pixels that it takes next to nothing.
    ///
    /// A use costs its multiplications, rearranging a weight about as much as a tile of Winograd's. What is
    /// not transformed takes no more room than the weights themselves, and is better kept in inference.
    private func isMadeForEachUse(_ weight: ParameterID, _ uses: [ConvolutionGeometry]) -> Bool {
        guard replicas == 1, uses.count <= 4, let method = methods[weight],
            purpose == .training || method.isTransformed
        else { return false }
        let work = uses.reduce(0) { $0 + method.multiplications($1) }
        let rearranged = uses.reduce(0) { $0 + method.packed($1, for: .spreading) }
        return work >= 40 * rearranged
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
        packedCount += Memory.aligned(count)
        return packings.count - 1
    }
}
