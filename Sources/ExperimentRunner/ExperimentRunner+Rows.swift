import Diagnostics
import Experiments
import Files
import Foundation
import Language
import Machine
import OrderedCollections
import Runs
import Syntax
import Tables
import Workbench

/// One row to run: the values of the axes, and what it depends on.
struct PlannedRow {
    let point: GridPoint
    let recipe: Recipe
    /// What the body recorded while it was planned: columns, with `pending` where only a run can tell.
    let recorded: [(name: Name, value: Value)]
    /// The runs that it needs, in the order in which they are made.
    let runs: [String]
    /// Trainings whose state is needed beside their weights.
    let resumed: Set<String>
}

typealias GridPoint = Grid<Value>.Point

extension Grid.Point {
    /// `blocks 2/3: transform = nested(order = 4), seed = 1`; of an experiment without axes the position
    /// alone.
    func title(at position: String) -> String {
        guard !values.isEmpty else { return position }
        return position + ": " + values.map { "\($0.name) = \($0.label)" }.joined(separator: ", ")
    }
}

/// How long rows take, for saying how long those that are left will.
struct RowPace {
    private var seconds = 0.0
    private var rows = 0
    private var announced = Double.infinity

    mutating func add(_ seconds: Double) {
        self.seconds += seconds
        rows += 1
    }

    /// Says it where it is minutes, and again whenever half of that has passed.
    mutating func tell(left: Int, _ frontEnd: any FrontEnd) {
        guard rows > 0 else { return }
        let time = seconds / Double(rows) * Double(left)
        guard time >= 60, time <= announced / 2 else { return }
        announced = time
        frontEnd.notice("about \(duration(time)) for the \(counted(left, "row")) left")
    }
}

/// An experiment while its rows are made.
struct ExperimentPass {
    let experiment: ExperimentDefinition
    let points: [GridPoint]
    let table: ExperimentStore
    var planned: [Int: PlannedRow] = [:]
    /// Those that are made, by their places in the grid.
    var rows: [ResultRow?]
    var columns: OrderedSet<String> = []
    var failures = 0
    var pace = RowPace()
    /// What the row that failed last had recorded.
    var measured: [(name: Name, value: Value)] = []

    func title(of index: Int) -> String {
        points[index].title(at: "\(table.name) \(index + 1)/\(points.count)")
    }
}

extension ExperimentRunner {
    /// Goes through the rows until all are made, and leaves those that other processes work on for later.
    func run(_ pass: inout ExperimentPass, at span: Span) throws(Diagnostic) {
        var waiting = Array(pass.points.indices)
        var isAnnounced = false
        while !waiting.isEmpty {
            var later: [Int] = []
            var holder: String?
            for (position, index) in waiting.enumerated() {
                try interpreter.rooms.checkInterruption(at: span)
                pass.pace.tell(left: waiting.count - position, frontEnd)
                do throws(Diagnostic) {
                    try runRow(index, &pass)
                } catch let diagnostic where diagnostic.code == Diagnostic.underWayCode {
                    holder = diagnostic.message
                    later.append(index)
                } catch let diagnostic where diagnostic.code != Diagnostic.interruptedCode {
                    try fail(diagnostic, index, &pass)
                    if configuration.stopsAtFailure { return }
                }
            }
            if later.count == waiting.count, let holder {
                if !isAnnounced { frontEnd.notice("waits for \(counted(later.count, "row")): \(holder)") }
                isAnnounced = true
                Thread.sleep(forTimeInterval: 0.2)
            }
            waiting = later
        }
    }

