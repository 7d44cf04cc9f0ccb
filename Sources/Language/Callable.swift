import Diagnostics
import Syntax

/// A block, function or network's definition, with the arguments that are bound to it already.
package struct Callable {
    package enum Code {
        case definition(Definition, closure: Frame?)
        case builtin(Builtin)
    }

    package let code: Code
    /// Settings given so far, in the order in which they were given.
    package private(set) var bound: [BoundArgument] = []
    /// The size of all settings together.
    package private(set) var size = ValueSize()
    /// Set by `tied`: every call uses the same weights.
    package var tie: Tie?

    package init(code: Code) { self.code = code }

    /// The same with more settings, or others.
    /// - Throws: `too-many`, `too-deep`.
    package func binding(_ arguments: [BoundArgument], at span: Span) throws(Diagnostic) -> Callable {
        var copy = self
        copy.bound.removeAll { old in arguments.contains { $0.name == old.name } }
        copy.bound += arguments
        copy.size = ValueSize(holding: copy.bound.map(\.value))
        try copy.size.check("the settings of a block", tooDeep: .tooDeepSettings(at: span), at: span)
        return copy
    }

    package struct BoundArgument {
        package let name: String
        package let value: Value
        package let span: Span

        package init(name: String, value: Value, span: Span) {
            (self.name, self.value, self.span) = (name, value, span)
        }
    }

    package var name: String {
        switch code {
        case .definition(let definition, _): definition.name.value
        case .builtin(let builtin): builtin.name
        }
    }

    package var kind: String {
        switch code {
        case .definition(let definition, _):
            switch definition.kind {
            case .block: "a block"
            case .network: "a network's definition"
            case .loss: "a loss"
            case .function: "a function"
            }
        case .builtin(let builtin): builtin.traits.isLayer ? "a layer" : "a function"
        }
    }

    /// Whether a call without its first argument binds the others instead of running.
    package var takesFeatureFirst: Bool {
        switch code {
        case .definition(let definition, _):
            switch definition.kind {
            case .block, .network, .loss: true
            case .function: false
            }
        case .builtin(let builtin): builtin.traits.isLayer
        }
    }

    package var isNetwork: Bool {
        if case .definition(let definition, _) = code, definition.kind == .network { true } else { false }
    }

    package var parameterNames: [String] {
        switch code {
        case .definition(let definition, _): definition.parameters.map(\.name.value)
        case .builtin(let builtin): builtin.parameters.map(\.name)
        }
    }

    /// `nested(order = 4)`: as it would be written.
    package var description: String {
        let settings = bound.map { "\($0.name) = \($0.value.literal)" }.joined(separator: ", ")
        let call = bound.isEmpty ? name : "\(name)(\(settings))"
        return tie == nil ? call : "tied(\(call))"
    }
}

extension Value {
    /// The callable that this value stands for in a network: a network with settings stands for its
    /// definition with them.
    package var asCallable: Callable? {
        switch self {
        case .callable(let callable): return callable
        case .foreign(let foreign): return foreign.callable
        case .nothing, .number, .text, .boolean, .list, .range, .record, .pending: return nil
        }
    }
}

/// The identity of a `tied(…)`: its calls within one trace use one set of weights.
package final class Tie {
    /// The place in the trace in which it was made, as the tracer knows it; `nil` if it was made outside of
    /// any.
    package let place: (any Hashable & Sendable)?

    package init(place: (any Hashable & Sendable)?) { self.place = place }
}
