import Graph

extension Graph {
    /// The weights of the last convolutions before the outputs: those that can be zero at the start without
    /// keeping the network from learning.
    ///
    /// Found by walking back from each output, through what keeps a zero's gradient alive, until a
    /// convolution is met. A ReLU or a product ends the walk (their gradient at zero is zero, and would stay
    /// so), as does `detach`. Weights that are also used elsewhere in the network are left out: with them,
    /// that place would be silent too.
    package var headWeights: Set<ParameterID> {
        var heads: Set<NodeID> = []
        var seen: Set<NodeID> = []
        var open = outputs
        while let id = open.popLast() {
            guard seen.insert(id).inserted else { continue }
            switch self[id].operation {
            case .convolution, .transposedConvolution: heads.insert(id)
            case .add, .subtract, .concatenate, .slice, .resize, .downsize, .pixelShuffle,
                .activation(.sigmoid), .activation(.tanh):
                open += self[id].inputs
            case .affine(let factor, _):
                if factor != 0 { open += self[id].inputs }
            case .input, .zeros, .activation(.relu), .multiply, .detach: break
            }
        }
        var weights = Set(heads.compactMap { self[$0].operation.convolution?.weight })
        for id in nodeIDs where !heads.contains(id) {
            if let convolution = self[id].operation.convolution { weights.remove(convolution.weight) }
        }
        return weights
    }
}
