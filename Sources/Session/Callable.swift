import Diagnostics
import Syntax

/// A block, function or network's definition, with the arguments that are bound to it already.
struct Callable {
    enum Code {
        case definition(Definition, closure: Frame?)
        case builtin(Builtin)
    }

    let code: Code
    /// Settings given so far, in the order in which they were given.
    private(set) var bound: [BoundArgument] = []
    /// Of the settings together.
    private(set) var extent = Extent()
    /// Set by `tied`: every call uses the same weights.
    var tie: Tie?

    init(code: Code) { self.code = code }

    /// The same with more settings, or others.
    /// - Throws: `too-many`, `too-deep`.
    func binding(_ arguments: [BoundArgument], at span: Span) throws(Diagnostic) -> Callable {
        var copy = self
        copy.bound.removeAll { old in arguments.contains { $0.name == old.name } }
        copy.bound += arguments
        copy.extent = Extent(holding: copy.bound.map(\.value))
        try copy.extent.check("the settings of a block", tooDeep: .tooDeepSettings(at: span), at: span)
        return copy
    }

    struct BoundArgument {
        let name: String
        let value: Value
        let span: Span
    }

    var name: String {
        switch code {
        case .definition(let definition, _): definition.name.value
        case .builtin(let builtin): builtin.name
        }
    }

    var kind: String {
        switch code {
        case .definition(let definition, _):
            switch definition.kind {
            case .block: "a block"
            case .network: "a network's definition"
            case .function: "a function"
            }
        case .builtin(let builtin): builtin.isLayer ? "a layer" : "a function"
        }
    }

    /// What it takes, as a person wants to see it.
    var signature: String {
        let signature =
            switch code {
            case .definition(let definition, _): Help.standard.signature(of: definition)
            case .builtin(let builtin): Help.standard.signature(of: builtin)
            }
        return tie == nil ? signature : "tied " + signature
    }

    /// Whether a call without its first argument binds the others instead of running.
    var takesFeatureFirst: Bool {
        switch code {
        case .definition(let definition, _):
            switch definition.kind {
            case .block, .network: true
            case .function: false
            }
        case .builtin(let builtin): builtin.isLayer
        }
    }

    var isNetwork: Bool {
        if case .definition(let definition, _) = code, definition.kind == .network { true } else { false }
    }

    var parameterNames: [String] {
        switch code {
        case .definition(let definition, _): definition.parameters.map(\.name.value)
        case .builtin(let builtin): builtin.parameters.map(\.name)
        }
    }

    /// `nested(order = 4)`: as it would be written.
    var description: String {
        let settings = bound.map { "\($0.name) = \($0.value.literal)" }.joined(separator: ", ")
        let call = bound.isEmpty ? name : "\(name)(\(settings))"
        return tie == nil ? call : "tied(\(call))"
    }
}

extension Value {
    /// The callable that this value stands for in a network: a network with settings stands for its
    /// definition with them.
    var asCallable: Callable? {
        switch self {
        case .callable(let callable): return callable
        case .network(let network):
            guard case .written(let callable, _, _) = network.origin else { return nil }
            return callable
        case .nothing, .number, .text, .boolean, .list, .range, .record, .sharing, .dataset, .model, .table,
            .image, .feature, .pending:
            return nil
        }
    }
}

/// The identity of a `tied(…)`: its calls within one trace use one set of weights.
final class Tie {
    /// The place in the trace in which it was made; `nil` if it was made outside of any.
    let path: TracePath?

    init(path: TracePath?) { self.path = path }
}
