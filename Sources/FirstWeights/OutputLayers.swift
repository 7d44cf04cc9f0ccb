import Graph
import Operators

extension Graph {
    /// The weights of the last convolutions before the outputs: those that can be zero at the start without
    /// keeping the network from learning.
    ///
    /// Found by walking back from each output, through what keeps a zero's gradient alive, until a
    /// convolution is met. A ReLU or a product ends the walk (their gradient at zero is zero, and would stay
    /// so), as does `detach`. Weights that are also used elsewhere in the network are left out: with them,
    /// that place would be silent too.
    package var outputLayerWeights: Set<ParameterID> {
        var layers: Set<NodeID> = []
        var seen: Set<NodeID> = []
        var open = outputs
        while let id = open.popLast() {
            guard seen.insert(id).inserted else { continue }
            let node = self[id]
            if !node.parameters.isEmpty {
                layers.insert(id)
            } else if node.operation.passesGradientAtZero {
                open += node.inputs
            }
        }
        var weights = Set(layers.compactMap { weight(of: self[$0]) })
        for id in nodeIDs where !layers.contains(id) {
            if let weight = weight(of: self[id]) { weights.remove(weight) }
        }
        return weights
    }
}
