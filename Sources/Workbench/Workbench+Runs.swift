import Diagnostics
import Files
import Language
import Machine
import OrderedCollections
import Runs
import Tables
import Training

/// What a run came out as, for its folder.
package struct RunOutcome<Result> {
    package let result: Result
    package var values: OrderedDictionary<String, Cell>?
    package var texts: [RunStore.File: String] = [:]
    /// Total seconds of the work, including earlier sessions of it; `nil` counts from the start of this one.
    package var seconds: Double?

    package init(
        result: Result, values: OrderedDictionary<String, Cell>? = nil,
        texts: [RunStore.File: String] = [:], seconds: Double? = nil
    ) {
        (self.result, self.values, self.texts, self.seconds) = (result, values, texts, seconds)
    }
}

/// What work made that is kept as a run.
package struct WorkOutcome {
    package var fields: OrderedDictionary<String, Value>
    /// Further files of the run.
    package var texts: [RunStore.File: String] = [:]
    /// What it took by itself, without a training that had to be done again for it; `nil` counts all.
    package var seconds: Double?

    package init(
        fields: OrderedDictionary<String, Value>, texts: [RunStore.File: String] = [:],
        seconds: Double? = nil
    ) {
        (self.fields, self.texts, self.seconds) = (fields, texts, seconds)
    }
}

extension Workbench {
    /// Takes work's values from its run, or does the work and keeps them; outside of a row the work is just
    /// done.
    /// - Parameter isStillThere: whether files that the work wrote elsewhere stand where it left them.
    /// - Throws: `run-under-way` where another process is at it.
    package func kept(
        _ work: Work, _ lines: [(key: String, value: String)], isStillThere: () -> Bool = { true },
        _ compute: () throws(Diagnostic) -> WorkOutcome
    ) throws(Diagnostic) -> Value {
        guard let store = mode.recorder?.store else { return .record(try compute().fields) }
        return try run(Self.recipe(of: work, lines), in: store) { run throws(Diagnostic) in
            guard isStillThere() else { return nil }
            do throws(Diagnostic) { return .record(try store.values(of: run).mapValues { Value($0) }) } catch
            {
                if mode.audit == nil { frontEnd.notice("\(error.message); it is computed again") }
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

    package static func recipe(of work: Work, _ lines: [(key: String, value: String)]) -> Recipe {
        Recipe(
            axes: [],
            inputs: [Recipe.Line(Work.key, work.rawValue)] + lines.map { Recipe.Line($0.key, $0.value) })
    }

    /// Whether a run is complete, and not one that is to be computed anew.
    package func isDone(_ run: String, in store: RunStore) -> Bool {
        store.isComplete(run) && (!renewal.isAsked || renewal.renewed.contains(run))
    }

    /// Takes a run that is complete, or does its work while no other process does and completes it.
    /// - Parameter completed: what a complete run of this hash made; `nil` where it must be done again all
    ///   the same.
    /// - Throws: `run-under-way` where another process is at it; `cannot-write`.
    package func run<Result>(
        _ recipe: Recipe, in store: RunStore, completed: (String) throws(Diagnostic) -> Result?,
        compute: () throws(Diagnostic) -> RunOutcome<Result>
    ) throws(Diagnostic) -> Result {
        let run = recipe.fingerprint
        func taken() throws(Diagnostic) -> Result? {
            guard isDone(run, in: store), let result = try completed(run) else { return nil }
            mode.recorder?.use(run, store.provenance(of: run))
            if mode.audit == nil { store.clearLock(of: run) }
            return result
        }
        let wasDone = isDone(run, in: store)
        if wasDone, let result = try taken() { return result }
        try requireComputing("the run \(run)")
        switch try store.begin(recipe) {
        case .held(let holder): throw .underWay(run, by: holder)
        case .taken(let lock):
            defer { _ = consume lock }
            // Another process may have completed it since.
            if !wasDone, let result = try taken() { return result }
            if renewal.isAsked { try store.reopen(run) }
            PeakMemory.begin()
            let clock = Stopwatch()
            let outcome = try compute()
            let provenance = RunProvenance(
                version: configuration.version, machine: machine, threads: configuration.threads,
                seconds: outcome.seconds ?? clock.seconds,
                peakMemory: PeakMemory.bytes)
            try store.finish(run, values: outcome.values, texts: outcome.texts, provenance)
            renewal.renewed.insert(run)
            mode.recorder?.use(run, provenance, isNew: true)
            return outcome.result
        }
    }

    package var machine: RunMachine { RunMachine.current(instructionSet: TrainingSettings.instructionSet) }
}

extension Diagnostic {
    package static let underWayCode = "run-under-way"

    package static func underWay(_ run: String, by holder: LockHolder) -> Diagnostic {
        Diagnostic(underWayCode, "\(holder.description) works on the run \(run)")
    }
}

extension Value {
    package init(_ cell: Cell) {
        switch cell {
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .boolean(let boolean): self = .boolean(boolean)
        case .missing: self = .nothing
        }
    }

    /// As a table keeps it; what is no number, text or truth value is kept as it reads.
    package var asCell: Cell {
        switch self {
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        case .boolean(let boolean): .boolean(boolean)
        case .nothing: .missing
        case .list, .range, .record, .callable, .foreign, .pending: .text(description)
        }
    }
}
