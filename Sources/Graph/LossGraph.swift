import Operators

/// A loss that a program defines, as traced for a network: one value for each image and supervised output,
/// and last the mean squared error of the last output, for the PSNR.
///
/// The blurred and the sharp image come in as the channels of one input, so that a loss is planned, fused and
/// differentiated with the network, as part of it.
public struct LossGraph: Sendable {
    /// Its input has the channels of both images, the blurred one's first.
    package let graph: Graph
    /// The nodes that stand for the network's outputs.
    package let places: [NodeID]
    /// Of one image.
    package let channels: Int
    /// As a program writes it.
    public let description: String

    package init(_ graph: Graph, places: [NodeID], channels: Int, description: String) {
        (self.graph, self.places) = (graph, places)
        (self.channels, self.description) = (channels, description)
    }

    /// What a file says is a loss; nil for what is none.
    package init?(checking graph: Graph, places: [Int], channels: Int, description: String) {
        guard graph.inputChannels == 2 * channels, graph.parameters.isEmpty,
            graph.outputs.count == places.count + 1, Set(places).count == places.count,
            places.allSatisfy({ graph.nodes.indices.contains($0) && graph.nodes[$0].operation is Zeros })
        else { return nil }
        self.init(graph, places: places.map { NodeID($0) }, channels: channels, description: description)
    }

    /// Whether it was traced for outputs of these shapes.
    package func suits(_ network: Graph) -> Bool {
        network.outputs.map { network[$0].shape } == places.map { graph[$0].shape }
    }

    /// What decides the loss's values: texts are equal where these are.
    public var canonicalText: String { graph.canonicalText }

    /// The network with its loss behind it. Parameters are the network's, with the same identifiers.
    public func supervising(_ network: Graph) -> Graph {
        precondition(suits(network), "the loss was traced for another network")
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
