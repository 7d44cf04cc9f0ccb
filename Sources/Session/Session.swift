import Data
import Diagnostics
import Experiments
import Files
import Graph
import Images
import Machine
import OrderedCollections
import Syntax
import Training

/// The engine behind every front: statements in; values, displays and files out.
///
/// One session is used from one thread, and needs a stack of ``stackSize`` for the deepest programs it
/// accepts.
public final class Session {
    /// Bytes of stack for the thread that runs a session: the deepest calls of the deepest expressions, with
    /// room.
    public static let stackSize = 1 << 30

    public struct Configuration: Sendable {
        /// Where experiments write their tables.
        public var resultsFolder = "results"
        /// Threads that training and evaluation use.
        public var threads = 1
        /// What a row of results says of the program that made it.
        public var version: String
        /// Whether runs that are complete already are computed all the same.
        public var runsAllRows = false
        /// Whether an experiment ends at the first row that fails.
        public var stopsAtFailure = false
        /// The fingerprint of the one row that is to be computed anew; all others are taken as they are.
        public var onlyRow: String?
        /// How the script was asked for, to be kept with each row: its path, and what the command line set.
        public var invocation: [(key: String, value: String)] = []
        /// Whether nothing is trained and no file written: `acuity check`.
        public var isCheck = false
        /// Gathers which rows of tables are not as their scripts ask for them now. Where it is there, nothing
        /// is trained and nothing drawn or saved, but tables are read.
        public var audit: Audit?
        /// Whether functions leave files as they are that they would write.
        public var isReadOnly = false
        /// Whether a person is at the keyboard: a training that is stopped then leaves what it has learnt so
        /// far.
        public var isInteractive = false
        /// Raised when the user asks to stop; looked at in every step of training and turn of a loop.
        public var stop = StopFlag()

        public init(version: String) { self.version = version }
    }

    /// How many calls may be inside each other.
    static let callLimit = 1000
    /// How many expressions may be evaluated inside each other: calls and nesting together.
    static let evaluationLimit = 100_000
    /// Scripts that may run each other.
    static let runLimit = 20
    /// Bytes beyond which a file is no script.
    public static let scriptLimit = 64 << 20
    /// The name of the last value that was shown.
    static let lastValue = "it"

    let configuration: Configuration
    let front: any Front
    let globals = Frame()
    var frame: Frame
    /// The network that is being traced, if one is.
    var tracer: Tracer?
    var callDepth = 0
    /// Stack limit of the session's thread.
    var stack = StackBound()
    /// Expressions that are being evaluated inside each other.
    var evaluationDepth = 0
    /// Whether work that takes long or writes files is only planned; then results are ``Value/pending``.
    var isRehearsal: Bool
    /// Whether functions write files: not while work is only planned or audited, nor where they are told not
    /// to, nor outside of the one row that alone is computed again.
    var writesFiles: Bool {
        !isRehearsal && !configuration.isReadOnly && configuration.audit == nil
            && (configuration.onlyRow == nil || rowRuns != nil)
    }
    /// What the row being planned depends on, while an experiment plans one.
    var plan: RowPlan?
    /// What the row being run has recorded so far, while an experiment runs one.
    var recorded: [(name: Name, value: Value)]?
    /// What the row being run is computed from.
    var rowRuns: RowRuns?
    /// Whether runs of the row under way are computed although they are complete.
    var renewsRuns: Bool
    /// Runs that this session has computed, which are not computed anew once more.
    var renewed: Set<String> = []
    /// Whether an experiment has the row that alone is to be run.
    public internal(set) var hasMetOnlyRow = false
    /// Definitions of the metrics that the row being run was scored by: `ssim gaussian`.
    var metrics: Set<String> = []
    /// Experiment rows that failed; the others went on.
    public private(set) var failedRows = 0
    /// What an audit has found, by experiment, a sentence each.
    public internal(set) var staleRows: OrderedDictionary<String, [String]> = [:]
    /// Whether the rest of a script is left out: of one that is run for a row that it has met.
    var isDone = false
    private var overrides: [String: Value] = [:]
    /// What the prelude binds.
    private(set) var prelude: [String: Value] = [:]
    /// The statements that worked, in their order.
    var journal: [JournalEntry] = []
    /// Definitions as they came back from the editor and did not run.
    var failedEdits: [String: String] = [:]
    /// Scripts that are being run by scripts.
    var runDepth = 0
    /// Multiply-accumulates of all training and scoring so far.
    var multiplyAccumulates = 0.0
    /// Trainings, scorings and pictures restored so far, trainings that were stopped and kept among them.
    var finishedWorks = 0
    /// Multiply-accumulates a second of the last training, for telling how long the next will take.
    var measuredSpeed: Double?
    /// What the training under way is watched on.
    var validation: Validation?
    /// The training that was stopped last, until it is bound to a name or told of.
    var stopped: Model?

