import Assist
import Diagnostics
import Evaluation
import ExperimentRunner
import Files
import Graph
import Images
import Inference
import Language
import Library
import Machine
import OrderedCollections
import Syntax
import TableFunctions
import Tracing
import Workbench

/// The engine behind every front end: statements in; values, displays and files out.
///
/// It holds together the rooms that the language's statements are for. One session is used from one thread,
/// and needs a stack of ``stackSize`` for the deepest programs it accepts.
public final class Session {
    /// Bytes of stack for the thread that runs a session: the deepest calls of the deepest expressions, with
    /// room.
    public static let stackSize = 1 << 30
    /// Scripts that may run each other.
    static let runLimit = 20
    /// Bytes beyond which a file is no script.
    public static let scriptLimit = 64 << 20

    let interpreter: Interpreter
    let tracing: Tracing
    let workbench: Workbench
    let experiments: ExperimentRunner
    var journal = Journal()
    /// What top-level names are bound to instead of what scripts say.
    private var overrides: [String: Value] = [:]

    /// A session with the prelude loaded.
    public init(_ configuration: SessionConfiguration, frontEnd: any FrontEnd) throws(Diagnostic) {
        interpreter = Interpreter()
        tracing = Tracing(interpreter)
        workbench = Workbench(configuration, frontEnd: frontEnd, tracing, Self.index)
        experiments = ExperimentRunner(workbench)
        interpreter.host = self
        for source in Prelude.sources {
            for statement in try Parser.parse(source) { _ = try interpreter.run(statement) }
        }
        interpreter.keepPrelude()
    }

    var configuration: SessionConfiguration { workbench.configuration }
    var frontEnd: any FrontEnd { workbench.frontEnd }

    /// Experiment rows that failed; the others went on.
    public var failedRows: Int { experiments.failedRows }
    /// What an audit has found, by experiment, a sentence each.
    public var staleRows: OrderedDictionary<String, [String]> { experiments.staleRows }
    /// Whether an experiment has the row that alone is to be run.
    public var hasMetOnlyRow: Bool { experiments.hasMetOnlyRow }

    /// Runs the statements of `source` in order and shows the value of each that is an expression.
    ///
    /// A mistake in the text is reported before anything runs; one while running leaves what ran before it in
    /// place.
    public func run(_ source: Source) throws(Diagnostic) {
        let statements = try Parser.parse(source)
        for statement in statements {
            // A script that is run for one row of a table ends with it.
            if configuration.onlyRow != nil, hasMetOnlyRow { break }
            try checkInterruption(at: statement.span)
            if case .assignment(let name, _) = statement.kind, let value = overrides[name.value] {
                interpreter.frame.bind(name.value, to: value)
                continue
            }
            do {
                try runAtTop(statement)
            } catch let diagnostic {
                try keepStopped(from: statement, instead: diagnostic)
            }
            if configuration.isInteractive { try keepStopped(from: statement, instead: nil) }
        }
    }

    /// Runs what a person entered at once: where one of its statements fails, those before it are undone too,
    /// and the session is as it was; unless something was trained, scored or restored, which nobody wants to
    /// wait for twice.
    public func runEntry(_ source: Source) throws(Diagnostic) {
        let (names, statements, work) = (
            interpreter.globals.values, journal.statements, workbench.meter.completedWorks
        )
        do {
            try run(source)
        } catch let diagnostic {
            let isUndone = workbench.meter.completedWorks == work
            // A training that was stopped and kept has done what it said, and is in the journal itself.
            let isOwn = !isUndone && diagnostic.code == Diagnostic.interruptedCode
            let others = journal.statements.count - statements.count > (isOwn ? 1 : 0)
            guard isUndone else {
                throw others
                    ? diagnostic.noted(
                        "what came before it in this entry stands, so that no training or scoring is lost")
                    : diagnostic
            }
            interpreter.globals.rebind(names)
            journal.statements = statements
            throw others ? diagnostic.noted("what came before it in this entry is undone too") : diagnostic
        }
    }

    private func runAtTop(_ statement: Statement) throws(Diagnostic) {
        var bindsLast = false
        switch try interpreter.run(statement) {
        case .returned(_, let span):
            throw .misplaced("return", belongsIn: "a block or a function", at: span)
        case .next(let value):
            switch statement.kind {
            case .expression, .command:
                workbench.show(value)
                if !value.isNothingToKeep {
                    interpreter.globals.bind(Interpreter.lastValue, to: value)
                    bindsLast = true
                }
            case .assignment, .definition, .sharing, .weights, .repetition, .loop, .result, .output,
                .experiment, .record, .source:
                break
            }
        }
        remember(statement, bindsLast: bindsLast)
    }

