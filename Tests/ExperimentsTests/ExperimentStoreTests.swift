import Diagnostics
import Experiments
import Foundation
import OrderedCollections
import TestSupport
import Testing

struct ExperimentStoreTests {
    private let folder: TemporaryFolder
    private let noon = Date(timeIntervalSince1970: 1_769_860_800)

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
        try store.record(
            cells, recipe: recipe,
            curve: [.init(step: 1, loss: 0.5, psnr: 3.01, learningRate: 1e-4)], threads: 2, version: "0.1.0",
            finishedAt: noon)
    }

    private var seeds: [Double] {
        get throws {
            try ResultTable(readFrom: folder.path + "/grid.csv").rows.compactMap { $0["seed"].number }
        }
    }

    @Test func `a table that was killed is completed to the same file, in the order of the grid`() throws {
        let grid = (1...4).map { recipe($0) }
        do {
            let store = try open()
            for row in grid { try run(row, in: store) }
            try store.finish(grid.map(\.fingerprint))
        }
        let undisturbed = try folder.contents("grid.csv")
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/grid.runs").sorted()
        try FileManager.default.removeItem(atPath: folder.path + "/grid.csv")
        try FileManager.default.removeItem(atPath: folder.path + "/grid.runs")

        for done in [[4], [2, 3], [1]] {
            // Each store goes away without `finish`, as when the process is killed.
            let store = try open()
            for seed in done { try run(recipe(seed), in: store) }
        }
        #expect(try seeds == [4, 2, 3, 1])
        let store = try open()
        for row in grid { #expect(store.lookup(row.fingerprint) != nil) }
        try store.finish(grid.map(\.fingerprint))
        #expect(try folder.contents("grid.csv") == undisturbed)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path + "/grid.runs").sorted() == kept)
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
        try FileManager.default.removeItem(atPath: folder.path + "/grid.runs/\(recipe(1).fingerprint).recipe")
        #expect(try open().explain(recipe(1, steps: 200)) == .new)
        #expect(try open().explain(recipe(1)) == .recorded)
    }

    @Test func `a changed row takes the place of the old one, and rows not yet run again survive a kill`()
        throws
    {
        do {
            let store = try open()
            for seed in 1...3 { try run(recipe(seed), in: store) }
            try store.finish((1...3).map { recipe($0).fingerprint })
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

    /// Who is root writes to a folder whatever its mode; where a folder stands in the lock's way, nobody does.
    @Test func `a table that can only be read is opened, and says why nothing is recorded in it`() throws {
        do {
            let store = try open()
            for seed in 1...2 { try run(recipe(seed), in: store) }
            try store.finish((1...2).map { recipe($0).fingerprint })
        }
        let table = try folder.contents("grid.csv")
        try FileManager.default.createDirectory(
            atPath: folder.path + "/.grid.lock", withIntermediateDirectories: false)
        let store = try open()
        let trouble = try #require(store.writeTrouble)
        #expect(trouble.code == "cannot-write")
        #expect(store.explain(recipe(2)) == .recorded)
        #expect(throws: trouble) { try run(recipe(3), in: store) }
        // Nothing would change, so nothing is written; else it is said, and the table stands as it was.
        try store.finish((1...2).map { recipe($0).fingerprint })
        #expect(throws: trouble) { try store.finish([recipe(1).fingerprint]) }
        #expect(try folder.contents("grid.csv") == table)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/grid.runs").count == 4)
    }

    @Test func `after a complete run the table and the folder hold exactly the rows of the grid`() throws {
        let store = try open()
        for seed in 1...3 { try run(recipe(seed), in: store) }
        try folder.write("mine", to: "grid.runs/notes.txt")
        try store.finish([recipe(3).fingerprint, recipe(1).fingerprint])
        #expect(try seeds == [3, 1])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/grid.runs").sorted()
        let runs = [recipe(1), recipe(3)].flatMap {
            ["\($0.fingerprint).loss.csv", "\($0.fingerprint).recipe"]
        }
        #expect(names == (runs + ["notes.txt"]).sorted())
    }

    @Test func `a column of a later version stands empty in the rows before it`() throws {
        do { try run(recipe(1), in: open()) }
        let store = try open()
        try run(recipe(2), in: store, more: ["ssim": .number(0.9)])
        let table = try ResultTable(readFrom: folder.path + "/grid.csv")
        #expect(table.columns == ["seed", "psnr_db", "ssim"])
        #expect(table.rows.map { $0["ssim"] } == [.missing, .number(0.9)])
        try store.finish([recipe(1).fingerprint], columns: ["seed", "psnr_db", "note"])
        #expect(try ResultTable(readFrom: folder.path + "/grid.csv").columns == ["seed", "psnr_db", "note"])
    }

    @Test func `a finished table that did not change is not written again`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        try store.finish([recipe(1).fingerprint])
        let path = folder.path + "/grid.csv"
        let old = Date(timeIntervalSince1970: 1_000_000_000)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
        try store.finish([recipe(1).fingerprint])
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date == old)
    }

    @Test func `the recipe and the loss curve of a run are kept beside the table`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        let fingerprint = recipe(1).fingerprint
        #expect(try folder.contents("grid.runs/\(fingerprint).recipe") == recipe(1).text)
        #expect(
            try folder.contents("grid.runs/\(fingerprint).loss.csv")
                == "step,loss,psnr_db,learning_rate\n1,0.5,3.01,0.0001\n")
        #expect(
            try store.runs.curve(of: fingerprint)
                == [.init(step: 1, loss: 0.5, psnr: 3.01, learningRate: 1e-4)])
        #expect(store.runs.axisNames(of: store.rows) == ["seed"])
    }

    @Test func `a second process cannot write the same table`() throws {
        let first = try open()
        let said = message { () throws(Diagnostic) in
            _ = try ExperimentStore(opening: "grid", in: folder.path)
        }
        #expect(
            said == """
                error[table-in-use]: another run (process \(getpid())) is writing \(first.path)
                   = hint: wait until it is done, or give this experiment another name

                """)
        // Another table in the same folder is no matter.
        _ = try ExperimentStore(opening: "other", in: folder.path)
    }

    @Test func `the lock goes with the store and leaves no file`() throws {
        do { _ = try open() }
        #expect(folder.names.isEmpty)
        _ = try open()
    }

    @Test func `a folder that cannot be written is said, and nothing is lost`() throws {
        let store = try open()
        try run(recipe(1), in: store)
        try FileManager.default.removeItem(atPath: folder.path + "/grid.runs")
        try folder.write("", to: "grid.runs")
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
