/// How a program of the language applies an operator.
package enum LanguageForm: Sendable {
    case function(LayerFunction)
    /// A sign between two feature maps.
    case infix(String, any Operator)
    /// Only tracing makes it: of the image, or of a feature map and a number.
    case none
}

/// A layer as a function of the language: what its row in the table of built-in functions is made of.
package struct LayerFunction: Sendable {
    package struct Parameter: Sendable {
        package let name: String
        package let kind: Kind
    }

    package enum Kind: Sendable {
        /// A feature map, an input of the node.
        case map
        /// Any number of feature maps, or lists of them; all are inputs.
        case maps
        /// A feature map whose shape alone counts.
        case like
        /// A whole number within bounds that the arguments before it may set.
        case integer(bounds: @Sendable (LayerArguments) -> ClosedRange<Int>, standard: IntegerStandard)
        case number(standard: Double)
    }

    package enum IntegerStandard: Sendable {
        case required
        /// Must be given; its bounds depend on the shape of this feature map.
        case requiredWithin(String)
        case value(Int)
        /// The channels of this feature map.
        case channels(of: String)
    }

    package let parameters: [Parameter]
    /// One or more sentences: what it gives, with shapes.
    package let help: String
    /// A program.
    package let example: String
    package let make: @Sendable (LayerArguments) -> any Operator

    package init(
        _ parameters: [Parameter], help: String, example: String,
        make: @escaping @Sendable (LayerArguments) -> any Operator
    ) {
        self.parameters = parameters
        self.help = help
        self.example = example
        self.make = make
    }

    /// A function of each value by itself.
    ///
    /// - Parameter formula: what it gives for a value x, as a sentence.
    static func activation(
        _ kind: String, _ formula: String, _ parameters: [Parameter] = [],
        make: @escaping @Sendable (LayerArguments) -> any Operator
    ) -> LayerFunction {
        LayerFunction(
            [.map("x")] + parameters, help: "For each value: " + formula,
            example:
                "block gate(x) { return x * \(kind)(conv(x)) }\n"
                + "network gated(blurred) { output gate(blurred) }\nparameters(gated())  # 10",
            make: make)
    }
}

extension LayerFunction.Parameter {
    static func map(_ name: String) -> Self { .init(name: name, kind: .map) }
    static func maps(_ name: String) -> Self { .init(name: name, kind: .maps) }
    static func like(_ name: String) -> Self { .init(name: name, kind: .like) }

    static func integer(
        _ name: String, _ bounds: ClosedRange<Int>, _ standard: LayerFunction.IntegerStandard = .required
    ) -> Self {
        .init(name: name, kind: .integer(bounds: { _ in bounds }, standard: standard))
    }

    /// A number of a channel, or of the last one, within bounds that the shape of `map` sets.
    static func integer(
        _ name: String, within map: String,
        _ bounds: @escaping @Sendable (LayerArguments) -> ClosedRange<Int>
    ) -> Self {
        .init(name: name, kind: .integer(bounds: bounds, standard: .requiredWithin(map)))
    }

    static func number(_ name: String, _ standard: Double) -> Self {
        .init(name: name, kind: .number(standard: standard))
    }
}

/// The arguments of one call, by parameter. Each parameter's kind decides where its argument is; a kind that
/// does not match is a programmer's mistake.
package struct LayerArguments: Sendable {
    private var shapes: [String: Shape] = [:]
    private var integers: [String: Int] = [:]
    private var numbers: [String: Double] = [:]

    package init() {}

    package mutating func set(_ name: String, _ shape: Shape) { shapes[name] = shape }
    package mutating func set(_ name: String, _ integer: Int) { integers[name] = integer }
    package mutating func set(_ name: String, _ number: Double) { numbers[name] = number }

    package func shape(_ name: String) -> Shape { value(shapes, name) }
    package func integer(_ name: String) -> Int { value(integers, name) }
    package func number(_ name: String) -> Double { value(numbers, name) }

    private func value<Value>(_ values: [String: Value], _ name: String) -> Value {
        guard let value = values[name] else {
            preconditionFailure("an operator asks for `\(name)`, which its form does not list so")
        }
        return value
    }
}
