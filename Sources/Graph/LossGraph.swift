import Operators

/// A loss that a program defines, as traced for a network: one value for each image and supervised output, and
/// last the mean squared error of the last output, for the PSNR.
///
/// The blurred and the sharp image come in as the channels of one input, so that a loss is planned, fused and
/// differentiated with the network, as part of it.
public struct LossGraph: Sendable {
    /// Its input has the channels of both images, the blurred one's first.
    private let graph: Graph
    /// The nodes that stand for the network's outputs.
    private let places: [NodeID]
    /// Of one image.
    private let channels: Int
    /// As a program writes it.
    public let description: String

    package init(_ graph: Graph, places: [NodeID], channels: Int, description: String) {
        (self.graph, self.places) = (graph, places)
        (self.channels, self.description) = (channels, description)
    }

    /// What decides the loss's values: texts are equal where these are.
    public var canonicalText: String { graph.canonicalText }

    /// The network with its loss behind it. Parameters are the network's, with the same identifiers.
    public func supervising(_ network: Graph) -> Graph {
        precondition(network.outputs.count == places.count, "the loss was traced for another network")
        var nodes = [
            Node(
                operation: Input(channels: 2 * channels), inputs: [], parameters: [],
                shape: Shape(channels: 2 * channels), name: "images"),
            Node(
                operation: Slice(0..<channels), inputs: [NodeID(0)], parameters: [],
                shape: Shape(channels: channels), name: "blurred"),
        ]
        let ofNetwork = append(network, to: &nodes) { _, node in
            node.operation is Input ? NodeID(1) : nil
        }
        let outputs = Dictionary(
            uniqueKeysWithValues: zip(places, network.outputs.map { ofNetwork[$0.index] }))
        let ofLoss = append(graph, to: &nodes) { id, node in
            node.operation is Input ? NodeID(0) : outputs[id]
        }
        return Graph(
            nodes: nodes, parameters: network.parameters, outputs: graph.outputs.map { ofLoss[$0.index] },
            roleUses: [])
    }

    /// Adds a graph's nodes, but for those that another node takes the place of.
    /// - Returns: where each of its nodes is now.
    private func append(
        _ graph: Graph, to nodes: inout [Node], unless replaced: (NodeID, Node) -> NodeID?
    ) -> [NodeID] {
        var places: [NodeID] = []
        for (id, node) in zip(graph.nodeIDs, graph.nodes) {
            if let other = replaced(id, node) {
                places.append(other)
                continue
            }
            nodes.append(
                Node(
                    operation: node.operation, inputs: node.inputs.map { places[$0.index] },
                    parameters: node.parameters, shape: node.shape, name: node.name, span: node.span))
            places.append(NodeID(nodes.count - 1))
        }
        return places
    }
}
