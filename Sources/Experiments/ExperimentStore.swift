import Diagnostics
import Files
import Foundation
import OrderedCollections
import Runs
import Tables

/// An experiment's table while it is made: a view of rows that are kept as runs.
///
/// Use: open; for each point of the grid make its recipe, `explain`, compute, `record`; at the end `finish`.
/// Several processes may do so at once: each change reads the table as it stands, under a lock. A run that is
/// killed in between leaves a table that the next one completes to the very file that an undisturbed run
/// would have written, times apart.
///
/// Until `finish`, rows whose recipe is no longer asked for stay in the table, except those at the same place
/// in the grid as a new row: these the new row replaces. What they were computed from stays in the
/// ``RunStore`` in either case.
public final class ExperimentStore {
    /// Why a row of the grid has to be made, or that it has not.
    public enum Reason: Sendable, Equatable {
        /// The row is there already.
        case recorded
        /// No earlier row stands at this place in the grid.
        case new
        /// An earlier row does; `changes` are those of its recipe, as ``Recipe/changes(since:)`` puts them.
        case changed(since: String, changes: [String])
    }

    public let name: String
    /// The CSV file.
    public let path: String
    public let store: RunStore
    /// The rows of the table on the disk, as last read or written.
    public private(set) var rows: [ResultRow] = []
    private var declared: [String] = []
    /// Recipes of rows, as far as read; the value is `nil` for a row whose recipe is lost.
    private var recipes: [String: Recipe?] = [:]
    /// Fingerprints of the rows that this process has made or found made, in order.
    private var made: OrderedSet<String> = []
    /// Why no row can be recorded: the table can only be read. What stands in it is as good for that.
    public private(set) var writeTrouble: Diagnostic?

    /// Opens, or prepares to make, `FOLDER/NAME.csv`. A table that is there and can only be read is opened
    /// with ``writeTrouble``.
    /// - Throws: `bad-experiment-name`, `cannot-write`, and as ``ResultTable/init(readFrom:)``.
    public convenience init(opening name: String, in folder: String) throws(Diagnostic) {
        try self.init(reading: name, in: folder)
        let isThere = FileManager.default.fileExists(atPath: path)
        do throws(Diagnostic) {
            do {
                try FileManager.default.createDirectory(atPath: store.path, withIntermediateDirectories: true)
            } catch {
                throw .cannotWrite(
                    path, "the folder \(store.path) cannot be made", error: systemError(of: error))
            }
            _ = try AtomicFile(replacing: path)
            writeTrouble = nil
        } catch {
            guard isThere else { throw error }
            writeTrouble = error
        }
        if writeTrouble == nil { clearUp() }
    }

    /// Opens it to be looked at alone: nothing is written, and no folder made.
    /// - Throws: `bad-experiment-name`, and as ``ResultTable/init(readFrom:)``.
    public init(reading name: String, in folder: String) throws(Diagnostic) {
        try Self.check(name: name)
        self.name = name
        path = Self.tablePath(name, in: folder)
        store = RunStore(in: folder)
        writeTrouble = Diagnostic("read-only", "\(path) is only looked at")
        try read()
    }

    /// Removes what killed processes have left half-written, unless another process is writing just now.
    private func clearUp() {
        guard case .taken(let lock)? = try? RunLock.take(lockPath) else { return }
        let beside = [copyPath, Self.unfinishedPath(name, in: store), Self.pendingPath(name, in: store)]
        for file in [path] + beside { removePartials(of: file) }
        if !Self.isPending(name, in: store) { unlink(Self.pendingPath(name, in: store)) }
        _ = consume lock
    }

    private var lockPath: String { Self.lockPath(name, in: store) }

    private func read() throws(Diagnostic) {
        guard FileManager.default.fileExists(atPath: path) else {
            (rows, declared) = ([], [])
            return
        }
        let table = try ResultTable(readFrom: path)
        (rows, declared) = (table.rows, table.columns)
    }

    /// Changes the table while no other process does.
    private func changing(_ change: () throws(Diagnostic) -> Void) throws(Diagnostic) {
        if let writeTrouble { throw writeTrouble }
        let lockPath = lockPath
        let lock = try waiting { () throws(Diagnostic) in try RunLock.take(lockPath) }
        try read()
        try change()
        _ = consume lock
    }

    /// Takes a lock that others hold for moments.
    private func waiting(
        for take: () throws(Diagnostic) -> RunLock.Outcome
    ) throws(Diagnostic) -> RunLock {
        let deadline = ContinuousClock.now + .seconds(Int(RunLock.deadSeconds) + 30)
        while true {
            switch try take() {
            case .taken(let lock): return lock
            case .held(let holder):
                guard ContinuousClock.now < deadline else { throw .tableInUse(path, by: holder) }
                usleep(20_000)
            }
        }
    }

