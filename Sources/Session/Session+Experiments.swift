import Diagnostics
import Experiments
import Files
import Foundation
import OrderedCollections
import Syntax

/// One row to run: the values of the axes, and what it depends on.
private struct PlannedRow {
    let point: Point
    let recipe: Recipe
    /// What the body recorded while it was planned: columns, with `pending` where only a run can tell.
    let recorded: [(name: Name, value: Value)]
}

private typealias Point = Grid<Value>.Point

extension Grid.Point {
    /// `blocks 2/3: transform = nested(order = 4), seed = 1`; of an experiment without axes the position alone.
    fileprivate func title(at position: String) -> String {
        guard !values.isEmpty else { return position }
        return position + ": " + values.map { "\($0.name) = \($0.label)" }.joined(separator: ", ")
    }
}

/// How long rows take, for saying how long those that are left will.
private struct RowPace {
    private var seconds = 0.0
    private var rows = 0
    private var announced = Double.infinity

    mutating func add(since start: ContinuousClock.Instant) {
        seconds += (ContinuousClock.now - start) / .seconds(1)
        rows += 1
    }

    /// Says it where it is minutes, and again whenever half of that has passed.
    mutating func tell(left: Int, _ front: any Front) {
        guard rows > 0 else { return }
        let time = seconds / Double(rows) * Double(left)
        guard time >= 60, time <= announced / 2 else { return }
        announced = time
        front.notice("about \(Session.duration(time)) for the \(counted(left, "row")) left")
    }
}

extension Session {
    /// Runs the rows of an experiment that do not stand in its table already.
    func run(_ experiment: ExperimentDefinition, at span: Span) throws(Diagnostic) {
        guard tracer == nil, plan == nil, recorded == nil else {
            throw .misplaced("experiment", belongsIn: "a script, outside any other experiment", at: span)
        }
        let nameValue = try evaluate(experiment.name)
        guard case .text(let name) = nameValue else {
            throw .wrongKind(
                "an experiment's name", wanted: "a text", got: nameValue, at: experiment.name.span)
        }
        do {
            try ExperimentStore.check(name: name)
        } catch let mistake {
            throw mistake.located(at: experiment.name.span)
        }
        let points = try points(of: experiment)
        if configuration.isCheck { return try check(experiment, name, points) }
        let store: ExperimentStore
        do {
            store = try ExperimentStore(opening: name, in: configuration.resultsFolder)
        } catch let mistake {
            throw mistake.located(at: experiment.name.span)
        }
        var fingerprints: [String] = []
        var columns: OrderedSet<String> = []
        var failures = 0
        var pace = RowPace()
        for (index, point) in points.enumerated() {
            try checkInterruption(at: span)
            pace.tell(left: points.count - index, front)
            let position = "\(name) \(index + 1)/\(points.count)"
            do throws(Diagnostic) {
                let row = try planned(experiment, name, point)
                columns.formUnion(row.recorded.map(\.name.value))
                fingerprints.append(row.recipe.fingerprint)
                let start = ContinuousClock.now
                if try run(row, experiment, position, in: store) { pace.add(since: start) }
            } catch let mistake where mistake.code != Diagnostic.interruptedCode {
                let noted = mistake.noted("in row " + point.title(at: position))
                // A disk that takes nothing of one row takes nothing of the next, which may be a night's training.
                guard mistake.code != Diagnostic.cannotWriteCode else {
                    throw noted.noted(
                        "\(store.path) holds \(counted(store.rows.count, "row")); run it again to go on"
                    )
                    .located(at: experiment.name.span)
                }
                failures += 1
                front.report(noted)
            }
        }
        guard failures == 0 else {
            for _ in 0..<failures { rowFailed() }
            return front.notice(
                "\(name): \(counted(failures, "row")) of \(points.count) failed; "
                    + held(by: store, of: fingerprints))
        }
        do throws(Diagnostic) {
            try store.finish(fingerprints, columns: Array(columns))
        } catch { throw error.located(at: experiment.name.span) }
        front.notice("\(name): \(counted(points.count, "row")) in \(store.path)")
    }

