import Diagnostics
import Operators

/// A node's place in its graph; inputs always come before the nodes that use them.
public struct NodeID: Hashable, Sendable, Comparable {
    public let index: Int
    public init(_ index: Int) { self.index = index }
    public static func < (left: NodeID, right: NodeID) -> Bool { left.index < right.index }
}

/// A parameter's place in its graph's ``Graph/parameters``. Two nodes that hold the same one share it.
public struct ParameterID: Hashable, Sendable, Comparable {
    public let index: Int
    public init(_ index: Int) { self.index = index }
    public static func < (left: ParameterID, right: ParameterID) -> Bool { left.index < right.index }
}

/// One step of a traced network.
public struct Node: Sendable {
    package let operation: any Operator
    public let inputs: [NodeID]
    /// As many as the operator needs, in its order.
    public let parameters: [ParameterID]
    public let shape: Shape
    /// What a person calls it: the layer's name as in its weights (`transform[encoder,1].unit2.conv1`), or
    /// the operation's for one without weights, preceded by the block path.
    public let name: String
    /// Where in the source the layer is called; `nil` for graphs built by hand.
    public let span: Span?

    package init(
        operation: any Operator, inputs: [NodeID], parameters: [ParameterID] = [], shape: Shape, name: String,
        span: Span? = nil
    ) {
        self.operation = operation
        self.inputs = inputs
        self.parameters = parameters
        self.shape = shape
        self.name = name
        self.span = span
    }
}

/// A tensor of weights, once, however many nodes use it.
public struct Parameter: Sendable, Equatable {
    public typealias Kind = ParameterKind

    /// Unique within the graph: `transform[encoder,2].unit2.conv1.weight`.
    public let name: String
    public let kind: Kind
    /// [out, in, height, width] of a convolution's weight, [in, out, height, width] of a transposed one's, as
    /// PyTorch has them; [out] of a bias.
    public let shape: [Int]

    public init(name: String, kind: Kind, shape: [Int]) {
        self.name = name
        self.kind = kind
        self.shape = shape
    }

    public var count: Int { shape.reduce(1, *) }
}
