import Diagnostics
import Evaluation
import Experiments
import Files
import Language
import Machine
import OrderedCollections
import Runs
import Syntax
import Tables
import Workbench

/// Runs experiments: plans their rows, computes them, and holds tables against what scripts ask for.
package final class ExperimentRunner {
    let workbench: Workbench
    /// Experiment rows that failed; the others went on.
    package private(set) var failedRows = 0
    /// What an audit has found, by experiment, a sentence each.
    package internal(set) var staleRows: OrderedDictionary<String, [String]> = [:]
    /// Whether an experiment has the row that alone is to be run.
    package internal(set) var hasMetOnlyRow = false

    package init(_ workbench: Workbench) { self.workbench = workbench }

    var interpreter: Interpreter { workbench.interpreter }
    var configuration: SessionConfiguration { workbench.configuration }
    var frontEnd: any FrontEnd { workbench.frontEnd }

    /// Makes the rows of an experiment, from runs that are there already as far as they are.
    package func run(_ experiment: ExperimentDefinition, at span: Span) throws(Diagnostic) {
        guard !configuration.isReadOnly else { throw .readOnly("an experiment writes its table", at: span) }
        guard workbench.tracing.tracer == nil, workbench.mode.columns == nil else {
            throw .misplaced("experiment", belongsIn: "a script, outside any other experiment", at: span)
        }
        let nameValue = try interpreter.evaluate(experiment.name)
        guard case .text(let name) = nameValue else {
            throw .wrongKind(
                "an experiment's name", wanted: "a text", got: nameValue, at: experiment.name.span)
        }
        do {
            try ExperimentStore.check(name: name)
        } catch let diagnostic {
            throw diagnostic.located(at: experiment.name.span)
        }
        let points = try points(of: experiment)
        switch workbench.mode {
        case .check: try check(experiment, name, points)
        case .audit(let audit, _):
            audit.meet(name)
            try self.audit(experiment, name, points)
        case .run: try compute(experiment, name, points, at: span)
        }
    }

    /// Makes the table.
    private func compute(
        _ experiment: ExperimentDefinition, _ name: String, _ points: [GridPoint], at span: Span
    ) throws(Diagnostic) {
        let table: ExperimentStore
        do {
            table = try ExperimentStore(opening: name, in: configuration.resultsFolder)
        } catch let diagnostic {
            throw diagnostic.located(at: experiment.name.span)
        }
        noticeChangesByHand(in: table)
        var pass = ExperimentPass(
            experiment: experiment, points: points, table: table,
            rows: Array(repeating: nil, count: points.count))
        do throws(Diagnostic) { try run(&pass, at: span) } catch {
            if error.code == Diagnostic.interruptedCode, table.othersRows > 0 {
                frontEnd.notice(
                    "\(table.path) holds \(counted(table.rows.count - table.othersRows, "row")) computed now and "
                        + "\(table.othersRows) from before")
            }
            throw error
        }
        failedRows += pass.failures
        if configuration.onlyRow != nil { return }
        guard pass.failures == 0 else {
            noticeFailures(pass)
            guard !configuration.stopsAtFailure else { throw .stoppedAtFailure(at: span) }
            return
        }
        let left: [ResultRow]
        do throws(Diagnostic) {
            left = try table.finish(pass.rows.compactMap { $0 }, columns: Array(pass.columns))
        } catch { throw error.located(at: experiment.name.span) }
        frontEnd.notice("\(name): \(counted(points.count, "row")) in \(table.path)")
        notice(left: left, of: table)
    }

    private func noticeChangesByHand(in table: ExperimentStore) {
        let byHand = table.changesByHand()
        guard !byHand.isEmpty else { return }
        for change in byHand { frontEnd.notice("\(table.path): \(change)") }
        // Notes that somebody made in it are not lost.
        let kept = (try? table.keepAsItStands()).map { ", and the table as it was is kept in \($0)" } ?? ""
        frontEnd.notice("\(table.path) was changed by hand; what was computed comes back\(kept)")
    }

    private func noticeFailures(_ pass: ExperimentPass) {
        let (table, rows) = (pass.table, pass.rows.count { $0 != nil })
        let others = table.othersRows
        let held =
            table.rows.isEmpty
            ? "there is no table"
            : "\(table.path) holds \(counted(rows, "row")) computed now"
                + (others > 0 ? " and \(others) from before" : "")
        frontEnd.notice(
            "\(table.name): \(counted(pass.failures, "row")) of \(pass.points.count) failed; \(held)")
    }

    /// Says of rows that the script no longer asks for whether asking again brings them back.
    private func notice(left: [ResultRow], of table: ExperimentStore) {
        for hasRuns in [true, false] {
            let count = left.count { table.hasRun($0) == hasRuns }
            guard count > 0 else { continue }
            let runs = "\(count == 1 ? "its" : "their") runs"
            frontEnd.notice(
                "\(counted(count, "earlier row")) that the script no longer asks for left the table; "
                    + (hasRuns
                        ? "\(runs) are kept, and asking again brings them back" : "\(runs) are not there"))
        }
    }

    /// The combinations of the axes that the `where` lines leave.
    func points(of experiment: ExperimentDefinition) throws(Diagnostic) -> [GridPoint] {
        var axes: [Grid<Value>.Axis] = []
        for axis in experiment.axes {
            let value = try interpreter.evaluate(axis.values)
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
        } catch let diagnostic {
            throw diagnostic.located(at: experiment.name.span)
        }
    }

    private func holds(_ condition: LocatedExpression) throws(Diagnostic) -> Bool {
        let value = try interpreter.evaluate(condition)
        guard case .boolean(let holds) = value else {
            throw .wrongKind(
                "the condition of a `where`", wanted: "true or false", got: value, at: condition.span)
        }
        return holds
    }

    /// A `record` line: columns of the row under way.
    package func record(_ fields: [Field]) throws(Diagnostic) {
        guard let columns = workbench.mode.columns else {
            // Inside a function the parser cannot know; and a check without an experiment has nowhere to
            // record.
            throw .misplaced("record", belongsIn: "an `experiment`", at: fields[0].name.span)
        }
        for field in fields { try columns.add(field.name, interpreter.evaluate(field.value)) }
        do {
            try ResultTable.check(columns: fields.map(\.name.value))
        } catch let diagnostic {
            throw diagnostic.located(at: fields[0].name.span)
        }
    }

    func cell(_ value: Value, of column: Name) throws(Diagnostic) -> Cell {
        guard !value.isMeasuredThing else {
            throw .wrongKind(
                "a column of a table", wanted: "a number, a text, true or false", got: value, at: column.span)
        }
        return value.asCell
    }

    /// `acuity check`: every row is planned, and what is known without training is shown.
    private func check(
        _ experiment: ExperimentDefinition, _ name: String, _ points: [GridPoint]
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
        frontEnd.show(
            .text(
                "\(name): \(counted(points.count, "row"))"
                    + (failures > 0 ? ", of which \(failures) would fail" : "")))
        guard !rows.isEmpty else { return }
        frontEnd.show(.table(table))
    }

    /// Which rows of the table are not those that the script asks for now, and why.
    private func audit(
        _ experiment: ExperimentDefinition, _ name: String, _ points: [GridPoint]
    ) throws(Diagnostic) {
        let table = try ExperimentStore(reading: name, in: configuration.resultsFolder)
        var asked: Set<String> = []
        for (index, point) in points.enumerated() {
            try interpreter.rooms.checkInterruption(at: experiment.name.span)
            let title = point.title(at: "\(name) \(index + 1)/\(points.count)")
            let row: PlannedRow
            do throws(Diagnostic) { row = try planned(experiment, name, point) } catch {
                if error.code == Diagnostic.interruptedCode { throw error }
                staleRows[name, default: []].append("\(title): it cannot be planned: \(error.message)")
                continue
            }
            asked.insert(row.recipe.fingerprint)
            let found = try staleness(of: row, of: experiment, in: table)
            if !found.isEmpty { staleRows[name, default: []] += found.map { "\(title): \($0)" } }
        }
        let others = table.rows.count { !asked.contains($0.fingerprint) }
        if others > 0 {
            staleRows[name, default: []].append(
                "\(table.path): its script no longer asks for \(counted(others, "row")) of it")
        }
    }

    /// Why a row of the table is not the one that the script asks for now; nothing where it is.
    private func staleness(
        of row: PlannedRow, of experiment: ExperimentDefinition, in table: ExperimentStore
    ) throws(Diagnostic) -> [String] {
        switch table.explain(row.recipe) {
        case .recorded:
            let gone = row.runs.first { !table.store.isComplete($0) }
            let missing = gone.map { ["the run \($0) is not complete"] } ?? []
            guard let recorded = table.lookup(row.recipe.fingerprint) else { return missing }
            var changes = changed(row, since: recorded)
            if changes.isEmpty {
                changes = try changed(row, of: experiment, in: table.store, since: recorded)
            }
            return missing
                + (changes.isEmpty ? [] : ["stale, because \(changes.joined(separator: "; "))"])
        case .new: return ["it is not in \(table.path)"]
        case .changed(_, let changes): return ["stale, because \(changes.joined(separator: "; "))"]
        }
    }

    /// What a row records otherwise than its script does now: columns, and values that are known without
    /// runs.
    private func changed(_ row: PlannedRow, since recorded: ResultRow) -> [String] {
        let asked = Set(row.recorded.map(\.name.value))
        var changes = recorded.cells.keys.filter { !asked.contains($0) }.map {
            "`\($0)` is recorded no longer"
        }
        for (name, value) in row.recorded {
            let found = recorded[name.value]
            switch value {
            case .pending: if found.isMissing { changes.append("`\(name.value)` is new") }
            case .nothing:
                if !found.isMissing { changes.append("`\(name.value)`: \(found) → nothing") }
            case .number, .text, .boolean, .callable, .foreign, .range, .list, .record:
                guard let cell = try? cell(value, of: name), cell != found else { continue }
                changes.append(
                    "`\(name.value)`: \(found.isMissing ? "nothing" : found.description) → \(cell)")
            }
        }
        return changes
    }

    /// Which columns come out otherwise from the row's runs by the script as it is now: another score of the
    /// same runs, say. Nothing is computed that is not there: a row that needs such work is left out.
    private func changed(
        _ row: PlannedRow, of experiment: ExperimentDefinition, in store: RunStore, since recorded: ResultRow
    ) throws(Diagnostic) -> [String] {
        var measured: [(name: Name, value: Value)] = []
        let cells: OrderedDictionary<String, Cell>
        do throws(Diagnostic) {
            cells = try compute(row, of: experiment, in: store, measured: &measured).0
        } catch {
            if error.code == Diagnostic.interruptedCode { throw error }
            let isLeftOut = [Diagnostic.notThereCode, Diagnostic.underWayCode].contains(error.code)
            return isLeftOut ? [] : ["its columns cannot be derived: \(error.message)"]
        }
        return cells.compactMap { column, cell in
            let found = recorded[column]
            guard !cell.equalsButForRounding(found), !isMeasuredOnMachine(column) else { return nil }
            return "`\(column)`: \(found) → \(cell)"
        }
    }

    /// What each row records, as far as that is known without training. Most mistakes stand in every row:
    /// each is told once, with the first row that it fails.
    private func rowsThatWork(
        _ experiment: ExperimentDefinition, _ name: String, _ points: [GridPoint]
    ) throws(Diagnostic) -> [[(name: Name, value: Value)]] {
        var rows: [[(name: Name, value: Value)]] = []
        var diagnostics: [(diagnostic: Diagnostic, row: String, others: Int)] = []
        // Also where an interruption ends it.
        defer {
            for (diagnostic, row, others) in diagnostics {
                let others = others > 0 ? ", and in \(counted(others, "other row"))" : ""
                frontEnd.report(diagnostic.noted("in row " + row + others))
            }
        }
        for (index, point) in points.enumerated() {
            try interpreter.rooms.checkInterruption(at: experiment.name.span)
            do throws(Diagnostic) {
                rows.append(try planned(experiment, name, point).recorded)
            } catch let diagnostic where diagnostic.code != Diagnostic.interruptedCode {
                failedRows += 1
                if let known = diagnostics.firstIndex(where: { $0.diagnostic == diagnostic }) {
                    diagnostics[known].others += 1
                } else {
                    diagnostics.append(
                        (diagnostic, point.title(at: "\(name) \(index + 1)/\(points.count)"), 0))
                }
            }
        }
        return rows
    }
}

extension Diagnostic {
    fileprivate static func stoppedAtFailure(at span: Span) -> Diagnostic {
        Diagnostic("stopped-at-failure", "stopped at the first failure, as asked", at: span)
    }

    static func nothingRecorded(at span: Span) -> Diagnostic {
        Diagnostic(
            "nothing-recorded", "this experiment records nothing", at: span,
            hint: "say what goes into its table: `record psnr = score.psnr`")
    }
}

extension Value {
    /// Whether it is no setting that a table could name: a column holds none such.
    fileprivate var isMeasuredThing: Bool {
        switch self {
        case .pending: true
        case .foreign(let foreign): !foreign.isSetting
        case .nothing, .number, .text, .boolean, .list, .range, .record, .callable: false
        }
    }
}
