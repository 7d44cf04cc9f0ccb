/// Everything that the program knows of one kind of layer, in one file: the shape rule, parameters, cost,
/// kernels forward and backward, fusion, receptive field, the forms in the language, in model files and in
/// ONNX, help and example.
///
/// Graph, planner, execution, export, model files, checks, reference and completion read ``OperatorList`` and
/// ask here. A new layer is a file like `Tanh.swift`, a line in the list, and a row of the tests' reference.
///
/// An operator is a value: two nodes with equal operators compute the same function of their inputs and
/// parameters. What varies with the image's size is left to the engine.
package protocol Operator: Hashable, Sendable {
    /// One word, unique in the list: what summaries, names of nodes, canonical texts and model files call it.
    static var kind: String { get }
    /// How a program of the language applies it.
    static var form: LanguageForm { get }

    /// The settings, in the order in which canonical texts write them, by the names that model files use.
    var attributes: [Attribute] { get }

    /// The operator that a model file describes; nil where it lacks an attribute.
    ///
    /// - Parameter shape: of the result, as the file gives it; ``shape(of:)`` is then compared with it.
    init?(_ attributes: some AttributeReader, giving shape: Shape)

    /// The shape of the result: the one rule, for calls in a program and for model files alike.
    ///
    /// - Throws: what is wrong with the inputs or with the operator's own settings.
    func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape

    /// Whether the result is the first input itself, so that tracing adds no node.
    func isIdentity(on inputs: [Shape]) -> Bool

    /// What a program calls the node's weights, which are then those of every node of that name in the same
    /// scope; nil for weights that each call has for itself.
    var givenName: String? { get }

    /// The tensors of weights that a node needs.
    ///
    /// - Precondition: ``shape(of:)`` has a result for the inputs.
    func parameters(for inputs: [Shape]) -> [OperatorParameter]

    /// Multiply-accumulates, for what is made of them.
    func cost(_ inputs: [Shape], _ output: Shape) -> Cost?

    /// How far a cut through the image shows in the result, given how far it shows in the inputs; nil where
    /// every value of the result depends on the whole of the input.
    ///
    /// - Parameters:
    ///   - source: the first input's size.
    ///   - target: the result's.
    func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?

    /// How the engine computes it.
    func lowering(for inputs: [Shape]) -> Lowering

    /// What a convolution's kernel can do in its place, where the convolution's result has no other user.
    var fusesAsEpilogue: Fusion? { get }

    /// Whether the inputs have a gradient that is not zero where all inputs are: first weights of zero before
    /// it can then still be trained.
    var passesGradientAtZero: Bool { get }

    /// The nodes of an ONNX model of opset 17 that compute it.
    func onnx(_ site: ONNXSite) -> ONNXFragment
}

extension Operator {
    package var kind: String { Self.kind }

    package func equals(_ other: any Operator) -> Bool { other as? Self == self }

    package var attributes: [Attribute] { [] }
    package func isIdentity(on inputs: [Shape]) -> Bool { false }
    package var givenName: String? { nil }
    package func parameters(for inputs: [Shape]) -> [OperatorParameter] { [] }
    package func cost(_ inputs: [Shape], _ output: Shape) -> Cost? { nil }
    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { margin }
    package var fusesAsEpilogue: Fusion? { nil }
}

/// What a convolution's epilogue can do with the result before it leaves the cache.
package enum Fusion: Sendable {
    /// Negative values become zero; the gradient is masked by the result.
    case relu
    /// The other input of a sum is added.
    case sum
}

/// Multiply-accumulates of an operator: so many for each pixel of a map of a size.
package struct Cost: Sendable {
    /// The count for a pixel, as factors: their product may be beyond an `Int`.
    package let factors: [Int]
    package let size: MapSize

    package init(factors: [Int], size: MapSize) {
        self.factors = factors
        self.size = size
    }
}

/// A tensor of weights that an operator needs.
package struct OperatorParameter: Sendable {
    /// Within its layer: the layer's name and this make the parameter's name.
    package let name: String
    package let kind: ParameterKind
    package let shape: [Int]
    package let storage: ParameterStorage
    /// Connections of one unit, as first weights are scaled by them.
    package let fanIn: Int
    package let fanOut: Int
    /// What it begins as where no rule of first weights makes it.
    package let start: Double

    package init(
        name: String, kind: ParameterKind, shape: [Int], storage: ParameterStorage = .plain, fanIn: Int,
        fanOut: Int
    ) {
        self.name = name
        self.kind = kind
        self.shape = shape
        self.storage = storage
        self.fanIn = fanIn
        self.fanOut = fanOut
        start = 0
    }

    /// Learned values that begin as one number.
    package init(_ name: String, _ shape: [Int], start: Double) {
        (self.name, self.shape, self.start) = (name, shape, start)
        (kind, storage, fanIn, fanOut) = (.value, .plain, 1, 1)
    }
}

/// How a parameter is initialised and counted.
public enum ParameterKind: String, Sendable {
    case weight
    case bias
    /// Numbers that feature maps are scaled, shifted or compared with: they begin as one number.
    case value
}

/// How a parameter stands in the engine's memory.
package enum ParameterStorage: Hashable, Sendable {
    /// In the order of its shape.
    case plain
    /// A weight of shape [output][input][kernel][kernel], stored as a convolution's matrix products read it:
    /// [kernel][kernel][input][output]. The channels are those of the convolution that is not transposed.
    case convolution(output: Int, input: Int, kernel: Int)
}
