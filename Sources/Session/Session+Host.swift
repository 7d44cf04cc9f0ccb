import Assist
import Diagnostics
import Language
import Library
import Syntax
import TableFunctions
import Tracing
import TrainingFunctions
import Workbench

extension Session {
    /// A built-in function, by the room that it works in.
    enum BuiltinFunction: Sendable {
        case values(Function<Void>)
        case features(Function<Tracing>)
        case work(Function<Workbench>)

        var row: Builtin {
            switch self {
            case .values(let function): function.row
            case .features(let function): function.row
            case .work(let function): function.row
            }
        }
    }

    /// The built-in functions, in the order of the reference.
    static let functions: [BuiltinFunction] =
        LayerFunctions.all.map { .features($0) }
        + (TrainingFunctions.all + PlotFunctions.all + LibraryFunctions.all + TableFunctions.everything)
        .map { .work($0) }
        + (OptimizerFunctions.all + ScheduleFunctions.all + ValueFunctions.all).map { .values($0) }

    private static let table: [String: BuiltinFunction] = Dictionary(
        uniqueKeysWithValues: functions.map { ($0.row.name, $0) })

    private static let rows: [String: Builtin] = table.mapValues(\.row)

    /// Everything that help explains.
    static let index = HelpIndex(functions.map(\.row))
}

extension Session: InterpreterHost {
    package var builtins: [String: Builtin] { Self.rows }

    package func call(_ call: BuiltinCall) throws(Diagnostic) -> Value {
        do {
            switch Self.table[call.builtin.name] {
            case .values(let function): return try function.code((), call.arguments)
            case .features(let function): return try tracing.call(function, call)
            case .work(let function): return try workbench.call(function, call.arguments)
            case nil: preconditionFailure("`\(call.builtin.name)` is no built-in function")
            }
        } catch {
            // What lower layers find wrong is found in this call.
            throw call.arguments.located(error)
        }
    }

    package func apply(_ application: Application) throws(Diagnostic) -> Value {
        try tracing.apply(application)
    }

    package func network(
        of callable: Callable, _ definition: Definition, at span: Span
    ) throws(Diagnostic) -> Value {
        .foreign(try tracing.makeNetwork(callable, definition, at: span))
    }

    package func loss(of callable: Callable, _ definition: Definition, at span: Span) -> Value {
        .foreign(LossExpression(callable, definition, at: span))
    }

    package func run(_ statement: HostedStatement, at span: Span) throws(Diagnostic) -> Flow {
        switch statement {
        case .sharing(let definition):
            try interpreter.bind(definition.name, to: .foreign(SharingMode(definition: definition)))
        case .weights(let role, let body): return try tracing.runWeights(role, body)
        case .output(let expression): try tracing.runOutput(expression, at: span)
        case .experiment(let experiment): try experiments.run(experiment, at: span)
        case .record(let fields): try experiments.record(fields)
        case .source(let name): try showSource(of: name)
        case .command(let command): return .next(try run(command, at: span))
        }
        return .next(.nothing)
    }
}