    private func write(_ table: ResultTable) throws(Diagnostic) {
        // The copy tells later what was changed by hand; it comes first, so that no table is without one. A
        // process that is killed between the two leaves a table that nobody has changed: the one that it was
        // to replace.
        let replaced = (try? readText(path, limit: ResultTable.sizeLimit)).map(shortDigest) ?? "none"
        let pendingPath = Self.pendingPath(name, in: store)
        try writeAtomically(replaced, to: pendingPath)
        try writeAtomically(table.text, to: copyPath)
        try table.write(to: path)
        unlink(pendingPath)
        rows = table.rows
        declared = table.columns
    }

    private var copyPath: String { Self.copyPath(name, in: store) }

    // MARK: Rows

    /// The row of a recipe, if it has been run.
    public func lookup(_ fingerprint: String) -> ResultRow? {
        rows.first { $0.fingerprint == fingerprint }
    }

    /// Whether the row of `recipe` must run, and why.
    public func explain(_ recipe: Recipe) -> Reason {
        if lookup(recipe.fingerprint) != nil { return .recorded }
        // Of several rows at one place (left by runs that were never finished) the nearest tells most.
        let earlier = indicesOfRows(at: recipe.axes).compactMap { index -> (String, [String])? in
            let fingerprint = rows[index].fingerprint
            return self.recipe(of: fingerprint).map { (fingerprint, recipe.changes(since: $0)) }
        }
        guard let (fingerprint, changes) = earlier.min(by: { $0.1.count < $1.1.count }) else { return .new }
        return .changed(since: fingerprint, changes: changes)
    }

    /// Adds a row: its recipe and values as a run, then the table with it, each file whole or not at all.
    /// - Parameters:
    ///   - isBegun: whether the caller has begun the row's run in ``store``, and so holds its lock.
    /// - Throws: `reserved-column`, `bad-column`, `cannot-write`, `table-in-use`; the table on the disk then
    ///   stands as it was.
    @discardableResult
    public func record(
        _ cells: OrderedDictionary<String, Cell>, recipe: Recipe, background: RowBackground = .init(),
        isBegun: Bool = false, _ provenance: RunProvenance
    ) throws(Diagnostic) -> ResultRow {
        try ResultTable.check(columns: cells.keys)
        let row = ResultRow(
            cells, .init(metrics: background.metrics, fingerprint: recipe.fingerprint, run: provenance))
        made.append(row.fingerprint)
        if lookup(row.fingerprint) == row, isKept(row) {
            noteAsking(row.fingerprint, recipe, background.facts)
            if writeTrouble == nil { store.clearLock(of: row.fingerprint) }
            return row
        }
        if let writeTrouble { throw writeTrouble }
        // The table's row is what others see, so it comes last.
        if !isKept(row) {
            let lock = isBegun ? nil : try waiting { () throws(Diagnostic) in try store.begin(recipe) }
            try store.finish(
                row.fingerprint, values: cells,
                facts: [("metrics", background.metrics)] + background.facts
                    + background.runs.enumerated().map { ("\(RunStore.runKey)\($0.offset + 1)", $0.element) },
                provenance)
            _ = consume lock
        }
        recipes[row.fingerprint] = recipe
        try changing { () throws(Diagnostic) in
            let stale =
                rows.indices.filter { rows[$0].fingerprint == row.fingerprint }
                + indicesOfRows(at: recipe.axes)
            let place = stale.min() ?? rows.count
            let after = rows.indices[place...].filter { !stale.contains($0) }.map { rows[$0] }
            let columns = declared + cells.keys.filter { !declared.contains($0) }
            // Before the table, so that no table of two runs is without it.
            try writeAtomically(made.joined(separator: "\n"), to: Self.unfinishedPath(name, in: store))
            try write(ResultTable(rows: Array(rows[..<place] + [row] + after), declared: columns))
        }
        return row
    }

    /// Rows of the table that this process has not made: those of other settings, or that it has not come to.
    public var othersRows: Int { rows.count { !made.contains($0.fingerprint) } }

    /// How many rows of a table are not of the run that wrote it last, where that has not ended: those of
    /// other settings, or that it has not come to.
    public static func rowsOfOthers(in table: ResultTable, of name: String, in store: RunStore) -> Int {
        guard let text = try? readText(unfinishedPath(name, in: store), limit: ResultTable.sizeLimit) else {
            return 0
        }
        let made = Set(text.split(separator: "\n").map(String.init))
        return table.rows.count { !made.contains($0.fingerprint) }
    }

