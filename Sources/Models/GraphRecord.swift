import Graph
import Operators

/// A graph as text, for a file: JSON with every node, parameter, output and pass, from which the same graph
/// is made again without the language or the sources it was written in.
///
/// What is read back is checked like anything from a stranger: node by node, shapes are derived anew, and
/// everything that tracing a network would refuse is refused.
struct GraphRecord: Codable {
    /// The operator's attributes, and its parameters by their names within the layer, stand beside these.
    struct NodeRecord: Codable {
        var op: String
        var name: String
        var inputs: [Int]
        var channels: Int
        var size: SizeRecord
        var details: Details
    }

    struct ParameterRecord: Codable {
        var name: String
        var kind: String
        var shape: [Int]
    }

    struct PassRecord: Codable {
        var role: String
        var weights: String
        /// Names and values, in turn.
        var circumstances: [String]
        var first: Int
        var end: Int
    }

    var nodes: [NodeRecord]
    var parameters: [ParameterRecord]
    var outputs: [Int]
    var passes: [PassRecord]

    init(_ graph: Graph) {
        nodes = graph.nodes.map { NodeRecord($0, in: graph) }
        parameters = graph.parameters.map {
            ParameterRecord(name: $0.name, kind: $0.kind.rawValue, shape: $0.shape)
        }
        outputs = graph.outputs.map(\.index)
        passes = graph.roleUses.map { pass in
            PassRecord(
                role: pass.role, weights: pass.weights,
                circumstances: pass.indices.flatMap { [$0.name, $0.value] },
                first: pass.nodes.lowerBound, end: pass.nodes.upperBound)
        }
    }
}

extension GraphRecord.NodeRecord {
    init(_ node: Node, in graph: Graph) {
        op = node.operation.kind
        name = node.name
        inputs = node.inputs.map(\.index)
        channels = node.shape.channels
        size = SizeRecord(node.shape.size)
        let declared = node.operation.parameters(for: graph.inputShapes(of: node))
        let parameters = zip(declared, node.parameters).map { declared, id in
            Attribute(declared.name, .integer(id.index))
        }
        details = Details(written: parameters + node.operation.attributes)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Details.Key.self)
        op = try container.decode(String.self, forKey: "op")
        name = try container.decode(String.self, forKey: "name")
        inputs = try container.decode([Int].self, forKey: "inputs")
        channels = try container.decode(Int.self, forKey: "channels")
        size = try SizeRecord(from: container)
        details = Details(read: container)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Details.Key.self)
        try container.encode(op, forKey: "op")
        try container.encode(name, forKey: "name")
        try container.encode(inputs, forKey: "inputs")
        try container.encode(channels, forKey: "channels")
        try size.encode(into: &container)
        for attribute in details.written {
            let key = Details.Key(attribute.name)
            switch attribute.value {
            case .integer(let number): try container.encode(number, forKey: key)
            case .real(let number): try container.encode(number, forKey: key)
            case .text(let text): try container.encode(text, forKey: key)
            }
        }
    }

    /// What a node has beside what all nodes have: to be written, or as it is read by who knows the types.
    struct Details: AttributeReader {
        struct Key: CodingKey, ExpressibleByStringLiteral {
            let stringValue: String
            var intValue: Int? { nil }

            init(_ name: String) { stringValue = name }
            init(stringLiteral name: String) { stringValue = name }
            init?(stringValue: String) { self.init(stringValue) }
            init?(intValue: Int) { nil }
        }

        var written: [Attribute] = []
        private var container: KeyedDecodingContainer<Key>?

        init(written: [Attribute]) { self.written = written }
        init(read container: KeyedDecodingContainer<Key>) { self.container = container }

        func integer(_ name: String) -> Int? { value(name) }
        func real(_ name: String) -> Double? { value(name) }
        func text(_ name: String) -> String? { value(name) }

        private func value<Value: Decodable>(_ name: String) -> Value? {
            try? container?.decodeIfPresent(Value.self, forKey: Key(name))
        }
    }
}