    /// What a table holds after a run that did not come to its end: rows of other recipes are cleared away only then.
    private func held(by store: ExperimentStore, of fingerprints: [String]) -> String {
        let own = Set(fingerprints)
        let count = store.rows.count { own.contains($0.fingerprint) }
        let others = store.rows.count - count
        return "\(store.path) holds \(counted(count, "row")) of this run"
            + (others > 0 ? " and \(others) of earlier ones" : "")
    }

    /// The combinations of the axes that the `where` lines leave.
    private func points(of experiment: ExperimentDefinition) throws(Diagnostic) -> [Point] {
        var axes: [Grid<Value>.Axis] = []
        for axis in experiment.axes {
            let value = try evaluate(axis.values)
            guard let elements = value.elements else {
                throw .wrongKind(
                    "what `\(axis.name.value)` runs over", wanted: "a list or a range", got: value,
                    at: axis.values.span)
            }
            axes.append(.init(axis.name.value, elements.map { ($0, $0.literal) }, span: axis.values.span))
        }
        do {
            return try Grid(axes).points { point throws(Diagnostic) in
                try inRow(point) { () throws(Diagnostic) in
                    for condition in experiment.conditions where try !holds(condition) { return false }
                    return true
                }
            }
        } catch let mistake {
            throw mistake.located(at: experiment.name.span)
        }
    }

    private func holds(_ condition: LocatedExpression) throws(Diagnostic) -> Bool {
        let value = try evaluate(condition)
        guard case .boolean(let holds) = value else {
            throw .wrongKind(
                "the condition of a `where`", wanted: "true or false", got: value, at: condition.span)
        }
        return holds
    }

    /// Runs `body` with the axes bound in a frame of its own, so that rows cannot see each other's names.
    private func inRow<Result>(
        _ point: Point, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        let outer = frame
        frame = Frame(enclosing: outer === globals ? nil : outer)
        defer { frame = outer }
        for (name, value, _) in point.values { frame.bind(name, to: value) }
        return try body()
    }

    /// Runs the body without training anything, for what it depends on.
    private func planned(
        _ experiment: ExperimentDefinition, _ name: String, _ point: Point
    ) throws(Diagnostic) -> PlannedRow {
        let plan = RowPlan(of: name)
        let wasRehearsal = isRehearsal
        (self.plan, isRehearsal, recorded) = (plan, true, [])
        defer { (self.plan, isRehearsal, recorded) = (nil, wasRehearsal, nil) }
        plan.depends(on: experiment.body)
        try inRow(point) { () throws(Diagnostic) in try runBody(of: experiment) }
        let recorded = recorded ?? []
        guard !recorded.isEmpty else { throw .nothingRecorded(at: experiment.name.span) }
        return PlannedRow(
            point: point, recipe: plan.recipe(axes: point.recipeLines), recorded: recorded)
    }

    private func runBody(of experiment: ExperimentDefinition) throws(Diagnostic) {
        if case .returned(_, let span) = try run(experiment.body) {
            throw .misplaced("return", belongsIn: "a block or a function", at: span)
        }
    }

    /// - Returns: whether the row had to be run.
    private func run(
        _ row: PlannedRow, _ experiment: ExperimentDefinition, _ position: String, in store: ExperimentStore
    ) throws(Diagnostic) -> Bool {
        let title = row.point.title(at: position)
        switch store.explain(row.recipe) {
        case .recorded where !configuration.runsAllRows:
            front.notice("\(title): recorded already")
            return false
        case .recorded: front.notice("\(title): run again, as asked")
        case .new: front.notice(title)
        case .changed(_, let changes):
            front.notice("\(title): run again, because " + changes.joined(separator: "; "))
        }
        // Before a night's training, and not after it.
        if let trouble = store.writeTrouble { throw trouble }
        curve = []
        metrics = []
        recorded = []
        rowFiles = RowFiles(runs: store.runs, fingerprint: row.recipe.fingerprint)
        defer { (recorded, rowFiles) = (nil, nil) }
        try inRow(row.point) { () throws(Diagnostic) in try runBody(of: experiment) }
        var cells: OrderedDictionary<String, Cell> = [:]
        for (name, value) in recorded ?? [] { cells[name.value] = try cell(value, of: name) }
        try store.record(
            cells, recipe: row.recipe, curve: curve, metrics: metrics.sorted().joined(separator: "; "),
            threads: configuration.threads,
            version: configuration.version)
        return true
    }

