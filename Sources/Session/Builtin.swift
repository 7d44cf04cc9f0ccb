import Data
import Diagnostics
import Graph
import Images
import Syntax

/// A built-in function: one row of the table that calls, checks, help, completion and the reference are read
/// off.
struct Builtin: Sendable {
    enum Topic: String, CaseIterable, Sendable {
        case layers = "Layers"
        case networks = "Networks"
        case data = "Data"
        case pictures = "Pictures"
        case training = "Training and scores"
        case experiments = "Experiments"
        case looking = "Looking"
        case values = "Values"
    }

    struct Parameter: Sendable {
        let name: String
        /// What an argument must be, as a diagnostic and the reference say it.
        let kind: String
        let standard: Standard
        /// Another parameter and the value that it must have, without which this one has no effect.
        var condition: (parameter: String, value: String)?
        /// What it sets, in a few words.
        var about = ""
        /// The heading that help shows it under, in functions of many settings.
        var group: String?

        /// The same, that has an effect only where another parameter has this value.
        func only(with parameter: String, _ value: String) -> Parameter {
            var copy = self
            copy.condition = (parameter, value)
            return copy
        }

        /// The same, with a few words on what it sets.
        func about(_ words: String) -> Parameter {
            var copy = self
            copy.about = words
            return copy
        }

        var isRest: Bool {
            if case .rest = standard { true } else { false }
        }
    }

    /// What holds when an argument is left out.
    enum Standard: Sendable {
        case required
        /// This value.
        case value(Constant)
        /// What the words say; the function works it out.
        case derived(String)
        /// Takes all arguments without names.
        case rest
    }

    let name: String
    let topic: Topic
    let parameters: [Parameter]
    /// One or more sentences: what it gives, with shapes and units.
    let help: String
    let examples: [String]
    /// Whether it works on feature maps inside networks, and its settings can be bound like a block's.
    let isLayer: Bool
    let code: @Sendable (Session, Arguments) throws(Diagnostic) -> Value

    init(
        _ name: String, _ topic: Topic, _ parameters: [Parameter], _ help: String, examples: [String],
        isLayer: Bool = false, code: @escaping @Sendable (Session, Arguments) throws(Diagnostic) -> Value
    ) {
        self.name = name
        self.topic = topic
        self.parameters = parameters
        self.help = help
        self.examples = examples
        self.isLayer = isLayer
        self.code = code
    }

    /// `conv(x, channels = channels(x), kernel = 3)`
    var signature: String {
        "\(name)(\(parameters.map(\.declaration).joined(separator: ", ")))"
    }

    /// Whether an argument is `none` where the function has no fixed default: then it counts as not given.
    fileprivate func isLeftOut(_ argument: Callable.BoundArgument) -> Bool {
        guard case .nothing = argument.value,
            let parameter = parameters.first(where: { $0.name == argument.name }),
            case .derived = parameter.standard
        else { return false }
        return true
    }

    static let table: [String: Builtin] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) })

    static let all: [Builtin] =
        layers + networks + data + frames + pictures + training + models + experiments + tables + results
        + looking + figures + values
}

/// A default that can be written down.
enum Constant: Sendable {
    case number(Double)
    case text(String)
    case boolean(Bool)
    case range(Int, Int)

    var value: Value {
        switch self {
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        case .boolean(let boolean): .boolean(boolean)
        case .range(let low, let high): .range(low, high)
        }
    }
}

extension Builtin.Parameter {
    /// `kernel = 3`
    var declaration: String {
        switch standard {
        case .required: name
        case .value(let constant): "\(name) = \(constant.value.literal)"
        case .derived(let words): "\(name) = \(words)"
        case .rest: "\(name), …"
        }
    }

