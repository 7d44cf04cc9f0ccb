import Foundation
import Graph
import Layers
import Models
import Operators
import ReferenceEngine
import Testing

struct GraphRecordTests {
    /// Every kind of node, weights that are shared, and a pass.
    private static let graph: Graph = {
        var builder = GraphBuilder()
        let input = builder.input(channels: 3)
        let wide = builder.convolution(input, 12)
        let halved = builder.relu(builder.convolution(wide, 12, stride: 2))
        let again = builder.convolution(halved, 12)
        let shared = builder.convolution(again, 12, like: again)
        let sum = builder.apply(Add(), shared, builder.zeros(Shape(channels: 12, scale: Scale(1, 2))))
        let up = builder.transposedConvolution(builder.apply(Tanh(), sum), 12)
        let product = builder.apply(Multiply(), up, builder.apply(Sigmoid(), wide))
        let difference = builder.apply(Subtract(), product, builder.apply(Detach(), up))
        let half = builder.downsize(builder.concatenate(difference, wide), by: 2)
        let shuffled = builder.pixelShuffle(builder.slice(half, 4..<16), by: 2)
        let result = builder.apply(Affine(factor: -0.1, offset: .infinity), shuffled)
        let small = builder.resize(result, to: MapSize(Scale(1, 2)))
        let graph = builder.graph(outputs: [small, result])
        return Graph(
            nodes: graph.nodes, parameters: graph.parameters, outputs: graph.outputs,
            roleUses: [
                RoleUse(
                    role: "transform", weights: "transform[\"1\"]",
                    indices: [.init(name: "scale", value: "1")], nodes: 1..<3)
            ])
    }()

    @Test func `a graph is made again from its record`() throws {
        let copy = try Graph(record: Self.graph.record)
        #expect(copy.canonicalText == Self.graph.canonicalText)
        #expect(copy.nodes.map(\.name) == Self.graph.nodes.map(\.name))
        #expect(copy.parameters == Self.graph.parameters)
        #expect(copy.roleUses == Self.graph.roleUses)
        #expect(copy.record == Self.graph.record)
    }

    /// The record with one text in it replaced.
    private func changed(_ old: String, _ new: String) throws -> String {
        let record = Self.graph.record
        #expect(record.contains(old), "the record has no \(old)")
        return record.replacing(old, with: new)
    }

    @Test(arguments: [
        (#""op":"input""#, #""op":"zeros""#, "it does not have one input"),
        (#""op":"relu""#, #""op":"rot13""#, "the layer `node3` does not fit what it reads"),
        (#""inputs":[2]"#, #""inputs":[3]"#, "the layer `node3` does not fit what it reads"),
        (#""inputs":[2]"#, #""inputs":[-1]"#, "the layer `node3` does not fit what it reads"),
        (#""stride":2"#, #""stride":1"#, "the layer `node2` does not fit what it reads"),
        (#""stride":2"#, #""stride":0"#, "the layer `node2` does not fit what it reads"),
        (#""weight":0"#, #""weight":99"#, "the layer `node1` does not fit what it reads"),
        (#""weight":0"#, #""weight":1"#, "the layer `node1` does not fit what it reads"),
        (#""padding":1"#, #""padding":-1"#, "the layer `node1` does not fit what it reads"),
        (#""channels":24"#, #""channels":25"#, "the layer `node14` does not fit what it reads"),
        (
            #""channels":24"#, #""channels":9223372036854775807"#,
            "the layer `node14` does not fit what it reads"
        ),
        (#""scale":[1,2]"#, #""scale":[1,0]"#, "the layer `node2` does not fit what it reads"),
        (
            #""scale":[1,2]"#, #""scale":[1,9223372036854775807]"#,
            "the layer `node2` does not fit what it reads"
        ),
        (#""end":16"#, #""end":25"#, "the layer `node16` does not fit what it reads"),
        (#""end":16"#, #""end":3"#, "the layer `node16` does not fit what it reads"),
        (#""outputs":[19,18]"#, #""outputs":[19,20]"#, "its outputs are not layers of it"),
        (#""outputs":[19,18]"#, #""outputs":[]"#, "its outputs are not layers of it"),
        (#""outputs":[19,18]"#, #""outputs":[18,18]"#, "its outputs are not layers of it"),
        (#""kind":"bias""#, #""kind":"weight""#, "the layer `node1` does not fit what it reads"),
        (#""kind":"bias""#, #""kind":"bits""#, "`conv1.bias` is neither weights nor biases"),
        ("conv2.weight", "conv1.weight", "two of its weights have one name"),
        ("conv2.weight", "adam/first/x", "\"adam/first/x\" names no weights"),
        ("conv2.weight", "__metadata__", "\"__metadata__\" names no weights"),
        (#""shape":[12,3,3,3]"#, #""shape":[12,3,3,-3]"#, "the layer `node1` does not fit what it reads"),
        (#""first":1"#, #""first":-1"#, "a pass through `transform` is not within it"),
        (#""nodes":["#, #""nodes":[{},"#, "it is not a list of layers"),
        (#"]}"#, "", "it is not a list of layers"),
    ])
    func `what tracing would refuse is refused`(old: String, new: String, reason: String) throws {
        let record = try changed(old, new)
        do throws(GraphFault) {
            _ = try Graph(record: record)
            Issue.record("it was taken")
        } catch {
            #expect(error.reason == reason)
        }
    }

    @Test func `weights that no layer uses are refused`() throws {
        let record = try changed(
            #""parameters":["#, #""parameters":[{"kind":"bias","name":"idle","shape":[1]},"#)
        #expect(throws: GraphFault.self) { try Graph(record: record) }
    }
}
