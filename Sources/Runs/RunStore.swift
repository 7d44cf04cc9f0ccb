import Diagnostics
import Files
import Foundation
import LossCurves
import OrderedCollections
import Tables

/// What was computed, once for each thing that it depends on: `RESULTS/runs/HASH/`, where `HASH` is the
/// fingerprint of the run's recipe.
///
/// A run's folder holds `recipe`, what the work made (a training's `model.safetensors` and `curve.csv`; of
/// other work its values, `result.csv`; of a scoring the score of each image, `images.csv`), and at last
/// `provenance`, whose presence says that the run is complete. A row of a table is such a run too; its values
/// are the recorded columns. Every file is written whole or not at all, and nothing here is removed but by
/// ``remove(_:)``.
public struct RunStore: Sendable {
    /// The folder of the runs.
    public let path: String
    /// The folder of the tables.
    public let results: String

    /// - Parameter results: the folder of the tables; nothing is written before a run begins.
    public init(in results: String) {
        self.results = results
        path = results + "/runs"
    }

    /// What stands in a run's folder.
    public enum File: String, CaseIterable, Sendable {
        case recipe, provenance
        case model = "model.safetensors"
        case curve = "curve.csv"
        case result = "result.csv"
        case images = "images.csv"
        /// How a row failed that was run last.
        case failure = "failure.txt"

        /// What the work itself makes.
        static let made: [File] = [.model, .curve, .result, .images]
    }

    /// Where a file of a run stands, or would.
    public func path(of run: String, _ file: File) -> String { "\(path)/\(run)/\(file.rawValue)" }

    // MARK: Reading

    /// Whether the run has been computed to its end.
    public func isComplete(_ run: String) -> Bool {
        FileManager.default.fileExists(atPath: path(of: run, .provenance))
    }

    /// `nil` where the run is not complete, or its file is damaged.
    public func provenance(of run: String) -> RunProvenance? {
        facts(of: run).flatMap { RunProvenance($0) }
    }

    /// What the file of the provenance says, by key; `nil` where the run is not complete.
    public func facts(of run: String) -> [String: String]? {
        guard let text = try? readText(path(of: run, .provenance), limit: 1 << 20),
            let lines = KeyedLines.parse(text)
        else { return nil }
        return Dictionary(lines.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// `nil` where it is gone, damaged or of another run.
    public func recipe(of run: String) -> Recipe? {
        guard let text = try? readText(path(of: run, .recipe), limit: 1 << 20),
            let recipe = Recipe(text: text), recipe.fingerprint == run
        else { return nil }
        return recipe
    }

    /// The values that the work made.
    /// - Throws: `cannot-read`, `corrupt-table`, also where they are no longer those that were written.
    public func values(of run: String) throws(Diagnostic) -> OrderedDictionary<String, Cell> {
        let file = path(of: run, .result)
        let source = Source(name: file, text: try verifiedText(of: run, .result))
        var values: OrderedDictionary<String, Cell> = [:]
        for record in try CommaSeparated.parse(source).dropFirst() {
            guard record.cells.count == 2 else {
                throw .corruptTable("this is not a name and a value", at: Span(source, record.range))
            }
            values[record.cells[0].description] = record.cells[1]
        }
        return values
    }

    /// A file of a run as it was written.
    /// - Throws: `cannot-read`; `corrupt-table` where it was changed since.
    package func verifiedText(of run: String, _ file: File) throws(Diagnostic) -> String {
        let path = path(of: run, file)
        let text = try readText(path, limit: ResultTable.sizeLimit)
        if let digest = facts(of: run)?[digestKey(file)], digest != sha256(Array(text.utf8)) {
            throw Diagnostic("corrupt-table", "\(path) was changed since it was written")
        }
        return text
    }

    /// The loss of a training as it went.
    /// - Throws: `cannot-read`, `corrupt-table`, also where it is no longer the one that was written.
    public func curve(of run: String) throws(Diagnostic) -> [LossPoint] {
        try LossCurve(parsing: Source(name: path(of: run, .curve), text: verifiedText(of: run, .curve)))
            .points
    }

    /// Every run that has a folder, complete or not, in the order of their names.
    public var all: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            .filter { Recipe.isFingerprint($0) }.sorted()
    }

    /// Bytes of a run's files.
    public func size(of run: String) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(run)")) ?? []
        return names.reduce(0) { sum, name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(run)/\(name)")
            return sum + ((attributes?[.size] as? Int) ?? 0)
        }
    }

