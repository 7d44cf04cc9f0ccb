import Graph
import Layers
import Operators

/// Builds small graphs by hand, for tests.
package struct GraphBuilder {
    package private(set) var nodes: [Node] = []
    package private(set) var parameters: [Parameter] = []
    private var named: [String: ParameterID] = [:]

    package init() {}

    package mutating func input(_ channels: Int) -> NodeID {
        add(Input(channels: channels), [], Shape(channels: channels), "input")
    }

    /// - Parameter name: two convolutions of one name share their weights.
    package mutating func conv(
        _ input: NodeID, _ width: Int, _ name: String, kernel: Int = 3, stride: Int = 1
    ) -> NodeID {
        let channels = nodes[input.index].shape.channels
        return applied(
            Convolution(channels: width, kernel: kernel, stride: stride), [input], name,
            parameters: [
                parameter("\(name).weight", .weight, [width, channels, kernel, kernel]),
                parameter("\(name).bias", .bias, [width]),
            ])
    }

    /// A transposed convolution of kernel 4 and stride 2.
    package mutating func deconv(_ input: NodeID, _ width: Int, _ name: String) -> NodeID {
        let channels = nodes[input.index].shape.channels
        return applied(
            TransposedConvolution(channels: width, kernel: 4, stride: 2), [input], name,
            parameters: [
                parameter("\(name).weight", .weight, [channels, width, 4, 4]),
                parameter("\(name).bias", .bias, [width]),
            ])
    }

    package mutating func relu(_ input: NodeID) -> NodeID { same(ReLU(), [input], "relu") }
    package mutating func sum(_ left: NodeID, _ right: NodeID) -> NodeID {
        same(Add(), [left, right], "add")
    }
    package mutating func detach(_ input: NodeID) -> NodeID { same(Detach(), [input], "detach") }
    package mutating func affine(_ input: NodeID, _ factor: Double, _ offset: Double) -> NodeID {
        same(Affine(factor: factor, offset: offset), [input], "affine")
    }

    package mutating func concat(_ inputs: [NodeID]) -> NodeID {
        applied(Concatenate(), inputs, "concat")
    }

    package mutating func downsize(_ input: NodeID, _ factor: Int) -> NodeID {
        applied(Downsize(by: factor), [input], "downsize")
    }

    package mutating func resize(_ input: NodeID, like other: NodeID) -> NodeID {
        applied(Resize(to: nodes[other.index].shape.size), [input], "resize")
    }

    /// Mutating, so that its argument may add nodes.
    package mutating func graph(_ outputs: [NodeID]) -> Graph {
        Graph(nodes: nodes, parameters: parameters, outputs: outputs)
    }

    /// A node of the shape of the first of `inputs`, reading them all unless told otherwise.
    package mutating func same(
        _ operation: any Operator, _ inputs: [NodeID], _ name: String, inputs read: [NodeID]? = nil
    ) -> NodeID {
        add(operation, read ?? inputs, nodes[inputs[0].index].shape, name)
    }

    /// A node of the shape that the operator's own rule gives.
    private mutating func applied(
        _ operation: any Operator, _ inputs: [NodeID], _ name: String, parameters: [ParameterID] = []
    ) -> NodeID {
        do {
            let shape = try operation.shape(of: inputs.map { nodes[$0.index].shape })
            return add(operation, inputs, shape, name, parameters: parameters)
        } catch {
            preconditionFailure("a graph by hand: \(error.message)")
        }
    }

    private mutating func add(
        _ operation: any Operator, _ inputs: [NodeID], _ shape: Shape, _ name: String,
        parameters: [ParameterID] = []
    ) -> NodeID {
        nodes.append(
            Node(operation: operation, inputs: inputs, parameters: parameters, shape: shape, name: name))
        return NodeID(nodes.count - 1)
    }

    private mutating func parameter(_ name: String, _ kind: Parameter.Kind, _ shape: [Int]) -> ParameterID {
        if let known = named[name] { return known }
        parameters.append(Parameter(name: name, kind: kind, shape: shape))
        let id = ParameterID(parameters.count - 1)
        named[name] = id
        return id
    }
}

extension GraphBuilder {
    /// conv, relu, conv over a skip from the input: the smallest network that can deblur.
    package static func tiny(channels: Int = 1, width: Int = 8) -> Graph {
        var builder = GraphBuilder()
        let input = builder.input(channels)
        let hidden = builder.relu(builder.conv(input, width, "first"))
        let output = builder.sum(input, builder.conv(hidden, channels, "last"))
        return builder.graph([output])
    }

    /// Two scales with an encoder-decoder each, every weight of its own, `units` residual units a level.
    package static func coarseToFine(width: Int = 8, units: Int = 2) -> Graph {
        var builder = GraphBuilder()
        let blurred = builder.input(1)
        var sharp = builder.downsize(blurred, 2)
        var outputs: [NodeID] = []
        for scale in 1...2 {
            let input = scale == 1 ? sharp : blurred
            let estimate = builder.detach(scale == 1 ? sharp : builder.resize(sharp, like: input))
            let name = "scale\(scale)"
            var x = builder.relu(
                builder.conv(builder.concat([input, estimate]), width, "\(name).extract1"))
            x = builder.units(x, width, units, "\(name).level1")
            let skip = x
            x = builder.relu(builder.conv(x, 2 * width, "\(name).extract2", stride: 2))
            x = builder.units(x, 2 * width, units, "\(name).level2")
            x = builder.sum(builder.relu(builder.deconv(x, width, "\(name).up")), skip)
            sharp = builder.sum(input, builder.conv(x, 1, "\(name).last"))
            outputs.append(sharp)
        }
        return builder.graph(outputs)
    }

    package mutating func units(_ input: NodeID, _ width: Int, _ count: Int, _ name: String) -> NodeID {
        var x = input
        for unit in 0..<count {
            let inner = relu(conv(x, width, "\(name).unit\(unit).conv1"))
            x = sum(x, conv(inner, width, "\(name).unit\(unit).conv2"))
        }
        return x
    }
}

extension Graph {
    package static var tiny: Graph { GraphBuilder.tiny() }
}
