import Diagnostics
import Graph
import Language
import Layers
import Operators

/// Functions of feature maps: every operator that is a function of the language, and what goes with them.
package enum LayerFunctions {
    package static let all: [Function<Tracing>] =
        OperatorList.all.compactMap { type in
            switch type.form {
            case .function(let form): function(type.kind, form)
            case .infix, .valueFunction, .none: nil
            }
        } + functionsOfLayers

    private static let functionsOfLayers: [Function<Tracing>] = [
        Function(
            Builtin(
                "channels", .layers, [.required("x", .feature)], "How many channels x has.",
                examples: [
                    "block widen(x) { return conv(x, 2 * channels(x)) }\nnetwork wide(blurred) { output conv(widen(widen(conv(blurred, 4))), 1) }\nparameters(wide())  # 1649"
                ])
        ) { _, arguments throws(Diagnostic) in
            .number(Double(try arguments.feature("x").shape.channels))
        },
        Function(
            Builtin(
                "tied", .layers,
                [.required("block", .anything("a block, a layer or a network's definition"))],
                "The same block, layer or network, whose every call uses the same weights.",
                examples: [
                    "block twice(x) {\n    u = tied(conv)\n    return u(relu(u(x)))\n}\nnetwork once(blurred) { output conv(twice(conv(blurred, 4)), 1) }\nparameters(once())  # 225"
                ])
        ) { tracing, arguments throws(Diagnostic) in
            let value = try arguments.value("block")
            guard var callable = value.asCallable, callable.takesFeatureFirst else {
                throw arguments.wrong("block", value)
            }
            callable.tie = Tie(place: tracing.tracer?.nextCall(of: callable.name))
            return .callable(callable)
        },
    ]

    private static func function(_ name: String, _ form: LayerFunction) -> Function<Tracing> {
        Function(
            Builtin(
                name, .layers, form.parameters.map(Builtin.Parameter.init), form.help,
                examples: [form.example],
                // What takes any number of feature maps cannot have them given later.
                .init(isLayer: !form.parameters.contains { $0.kind.isRest }))
        ) { tracing, arguments throws(Diagnostic) in
            try tracing.apply(form, to: arguments)
        }
    }
}

extension Builtin.Parameter {
    fileprivate init(_ parameter: LayerFunction.Parameter) {
        let name = parameter.name
        switch parameter.kind {
        case .map, .like: self = .required(name, .feature)
        case .maps: self = .rest(name, .anything("feature maps"))
        // Bounds that depend on the feature maps are checked when these are known.
        case .integer(_, .required), .integer(_, .requiredWithin): self = .required(name, .whole(.all))
        case .integer(_, .value(let number)):
            self = .standard(name, .whole(.all), .number(Double(number)))
        case .integer(_, .channels(let map)): self = .derived(name, .whole(.all), "channels(\(map))")
        case .integer(_, .none(let words)): self = .derived(name, .whole(.all), words)
        case .number(let number): self = .standard(name, .number, .number(number))
        case .numberIfGiven(let words): self = .derived(name, .number, words)
        case .likeIfGiven(let words): self = .derived(name, .feature, words)
        case .sides(_, let side):
            self = .standard(
                name, .anything("a whole number, or height and width in a list"), .number(Double(side)))
        case .flag(let flag): self = .standard(name, .boolean, .boolean(flag))
        case .text(let options): self = .standard(name, .choice(options), .text(options[0]))
        case .name: self = .required(name, .text)
        }
    }
}

extension ClosedRange<Int> {
    fileprivate static let all = Int.min...Int.max
}

extension LayerFunction.Kind {
    fileprivate var isRest: Bool {
        switch self {
        case .maps: true
        case .map, .like, .likeIfGiven, .integer, .number, .numberIfGiven, .sides, .flag, .text, .name: false
        }
    }
}

extension Tracing {
    /// One call of a layer: its arguments read by their kinds, then the operator applied.
    fileprivate func apply(_ function: LayerFunction, to arguments: Arguments) throws(Diagnostic) -> Value {
        var read = LayerArguments()
        var inputs: [Tracer.Operand] = []
        for parameter in function.parameters {
            try arguments.read(parameter, into: &read, &inputs)
        }
        let (span, tracer) = (arguments.span, try currentTracer(at: arguments.span))
        if let first = function.prepare(read) {
            inputs[0] = Tracer.Operand(
                feature: try tracer.apply(first, to: [inputs[0]], at: span), span: inputs[0].span)
        }
        let operation: any Operator
        do throws(ShapeFault) { operation = try function.make(read) } catch let fault {
            throw tracer.diagnostic(fault, inputs, at: span)
        }
        return .foreign(try tracer.apply(operation, to: inputs, at: span))
    }
}

