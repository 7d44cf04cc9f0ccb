import Diagnostics
import Graph
import Layers
import Operators

/// Makes a graph of a record, deriving every shape anew by the operators' own rules, which tracing follows
/// too.
struct GraphCheck {
    /// What tracing a network allows as well.
    private static let nodeLimit = 200_000
    private static let scaleLimit = 1 << 14

    private let record: GraphRecord
    private var nodes: [Node] = []
    private var sizeMultiple = 1
    private var used: Set<Int> = []

    init(_ record: GraphRecord) { self.record = record }

    /// - Throws: the first thing that is wrong.
    consuming func graph() throws(GraphFault) -> Graph {
        guard record.nodes.count <= Self.nodeLimit else { throw GraphFault(reason: "it has too many layers") }
        let parameters = try parameters()
        guard record.nodes.count(where: { $0.op == "input" }) == 1 else {
            throw GraphFault(reason: "it does not have one input")
        }
        for (index, node) in record.nodes.enumerated() {
            nodes.append(try self.node(node, index, parameters))
        }
        guard used.count == parameters.count else {
            throw GraphFault(reason: "it has weights that no layer uses")
        }
        let count = nodes.count
        guard !record.outputs.isEmpty, record.outputs.allSatisfy({ (0..<count).contains($0) }),
            Set(record.outputs).count == record.outputs.count
        else { throw GraphFault(reason: "its outputs are not layers of it") }
        return Graph(
            nodes: nodes, parameters: parameters, outputs: record.outputs.map { NodeID($0) },
            roleUses: try roleUses())
    }

    private func parameters() throws(GraphFault) -> [Parameter] {
        guard Set(record.parameters.map(\.name)).count == record.parameters.count else {
            throw GraphFault(reason: "two of its weights have one name")
        }
        var parameters: [Parameter] = []
        for parameter in record.parameters {
            guard !parameter.name.isEmpty, parameter.name != SafetensorsHeader.metadataKey,
                !parameter.name.hasPrefix(Graph.reservedPrefix)
            else { throw GraphFault(reason: "\"\(shortened(parameter.name))\" names no weights") }
            guard let kind = Parameter.Kind(rawValue: parameter.kind) else {
                throw GraphFault(reason: "`\(shortened(parameter.name))` is neither weights nor biases")
            }
            parameters.append(Parameter(name: parameter.name, kind: kind, shape: parameter.shape))
        }
        return parameters
    }

    private func roleUses() throws(GraphFault) -> [RoleUse] {
        var roleUses: [RoleUse] = []
        for pass in record.passes {
            guard 0 <= pass.first, pass.first <= pass.end, pass.end <= record.nodes.count,
                pass.circumstances.count.isMultiple(of: 2)
            else { throw GraphFault(reason: "a pass through `\(shortened(pass.role))` is not within it") }
            let texts = pass.circumstances
            roleUses.append(
                RoleUse(
                    role: pass.role, weights: pass.weights,
                    indices: stride(from: 0, to: texts.count, by: 2).map {
                        RoleUse.Index(name: texts[$0], value: texts[$0 + 1])
                    }, nodes: pass.first..<pass.end))
        }
        return roleUses
    }

    // MARK: Nodes

    private mutating func node(
        _ node: GraphRecord.NodeRecord, _ index: Int, _ parameters: [Parameter]
    ) throws(GraphFault) -> Node {
        let fault = GraphFault(reason: "the layer `\(shortened(node.name))` does not fit what it reads")
        guard let type = OperatorList.byKind[node.op], node.inputs.allSatisfy({ (0..<index).contains($0) }),
            let declared = declaredShape(node), let operation = type.init(node.details, giving: declared)
        else { throw fault }
        let inputs = node.inputs.map { nodes[$0].shape }
        let shape: Shape
        do throws(ShapeFault) { shape = try operation.shape(of: inputs) } catch { throw fault }
        guard shape == declared,
            let ids = own(parameters, of: node, needed: operation.parameters(for: inputs))
        else { throw fault }
        sizeMultiple = leastCommonMultiple(sizeMultiple, declared.size.multiple)
        guard sizeMultiple <= Self.scaleLimit else { throw fault }
        used.formUnion(ids.map(\.index))
        return Node(
            operation: operation, inputs: node.inputs.map { NodeID($0) }, parameters: ids, shape: declared,
            name: node.name)
    }

    private func declaredShape(_ node: GraphRecord.NodeRecord) -> Shape? {
        guard Shape.channelCounts.contains(node.channels), let size = node.size.size(limit: Self.scaleLimit)
        else { return nil }
        return Shape(channels: node.channels, size: size)
    }

    /// The parameters that a node names, where they are what its operator needs.
    private func own(
        _ parameters: [Parameter], of node: GraphRecord.NodeRecord, needed: [OperatorParameter]
    ) -> [ParameterID]? {
        var ids: [ParameterID] = []
        for declared in needed {
            guard let index = node.details.integer(declared.name), parameters.indices.contains(index),
                parameters[index].kind == declared.kind, parameters[index].shape == declared.shape
            else { return nil }
            ids.append(ParameterID(index))
        }
        return ids
    }
}
