import Diagnostics
import Operators

/// A network as traced: every layer call a node, every tensor of weights a parameter, nothing of the language
/// left.
public struct Graph: Sendable {
    /// In an order in which each node's inputs come before it.
    public let nodes: [Node]
    public let parameters: [Parameter]
    /// The supervised outputs, coarsest first as the network gives them; the last is the result.
    public let outputs: [NodeID]
    /// Every entry into a `weights` block, in order: what shares which weights is read off these.
    public let roleUses: [RoleUse]

    /// - Precondition: inputs come before their users, and identifiers are in range.
    public init(nodes: [Node], parameters: [Parameter], outputs: [NodeID], roleUses: [RoleUse] = []) {
        for (index, node) in nodes.enumerated() {
            for input in node.inputs {
                precondition(
                    input.index < index, "node \(index) reads node \(input.index), which is not before it")
            }
        }
        precondition(outputs.allSatisfy { $0.index < nodes.count }, "an output is no node")
        self.nodes = nodes
        self.parameters = parameters
        self.outputs = outputs
        self.roleUses = roleUses
    }

    public subscript(node: NodeID) -> Node { nodes[node.index] }
    public subscript(parameter: ParameterID) -> Parameter { parameters[parameter.index] }

    public var nodeIDs: some RandomAccessCollection<NodeID> { nodes.indices.lazy.map { NodeID($0) } }
    public var parameterIDs: some RandomAccessCollection<ParameterID> {
        parameters.indices.lazy.map { ParameterID($0) }
    }

    /// Channels of the input image.
    public var inputChannels: Int {
        nodes.first { $0.operation is Input }?.shape.channels ?? 0
    }

    /// Unique weights: each parameter once, however many nodes use it.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// The input's height and width must be multiples of this for every node to have a whole size.
    public var sizeMultiple: Int {
        nodes.reduce(1) { leastCommonMultiple($0, $1.shape.size.multiple) }
    }

    /// The least height and width of an input, multiples of ``sizeMultiple``, for which every node's map has
    /// a pixel.
    public var smallestSize: (height: Int, width: Int) {
        let multiple = sizeMultiple
        func smallest(_ extent: (MapSize) -> Extent) -> Int {
            nodes.reduce(multiple) { side, node in
                let extent = extent(node.shape.size)
                // scale · side + offset ≥ 1
                guard let scale = extent.scale, extent.offset < 0 else { return side }
                let least = ((1 - extent.offset) * scale.denominator + scale.numerator - 1) / scale.numerator
                return max(side, (least + multiple - 1) / multiple * multiple)
            }
        }
        return (smallest { $0.height }, smallest { $0.width })
    }

    /// The shapes that a node reads.
    package func inputShapes(of node: Node) -> [Shape] { node.inputs.map { self[$0].shape } }

    /// What each parameter is to the operator that uses it first; nil for one that no node uses.
    package var declarations: [OperatorParameter?] {
        var declarations = [OperatorParameter?](repeating: nil, count: parameters.count)
        for node in nodes {
            let declared = node.operation.parameters(for: inputShapes(of: node))
            for (id, parameter) in zip(node.parameters, declared) where declarations[id.index] == nil {
                declarations[id.index] = parameter
            }
        }
        return declarations
    }

    /// The weight that a node uses, without its bias.
    package func weight(of node: Node) -> ParameterID? {
        node.parameters.first { self[$0].kind == .weight }
    }
}
