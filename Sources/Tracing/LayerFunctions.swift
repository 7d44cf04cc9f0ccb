import Diagnostics
import Graph
import Language
import Operators

/// Functions of feature maps: every operator that is a function of the language, and what goes with them.
package enum LayerFunctions {
    package static let all: [Function<Tracing>] =
        OperatorList.all.compactMap { type in
            switch type.form {
            case .function(let form): function(type.kind, form)
            case .infix, .none: nil
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
        case .number(let number): self = .standard(name, .number, .number(number))
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
        case .map, .like, .integer, .number: false
        }
    }
}

extension Tracing {
    /// One call of a layer: its arguments read by their kinds, then the operator applied.
    fileprivate func apply(_ function: LayerFunction, to arguments: Arguments) throws(Diagnostic) -> Value {
        var read = LayerArguments()
        var inputs: [Tracer.Operand] = []
        for parameter in function.parameters {
            let name = parameter.name
            switch parameter.kind {
            case .map:
                let feature = try arguments.feature(name)
                read.set(name, feature.shape)
                inputs.append(Tracer.Operand(feature: feature, span: arguments.span(of: name)))
            case .like: read.set(name, try arguments.feature(name).shape)
            case .maps: inputs += try arguments.features(name)
            case .integer(let bounds, let standard):
                read.set(name, try arguments.integer(name, standard, bounds, read))
            case .number: read.set(name, try arguments.number(name))
            }
        }
        let tracer = try currentTracer(at: arguments.span)
        return .foreign(try tracer.apply(function.make(read), to: inputs, at: arguments.span))
    }
}

extension Arguments {
    fileprivate func integer(
        _ name: String, _ standard: LayerFunction.IntegerStandard,
        _ bounds: (LayerArguments) -> ClosedRange<Int>, _ read: LayerArguments
    ) throws(Diagnostic) -> Int {
        switch standard {
        case .required, .value: return try whole(name, bounds(read))
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