    /// When something last changed in a run's folder.
    public func changedAt(_ run: String) -> Date? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(run)")) ?? []
        return (names.map { "\(path)/\(run)/\($0)" } + ["\(path)/\(run)"]).compactMap {
            (try? FileManager.default.attributesOfItem(atPath: $0))?[.modificationDate] as? Date
        }.max()
    }

    // MARK: Writing

    /// Begins to work on a run, unless another process does: makes its folder, and writes its recipe.
    /// - Throws: `cannot-write`.
    public func begin(_ recipe: Recipe) throws(Diagnostic) -> RunLock.Outcome {
        let run = recipe.fingerprint
        let outcome = try lock(run)
        switch outcome {
        case .held: break
        case .taken:
            removePartials(in: "\(path)/\(run)")
            if self.recipe(of: run) == nil { try writeAtomically(recipe.text, to: path(of: run, .recipe)) }
        }
        return outcome
    }

    private func lock(_ run: String) throws(Diagnostic) -> RunLock.Outcome {
        let folder = "\(path)/\(run)"
        while true {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw .cannotWrite(
                    path(of: run, .recipe), "the folder \(folder) cannot be made",
                    error: systemError(of: error))
            }
            do throws(Diagnostic) { return try RunLock.take(lockPath(of: run)) } catch {
                // Another process may have removed the run between the two.
                if FileManager.default.fileExists(atPath: folder) { throw error }
            }
        }
    }

    /// Who works on a run; `nil` if nobody does.
    public func worker(on run: String) -> LockHolder? { RunLock.livingHolder(of: lockPath(of: run)) }

    /// Removes the lock that a process has left on a complete run which was killed as it let go.
    public func clearLock(of run: String) {
        let path = lockPath(of: run)
        guard FileManager.default.fileExists(atPath: path), worker(on: run) == nil,
            case .taken(let lock)? = try? RunLock.take(path)
        else { return }
        _ = consume lock
    }

    private func lockPath(of run: String) -> String { "\(path)/\(run)/lock" }

    /// Writes what a run made; its provenance, which makes it count, comes last.
    /// - Parameters:
    ///   - values: of `result.csv`; `nil` for work that makes no values.
    ///   - texts: further files.
    ///   - facts: further lines of the provenance.
    /// - Throws: `cannot-write`; `cannot-read` for a model that the work has written.
    public func finish(
        _ run: String, values: OrderedDictionary<String, Cell>? = nil, texts: [File: String] = [:],
        facts: [(key: String, value: String)] = [], _ provenance: RunProvenance
    ) throws(Diagnostic) {
        var texts = texts
        if let values {
            texts[.result] =
                CommaSeparated.line([.text("name"), .text("value")])
                + values.map { CommaSeparated.line([.text($0.key), $0.value]) }.joined()
        }
        var digests: [(key: String, value: String)] = []
        for file in File.made {
            let path = path(of: run, file)
            if let text = texts[file] {
                try writeAtomically(text, to: path)
                digests.append((digestKey(file), sha256(Array(text.utf8))))
            } else if FileManager.default.fileExists(atPath: path) {
                digests.append((digestKey(file), try sha256(ofFile: path)))
            }
        }
        try writeAtomically(
            KeyedLines.text(provenance.lines + facts + digests), to: path(of: run, .provenance))
        try? FileManager.default.removeItem(atPath: path(of: run, .failure))
    }

    /// The key of the provenance's line that holds a file's digest.
    private func digestKey(_ file: File) -> String { "sha256.\(file.rawValue)" }

    /// Replaces some lines of a complete run's provenance. The caller has begun the run.
    /// - Throws: `cannot-read`, `cannot-write`.
    package func replaceFacts(
        of run: String, where isReplaced: (String) -> Bool, by facts: [(key: String, value: String)]
    ) throws(Diagnostic) {
        let file = path(of: run, .provenance)
        guard let lines = KeyedLines.parse(try readText(file, limit: 1 << 20)) else { return }
        try writeAtomically(KeyedLines.text(lines.filter { !isReplaced($0.key) } + facts), to: file)
    }

    /// Forgets that a run is complete, so that it is computed anew; its files stand until they are replaced.
    /// - Throws: `cannot-write`.
    public func reopen(_ run: String) throws(Diagnostic) {
        let file = path(of: run, .provenance)
        guard unlink(file) == 0 || errno == ENOENT else { throw .cannotWrite(file, error: errno) }
    }

    // MARK: Looking after it

    /// What is wrong with a run's files; `nil` if nothing is. A model may be left out, as of results that are
    /// passed on: where it is needed it is trained again.
    public func fault(of run: String) -> String? {
        guard recipe(of: run) != nil else { return "its recipe is gone, damaged or another run's" }
        guard isComplete(run) else { return nil }
        guard let facts = facts(of: run), RunProvenance(facts) != nil else {
            return "its provenance is damaged"
        }
        for file in File.made {
            guard let digest = facts[digestKey(file)] else { continue }
            guard FileManager.default.fileExists(atPath: path(of: run, file)) else {
                if file == .model { continue }
                return "\(file.rawValue) is gone"
            }
            do throws(Diagnostic) {
                if try sha256(ofFile: path(of: run, file)) != digest {
                    return "\(file.rawValue) was changed since it was written"
                }
            } catch { return "\(file.rawValue) cannot be read: \(error.message)" }
        }
        return nil
    }

    /// The runs that a row was computed from: those that its recipe names, and those that only showed when it
    /// was computed.
    public func runs(ofRow row: String) -> [String] {
        let planned = recipe(of: row)?.inputs.filter { $0.key.hasSuffix(".run") }.map(\.value) ?? []
        let met = facts(of: row)?.filter { $0.key.hasPrefix(Self.runKey) }.map(\.value) ?? []
        return planned + met.filter { !planned.contains($0) }.sorted()
    }

    /// The key of the lines of a row's provenance that name a run.
    package static let runKey = "run."

    /// Removes a run, unless a process works on it. Its provenance goes first, so that one cut short is no
    /// complete run.
    /// - Returns: whether it is removed.
    /// - Throws: `cannot-write`.
    public func remove(_ run: String) throws(Diagnostic) -> Bool {
        guard FileManager.default.fileExists(atPath: "\(path)/\(run)"),
            case .taken(let lock) = try RunLock.take(lockPath(of: run))
        else { return false }
        defer { _ = consume lock }
        try reopen(run)
        do { try FileManager.default.removeItem(atPath: "\(path)/\(run)") } catch {
            throw .cannotWrite("\(path)/\(run)", error: systemError(of: error))
        }
        return true
    }
}
