import Diagnostics
import Files
import OrderedCollections
import Runs
import Tables
import Training

/// The runs that the row under way is computed from.
struct RowRuns {
    let store: RunStore
    /// Trainings whose state is needed beside their weights.
    let resumed: Set<String>
    /// Hashes of the runs used so far, in order.
    private(set) var hashes: OrderedSet<String> = []
    /// By run: one that was computed again within the row counts once.
    private var provenanceOf: OrderedDictionary<String, RunProvenance> = [:]
    var provenances: [RunProvenance] { Array(provenanceOf.values) }
    /// Whether any of them was computed for this row.
    private(set) var hasComputed = false

    init(store: RunStore, resumed: Set<String>) { (self.store, self.resumed) = (store, resumed) }

    mutating func use(_ run: String, _ provenance: RunProvenance?, isNew: Bool = false) {
        hashes.append(run)
        if let provenance { provenanceOf[run] = provenance }
        if isNew { hasComputed = true }
    }
}

/// What a run came out as, for its folder.
struct RunOutcome<Result> {
    let result: Result
    var values: OrderedDictionary<String, Cell>?
    var texts: [RunStore.File: String] = [:]
    /// Total seconds of the work, including earlier sessions of it; `nil` counts from the start of this one.
    var seconds: Double?
}

/// What work made that is kept as a run.
struct WorkOutcome {
    var fields: OrderedDictionary<String, Value>
    /// Further files of the run.
    var texts: [RunStore.File: String] = [:]
    /// What it took by itself, without a training that had to be done again for it; `nil` counts all.
    var seconds: Double?
}

extension Session {
    /// Takes work's values from its run, or does the work and keeps them; outside of a row the work is just
    /// done.
    /// - Parameter isStillThere: whether files that the work wrote elsewhere stand where it left them.
    /// - Throws: `run-under-way` where another process is at it.
    func kept(
        _ work: Work, _ lines: [(key: String, value: String)], isStillThere: () -> Bool = { true },
        _ compute: () throws(Diagnostic) -> WorkOutcome
    ) throws(Diagnostic) -> Value {
        guard let store = rowRuns?.store else { return .record(try compute().fields) }
        return try run(Self.recipe(of: work, lines), in: store) { run throws(Diagnostic) in
            guard isStillThere() else { return nil }
            do throws(Diagnostic) { return .record(try store.values(of: run).mapValues { Value($0) }) } catch
            {
                if configuration.audit == nil { front.notice("\(error.message); it is computed again") }
                return nil
            }
        } compute: { () throws(Diagnostic) in
            let outcome = try compute()
            var values: OrderedDictionary<String, Cell> = [:]
            for (name, value) in outcome.fields { values[name] = value.asCell }
            return RunOutcome(
                result: .record(outcome.fields), values: values, texts: outcome.texts,
                seconds: outcome.seconds)
        }
    }

    static func recipe(of work: Work, _ lines: [(key: String, value: String)]) -> Recipe {
        Recipe(
            axes: [],
            inputs: [Recipe.Line(Work.key, work.rawValue)] + lines.map { Recipe.Line($0.key, $0.value) })
    }

    /// Whether a run is complete, and not one that is to be computed anew.
    func isDone(_ run: String, in store: RunStore) -> Bool {
        store.isComplete(run) && (!renewsRuns || renewed.contains(run))
    }

    /// Takes a run that is complete, or does its work while no other process does and completes it.
    /// - Parameter completed: what a complete run of this hash made; `nil` where it must be done again all
    ///   the same.
    /// - Throws: `run-under-way` where another process is at it; `cannot-write`.
    func run<Result>(
        _ recipe: Recipe, in store: RunStore, completed: (String) throws(Diagnostic) -> Result?,
        compute: () throws(Diagnostic) -> RunOutcome<Result>
    ) throws(Diagnostic) -> Result {
        let run = recipe.fingerprint
        func taken() throws(Diagnostic) -> Result? {
            guard isDone(run, in: store), let result = try completed(run) else { return nil }
            rowRuns?.use(run, store.provenance(of: run))
            if configuration.audit == nil { store.clearLock(of: run) }
            return result
        }
        let wasDone = isDone(run, in: store)
        if wasDone, let result = try taken() { return result }
        guard configuration.audit == nil else { throw .notThere("the run \(run)") }
        switch try store.begin(recipe) {
        case .held(let holder): throw .underWay(run, by: holder)
        case .taken(let lock):
            defer { _ = consume lock }
            // Another process may have completed it since.
            if !wasDone, let result = try taken() { return result }
            if renewsRuns { try store.reopen(run) }
            PeakMemory.begin()
            let start = ContinuousClock.now
            let outcome = try compute()
            let provenance = RunProvenance(
                version: configuration.version, machine: machine, threads: configuration.threads,
                seconds: outcome.seconds ?? (ContinuousClock.now - start) / .seconds(1),
                peakMemory: PeakMemory.bytes)
            try store.finish(run, values: outcome.values, texts: outcome.texts, provenance)
            renewed.insert(run)
            rowRuns?.use(run, provenance, isNew: true)
            return outcome.result
        }
    }

    /// Called before work that no run keeps.
    /// - Throws: `not-there` in an audit.
    func requireComputing() throws(Diagnostic) {
        guard configuration.audit == nil || isRehearsal else { throw .notThere("what no run keeps") }
    }

    var machine: RunMachine { RunMachine.current(instructionSet: TrainingSettings.instructionSet) }
}

extension Diagnostic {
    static let notThereCode = "not-there"

    /// An audit computes nothing.
    static func notThere(_ what: String) -> Diagnostic {
        Diagnostic(notThereCode, "\(what) is not there to be looked at")
    }

    static func readOnly(_ why: String, at span: Span) -> Diagnostic {
        Diagnostic("read-only", "\(why), and nothing is written here", at: span)
    }

    static let underWayCode = "run-under-way"

    static func underWay(_ run: String, by holder: LockHolder) -> Diagnostic {
        Diagnostic(underWayCode, "\(holder.description) works on the run \(run)")
    }
}

extension Value {
    init(_ cell: Cell) {
        switch cell {
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .boolean(let boolean): self = .boolean(boolean)
        case .missing: self = .nothing
        }
    }

    /// As a table keeps it; what is no number, text or truth value is kept as it reads.
    var asCell: Cell {
        switch self {
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        case .boolean(let boolean): .boolean(boolean)
        case .nothing: .missing
        case .list, .range, .record, .callable, .network, .sharing, .dataset, .model, .table, .image,
            .feature, .pending:
            .text(description)
        }
    }
}
