import Engine
import Files
import Graph
import Images

/// A network with its weights: all that it takes to restore images.
public struct TrainedModel: Sendable {
    public let graph: Graph
    public let weights: Weights
    /// What the network reads of an image.
    public let colour: InputColour

    public init(graph: Graph, weights: Weights, colour: InputColour) {
        self.graph = graph
        self.weights = weights
        self.colour = colour
    }

    /// SHA-256 of the weights alone, in the graph's order: what a result that is computed with them depends
    /// on.
    public var weightsHash: String { digest(of: [weights], graph) }
}

/// SHA-256 of sets of weights, in the graph's order.
package func digest(of sets: [Weights], _ graph: Graph) -> String {
    var hash = Digest()
    for weights in sets {
        for id in graph.parameterIDs { hash.add(weights[id]) }
    }
    return hash.text()
}