extension Arguments {
    /// Reads one argument by its kind; a feature map that the node reads is added to the inputs.
    fileprivate func read(
        _ parameter: LayerFunction.Parameter, into read: inout LayerArguments,
        _ inputs: inout [Tracer.Operand]
    ) throws(Diagnostic) {
        let name = parameter.name
        switch parameter.kind {
        case .map:
            let feature = try feature(name)
            read.set(name, feature.shape)
            inputs.append(Tracer.Operand(feature: feature, span: span(of: name)))
        case .like: read.set(name, try feature(name).shape)
        case .likeIfGiven: if optional(name) != nil { read.set(name, try feature(name).shape) }
        case .maps: inputs += try features(name)
        case .integer(let bounds, .none):
            if optional(name) != nil { read.set(name, try whole(name, bounds(read))) }
        case .integer(let bounds, let standard):
            read.set(name, try integer(name, standard, bounds, read))
        case .number: read.set(name, try number(name))
        case .numberIfGiven: if optional(name) != nil { read.set(name, try number(name)) }
        case .sides(let bounds, _):
            let sides = try sides(name, bounds)
            read.set(name, height: sides.height, width: sides.width)
        case .flag: read.set(name, try boolean(name))
        case .text: read.set(name, try text(name))
        case .name: read.set(name, try identifier(name))
        }
    }

    /// Height and width: a list of two whole numbers, or one for both.
    private func sides(_ name: String, _ bounds: ClosedRange<Int>) throws(Diagnostic) -> (
        height: Int, width: Int
    ) {
        let value = try value(name)
        let numbers = value.elements ?? [value]
        var sides: [Int] = []
        for number in numbers {
            guard case .number(let side) = number, numbers.count <= 2 else { throw wrong(name, value) }
            guard side.isWhole(within: bounds) else {
                throw .outOfRange(
                    "`\(name)` of `\(builtin.name)`", wanted: Kind.words(for: bounds), got: side,
                    at: span(of: name))
            }
            sides.append(Int(side))
        }
        guard let height = sides.first, let width = sides.last else { throw wrong(name, value) }
        return (height, width)
    }

    /// A text that can be part of a parameter's name.
    private func identifier(_ name: String) throws(Diagnostic) -> String {
        let text = try text(name)
        guard let first = text.first, first.isLetter || first == "_",
            text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else {
            throw Diagnostic(
                "wrong-kind",
                "`\(name)` of `\(builtin.name)` must be a name, and \"\(shortened(text))\" is none",
                at: span(of: name), hint: "letters, digits and `_`, as in \"scale\"")
        }
        return text
    }

    fileprivate func integer(
        _ name: String, _ standard: LayerFunction.IntegerStandard,
        _ bounds: (LayerArguments) -> ClosedRange<Int>, _ read: LayerArguments
    ) throws(Diagnostic) -> Int {
        switch standard {
        case .required, .value, .none: return try whole(name, bounds(read))
        case .requiredWithin(let map):
            do throws(Diagnostic) { return try whole(name, bounds(read)) } catch let diagnostic {
                throw diagnostic.noted("`\(map)` has \(read.shape(map))")
            }
        case .channels(let map):
            return optional(name) == nil ? read.shape(map).channels : try whole(name, bounds(read))
        }
    }

    /// All arguments without names, and the elements of lists among them.
    fileprivate func features(_ name: String) throws(Diagnostic) -> [Tracer.Operand] {
        var features: [Tracer.Operand] = []
        for argument in rest {
            let values = if case .list(let list) = argument.value { list.elements } else { [argument.value] }
            for value in values {
                guard let feature = value.as(Feature.self) else {
                    throw .wrongKind(
                        "what `\(builtin.name)` joins", wanted: "feature maps", got: value, at: argument.span)
                }
                features.append(Tracer.Operand(feature: feature, span: argument.span))
            }
        }
        guard !features.isEmpty else {
            throw .missingArgument(name, of: builtin.name, at: span, declared: nil)
        }
        return features
    }
}