    private func fail(
        _ diagnostic: Diagnostic, _ index: Int, _ pass: inout ExperimentPass
    ) throws(Diagnostic) {
        let table = pass.table
        var noted = diagnostic.noted("in row " + pass.title(of: index))
        // A disk that takes nothing of one row takes nothing of the next, which may be a night's training.
        guard diagnostic.code != Diagnostic.cannotWriteCode else {
            throw noted.noted(
                (table.rows.isEmpty
                    ? "no row is in \(table.path) yet"
                    : "\(table.path) holds \(counted(table.rows.count, "row"))")
                    + "; run the script again to go on"
            )
            .located(at: pass.experiment.name.span)
        }
        pass.failures += 1
        if let row = pass.planned[index] {
            let run = row.recipe.fingerprint
            let path = table.store.path(of: run, .failure)
            var text = Renderer(coloured: false).render(noted)
            for (name, value) in pass.measured { text += "\(name.value) = \(value.description)\n" }
            for run in row.runs {
                text += "run \(run): \(table.store.isComplete(run) ? "complete" : "not complete")\n"
            }
            do throws(Diagnostic) {
                // Where another process works on the row, what it says there is newer.
                if case .taken(let lock) = try table.store.begin(row.recipe) {
                    defer { _ = consume lock }
                    try writeAtomically(text, to: path)
                    noted = noted.noted("\(path) keeps this message and what the row had measured")
                }
            } catch {
                frontEnd.notice("\(path) could not be written: \(error.message)")
            }
        }
        frontEnd.report(noted)
    }

    /// Runs `body` with the axes bound in a frame of its own, so that rows cannot see each other's names.
    func inRow<Result>(
        _ point: GridPoint, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        let outer = interpreter.frame
        let frame = Frame(enclosing: outer === interpreter.globals ? nil : outer)
        for (name, value, _) in point.values { frame.bind(name, to: value) }
        return try interpreter.within(frame, body)
    }

    /// Runs the body without training anything, for what it depends on.
    func planned(
        _ experiment: ExperimentDefinition, _ name: String, _ point: GridPoint
    ) throws(Diagnostic) -> PlannedRow {
        let plan = RowPlan(of: name)
        try within(workbench.mode.planning(plan)) { () throws(Diagnostic) in
            try inRow(point) { () throws(Diagnostic) in try runBody(of: experiment) }
        }
        let recorded = plan.columns.all
        guard !recorded.isEmpty else { throw .nothingRecorded(at: experiment.name.span) }
        return PlannedRow(
            point: point, recipe: plan.recipe(axes: point.recipeLines), recorded: recorded, runs: plan.runs,
            resumed: plan.resumed)
    }

    private func within(_ mode: RunMode, _ body: () throws(Diagnostic) -> Void) throws(Diagnostic) {
        let outer = workbench.mode
        workbench.mode = mode
        defer { workbench.mode = outer }
        try body()
    }

    private func runBody(of experiment: ExperimentDefinition) throws(Diagnostic) {
        if case .returned(_, let span) = try interpreter.run(experiment.body) {
            throw .misplaced("return", belongsIn: "a block or a function", at: span)
        }
    }

    /// Makes a row: computes the runs that are not there, then its columns from them.
    private func runRow(_ index: Int, _ pass: inout ExperimentPass) throws(Diagnostic) {
        let (table, title) = (pass.table, pass.title(of: index))
        pass.measured = []
        let row = try plannedRow(index, &pass)
        let run = row.recipe.fingerprint
        defer { workbench.renewal.isAsked = configuration.runsAllRows }
        if let only = configuration.onlyRow {
            guard run == only else { return }
            hasMetOnlyRow = true
            workbench.renewal.isAsked = true
        }
        let missing = row.runs.filter { !workbench.isDone($0, in: table.store) }
        if let first = missing.first, let holder = table.store.worker(on: first) {
            throw .underWay(first, by: holder)
        }
        let former = try? table.store.values(of: run)
        let isNew = !missing.isEmpty || former == nil || workbench.renewal.isAsked
        // Before a night's training, and not after it.
        if isNew, let trouble = table.writeTrouble, table.lookup(run) == nil { throw trouble }
        let lock = isNew ? try begin(row, in: table.store) : nil
        defer { _ = consume lock }
        if isNew { announce(row, title, table) }
        let clock = Stopwatch()
        let (cells, runs) = try compute(
            row, of: pass.experiment, in: table.store, measured: &pass.measured)
        if configuration.onlyRow != nil { noticeRerun(title, cells, since: former ?? [:]) }
        if !isNew { noticeUnchanged(title, cells, since: former ?? [:], hasComputed: runs.hasComputed) }
        pass.rows[index] = try table.record(
            cells, recipe: row.recipe,
            background: RowBackground(
                metrics: runs.metrics.sorted().joined(separator: "; "), facts: configuration.invocation,
                runs: runs.hashes.filter { !row.runs.contains($0) }),
            isBegun: isNew, provenance(of: run, cells, from: runs))
        if runs.hasComputed { pass.pace.add(clock.seconds) }
    }