    static func required(_ name: String, _ kind: String) -> Self {
        .init(name: name, kind: kind, standard: .required)
    }
    static func standard(_ name: String, _ kind: String, _ value: Constant) -> Self {
        .init(name: name, kind: kind, standard: .value(value))
    }
    static func derived(_ name: String, _ kind: String, _ words: String) -> Self {
        .init(name: name, kind: kind, standard: .derived(words))
    }
    static func rest(_ name: String, _ kind: String) -> Self {
        .init(name: name, kind: kind, standard: .rest)
    }

    /// Parameters that help shows under one heading.
    static func group(_ heading: String, _ parameters: [Self]) -> [Self] {
        parameters.map { parameter in
            var copy = parameter
            copy.group = heading
            return copy
        }
    }
}

/// The arguments of one call of a built-in function, checked as they are asked for.
struct Arguments {
    let builtin: Builtin
    let given: [Callable.BoundArgument]
    /// Arguments without names, for a function that takes any number of them.
    let rest: [GivenArgument]
    let span: Span

    func span(of name: String) -> Span { given.first { $0.name == name }?.span ?? span }

    /// What `read` makes of the argument; `nil` where it was left out and has no default.
    func given<Read>(
        _ name: String, _ read: (String) throws(Diagnostic) -> Read
    ) throws(Diagnostic) -> Read? {
        optional(name) == nil ? nil : try read(name)
    }

    /// The argument or its default; `nil` where the default is for the function to work out.
    func optional(_ name: String) -> Value? {
        if let argument = given.first(where: { $0.name == name }) { return argument.value }
        guard let parameter = builtin.parameters.first(where: { $0.name == name }) else {
            preconditionFailure("\(builtin.name) asks for an argument `\(name)` that its row does not list")
        }
        if case .value(let constant) = parameter.standard { return constant.value }
        return nil
    }

    /// Refuses what is given and would do nothing, because of what else is given or left out.
    /// - Throws: `no-effect`.
    func refuseWithoutEffect() throws(Diagnostic) {
        for parameter in builtin.parameters {
            guard let condition = parameter.condition, given.contains(where: { $0.name == parameter.name }),
                case .text(let value)? = optional(condition.parameter), value != condition.value
            else { continue }
            throw Diagnostic(
                "no-effect",
                "`\(parameter.name)` has no effect with `\(condition.parameter) = \"\(value)\"`",
                at: span(of: parameter.name),
                hint: "leave it out, or ask for `\(condition.parameter) = \"\(condition.value)\"`")
        }
    }

    func value(_ name: String) throws(Diagnostic) -> Value {
        guard let value = optional(name) else {
            throw .missingArgument(name, of: builtin.name, at: span, declared: nil)
        }
        return value
    }

    func wrong(_ name: String, _ value: Value, hint: String? = nil) -> Diagnostic {
        let wanted = builtin.parameters.first { $0.name == name }?.kind ?? "something else"
        return .wrongKind(
            "`\(name)` of `\(builtin.name)`", wanted: wanted, got: value, at: span(of: name), hint: hint)
    }

    func number(_ name: String) throws(Diagnostic) -> Double {
        let value = try value(name)
        guard case .number(let number) = value else { throw wrong(name, value) }
        return number
    }