    /// A session with the prelude loaded.
    public init(_ configuration: Configuration, front: any Front) throws(Diagnostic) {
        self.configuration = configuration
        self.front = front
        frame = globals
        isRehearsal = configuration.isCheck || configuration.audit != nil
        renewsRuns = configuration.runsAllRows
        for source in Prelude.sources {
            for statement in try Parser.parse(source) { _ = try run(statement) }
        }
        prelude = globals.values
    }

    /// Runs the statements of `source` in order and shows the value of each that is an expression.
    ///
    /// A mistake in the text is reported before anything runs; one while running leaves what ran before it in
    /// place.
    public func run(_ source: Source) throws(Diagnostic) {
        let statements = try Parser.parse(source)
        for statement in statements where !isDone {
            try checkInterruption(at: statement.span)
            if case .assignment(let name, _) = statement.kind, let value = overrides[name.value] {
                frame.bind(name.value, to: value)
                continue
            }
            do {
                try runAtTop(statement)
            } catch let mistake {
                try keepStopped(from: statement, instead: mistake)
            }
            if configuration.isInteractive { try keepStopped(from: statement, instead: nil) }
        }
    }

    /// Runs what a person entered at once: where one of its statements fails, those before it are undone too,
    /// and the session is as it was; unless something was trained, scored or restored, which nobody wants to
    /// wait for twice.
    public func runEntry(_ source: Source) throws(Diagnostic) {
        let (names, statements, work) = (globals.values, journal, finishedWorks)
        do {
            try run(source)
        } catch let mistake {
            let isUndone = finishedWorks == work
            // A training that was stopped and kept has done what it said, and is in the journal itself.
            let isOwn = !isUndone && mistake.code == Diagnostic.interruptedCode
            let others = journal.count - statements.count > (isOwn ? 1 : 0)
            guard isUndone else {
                throw others
                    ? mistake.noted(
                        "what came before it in this entry stands, so that no training or scoring is lost")
                    : mistake
            }
            globals.rebind(names)
            journal = statements
            throw others ? mistake.noted("what came before it in this entry is undone too") : mistake
        }
    }

    private func runAtTop(_ statement: Statement) throws(Diagnostic) {
        var bindsLast = false
        switch try run(statement) {
        case .returned(_, let span):
            throw .misplaced("return", belongsIn: "a block or a function", at: span)
        case .next(let value):
            switch statement.kind {
            case .expression, .command:
                show(value)
                switch value {
                case .nothing, .pending: break
                case .number, .text, .boolean, .list, .range, .record, .callable, .network, .sharing,
                    .dataset, .model,
                    .table, .image, .feature:
                    globals.bind(Self.lastValue, to: value)
                    bindsLast = true
                }
            case .assignment, .definition, .sharing, .weights, .repetition, .loop, .result, .output,
                .experiment,
                .record, .source:
                break
            }
        }
        remember(statement, bindsLast: bindsLast)
    }