    /// Keeps the table as it stands on the disk under another name, with what was changed in it by hand.
    /// - Returns: the file's path.
    /// - Throws: `cannot-read`, `cannot-write`.
    public func keepAsItStands() throws(Diagnostic) -> String {
        try keep(readText(path, limit: ResultTable.sizeLimit))
    }

    /// Writes a table's text beside the runs, under a name of its own.
    private func keep(_ text: String) throws(Diagnostic) -> String {
        let kept = "\(store.path)/\(name)-\(shortDigest(text)).csv"
        try writeAtomically(text, to: kept)
        return kept
    }

    /// Whether the run stands that the row was computed from; a table may have come without its runs.
    public func hasRun(_ row: ResultRow) -> Bool { store.isComplete(row.fingerprint) }

    /// Notes by what script and settings a row was asked for last, which `check` reads. Where that cannot be
    /// written, or another process works on the row, what was noted before stands.
    private func noteAsking(_ row: String, _ recipe: Recipe, _ facts: [(key: String, value: String)]) {
        func isAsking(_ key: String) -> Bool { key.hasPrefix("script") || key.hasPrefix("set.") }
        let asking = facts.filter { isAsking($0.key) }
        func isNoted() -> Bool {
            let noted = (store.facts(of: row) ?? [:]).filter { isAsking($0.key) }
            return noted == Dictionary(asking.map { ($0.key, $0.value) }) { first, _ in first }
        }
        // At the prompt there is no script, and that of before still makes the row.
        guard writeTrouble == nil, !asking.isEmpty, !isNoted(),
            case .taken(let lock)? = try? store.begin(recipe)
        else { return }
        defer { _ = consume lock }
        try? store.replaceFacts(of: row, where: isAsking, by: asking)
    }

    /// Whether the row's run holds just these values.
    private func isKept(_ row: ResultRow) -> Bool {
        guard store.provenance(of: row.fingerprint) == row.provenance.run,
            let values = try? store.values(of: row.fingerprint)
        else { return false }
        return values.filter { !$0.value.isMissing } == row.cells
    }

    /// Brings the table to exactly these rows, in this order.
    /// - Parameters:
    ///   - finished: every row of the grid, in order.
    ///   - columns: that the experiment records, so that a column without any value still stands in the
    ///     table.
    /// - Returns: rows that stood in the table and are no longer asked for.
    /// - Throws: `cannot-write`.
    public func finish(_ finished: [ResultRow], columns: [String] = []) throws(Diagnostic) -> [ResultRow] {
        let table = ResultTable(rows: finished, declared: columns)
        let asked = Set(finished.map(\.fingerprint))
        var left = rows.filter { !asked.contains($0.fingerprint) }
        // An unchanged table keeps its time, for tools that look at it.
        if (try? readText(path, limit: ResultTable.sizeLimit)) == table.text {
            unlink(Self.unfinishedPath(name, in: store))
            return []
        }
        try changing { () throws(Diagnostic) in
            left = rows.filter { !asked.contains($0.fingerprint) }
            try keepStrangers(left)
            try write(table)
            unlink(Self.unfinishedPath(name, in: store))
        }
        return left
    }

    /// Rows that no run is kept of, as of an earlier version of the program, go into a file of their own.
    private func keepStrangers(_ left: [ResultRow]) throws(Diagnostic) {
        let strangers = left.filter { !store.isComplete($0.fingerprint) }
        guard !strangers.isEmpty else { return }
        _ = try keep(ResultTable(rows: strangers, declared: declared).text)
    }

    private func indicesOfRows(at axes: [Recipe.Line]) -> [Int] {
        rows.indices.filter { index in
            guard let recipe = recipe(of: rows[index].fingerprint) else { return false }
            return recipe.axes.sorted { $0.key < $1.key } == axes.sorted { $0.key < $1.key }
        }
    }

    private func recipe(of fingerprint: String) -> Recipe? {
        if let known = recipes[fingerprint] { return known }
        let read = store.recipe(of: fingerprint)
        recipes[fingerprint] = .some(read)
        return read
    }
}

extension Diagnostic {
    fileprivate static func tableInUse(_ path: String, by holder: LockHolder) -> Diagnostic {
        Diagnostic(
            "table-in-use", "\(holder.description) has been writing \(path) for more than a minute",
            hint: "end it, or wait until it is done")
    }
}

/// What is kept with a row besides its cells.
public struct RowBackground: Sendable {
    /// The profiles that its scores were computed by.
    let metrics: String
    /// How the row was asked for.
    let facts: [(key: String, value: String)]
    /// What it was computed from.
    let runs: [String]

    public init(metrics: String = "", facts: [(key: String, value: String)] = [], runs: [String] = []) {
        (self.metrics, self.facts, self.runs) = (metrics, facts, runs)
    }
}
