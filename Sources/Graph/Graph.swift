import Diagnostics

/// A network as traced: every layer call a node, every tensor of weights a parameter, nothing of the language
/// left.
public struct Graph: Sendable {
    /// In an order in which each node's inputs come before it.
    public let nodes: [Node]
    public let parameters: [Parameter]
    /// The supervised outputs, coarsest first as the network gives them; the last is the result.
    public let outputs: [NodeID]
    /// Every entry into a `weights` block, in order: what shares which weights is read off these.
    public let passes: [Pass]

    /// - Precondition: inputs come before their users, and identifiers are in range.
    public init(nodes: [Node], parameters: [Parameter], outputs: [NodeID], passes: [Pass] = []) {
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
        self.passes = passes
    }

    public subscript(node: NodeID) -> Node { nodes[node.index] }
    public subscript(parameter: ParameterID) -> Parameter { parameters[parameter.index] }

    public var nodeIDs: some RandomAccessCollection<NodeID> { nodes.indices.lazy.map { NodeID($0) } }
    public var parameterIDs: some RandomAccessCollection<ParameterID> {
        parameters.indices.lazy.map { ParameterID($0) }
    }

    /// Channels of the input image.
    public var inputChannels: Int {
        nodes.first { $0.operation == .input }?.shape.channels ?? 0
    }

    /// Unique weights: each parameter once, however many nodes use it.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// The input's height and width must be multiples of this for every node to have a whole size.
    public var sizeMultiple: Int {
        nodes.reduce(1) { leastCommonMultiple($0, $1.shape.scale.denominator) }
    }
}

extension Operation {
    /// The convolution of either kind, if it is one.
    public var convolution: Convolution? {
        switch self {
        case .convolution(let convolution), .transposedConvolution(let convolution): convolution
        case .input, .zeros, .activation, .add, .subtract, .multiply, .affine, .concatenate, .slice, .resize,
            .downsize, .pixelShuffle, .detach:
            nil
        }
    }
}
