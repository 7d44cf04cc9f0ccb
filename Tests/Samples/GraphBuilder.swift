import Graph

/// Builds small graphs by hand, for tests.
package struct GraphBuilder {
    package private(set) var nodes: [Node] = []
    package private(set) var parameters: [Parameter] = []
    private var named: [String: ParameterID] = [:]

    package init() {}

    package mutating func input(_ channels: Int) -> NodeID {
        add(.input, [], Shape(channels: channels), "input")
    }

    /// - Parameter name: two convolutions of one name share their weights.
    package mutating func conv(
        _ input: NodeID, _ width: Int, _ name: String, kernel: Int = 3, stride: Int = 1
    ) -> NodeID {
        let shape = nodes[input.index].shape
        let convolution = Convolution(
            weight: parameter("\(name).weight", .weight, [width, shape.channels, kernel, kernel]),
            bias: parameter("\(name).bias", .bias, [width]), kernel: kernel, stride: stride,
            padding: (kernel - 1) / 2)
        return add(
            .convolution(convolution), [input],
            Shape(channels: width, scale: shape.scale.divided(by: stride)),
            name)
    }

    /// A transposed convolution of kernel 4 and stride 2.
    package mutating func deconv(_ input: NodeID, _ width: Int, _ name: String) -> NodeID {
        let shape = nodes[input.index].shape
        let convolution = Convolution(
            weight: parameter("\(name).weight", .weight, [shape.channels, width, 4, 4]),
            bias: parameter("\(name).bias", .bias, [width]), kernel: 4, stride: 2, padding: 1)
        return add(
            .transposedConvolution(convolution), [input],
            Shape(channels: width, scale: shape.scale.multiplied(by: 2)), name)
    }

    package mutating func relu(_ input: NodeID) -> NodeID { same(.activation(.relu), [input], "relu") }
    package mutating func sum(_ left: NodeID, _ right: NodeID) -> NodeID { same(.add, [left, right], "add") }
    package mutating func detach(_ input: NodeID) -> NodeID { same(.detach, [input], "detach") }
    package mutating func affine(_ input: NodeID, _ factor: Double, _ offset: Double) -> NodeID {
        same(.affine(factor: factor, offset: offset), [input], "affine")
    }

    package mutating func concat(_ inputs: [NodeID]) -> NodeID {
        let shapes = inputs.map { nodes[$0.index].shape }
        return add(
            .concatenate, inputs,
            Shape(channels: shapes.reduce(0) { $0 + $1.channels }, scale: shapes[0].scale), "concat")
    }

    package mutating func downsize(_ input: NodeID, _ factor: Int) -> NodeID {
        let shape = nodes[input.index].shape
        return add(
            .downsize(factor: factor), [input],
            Shape(channels: shape.channels, scale: shape.scale.divided(by: factor)), "downsize")
    }

    package mutating func resize(_ input: NodeID, like other: NodeID) -> NodeID {
        let channels = nodes[input.index].shape.channels
        return add(
            .resize, [input], Shape(channels: channels, scale: nodes[other.index].shape.scale), "resize")
    }

    /// Mutating, so that its argument may add nodes.
    package mutating func graph(_ outputs: [NodeID]) -> Graph {
        Graph(nodes: nodes, parameters: parameters, outputs: outputs)
    }

    /// A node of the shape of the first of `inputs`, reading them all unless told otherwise.
    package mutating func same(
        _ operation: Operation, _ inputs: [NodeID], _ name: String, inputs read: [NodeID]? = nil
    ) -> NodeID {
        add(operation, read ?? inputs, nodes[inputs[0].index].shape, name)
    }

    private mutating func add(
        _ operation: Operation, _ inputs: [NodeID], _ shape: Shape, _ name: String
    ) -> NodeID {
        nodes.append(Node(operation: operation, inputs: inputs, shape: shape, name: name))
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
