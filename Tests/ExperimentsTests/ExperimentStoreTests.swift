import Diagnostics
import Experiments
import Files
import Foundation
import OrderedCollections
import Runs
import Samples
import Tables
import TestSupport
import Testing

struct ExperimentStoreTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func recipe(_ seed: Int, steps: Int = 100) -> Recipe {
        Recipe(axes: [.init("seed", "\(seed)")], inputs: [.init("training.steps", "\(steps)")])
    }

    private func open() throws -> ExperimentStore { try ExperimentStore(opening: "grid", in: folder.path) }

    private func run(_ recipe: Recipe, in store: ExperimentStore, more: OrderedDictionary<String, Cell> = [:])
        throws
    {
        let seed = Double(recipe.axes[0].value) ?? 0
        var cells: OrderedDictionary<String, Cell> = [
            "seed": .number(seed), "psnr_db": .number(20 + seed / 8),
        ]
        cells.merge(more) { $1 }
        try store.record(cells, recipe: recipe, provenance())
    }

    /// Finishes the table with the rows of these seeds.
    @discardableResult
    private func finish(
        _ seeds: [Int], in store: ExperimentStore, columns: [String] = []
    ) throws -> [ResultRow] {
        try store.finish(
            seeds.map { seed in
                try #require(store.lookup(recipe(seed).fingerprint))
            }, columns: columns)
    }

    private var runs: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path + "/runs").sorted() }
    }

    private var seeds: [Double] {
        get throws {
            try ResultTable(readFrom: folder.path + "/grid.csv").rows.compactMap { $0["seed"].number }
        }
    }

    /// Between the copy and the table itself.
    @Test(arguments: ["grid.csv", "runs/.grid.csv", "runs/.grid.unfinished", "runs/.grid.pending"])
    func `what a killed process was writing of a table is gone once the table is opened again`(
        name: String
    ) throws {
        try run(recipe(1), in: open())
        let path = folder.path + "/" + name
        let parent = (path as NSString).deletingLastPathComponent
        func names() throws -> Set<String> {
            Set(try FileManager.default.contentsOfDirectory(atPath: parent))
        }
        let before = try names()
        let file = try AtomicFile(replacing: path)
        var parts = try #require(try names().subtracting(before).first).components(separatedBy: ".")
        _ = consume file
        // The largest number that Linux gives a process is one less.
        parts[parts.count - 3] = "4194304"
        try writeAtomically("", to: parent + "/" + parts.joined(separator: "."))
        #expect(try names() != before)
        _ = try open()
        #expect(try names() == before)
    }

    @Test func `a process killed as it replaces a table leaves one that nobody has changed by hand`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        let before = try folder.contents("grid.csv")
        try run(recipe(2), in: store)
        try before.write(toFile: folder.path + "/grid.csv", atomically: true, encoding: .utf8)
        #expect(try open().changesByHand().count == 1)
        // As `write` notes it: the first digits of the digest of what it replaces.
        let pending = folder.path + "/runs/.grid.pending"
        try shortDigest(before).write(toFile: pending, atomically: true, encoding: .utf8)
        let next = try open()
        #expect(next.changesByHand() == [])
        try run(recipe(2), in: next)
        #expect(try seeds == [1, 2])
        #expect(!FileManager.default.fileExists(atPath: pending))
        // Of a table that was written all the same, the note goes when it is opened.
        try shortDigest(before).write(toFile: pending, atomically: true, encoding: .utf8)
        #expect(try open().changesByHand() == [])
        #expect(!FileManager.default.fileExists(atPath: pending))
    }

    @Test func `a lock that a killed process left on a complete row is removed when the row is met`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        let lock = folder.path + "/runs/\(recipe(1).fingerprint)/lock"
        #expect(!FileManager.default.fileExists(atPath: lock))
        // Of a process of this machine that has ended.
        let ended = Process()
        ended.executableURL = URL(filePath: "/bin/true")
        try ended.run()
        ended.waitUntilExit()
        guard case .taken(let own) = try RunLock.take(folder.path + "/model") else {
            Issue.record("the lock is not free")
            return
        }
        let text = try folder.contents("model")
        _ = consume own
        // The whole line: the digits of a process may stand in the others by chance.
        let dead = text.replacing("process = \(getpid())\n", with: "process = \(ended.processIdentifier)\n")
        #expect(dead != text)
        try dead.write(toFile: lock, atomically: true, encoding: .utf8)
        try run(recipe(1), in: try open())
        #expect(!FileManager.default.fileExists(atPath: lock))
    }

    @Test func `a table that was killed is completed to the same file, in the order of the grid`() throws {
        let grid = (1...4).map { recipe($0) }
        do {
            let store = try open()
            for row in grid { try run(row, in: store) }
            try finish([1, 2, 3, 4], in: store)
        }
        let undisturbed = try folder.contents("grid.csv")
        let kept = try runs
        try FileManager.default.removeItem(atPath: folder.path + "/grid.csv")
        try FileManager.default.removeItem(atPath: folder.path + "/runs")

        for done in [[4], [2, 3], [1]] {
            // Each store goes away without `finish`, as when the process is killed.
            let store = try open()
            for seed in done { try run(recipe(seed), in: store) }
        }
        #expect(try seeds == [4, 2, 3, 1])
        try finish([1, 2, 3, 4], in: try open())
        #expect(try folder.contents("grid.csv") == undisturbed)
        #expect(try runs == kept)
    }

    @Test func `a row that must run says why`() throws {
        let store = try open()
        #expect(store.explain(recipe(1)) == .new)
        try run(recipe(1), in: store)
        #expect(store.explain(recipe(1)) == .recorded)
        #expect(
            store.explain(recipe(1, steps: 200))
                == .changed(since: recipe(1).fingerprint, changes: ["training.steps: 100 → 200"]))
        #expect(store.explain(recipe(2)) == .new)
    }

    @Test func `why is known in the next process too, and lost with the recipe`() throws {
        do { try run(recipe(1), in: open()) }
        let reason = try open().explain(recipe(1, steps: 200))
        #expect(reason == .changed(since: recipe(1).fingerprint, changes: ["training.steps: 100 → 200"]))
        try FileManager.default.removeItem(atPath: folder.path + "/runs/\(recipe(1).fingerprint)/recipe")
        #expect(try open().explain(recipe(1, steps: 200)) == .new)
        #expect(try open().explain(recipe(1)) == .recorded)
    }

    @Test func `a changed row takes the place of the old one, and rows not yet run again survive a kill`()
        throws
    {
        do {
            let store = try open()
            for seed in 1...3 { try run(recipe(seed), in: store) }
            try finish([1, 2, 3], in: store)
        }
        do {
            let store = try open()
            try run(recipe(2, steps: 200), in: store)
            #expect(try seeds == [1, 2, 3])
            #expect(store.lookup(recipe(2).fingerprint) == nil)
            #expect(store.rows[1].fingerprint == recipe(2, steps: 200).fingerprint)
        }
        let store = try open()
        #expect(store.rows.count == 3)
        #expect(store.lookup(recipe(3).fingerprint) != nil)
    }

    /// Who is root writes to a folder whatever its mode; where a folder stands in the table's way, nobody
    /// does.
    @Test func `a table that can only be read is opened, and says why nothing is recorded in it`() throws {
        do {
            let store = try open()
            for seed in 1...2 { try run(recipe(seed), in: store) }
            try finish([1, 2], in: store)
        }
        let table = try folder.contents("grid.csv")
        try FileManager.default.moveItem(atPath: folder.path + "/runs", toPath: folder.path + "/away")
        try folder.write("", to: "runs")
        let store = try open()
        let trouble = try #require(store.writeTrouble)
        #expect(trouble.code == "cannot-write")
        #expect(store.explain(recipe(2)) == .recorded)
        #expect(throws: trouble) { try run(recipe(3), in: store) }
        // Nothing would change, so nothing is written; else it is said, and the table stands as it was.
        try finish([1, 2], in: store)
        #expect(throws: trouble) { try finish([1], in: store) }
        #expect(try folder.contents("grid.csv") == table)
    }

    @Test func `a table holds exactly the rows that are asked for, and the runs of all others stay`() throws {
        let store = try open()
        for seed in 1...3 { try run(recipe(seed), in: store) }
        let left = try finish([3, 1], in: store)
        #expect(left.map(\.fingerprint) == [recipe(2).fingerprint])
        #expect(try seeds == [3, 1])
        for seed in 1...3 { #expect(store.store.isComplete(recipe(seed).fingerprint)) }
        // Asked for again, the row is there without a run.
        try run(recipe(2), in: store)
        #expect(try seeds == [3, 1, 2])
    }

    @Test func `rows that no run is kept of go into a file of their own`() throws {
        let head = "seed,psnr_db,fingerprint,threads,version,finished_at\n"
        let old = "7,21,00000000000000aa,2,0.0.9,2026-01-31T12:00:00Z\n"
        try folder.write(head + old, to: "grid.csv")
        let store = try open()
        try run(recipe(1), in: store)
        #expect(try seeds == [7, 1])
        try finish([1], in: store)
        #expect(try seeds == [1])
        let kept = try runs.filter { $0.hasPrefix("grid-") }
        #expect(kept.count == 1)
        let table = try ResultTable(readFrom: folder.path + "/runs/" + (kept.first ?? ""))
        #expect(table.rows.map { $0["psnr_db"] } == [.number(21)])
    }

    @Test func `values that were changed or deleted by hand are named, and a new table has none`() throws {
        let store = try open()
        for seed in 1...3 { try run(recipe(seed), in: store) }
        try finish([1, 2, 3], in: store)
        #expect(try open().changesByHand() == [])
        let lines = try folder.contents("grid.csv").split(separator: "\n").map(String.init)
        let edited = [lines[0], lines[1].replacing("20.125", with: "29.125"), lines[3]]
        try folder.write(edited.joined(separator: "\n") + "\n", to: "grid.csv")
        let (first, second) = (recipe(1).fingerprint, recipe(2).fingerprint)
        #expect(
            try open().changesByHand() == [
                "row 1 (\(first)): `psnr_db` says 29.125 and was computed as 20.125",
                "row 2 (\(second)) was deleted",
            ])
        let again = try open()
        for seed in 1...3 { try run(recipe(seed), in: again) }
        try finish([1, 2, 3], in: again)
        #expect(try folder.contents("grid.csv").split(separator: "\n").map(String.init) == lines)
    }

    @Test func `a column of a later version stands empty in the rows before it`() throws {
        do { try run(recipe(1), in: open()) }
        let store = try open()
        try run(recipe(2), in: store, more: ["ssim": .number(0.9)])
        let table = try ResultTable(readFrom: folder.path + "/grid.csv")
        #expect(table.columns == ["seed", "psnr_db", "ssim"])
        #expect(table.rows.map { $0["ssim"] } == [.missing, .number(0.9)])
        try finish([1], in: store, columns: ["seed", "psnr_db", "note"])
        #expect(try ResultTable(readFrom: folder.path + "/grid.csv").columns == ["seed", "psnr_db", "note"])
    }

    @Test func `a finished table that did not change is not written again`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        try finish([1], in: store)
        let path = folder.path + "/grid.csv"
        let old = Date(timeIntervalSince1970: 1_000_000_000)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
        try finish([1], in: store)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date == old)
    }

    @Test func `a row's recipe and values are kept as a run`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        let run = recipe(1).fingerprint
        #expect(try folder.contents("runs/\(run)/recipe") == recipe(1).text)
        #expect(try folder.contents("runs/\(run)/result.csv") == "name,value\nseed,1\npsnr_db,20.125\n")
        #expect(store.store.provenance(of: run) == provenance())
        #expect(store.store.fault(of: run) == nil)
        try folder.write("name,value\nseed,1\npsnr_db,21\n", to: "runs/\(run)/result.csv")
        #expect(store.store.fault(of: run) == "result.csv was changed since it was written")
    }

    @Test func `two stores of one table add their rows to each other's`() throws {
        let (first, second) = (try open(), try open())
        try run(recipe(1), in: first)
        try run(recipe(2), in: second)
        try run(recipe(3), in: first)
        #expect(try seeds == [1, 2, 3])
    }

    @Test func `a folder that cannot be written is said, and nothing is lost`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        try FileManager.default.removeItem(atPath: folder.path + "/runs")
        try folder.write("", to: "runs")
        #expect(throws: Diagnostic.self) { try run(recipe(2), in: store) }
        #expect(try seeds == [1])
        #expect(store.rows.count == 1)
    }

    @Test(arguments: [
        ("", "it is empty"), (".hidden", "it begins with a dot, which hides the file"),
        ("..", "it begins with a dot"),
        ("a/b", "it holds `/`"), ("a\\b", "it holds `\\`"), ("a:b", "it holds `:`"),
        ("a\u{0}b", "it holds a control character"), ("a\nb", "it holds a control character"),
        (" a", "it begins or ends with a space"),
        (String(repeating: "a", count: 101), "longer than 100 bytes"),
    ])
    func `a name that cannot be a file's is refused`(name: String, fault: String) {
        let said = message { () throws(Diagnostic) in try ExperimentStore.check(name: name) }
        #expect(said.hasPrefix("error[bad-experiment-name]: an experiment's name is a file's name"))
        #expect(said.contains(fault))
    }

    @Test(arguments: ["block-ablation", "Table 3", "größe", "v1.2", "表"])
    func `an ordinary name is fine`(name: String) throws {
        try ExperimentStore.check(name: name)
        _ = try ExperimentStore(opening: name, in: folder.path)
    }
}
