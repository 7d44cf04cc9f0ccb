/// How a program of the language applies an operator.
package enum LanguageForm: Sendable {
    case function(LayerFunction)
    /// A function that takes numbers too, by the operator's kind.
    case valueFunction(any Operator)
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
        /// The same, or nothing, with what then holds in words.
        case likeIfGiven(String)
        /// A whole number within bounds that the arguments before it may set.
        case integer(bounds: @Sendable (LayerArguments) -> ClosedRange<Int>, standard: IntegerStandard)
        case number(standard: Double)
        /// A number, or nothing.
        case numberIfGiven(String)
        /// Height and width, each within bounds: a list of two whole numbers, or one for both.
        case sides(bounds: ClosedRange<Int>, standard: Int)
        case flag(standard: Bool)
        /// One of a few words; the first holds where none is given.
        case text(options: [String])
        /// A name that a program chooses.
        case name
    }

    package enum IntegerStandard: Sendable {
        case required
        /// Must be given; its bounds depend on the shape of this feature map.
        case requiredWithin(String)
        case value(Int)
        /// The channels of this feature map.
        case channels(of: String)
        /// Nothing, with what then holds in words.
        case none(String)
    }

    package let parameters: [Parameter]
    /// One or more sentences: what it gives, with shapes.
    package let help: String
    /// A program.
    package let example: String
    /// What is first applied to the first feature map, in a node of its own.
    package let prepare: @Sendable (LayerArguments) -> (any Operator)?
    /// - Throws: for arguments that do not go together.
    package let make: @Sendable (LayerArguments) throws(ShapeFault) -> any Operator

    package init(
        _ parameters: [Parameter], help: String, example: String,
        prepare: @escaping @Sendable (LayerArguments) -> (any Operator)? = { _ in nil },
        make: @escaping @Sendable (LayerArguments) throws(ShapeFault) -> any Operator
    ) {
        self.parameters = parameters
        self.help = help
        self.example = example
        self.prepare = prepare
        self.make = make
    }

    /// A function of each value by itself.
    ///
    /// - Parameter formula: what it gives for a value x, as a sentence.
    package static func activation(
        _ kind: String, _ formula: String, _ parameters: [Parameter] = [],
        make: @escaping @Sendable (LayerArguments) throws(ShapeFault) -> any Operator
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
    package static func map(_ name: String) -> Self { .init(name: name, kind: .map) }
    package static func maps(_ name: String) -> Self { .init(name: name, kind: .maps) }
    package static func like(_ name: String) -> Self { .init(name: name, kind: .like) }

    package static func integer(
        _ name: String, _ bounds: ClosedRange<Int>, _ standard: LayerFunction.IntegerStandard = .required
    ) -> Self {
        .init(name: name, kind: .integer(bounds: { _ in bounds }, standard: standard))
    }

    /// A number of a channel, or of the last one, within bounds that the shape of `map` sets.
    package static func integer(
        _ name: String, within map: String,
        _ bounds: @escaping @Sendable (LayerArguments) -> ClosedRange<Int>
    ) -> Self {
        .init(name: name, kind: .integer(bounds: bounds, standard: .requiredWithin(map)))
    }

    package static func number(_ name: String, _ standard: Double) -> Self {
        .init(name: name, kind: .number(standard: standard))
    }

    package static func number(_ name: String, otherwise words: String) -> Self {
        .init(name: name, kind: .numberIfGiven(words))
    }

    package static func like(_ name: String, otherwise words: String) -> Self {
        .init(name: name, kind: .likeIfGiven(words))
    }

    package static func sides(_ name: String, _ bounds: ClosedRange<Int>, _ standard: Int) -> Self {
        .init(name: name, kind: .sides(bounds: bounds, standard: standard))
    }

    package static func flag(_ name: String, _ standard: Bool) -> Self {
        .init(name: name, kind: .flag(standard: standard))
    }

    package static func text(_ name: String, _ options: [String]) -> Self {
        .init(name: name, kind: .text(options: options))
    }

    package static func name(_ name: String) -> Self { .init(name: name, kind: .name) }
}

/// The arguments of one call, by parameter. Each parameter's kind decides where its argument is; a kind that
/// does not match is a programmer's mistake.
package struct LayerArguments: Sendable {
    private var shapes: [String: Shape] = [:]
    private var integers: [String: Int] = [:]
    private var numbers: [String: Double] = [:]
    private var flags: [String: Bool] = [:]
    private var texts: [String: String] = [:]

    package init() {}

    package mutating func set(_ name: String, _ shape: Shape) { shapes[name] = shape }
    package mutating func set(_ name: String, _ integer: Int) { integers[name] = integer }
    package mutating func set(_ name: String, _ number: Double) { numbers[name] = number }
    package mutating func set(_ name: String, _ flag: Bool) { flags[name] = flag }
    package mutating func set(_ name: String, _ text: String) { texts[name] = text }
    package mutating func set(_ name: String, height: Int, width: Int) {
        integers["\(name) height"] = height
        integers["\(name) width"] = width
    }

    package func shape(_ name: String) -> Shape { value(shapes, name) }
    package func integer(_ name: String) -> Int { value(integers, name) }
    package func number(_ name: String) -> Double { value(numbers, name) }
    package func flag(_ name: String) -> Bool { value(flags, name) }
    package func text(_ name: String) -> String { value(texts, name) }
    package func sides(_ name: String) -> (height: Int, width: Int) {
        (value(integers, "\(name) height"), value(integers, "\(name) width"))
    }

    /// Nil where the call leaves it out.
    package func shapeIfGiven(_ name: String) -> Shape? { shapes[name] }
    package func integerIfGiven(_ name: String) -> Int? { integers[name] }
    package func numberIfGiven(_ name: String) -> Double? { numbers[name] }

    private func value<Value>(_ values: [String: Value], _ name: String) -> Value {
        guard let value = values[name] else {
            preconditionFailure("an operator asks for `\(name)`, which its form does not list so")
        }
        return value
    }
}
