import Diagnostics

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

/// The weights and geometry of a convolution or of a transposed one. Kernels are square.
public struct Convolution: Hashable, Sendable {
    public let weight: ParameterID
    public let bias: ParameterID
    public let kernel: Int
    public let stride: Int
    /// Zeros around each side of the input (of the output, for a transposed convolution).
    public let padding: Int

    public init(weight: ParameterID, bias: ParameterID, kernel: Int, stride: Int, padding: Int) {
        self.weight = weight
        self.bias = bias
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }
}

public enum Activation: String, Hashable, Sendable, CaseIterable {
    case relu, sigmoid, tanh
}

/// What a node computes. Shapes are those of ``Node/shape``; sums and products take equal shapes.
public enum Operation: Hashable, Sendable {
    /// The blurred image.
    case input
    /// A map of zeros; no inputs.
    case zeros
    /// out[y, x, o] = bias[o] + Σ weight[o, i, v, u] · in[y·stride + v − padding, x·stride + u − padding, i]
    case convolution(Convolution)
    /// The adjoint of a convolution of the same geometry: out has `stride` times the height and width.
    case transposedConvolution(Convolution)
    case activation(Activation)
    case add
    case subtract
    case multiply
    /// factor · x + offset, for numbers that stand beside feature maps.
    case affine(factor: Double, offset: Double)
    /// All inputs' channels, one after the other.
    case concatenate
    /// A run of channels, counted from 0.
    case slice(Range<Int>)
    /// Bilinear with half-pixel centres and clamped edges (PyTorch's `align_corners=False`, no antialiasing),
    /// to the node's scale.
    case resize
    /// The mean of squares of `factor` × `factor` pixels.
    case downsize(factor: Int)
    /// Channels to space, in PyTorch's order: out[y·f + v, x·f + u, c] = in[y, x, c·f² + v·f + u].
    case pixelShuffle(factor: Int)
    /// The same values; no gradient passes.
    case detach
}

/// One step of a traced network.
public struct Node: Sendable {
    public let operation: Operation
    public let inputs: [NodeID]
    public let shape: Shape
    /// What a person calls it: the layer's name as in its weights (`transform[encoder,1].unit2.conv1`), or
    /// the operation's for one without weights, preceded by the block path.
    public let name: String
    /// Where in the source the layer is called; `nil` for graphs built by hand.
    public let span: Span?

    public init(operation: Operation, inputs: [NodeID], shape: Shape, name: String, span: Span? = nil) {
        self.operation = operation
        self.inputs = inputs
        self.shape = shape
        self.name = name
        self.span = span
    }
}

/// A tensor of weights, once, however many nodes use it.
public struct Parameter: Sendable, Equatable {
    public enum Kind: String, Sendable { case weight, bias }

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
