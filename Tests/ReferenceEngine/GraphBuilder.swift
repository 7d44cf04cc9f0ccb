import Graph

/// Builds graphs by hand for tests: each method adds a node and gives its identifier.
public struct GraphBuilder {
    public private(set) var nodes: [Node] = []
    public private(set) var parameters: [Parameter] = []

    public init() {}

    public func graph(outputs: [NodeID]) -> Graph {
        Graph(nodes: nodes, parameters: parameters, outputs: outputs)
    }

    public mutating func input(channels: Int) -> NodeID { add(.input, [], Shape(channels: channels)) }

    public mutating func zeros(_ shape: Shape) -> NodeID { add(.zeros, [], shape) }

    /// A convolution that keeps the size at stride 1 and halves it at stride 2.
    ///
    /// - Parameter like: a convolution whose weights it shares.
    public mutating func convolution(
        _ input: NodeID, _ channels: Int, kernel: Int = 3, stride: Int = 1, padding: Int? = nil,
        like other: NodeID? = nil
    ) -> NodeID {
        let shape = nodes[input.index].shape
        let convolution = weights(
            [channels, shape.channels, kernel, kernel], channels, kernel, stride, padding ?? (kernel - 1) / 2,
            other)
        return add(
            .convolution(convolution), [input],
            Shape(channels: channels, scale: shape.scale.divided(by: stride)))
    }

    public mutating func transposedConvolution(
        _ input: NodeID, _ channels: Int, kernel: Int = 4, stride: Int = 2, padding: Int = 1,
        like other: NodeID? = nil
    ) -> NodeID {
        let shape = nodes[input.index].shape
        let convolution = weights(
            [shape.channels, channels, kernel, kernel], channels, kernel, stride, padding, other)
        return add(
            .transposedConvolution(convolution), [input],
            Shape(channels: channels, scale: shape.scale.multiplied(by: stride)))
    }

    private mutating func weights(
        _ shape: [Int], _ channels: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ other: NodeID?
    ) -> Convolution {
        var (weight, bias) = (ParameterID(parameters.count), ParameterID(parameters.count + 1))
        if let shared = other.flatMap({ nodes[$0.index].operation.convolution }) {
            (weight, bias) = (shared.weight, shared.bias)
        } else {
            let name = "conv\(parameters.count / 2 + 1)"
            parameters.append(Parameter(name: "\(name).weight", kind: .weight, shape: shape))
            parameters.append(Parameter(name: "\(name).bias", kind: .bias, shape: [channels]))
        }
        return Convolution(weight: weight, bias: bias, kernel: kernel, stride: stride, padding: padding)
    }

    /// Any operation that leaves the shape of its first input as it is.
    public mutating func apply(_ operation: Operation, _ inputs: NodeID...) -> NodeID {
        add(operation, inputs, nodes[inputs[0].index].shape)
    }

    public mutating func relu(_ input: NodeID) -> NodeID { apply(.activation(.relu), input) }

    public mutating func concatenate(_ inputs: NodeID...) -> NodeID {
        let shapes = inputs.map { nodes[$0.index].shape }
        let channels = shapes.reduce(0) { $0 + $1.channels }
        return add(.concatenate, inputs, Shape(channels: channels, scale: shapes[0].scale))
    }

    public mutating func slice(_ input: NodeID, _ channels: Range<Int>) -> NodeID {
        let scale = nodes[input.index].shape.scale
        return add(.slice(channels), [input], Shape(channels: channels.count, scale: scale))
    }

    public mutating func resize(_ input: NodeID, to scale: Scale) -> NodeID {
        add(.resize, [input], Shape(channels: nodes[input.index].shape.channels, scale: scale))
    }

    public mutating func downsize(_ input: NodeID, by factor: Int) -> NodeID {
        let shape = nodes[input.index].shape
        return add(
            .downsize(factor: factor), [input],
            Shape(channels: shape.channels, scale: shape.scale.divided(by: factor)))
    }

    public mutating func pixelShuffle(_ input: NodeID, by factor: Int) -> NodeID {
        let shape = nodes[input.index].shape
        return add(
            .pixelShuffle(factor: factor), [input],
            Shape(channels: shape.channels / (factor * factor), scale: shape.scale.multiplied(by: factor)))
    }

    private mutating func add(_ operation: Operation, _ inputs: [NodeID], _ shape: Shape) -> NodeID {
        nodes.append(Node(operation: operation, inputs: inputs, shape: shape, name: "node\(nodes.count)"))
        return NodeID(nodes.count - 1)
    }
}