    func whole(_ name: String, _ range: ClosedRange<Int>) throws(Diagnostic) -> Int {
        let value = try value(name)
        guard case .number(let number) = value else { throw wrong(name, value) }
        guard number == number.rounded(), abs(number) <= 0x1p53, range.contains(Int(number)) else {
            let wanted =
                range.lowerBound == range.upperBound
                ? "\(range.lowerBound)"
                : range.upperBound == .max
                    ? "a whole number from \(range.lowerBound) up"
                    : "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw .outOfRange(
                "`\(name)` of `\(builtin.name)`", wanted: wanted, got: number, at: span(of: name))
        }
        return Int(number)
    }

    func text(_ name: String) throws(Diagnostic) -> String {
        let value = try value(name)
        guard case .text(let text) = value else { throw wrong(name, value) }
        return text
    }

    /// One of the texts that `Choice` lists.
    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String, _: Choice.Type
    ) throws(Diagnostic) -> Choice {
        let text = try text(name)
        guard let choice = Choice(rawValue: text) else {
            throw .unknownChoice(
                text, of: "`\(name)` of `\(builtin.name)`", known: Choice.allCases.map(\.rawValue),
                at: span(of: name))
        }
        return choice
    }

    func boolean(_ name: String) throws(Diagnostic) -> Bool {
        let value = try value(name)
        guard case .boolean(let boolean) = value else { throw wrong(name, value) }
        return boolean
    }

    func feature(_ name: String) throws(Diagnostic) -> Feature {
        let value = try value(name)
        guard case .feature(let feature) = value else { throw wrong(name, value) }
        return feature
    }

    func elements(_ name: String) throws(Diagnostic) -> [Value] {
        let value = try value(name)
        guard let elements = value.elements else { throw wrong(name, value) }
        return elements
    }

    /// A text, or a list of texts.
    func texts(_ name: String) throws(Diagnostic) -> [String] {
        let value = try value(name)
        var texts: [String] = []
        for element in value.elements ?? [value] {
            guard case .text(let text) = element else {
                throw wrong(name, value, hint: value.elements == nil ? nil : "it holds \(element.kind)")
            }
            texts.append(text)
        }
        return texts
    }

    func network(_ name: String) throws(Diagnostic) -> Network {
        let value = try value(name)
        switch value {
        case .network(let network): return network
        case .model(let model): return model.network
        case .callable(let callable) where callable.isNetwork:
            throw wrong(name, value, hint: "write `\(callable.name)()` for the network with its defaults")
        case .nothing, .number, .text, .boolean, .list, .range, .record, .callable, .sharing, .dataset,
            .table,
            .image, .feature, .pending:
            throw wrong(name, value)
        }
    }

    func dataset(_ name: String) throws(Diagnostic) -> any Dataset {
        let value = try value(name)
        guard case .dataset(let dataset) = value else { throw wrong(name, value) }
        return dataset
    }

    func model(_ name: String) throws(Diagnostic) -> Model {
        let value = try value(name)
        guard case .model(let model) = value else { throw wrong(name, value) }
        return model
    }
}

extension Session {
    func call(
        _ builtin: Builtin, _ positional: [GivenArgument], _ given: [Callable.BoundArgument], at span: Span
    ) throws(Diagnostic) -> Value {
        let takesRest = builtin.parameters.contains(where: \.isRest)
        // What is computed from a result not known yet is not known yet either.
        let isPending = given.contains { $0.value.isPending } || positional.contains { $0.value.isPending }
        if isPending { return .pending }
        for parameter in builtin.parameters {
            if case .required = parameter.standard, !given.contains(where: { $0.name == parameter.name }) {
                throw .missingArgument(parameter.name, of: builtin.name, at: span, declared: nil)
            }
        }
        let arguments = Arguments(
            builtin: builtin, given: given.filter { !builtin.isLeftOut($0) },
            rest: takesRest ? positional : [], span: span)
        try arguments.refuseWithoutEffect()
        do {
            return try builtin.code(self, arguments)
        } catch let mistake {
            // What lower layers find wrong is found in this call.
            throw mistake.located(in: arguments)
        }
    }

    /// The trace under way, for a layer called at `span`.
    func currentTracer(at span: Span) throws(Diagnostic) -> Tracer {
        guard let tracer else { throw .featureOutsideNetwork(at: span) }
        return tracer
    }
}

extension Value {
    var isPending: Bool {
        switch self {
        case .pending: true
        case .list(let list): list.elements.contains { $0.isPending }
        case .nothing, .number, .text, .boolean, .range, .record, .callable, .network, .sharing, .dataset,
            .model,
            .table, .image, .feature:
            false
        }
    }
}
