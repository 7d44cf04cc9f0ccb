import Diagnostics
import Files
import Foundation
import OrderedCollections

/// An experiment's results while it runs: what is already there, what must run and why, and each row safe on the
/// disk as soon as it is done.
///
/// Use: open; for each point of the grid make its recipe, `lookup`, and where there is nothing, say `explain`, run,
/// `record`; at the end `finish`. A run that is killed in between leaves a table that the next one completes to the
/// very file that an undisturbed run would have written, times apart.
///
/// Until `finish`, rows whose recipe is no longer asked for stay in the table (a script edited back finds them again),
/// except those at the same place in the grid as a new row: these the new row replaces.
public final class ExperimentStore {
    /// Why a row of the grid has to run, or that it has not.
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
    public let runs: RunFolder
    /// The rows of the table on the disk.
    public private(set) var rows: [ResultRow]
    private var declared: [String]
    /// Recipes of rows, as far as read; the value is `nil` for a row whose recipe is lost.
    private var recipes: [String: Recipe?] = [:]
    /// `nil` where no lock file could be made, and so nothing can be written.
    private let lock: FileLock?
    /// Why no row can be recorded: the table can only be read. What stands in it is as good for that.
    public let writeTrouble: Diagnostic?

    /// Opens, or prepares to make, `FOLDER/NAME.csv`; the table stays locked for other processes until this object
    /// goes away. A table that is there and can only be read is opened with ``writeTrouble``.
    /// - Throws: `bad-experiment-name`, `table-in-use`, `cannot-write`, and as ``ResultTable/init(readFrom:)``.
    public init(opening name: String, in folder: String) throws(Diagnostic) {
        try Self.check(name: name)
        self.name = name
        path = Self.tablePath(name, in: folder)
        runs = Self.runFolder(name, in: folder)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path, "the folder \(folder) cannot be made", error: systemError(of: error))
        }
        let isThere = FileManager.default.fileExists(atPath: path)
        do throws(Diagnostic) {
            lock = try FileLock("\(folder)/.\(name).lock", for: path)
            writeTrouble = nil
        } catch {
            guard isThere, error.code == Diagnostic.cannotWriteCode else { throw error }
            lock = nil
            writeTrouble = error
        }
        removePartials(of: path)
        guard isThere else {
            rows = []
            declared = []
            return
        }
        let table = try ResultTable(readFrom: path)
        rows = table.rows
        declared = table.columns
    }

    // MARK: Names

    /// Where the table of an experiment is kept.
    public static func tablePath(_ name: String, in folder: String) -> String { "\(folder)/\(name).csv" }
    public static func runFolder(_ name: String, in folder: String) -> RunFolder {
        RunFolder("\(folder)/\(name).runs")
    }

    /// Whether a name can be a file's on every system that a results folder may be copied to.
    /// - Throws: `bad-experiment-name` with what is wrong about it.
    public static func check(name: String) throws(Diagnostic) {
        let fault: String? =
            if name.isEmpty {
                "it is empty"
            } else if name.hasPrefix(".") {
                "it begins with a dot, which hides the file"
            } else if name.utf8.count > 100 {
                "it is longer than 100 bytes"
            } else if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
                "it begins or ends with a space"
            } else if let bad = name.unicodeScalars.first(where: isRefused) {
                "it holds \(bad.properties.generalCategory == .control ? "a control character" : "`\(bad)`")"
            } else {
                nil
            }
        guard let fault else { return }
        throw Diagnostic(
            "bad-experiment-name", "an experiment's name is a file's name, and this cannot be one: \(fault)",
            hint: "letters, digits, spaces, `-`, `_` and dots within it are fine: \"block-ablation\"")
    }

    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "/", "\\", ":", "*", "?", "\"", "<", ">", "|": true
        default: scalar.properties.generalCategory == .control
        }
    }

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

    /// Adds a finished run: its recipe and loss curve, then the table with its row, each file whole or not at all.
    /// - Throws: `reserved-column`, `bad-column`, `cannot-write`; the table on the disk then stands as it was.
    @discardableResult
    public func record(
        _ cells: OrderedDictionary<String, Cell>, recipe: Recipe, curve: [LossPoint], metrics: String = "",
        threads: Int, version: String, finishedAt: Date = .now
    ) throws(Diagnostic) -> ResultRow {
        try ResultTable.check(columns: cells.keys)
        if let writeTrouble { throw writeTrouble }
        let row = ResultRow(
            cells,
            .init(
                metrics: metrics, fingerprint: recipe.fingerprint, threads: threads, version: version,
                finishedAt: finishedAt))
        // The row is what makes a run count, so it comes last.
        try runs.write(recipe, curve: curve)
        let stale =
            rows.indices.filter { rows[$0].fingerprint == row.fingerprint } + indicesOfRows(at: recipe.axes)
        let place = stale.min() ?? rows.count
        let after = rows.indices[place...].filter { !stale.contains($0) }.map { rows[$0] }
        let updated = Array(rows[..<place] + [row] + after)
        let columns = declared + cells.keys.filter { !declared.contains($0) }
        try ResultTable(rows: updated, declared: columns).write(to: path)
        rows = updated
        declared = columns
        recipes[row.fingerprint] = recipe
        return row
    }

    /// Brings the table to exactly the rows of the grid, in its order, and removes what was kept of other runs.
    /// - Parameters:
    ///   - fingerprints: of every row of the grid, in order.
    ///   - columns: that the experiment records, so that a column without any value still stands in the table.
    /// - Precondition: each has been recorded, now or before.
    /// - Throws: `cannot-write`.
    public func finish(_ fingerprints: [String], columns: [String] = []) throws(Diagnostic) {
        let known = Dictionary(rows.map { ($0.fingerprint, $0) }) { first, _ in first }
        let finished = fingerprints.map { fingerprint in
            guard let row = known[fingerprint] else {
                preconditionFailure("the row \(fingerprint) of \(name) was never recorded")
            }
            return row
        }
        let table = ResultTable(rows: finished, declared: columns)
        // An unchanged table keeps its time, for tools that look at it.
        if (try? readText(path, limit: ResultTable.sizeLimit)) != table.text {
            if let writeTrouble { throw writeTrouble }
            try table.write(to: path)
        }
        rows = table.rows
        declared = table.columns
        if writeTrouble == nil { runs.prune(keeping: Set(fingerprints)) }
    }

    private func indicesOfRows(at axes: [Recipe.Line]) -> [Int] {
        rows.indices.filter { recipe(of: rows[$0].fingerprint)?.axes == axes }
    }

    private func recipe(of fingerprint: String) -> Recipe? {
        if let known = recipes[fingerprint] { return known }
        let read = runs.recipe(of: fingerprint)
        recipes[fingerprint] = .some(read)
        return read
    }
}