    /// A `record` line: columns of the row under way.
    func record(_ fields: [Field]) throws(Diagnostic) {
        guard recorded != nil else {
            // Inside a function the parser cannot know; and a check without an experiment has nowhere to record.
            throw .misplaced("record", belongsIn: "an `experiment`", at: fields[0].name.span)
        }
        for field in fields {
            if let first = recorded?.first(where: { $0.name.value == field.name.value }) {
                throw .repeatedColumn(field.name, first: first.name.span)
            }
            let value = try evaluate(field.value)
            recorded?.append((field.name, value))
            // A value known before the run counts by itself; how the others are computed, the body's text says.
            if !value.isPending { plan?.add("record", [(field.name.value, value.literal)]) }
        }
        do {
            try ResultTable.check(columns: fields.map(\.name.value))
        } catch let mistake {
            throw mistake.located(at: fields[0].name.span)
        }
    }

    private func cell(_ value: Value, of column: Name) throws(Diagnostic) -> Cell {
        switch value {
        case .number(let number): return .number(number)
        case .text(let text): return .text(text)
        case .boolean(let boolean): return .boolean(boolean)
        case .nothing: return .missing
        case .callable, .network, .sharing, .range, .list, .record: return .text(value.description)
        case .dataset, .model, .table, .image, .feature, .pending:
            throw .wrongKind(
                "a column of a table", wanted: "a number, a text, true or false", got: value, at: column.span)
        }
    }

    /// `acuity check`: every row is planned, and what is known without training is shown.
    private func check(
        _ experiment: ExperimentDefinition, _ name: String, _ points: [Point]
    ) throws(Diagnostic) {
        let rows = try rowsThatWork(experiment, name, points)
        let columns = OrderedSet(rows.flatMap { $0.map(\.name.value) })
        var table = TextTable(columns: columns.map { .init($0) })
        for row in rows {
            table.append(
                columns.map { column in
                    row.first { $0.name.value == column }?.value.description ?? ""
                })
        }
        let failures = points.count - rows.count
        front.show(
            .text(
                "\(name): \(counted(points.count, "row"))"
                    + (failures > 0 ? ", of which \(failures) would fail" : "")))
        guard !rows.isEmpty else { return }
        front.show(.table(table))
    }

    /// What each row records, as far as that is known without training. Most mistakes stand in every row: each is told once,
    /// with the first row that it fails.
    private func rowsThatWork(
        _ experiment: ExperimentDefinition, _ name: String, _ points: [Point]
    ) throws(Diagnostic) -> [[(name: Name, value: Value)]] {
        var rows: [[(name: Name, value: Value)]] = []
        var mistakes: [(mistake: Diagnostic, row: String, others: Int)] = []
        // Also where an interruption ends it.
        defer {
            for (mistake, row, others) in mistakes {
                let others = others > 0 ? ", and in \(counted(others, "other row"))" : ""
                front.report(mistake.noted("in row " + row + others))
            }
        }
        for (index, point) in points.enumerated() {
            try checkInterruption(at: experiment.name.span)
            do throws(Diagnostic) {
                rows.append(try planned(experiment, name, point).recorded)
            } catch let mistake where mistake.code != Diagnostic.interruptedCode {
                rowFailed()
                if let known = mistakes.firstIndex(where: { $0.mistake == mistake }) {
                    mistakes[known].others += 1
                } else {
                    mistakes.append((mistake, point.title(at: "\(name) \(index + 1)/\(points.count)"), 0))
                }
            }
        }
        return rows
    }
}

extension Diagnostic {
    func noted(_ note: String) -> Diagnostic {
        var copy = self
        copy.notes.append(note)
        return copy
    }

    static func nothingRecorded(at span: Span) -> Diagnostic {
        Diagnostic(
            "nothing-recorded", "this experiment records nothing", at: span,
            hint: "say what goes into its table: `record psnr = score.psnr`")
    }

    static func repeatedColumn(_ name: Name, first: Span) -> Diagnostic {
        Diagnostic(
            "repeated-name", "the column `\(name.value)` is recorded twice in a row", at: name.span,
            related: [Label(first, "first recorded here")])
    }
}
