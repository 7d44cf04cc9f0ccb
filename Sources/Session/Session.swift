import Diagnostics
import Experiments
import Graph
import OrderedCollections
import Syntax
import Training

/// The engine behind every front: statements in; values, displays and files out.
///
/// One session is used from one thread, and needs a stack of ``stackSize`` for the deepest programs it accepts.
public final class Session {
    /// Bytes of stack for the thread that runs a session: the deepest calls of the deepest expressions, with room.
    public static let stackSize = 1 << 30

    public struct Configuration {
        /// Where experiments write their tables.
        public var resultsFolder = "results"
        /// Threads that training and evaluation use.
        public var threads = 1
        /// What a row of results says of the program that made it.
        public var version: String
        /// Whether rows that stand in a table already are run all the same.
        public var runsAllRows = false
        /// Whether nothing is trained and no file written: `acuity check`.
        public var isCheck = false
        /// Raised when the user asks to stop; looked at in every step of training and turn of a loop.
        public var stop = StopFlag()

        public init(version: String) { self.version = version }
    }

    /// How many calls may be inside each other.
    static let callLimit = 1000
    /// How many expressions may be evaluated inside each other: calls and nesting together.
    static let evaluationLimit = 100_000

    let configuration: Configuration
    let front: any Front
    let globals = Frame()
    var frame: Frame
    /// The network that is being traced, if one is.
    var tracer: Tracer?
    var callDepth = 0
    /// Expressions that are being evaluated inside each other.
    var evaluationDepth = 0
    /// Whether work that takes long or writes files is only planned; then results are ``Value/pending``.
    var isRehearsal: Bool
    /// What the row being planned depends on, while an experiment plans one.
    var plan: RowPlan?
    /// What the row being run has recorded so far, while an experiment runs one.
    var recorded: [(name: Name, value: Value)]?
    /// Where the row being run keeps its trainings.
    var rowFiles: RowFiles?
    /// The loss curve of the row being run: of all its trainings, one after the other.
    var curve: [LossPoint] = []
    /// Definitions of the metrics that the row being run was scored by: `ssim gaussian`.
    var metrics: Set<String> = []
    /// Experiment rows that failed; the others went on.
    public private(set) var failedRows = 0
    private var overrides: [String: Value] = [:]

    /// A session with the prelude loaded.
    public init(_ configuration: Configuration, front: any Front) throws(Diagnostic) {
        self.configuration = configuration
        self.front = front
        frame = globals
        isRehearsal = configuration.isCheck
        for source in Prelude.sources {
            for statement in try Parser.parse(source) { _ = try run(statement) }
        }
    }

    /// Runs the statements of `source` in order and shows the value of each that is an expression.
    ///
    /// A mistake in the text is reported before anything runs; one while running leaves what ran before it in place.
    public func run(_ source: Source) throws(Diagnostic) {
        let statements = try Parser.parse(source)
        for statement in statements {
            try checkInterruption(at: statement.span)
            if case .assignment(let name, _) = statement.kind, let value = overrides[name.value] {
                frame.bind(name.value, to: value)
                continue
            }
            switch try run(statement) {
            case .returned(_, let span):
                throw .misplaced("return", belongsIn: "a block or a function", at: span)
            case .next(let value): show(value)
            }
        }
    }

    /// Makes top-level bindings of `name` bind `expression` instead of what the script says.
    /// - Parameter expression: a value in the language, as given after `--set name=`.
    public func override(_ name: String, with expression: Source) throws(Diagnostic) {
        overrides[name] = try evaluate(Parser.parseExpression(expression))
    }

    /// The graph of the network that `expression` gives, for images of `channels` channels.
    public func graph(of expression: Source, channels: Int) throws(Diagnostic) -> Graph {
        try network(of: expression).graph(channels: channels, in: self)
    }

    /// The text that a model's file keeps of the network that `expression` gives.
    public func text(of expression: Source) throws(Diagnostic) -> String {
        var source = NetworkSource(globals: globals)
        return source.text(of: try network(of: expression))
    }

    private func network(of expression: Source) throws(Diagnostic) -> Network {
        let parsed = try Parser.parseExpression(expression)
        let value = try evaluate(parsed)
        guard case .network(let network) = value else {
            throw .wrongKind("what is asked for", wanted: "a network", got: value, at: parsed.span)
        }
        return network
    }

    /// Names bound by top-level statements of `source`: what `--set` can override there.
    public static func topLevelNames(of source: Source) throws(Diagnostic) -> [String] {
        try Parser.parse(source).compactMap { statement in
            if case .assignment(let name, _) = statement.kind { name.value } else { nil }
        }
    }

    func rowFailed() { failedRows += 1 }

    /// A record as a column of names and values.
    private static func column(of fields: OrderedDictionary<String, Value>) -> String {
        let width = fields.keys.map(displayWidth).max() ?? 0
        return fields.map { name, value in
            name + String(repeating: " ", count: width - displayWidth(name)) + "  " + value.rounded
        }.joined(separator: "\n")
    }

    func show(_ value: Value) {
        switch value {
        case .nothing, .pending: return
        case .record(let fields) where !isRehearsal: front.show(.text(Self.column(of: fields)))
        case .table(let table): front.show(.table(table))
        case .image(let image): front.show(.image(image, text: value.description))
        case .number, .text, .boolean, .list, .range, .record, .callable, .network, .sharing, .dataset,
            .model,
            .feature:
            front.show(.text(value.description))
        }
    }

    func checkInterruption(at span: Span) throws(Diagnostic) {
        if configuration.stop.isRequested { throw .interrupted(at: span) }
    }
}