    private func plannedRow(_ index: Int, _ pass: inout ExperimentPass) throws(Diagnostic) -> PlannedRow {
        if let row = pass.planned[index] { return row }
        let row = try planned(pass.experiment, pass.table.name, pass.points[index])
        pass.planned[index] = row
        pass.columns.formUnion(row.recorded.map(\.name.value))
        return row
    }

    /// Begins a row, so that no other process computes it meanwhile, or removes runs that it needs.
    private func begin(_ row: PlannedRow, in store: RunStore) throws(Diagnostic) -> RunLock {
        switch try store.begin(row.recipe) {
        case .held(let holder): throw .underWay(row.recipe.fingerprint, by: holder)
        case .taken(let lock): return lock
        }
    }

    /// Runs the body for a row.
    /// - Parameter measured: gets what the body had recorded where it fails.
    func compute(
        _ row: PlannedRow, of experiment: ExperimentDefinition, in store: RunStore,
        measured: inout [(name: Name, value: Value)]
    ) throws(Diagnostic) -> (OrderedDictionary<String, Cell>, RowRecorder) {
        let recorder = RowRecorder(store: store, resumed: row.resumed)
        do throws(Diagnostic) {
            try within(workbench.mode.recording(recorder)) { () throws(Diagnostic) in
                try inRow(row.point) { () throws(Diagnostic) in try runBody(of: experiment) }
            }
        } catch {
            measured = recorder.columns.all
            throw error
        }
        var cells: OrderedDictionary<String, Cell> = [:]
        for (name, value) in recorder.columns.all { cells[name.value] = try cell(value, of: name) }
        return (cells, recorder)
    }

    /// Whether a row that was run again gave what it had given.
    private func noticeRerun(
        _ title: String, _ cells: OrderedDictionary<String, Cell>,
        since former: OrderedDictionary<String, Cell>
    ) {
        guard !former.isEmpty else { return }
        let changes = changed(cells, since: former).map { column, value in
            "`\(column)` \(former[column]?.description ?? "nothing") → \(value)"
        }
        frontEnd.notice(
            changes.isEmpty
                ? "\(title): the same values again" : "\(title): \(changes.joined(separator: ", "))")
    }

    private func noticeUnchanged(
        _ title: String, _ cells: OrderedDictionary<String, Cell>,
        since former: OrderedDictionary<String, Cell>, hasComputed: Bool
    ) {
        guard !hasComputed else {
            return frontEnd.notice("\(title): computed anew as far as it was not there")
        }
        let changed = changed(cells, since: former).map { "`\($0.key)`" }.joined(separator: ", ")
        frontEnd.notice(
            changed.isEmpty
                ? "\(title): recorded already"
                : "\(title): \(changed) taken from earlier runs")
    }

    private func changed(
        _ cells: OrderedDictionary<String, Cell>, since former: OrderedDictionary<String, Cell>
    ) -> OrderedDictionary<String, Cell> {
        cells.filter { !$0.value.isMissing && former[$0.key] != $0.value }
    }

    private func announce(_ row: PlannedRow, _ title: String, _ table: ExperimentStore) {
        switch table.explain(row.recipe) {
        case .recorded where workbench.renewal.isAsked: frontEnd.notice("\(title): run again, as asked")
        case .recorded, .new: frontEnd.notice(title)
        case .changed(_, let changes):
            frontEnd.notice("\(title): run again, because " + changes.joined(separator: "; "))
        }
    }

    /// That of the row's runs; of a row without any, when its values were first computed.
    private func provenance(
        of row: String, _ cells: OrderedDictionary<String, Cell>, from runs: RowRecorder
    ) -> RunProvenance {
        let store = runs.store
        if let joined = RunProvenance.joined(runs.provenances) { return joined }
        if !workbench.renewal.isAsked, let known = store.provenance(of: row),
            let values = try? store.values(of: row),
            values.filter({ !$0.value.isMissing }) == cells.filter({ !$0.value.isMissing })
        {
            return known
        }
        return RunProvenance(
            version: configuration.version, machine: workbench.machine, threads: configuration.threads,
            seconds: 0,
            peakMemory: nil)
    }
}
