import Engine
import Files
import Graph
import Models

/// A loss that a program defines, as part of a training's settings: the graph is all that a file keeps of it.
public struct DefinedLoss: Sendable, Equatable {
    public let loss: LossGraph

    public init(_ loss: LossGraph) { self.loss = loss }

    public static func == (left: DefinedLoss, right: DefinedLoss) -> Bool {
        left.loss.canonicalText == right.loss.canonicalText
    }

    /// As a program writes it, and what that stood for.
    var recipeValue: String { "\(loss.description), \(shortDigest(loss.canonicalText))" }
}

extension DefinedLoss: Codable {
    private enum Key: String, CodingKey { case graph, places, channels, description }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(loss.graph.record, forKey: .graph)
        try values.encode(loss.places.map(\.index), forKey: .places)
        try values.encode(loss.channels, forKey: .channels)
        try values.encode(loss.description, forKey: .description)
    }

    /// - Throws: `DecodingError` for what is no graph of a loss.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let places = try values.decode([Int].self, forKey: .places)
        let channels = try values.decode(Int.self, forKey: .channels)
        guard let graph = try? Graph(record: values.decode(String.self, forKey: .graph)),
            let loss = LossGraph(
                checking: graph, places: places, channels: channels,
                description: try values.decode(String.self, forKey: .description))
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .graph, in: values, debugDescription: "this is no loss")
        }
        self.init(loss)
    }
}

extension TrainingSettings {
    /// What is run forward and backward: the network, with its loss behind it where a program defines that.
    package func trainingGraph(of network: Graph) -> Graph {
        definedLoss?.loss.supervising(network) ?? network
    }
}