    /// After a training was stopped: what it has learnt stays, under the name that it was for, or as `it`.
    private func keepStopped(from statement: Statement, instead diagnostic: Diagnostic?) throws(Diagnostic) {
        guard let model = workbench.stopped,
            diagnostic == nil || diagnostic?.code == Diagnostic.interruptedCode
        else {
            if let diagnostic { throw diagnostic }
            return
        }
        workbench.stopped = nil
        var name = Interpreter.lastValue
        if diagnostic == nil {
            switch statement.kind {
            case .assignment(let bound, _), .command(.time(let bound?, _)): name = bound.value
            case .expression, .definition, .sharing, .weights, .repetition, .loop, .result, .output,
                .experiment,
                .record, .source, .command:
                break
            }
        }
        if name == Interpreter.lastValue { interpreter.globals.bind(name, to: .foreign(model)) }
        if diagnostic == nil, let last = journal.statements.indices.last, let report = model.reportAtHand {
            journal.statements[last].remark =
                "It was stopped after step \(report.steps) of \(report.plannedSteps); here it is done whole."
        }
        workbench.meter.completedWorks += 1
        throw .keptStopped(model, name: name, at: statement.span)
    }

    /// Makes top-level bindings of `name` bind `expression` instead of what the script says.
    /// - Parameter expression: a value in the language, as given after `--set name=`.
    public func override(_ name: String, with expression: Source) throws(Diagnostic) {
        overrides[name] = try interpreter.evaluate(Parser.parseExpression(expression))
    }

    /// The same for a name that the script gives a text to: as it stands, without quotes.
    public func override(_ name: String, withText text: String) { overrides[name] = .text(text) }

    /// `acuity deblur`: restores files and folders with a model of a file, and shows what came of it.
    /// - Returns: whether every image was restored.
    package func deblur(
        _ sources: [String], into target: String, modelPath: String, memory: MemorySize?,
        format: ImageFormat, quality: ImageQuality?
    ) throws(Diagnostic) -> Bool {
        try workbench.deblur(
            RestoredFolder(sources, into: target, format: format, quality: quality), modelPath: modelPath,
            memory: memory)
    }

    /// The graph of the network that `expression` gives, for images of `channels` channels.
    public func graph(of expression: Source, channels: Int) throws(Diagnostic) -> Graph {
        try network(of: expression).graph(channels: channels, in: tracing)
    }

    /// The graph of a network with a loss behind it, as a training runs it.
    public func supervisedGraph(
        of network: Source, by loss: Source, channels: Int
    ) throws(Diagnostic) -> Graph {
        let graph = try graph(of: network, channels: channels)
        let parsed = try Parser.parseExpression(loss)
        let value = try interpreter.evaluate(parsed)
        guard let expression = LossExpression(value, at: parsed.span) else {
            throw .wrongKind("what is asked for", wanted: LossExpression.kind, got: value, at: parsed.span)
        }
        return try expression.graph(
            for: graph, weights: nil, channels: channels, in: tracing, at: parsed.span
        ).supervising(graph)
    }

    /// The text that a model's file keeps of the network that `expression` gives.
    public func text(of expression: Source) throws(Diagnostic) -> String {
        var source = NetworkSource(globals: interpreter.globals)
        return source.text(of: try network(of: expression))
    }

    private func network(of expression: Source) throws(Diagnostic) -> Network {
        let parsed = try Parser.parseExpression(expression)
        let value = try interpreter.evaluate(parsed)
        guard let network = value.as(Network.self) else {
            throw .wrongKind("what is asked for", wanted: "a network", got: value, at: parsed.span)
        }
        return network
    }

    /// Whether the user has given one of these names to something.
    public func isBound(_ names: String...) -> Bool {
        names.contains { interpreter.globals.lookUp($0) != nil }
    }

    package func checkInterruption(at span: Span) throws(Diagnostic) {
        if configuration.stop.isRequested { throw .interrupted(at: span) }
    }
}

extension Value {
    /// Whether it does not become `it`.
    fileprivate var isNothingToKeep: Bool {
        switch self {
        case .nothing, .pending: true
        case .number, .text, .boolean, .list, .range, .record, .callable, .foreign: false
        }
    }
}

extension Diagnostic {
    /// A training was stopped at the prompt, and its model kept.
    fileprivate static func keptStopped(_ model: Model, name: String, at span: Span) -> Diagnostic {
        let (done, planned) = (model.reportAtHand?.steps ?? 0, model.reportAtHand?.plannedSteps ?? 0)
        return Diagnostic(
            interruptedCode, "stopped at your request, after \(done) of \(counted(planned, "step"))",
            at: span,
            notes: ["`\(name)` is the model as trained so far"],
            hint:
                "`\(name) = resume(\(name), steps = \(planned - done))` goes on as if it had not been stopped"
        )
    }
}