    /// After a training was stopped: what it has learnt stays, under the name that it was for, or as `it`.
    private func keepStopped(from statement: Statement, instead mistake: Diagnostic?) throws(Diagnostic) {
        guard let model = stopped, mistake == nil || mistake?.code == Diagnostic.interruptedCode else {
            if let mistake { throw mistake }
            return
        }
        stopped = nil
        var name = Self.lastValue
        if mistake == nil {
            switch statement.kind {
            case .assignment(let bound, _), .command(.time(let bound?, _)): name = bound.value
            case .expression, .definition, .sharing, .weights, .repetition, .loop, .result, .output,
                .experiment,
                .record, .source, .command:
                break
            }
        }
        if name == Self.lastValue { globals.bind(name, to: .model(model)) }
        finishedWorks += 1
        throw .keptStopped(model, name: name, at: statement.span)
    }

    /// Makes top-level bindings of `name` bind `expression` instead of what the script says.
    /// - Parameter expression: a value in the language, as given after `--set name=`.
    public func override(_ name: String, with expression: Source) throws(Diagnostic) {
        overrides[name] = try evaluate(Parser.parseExpression(expression))
    }

    /// The same for a name that the script gives a text to: as it stands, without quotes.
    public func override(_ name: String, withText text: String) { overrides[name] = .text(text) }

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

    /// Names bound by top-level statements of `source` and of the scripts that it runs, which `--set` can
    /// override there, and whether each is bound to a text that is written out.
    public static func topLevelNames(of source: Source) throws(Diagnostic) -> [(name: String, isText: Bool)] {
        var read: Set<String> = []
        return try topLevelNames(of: source, &read)
    }

    /// - Parameter read: scripts that were looked at already, each of which is looked at once.
    private static func topLevelNames(
        of source: Source, _ read: inout Set<String>
    ) throws(Diagnostic) -> [(name: String, isText: Bool)] {
        var names: [(name: String, isText: Bool)] = []
        for statement in try Parser.parse(source) {
            switch statement.kind {
            case .assignment(let name, let expression):
                let isText = if case .text = expression.value { true } else { false }
                names.append((name.value, isText))
            case .command(.runFile(let path)):
                // One that cannot be read is reported when it is run.
                guard case .text(let parts) = path.value, parts.count == 1,
                    case .literal(let file) = parts[0],
                    read.insert(file).inserted, let script = try? readText(file, limit: scriptLimit)
                else { continue }
                names += try topLevelNames(of: Source(name: file, text: script), &read)
            case .expression, .command, .definition, .sharing, .weights, .repetition, .loop, .result, .output,
                .experiment, .record, .source:
                continue
            }
        }
        return names
    }

    /// Whether the user has given one of these names to something.
    public func isBound(_ names: String...) -> Bool { names.contains { globals.lookUp($0) != nil } }

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
        case .dataset(let data) where !isRehearsal:
            front.show(.thumbnails(text: data.description, pictures: { Self.thumbnails(of: data) }))
        case .network(let network) where !isRehearsal:
            let lines = try? summaryLines(of: network)
            front.show(.text(lines ?? value.description))
        case .model(let model) where !isRehearsal: front.show(.text(model.summary))
        case .callable(let callable) where callable.bound.isEmpty: front.show(.text(callable.signature))
        case .sharing(let mode): front.show(.text("sharing \(mode.name)\n" + help.rules(of: mode)))
        case .number, .text, .boolean, .list, .range, .record, .callable, .network, .dataset, .model,
            .feature:
            front.show(.text(value.description))
        }
    }

    /// The first few blurred pictures; none where they cannot be read, which those who ask for them are told
    /// then.
    private static func thumbnails(of data: any Dataset) -> [Image] {
        (0..<min(data.count, 6)).compactMap { try? data.pair(at: $0).blurred }
    }

    func checkInterruption(at span: Span) throws(Diagnostic) {
        if configuration.stop.isRequested { throw .interrupted(at: span) }
    }
}
