import Diagnostics
import Machine
import Syntax

/// Runs the language: statements in, values out.
///
/// It knows no network, no file and no screen. Blocks, networks, experiments, commands and built-in functions
/// are its host's, which it asks for them. One interpreter is used from one thread.
package final class Interpreter {
    /// How many calls may be inside each other.
    package static let callLimit = 1000
    /// How many expressions may be evaluated inside each other: calls and nesting together.
    package static let evaluationLimit = 100_000

    /// The name of the last value that was shown.
    package static let lastValue = "it"

    package let globals = Frame()
    package var frame: Frame
    /// What names stand for before anything is bound: the prelude's.
    package private(set) var prelude: [String: Value] = [:]
    /// Which names at the top level a trace reads, while a network is traced.
    package var watch: NameWatch?
    package var callDepth = 0
    /// Expressions that are being evaluated inside each other.
    package private(set) var evaluationDepth = 0
    private var stack = StackBound()
    /// Set before anything runs; it owns the interpreter.
    package weak var host: (any InterpreterHost)?

    package init() { frame = globals }

    /// Takes what is bound now as the prelude.
    package func keepPrelude() { prelude = globals.values }

    /// Names that the user bound, not those of the prelude.
    package var ownNames: [(name: String, value: Value)] {
        globals.values.filter { name, value in
            guard name != Self.lastValue else { return false }
            return prelude[name].map { $0.definitionSpan != value.definitionSpan } ?? true
        }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What the language leaves to others.
    package var rooms: any InterpreterHost {
        guard let host else { preconditionFailure("an interpreter runs without a host") }
        return host
    }

    /// Runs `body` one level deeper.
    /// - Throws: `too-deep`.
    package func deeper<Result>(
        at span: Span, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        evaluationDepth += 1
        defer { evaluationDepth -= 1 }
        guard evaluationDepth <= Self.evaluationLimit, !stack.isExhausted() else {
            throw .tooDeepEvaluation(at: span)
        }
        return try body()
    }

    /// Runs `body` with names bound in `inner`.
    package func within<Result>(
        _ inner: Frame, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        let outer = frame
        frame = inner
        defer { frame = outer }
        return try body()
    }
}

/// What the interpreter asks of those who hold it.
package protocol InterpreterHost: AnyObject {
    /// The built-in functions, by name.
    var builtins: [String: Builtin] { get }

    /// - Throws: `interrupted` where the user has asked to stop.
    func checkInterruption(at span: Span) throws(Diagnostic)

    /// Calls a built-in function with arguments that fit its row.
    func call(_ call: BuiltinCall) throws(Diagnostic) -> Value

    /// Calls a block on a feature map, or a network inside another.
    func apply(_ application: Application) throws(Diagnostic) -> Value

    /// What a network's definition with these settings is: a value of its own.
    func network(of callable: Callable, _ definition: Definition, at span: Span) throws(Diagnostic) -> Value

    /// What a loss with these settings is: a value of its own.
    func loss(of callable: Callable, _ definition: Definition, at span: Span) -> Value

    /// Runs a statement that is not the interpreter's own.
    func run(_ statement: HostedStatement, at span: Span) throws(Diagnostic) -> Flow
}

/// A call of a built-in function.
package struct BuiltinCall {
    package let builtin: Builtin
    package let arguments: Arguments
    /// The tie of a tied layer: every call uses the same weights.
    package let tie: Tie?
}

/// A block, a network or a loss that is applied to a feature map.
package struct Application {
    package let callable: Callable
    package let definition: Definition
    package let closure: Frame?
    package let arguments: [Callable.BoundArgument]
    package let span: Span
}

/// Statements that are not the interpreter's own.
package enum HostedStatement {
    case sharing(SharingDefinition)
    case weights(role: Name, Body)
    case output(LocatedExpression)
    case experiment(ExperimentDefinition)
    case record([Field])
    case source(Name)
    case command(Command)
}

/// Which names at the top level a trace of a network reads.
package final class NameWatch {
    /// What names stood for in an earlier trace of the same network, which this one sees too.
    package let captured: [String: Value]
    /// What names stand for in this one; and where the definitions stand that it ran, by name.
    package private(set) var used: [String: Value] = [:]
    package private(set) var definitions: [String: Span] = [:]

    package init(captured: [String: Value]) { self.captured = captured }

    package func note(_ name: String, _ value: Value) { used[name] = value }

    package func note(_ definition: Definition) { definitions[definition.name.value] = definition.span }
}
