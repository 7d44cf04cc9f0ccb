import Graph
import Layers
import Operators

/// Builds graphs by hand for tests: each method adds a node and gives its identifier.
public struct GraphBuilder {
    public private(set) var nodes: [Node] = []
    public private(set) var parameters: [Parameter] = []

    public init() {}

    public func graph(outputs: [NodeID]) -> Graph {
        Graph(nodes: nodes, parameters: parameters, outputs: outputs)
    }

    public mutating func input(channels: Int) -> NodeID { apply(Input(channels: channels), []) }

    public mutating func zeros(_ shape: Shape) -> NodeID { apply(Zeros(shape), []) }

    /// A convolution that keeps the size at stride 1 and halves it at stride 2.
    ///
    /// - Parameters:
    ///   - padding: may be one that tracing would not choose.
    ///   - like: a convolution whose weights it shares.
    public mutating func convolution(
        _ input: NodeID, _ channels: Int, kernel: Int = 3, stride: Int = 1, padding: Int? = nil,
        like other: NodeID? = nil
    ) -> NodeID {
        apply(
            Convolution(channels: channels, kernel: kernel, stride: stride, padding: padding), [input],
            like: other)
    }

    public mutating func transposedConvolution(
        _ input: NodeID, _ channels: Int, kernel: Int = 4, stride: Int = 2, padding: Int = 1,
        like other: NodeID? = nil
    ) -> NodeID {
        apply(
            TransposedConvolution(channels: channels, kernel: kernel, stride: stride, padding: padding),
            [input], like: other)
    }

    /// Any operator, by its own rule of shapes.
    package mutating func apply(_ operation: any Operator, _ inputs: NodeID...) -> NodeID {
        apply(operation, inputs)
    }

    package mutating func apply(
        _ operation: any Operator, _ inputs: [NodeID], like other: NodeID? = nil
    ) -> NodeID {
        do {
            let shape = try operation.shape(of: inputs.map { nodes[$0.index].shape })
            return add(operation, inputs, shape, like: other)
        } catch {
            preconditionFailure("a graph by hand: \(error.message)")
        }
    }

    public mutating func relu(_ input: NodeID) -> NodeID { apply(ReLU(), input) }

    public mutating func concatenate(_ inputs: NodeID...) -> NodeID { apply(Concatenate(), inputs) }

    public mutating func slice(_ input: NodeID, _ channels: Range<Int>) -> NodeID {
        apply(Slice(channels), input)
    }

    public mutating func resize(_ input: NodeID, to size: MapSize) -> NodeID {
        apply(Resize(to: size), input)
    }

    /// A map of any shape, made from another of the input's size.
    ///
    /// - Parameter isPositive: whether all values are between ½ and 1½.
    package mutating func map(_ shape: Shape, from image: NodeID, isPositive: Bool = false) -> NodeID {
        var map = convolution(image, shape.channels, kernel: 1)
        if shape.size != .one { map = resize(map, to: shape.size) }
        return isPositive ? apply(Affine(factor: 1, offset: 0.5), apply(Sigmoid(), map)) : map
    }

    /// A map of a size beside a fraction of the input's made that fraction, by zeros and sums over windows.
    package mutating func restored(_ node: NodeID) -> NodeID {
        let shape = nodes[node.index].shape
        let (height, width) = (shape.size.height, shape.size.width)
        let missing = max(0, -min(height.offset, width.offset))
        let pad = (missing + 1) / 2
        let padded = pad == 0 ? node : apply(Pad(vertical: pad, horizontal: pad, .zeros), node)
        let kernel = (height: height.offset + 2 * pad + 1, width: width.offset + 2 * pad + 1)
        guard kernel != (1, 1) else { return padded }
        return apply(Convolution(channels: shape.channels, kernel: kernel, padding: 0), padded)
    }

    public mutating func downsize(_ input: NodeID, by factor: Int) -> NodeID {
        apply(Downsize(by: factor), input)
    }

    public mutating func pixelShuffle(_ input: NodeID, by factor: Int) -> NodeID {
        apply(PixelShuffle(by: factor), input)
    }

    /// A node with parameters of its own, unless it is to share another's.
    private mutating func add(
        _ operation: any Operator, _ inputs: [NodeID], _ shape: Shape, like other: NodeID? = nil
    ) -> NodeID {
        var own = other.map { nodes[$0.index].parameters } ?? []
        if other == nil {
            let layer = "\(operation.kind)\(nodes.count)"
            for needed in operation.parameters(for: inputs.map { nodes[$0.index].shape }) {
                own.append(ParameterID(parameters.count))
                parameters.append(
                    Parameter(name: "\(layer).\(needed.name)", kind: needed.kind, shape: needed.shape))
            }
        }
        nodes.append(
            Node(
                operation: operation, inputs: inputs, parameters: own, shape: shape,
                name: "node\(nodes.count)"))
        return NodeID(nodes.count - 1)
    }
}
