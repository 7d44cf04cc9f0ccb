/// Where a node stands in an ONNX model that is being written.
package struct ONNXSite: Sendable {
    /// What the result is to be called, unless it is another value itself.
    package let name: String
    package let inputs: [String]
    package let parameters: [String]
    /// The image that the network takes.
    package let image: String
    package let inputShapes: [Shape]
    package let shape: Shape

    package init(
        name: String, inputs: [String], parameters: [String], image: String, inputShapes: [Shape],
        shape: Shape
    ) {
        self.name = name
        self.inputs = inputs
        self.parameters = parameters
        self.image = image
        self.inputShapes = inputShapes
        self.shape = shape
    }
}

/// Nodes and constants of an ONNX graph, without its file format.
package struct ONNXFragment: Sendable {
    package enum Attribute: Sendable {
        case integer(String, Int)
        case integers(String, [Int])
        case real(String, Float)
        case text(String, String)
    }

    package struct Node: Sendable {
        package let type: String
        package let inputs: [String]
        package let output: String
        package let attributes: [Attribute]
    }

    package struct Constant: Sendable {
        package enum Values: Sendable {
            case floats([Float])
            case integers([Int])
        }

        package let name: String
        package let shape: [Int]
        package let values: Values
    }

    package private(set) var nodes: [Node] = []
    package private(set) var constants: [Constant] = []
    /// What the operator's result is called.
    package let result: String

    /// - Parameter result: the name of a value that the nodes give, or that is there already.
    package init(result: String) { self.result = result }

    /// One node whose result it is.
    package init(_ site: ONNXSite, _ type: String, _ inputs: [String]? = nil, _ attributes: [Attribute] = [])
    {
        self.init(result: site.name)
        add(type, inputs ?? site.inputs, site.name, attributes)
    }

    package mutating func add(
        _ type: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = []
    ) {
        nodes.append(Node(type: type, inputs: inputs, output: output, attributes: attributes))
    }

    /// - Parameter shape: [] for a scalar.
    package mutating func add(_ name: String, _ shape: [Int], floats: [Float]) {
        constants.append(Constant(name: name, shape: shape, values: .floats(floats)))
    }

    package mutating func add(_ name: String, integers: [Int]) {
        constants.append(Constant(name: name, shape: [integers.count], values: .integers(integers)))
    }

    /// The four sides of a map of `shape`, of the image's own: times and divided by whole numbers, with other
    /// channels.
    package mutating func add(_ shape: Shape, of site: ONNXSite, to result: String) {
        let (height, width) = (shape.size.height, shape.size.width)
        add("Shape", [site.image], "\(site.name).input")
        var steps = [
            ("Mul", [1, 0, height.scale?.numerator ?? 0, width.scale?.numerator ?? 0]),
            ("Add", [0, shape.channels, 0, 0]),
            ("Div", [1, 1, height.scale?.denominator ?? 1, width.scale?.denominator ?? 1]),
        ]
        if height.offset != 0 || width.offset != 0 {
            steps.append(("Add", [0, 0, height.offset, width.offset]))
        }
        addArithmetic(steps, from: "\(site.name).input", to: result)
    }

    /// A shape taken through operations with whole numbers, one after the other.
    package mutating func addArithmetic(
        _ steps: [(type: String, by: [Int])], from shape: String, to result: String
    ) {
        var last = shape
        for (index, step) in steps.enumerated() {
            let next = index == steps.count - 1 ? result : "\(result).\(step.type)"
            add("\(next).by", integers: step.by)
            add(step.type, [last, "\(next).by"], next)
            last = next
        }
    }
}
