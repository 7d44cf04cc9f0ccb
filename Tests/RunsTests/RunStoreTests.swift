import Diagnostics
import Experiments
import Foundation
import Runs
import Samples
import TestSupport
import Testing

struct RunStoreTests {
    private let folder: TemporaryFolder
    private let store: RunStore

    init() throws {
        folder = try TemporaryFolder()
        store = RunStore(in: folder.path)
    }

    private func recipe(_ seed: Int) -> Recipe { Recipe(axes: [], inputs: [.init("seed", "\(seed)")]) }

    private func complete(_ recipe: Recipe) throws {
        guard case .taken(let lock) = try store.begin(recipe) else {
            Issue.record("the run is another's")
            return
        }
        try withExtendedLifetime(lock) {
            try store.finish(
                recipe.fingerprint, values: ["psnr": .number(27.5), "profile": .text("01")],
                texts: [.curve: LossCurve([.init(step: 1, loss: 0.5, psnr: 3.01, learningRate: 1e-4)]).text],
                provenance())
        }
    }

    @Test func `a run is complete once its provenance stands, and reads back as it was`() throws {
        let run = recipe(1).fingerprint
        do {
            guard case .taken(let lock) = try store.begin(recipe(1)) else {
                Issue.record("nobody else works here")
                return
            }
            withExtendedLifetime(lock) {
                #expect(!store.isComplete(run))
                #expect(store.worker(on: run)?.process == getpid())
            }
        }
        #expect(store.worker(on: run) == nil)
        try complete(recipe(1))
        #expect(store.isComplete(run))
        #expect(try store.values(of: run) == ["psnr": .number(27.5), "profile": .text("01")])
        #expect(
            try store.curve(of: run) == [.init(step: 1, loss: 0.5, psnr: 3.01, learningRate: 1e-4)])
        #expect(store.recipe(of: run) == recipe(1))
        #expect(store.all == [run])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(store.path)/\(run)").sorted()
                == ["curve.csv", "provenance", "recipe", "result.csv"])
    }

    @Test func `while one works on a run, another is told who`() throws {
        guard case .taken(let lock) = try store.begin(recipe(1)) else {
            Issue.record("nobody else works here")
            return
        }
        try withExtendedLifetime(lock) {
            guard case .held(let holder) = try store.begin(recipe(1)) else {
                Issue.record("two work on one run")
                return
            }
            #expect(holder.process == getpid())
            #expect(!holder.host.isEmpty)
            // Another run is no matter.
            guard case .taken = try store.begin(recipe(2)) else {
                Issue.record("the lock is of all runs")
                return
            }
        }
    }

    /// A lock as a process leaves it that is killed.
    private func leaveLock(of process: Int32, on run: String, identity: (String) -> String) throws {
        guard case .taken(let lock) = try store.begin(recipe(9)) else { return }
        let text = try withExtendedLifetime(lock) {
            try folder.contents("runs/\(recipe(9).fingerprint)/lock")
        }
        let lines = text.split(separator: "\n").map { line in
            line.hasPrefix("process")
                ? "process = \(process)"
                : line.hasPrefix("token")
                    ? "token = dead"
                    : line.hasPrefix("identity") ? identity(String(line)) : String(line)
        }
        try FileManager.default.createDirectory(
            atPath: "\(store.path)/\(run)", withIntermediateDirectories: true)
        try folder.write(lines.joined(separator: "\n") + "\n", to: "runs/\(run)/lock")
    }

    @Test func `a run whose process died is given up, also if its number is another process's now`() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        let run = recipe(1).fingerprint
        for pid in [process.processIdentifier, 1] {
            try leaveLock(of: pid, on: run) { $0 }
            #expect(store.worker(on: run) == nil)
            guard case .taken = try store.begin(recipe(1)) else {
                Issue.record("the lock of a dead process holds")
                return
            }
        }
    }

    @Test func `the lock of another machine holds until it has stood still for a minute`() throws {
        let run = recipe(1).fingerprint
        try leaveLock(of: getpid(), on: run) { _ in "identity = elsewhere 1" }
        guard case .held(let holder) = try store.begin(recipe(1)) else {
            Issue.record("a lock was taken from a process that may live")
            return
        }
        #expect(holder.process == getpid())
    }

    @Test func `of many threads that take one lock, one at a time has it`() async throws {
        let path = folder.path + "/lock"
        let counter = folder.path + "/counter"
        try folder.write("0", to: "counter")
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var taken = 0
                    while taken < 25 {
                        guard case .taken(let lock) = try RunLock.take(path) else {
                            usleep(500)
                            continue
                        }
                        try withExtendedLifetime(lock) {
                            let value = Int(try String(contentsOfFile: counter, encoding: .utf8)) ?? -1000
                            try "\(value + 1)".write(toFile: counter, atomically: false, encoding: .utf8)
                        }
                        taken += 1
                    }
                    return taken
                }
            }
            for try await _ in group {}
        }
        #expect(try folder.contents("counter") == "100")
    }

    @Test func `what a table names is kept, with the runs of its rows, and the rest can be pruned`() throws {
        for seed in 1...3 { try complete(recipe(seed)) }
        let row = Recipe(
            axes: [], inputs: [.init("train1.run", recipe(1).fingerprint), .init("x", "1")])
        let table = try ExperimentStore(opening: "t", in: folder.path)
        try table.record(["x": .number(1)], recipe: row, provenance())
        let others = [recipe(2), recipe(3)].map(\.fingerprint).sorted()
        #expect(try store.prunable(olderThan: 0) == others)
        #expect(try store.prunable(olderThan: 3600) == [])
        for run in others { #expect(try store.remove(run)) }
        #expect(store.all.sorted() == [recipe(1).fingerprint, row.fingerprint].sorted())
        // What a table names cannot be known: a damaged one, and one that is no text.
        let head = "x,fingerprint,threads,version,finished_at\n"
        for bytes in [Array("\(head)1\n".utf8), Array(head.utf8) + [0xE9]] {
            try Data(bytes).write(to: URL(filePath: folder.path + "/broken.csv"))
            #expect(throws: Diagnostic.self) { try store.prunable(olderThan: 0) }
        }
        try folder.write("a,fingerprint\n1,2\n", to: "broken.csv")
        #expect(try store.prunable(olderThan: 0) == [])
        // A row whose recipe is lost says no more which runs it needs.
        try FileManager.default.removeItem(atPath: store.path(of: row.fingerprint, .recipe))
        #expect(throws: Diagnostic.self) { try store.prunable(olderThan: 0) }
    }

    @Test func `runs of a row that is being computed are not pruned, nor is one that somebody works on`()
        throws
    {
        for seed in 1...2 { try complete(recipe(seed)) }
        let row = Recipe(axes: [], inputs: [.init("train1.run", recipe(1).fingerprint)])
        do {
            guard case .taken(let lock) = try store.begin(row) else {
                Issue.record("nobody else works here")
                return
            }
            try withExtendedLifetime(lock) {
                let prunable = try store.prunable(olderThan: 0)
                #expect(prunable == [recipe(2).fingerprint])
                let isRemoved = try store.remove(row.fingerprint)
                #expect(!isRemoved)
            }
        }
        #expect(try store.remove(row.fingerprint))
        #expect(try !store.remove(row.fingerprint))
    }

    @Test func `a run that only showed when its row was computed is kept with it`() throws {
        try complete(recipe(1))
        let row = Recipe(axes: [], inputs: [.init("x", "1")])
        try ExperimentStore(opening: "t", in: folder.path).record(
            ["x": .number(1)], recipe: row, background: RowBackground(runs: [recipe(1).fingerprint]),
            provenance())
        #expect(store.runs(ofRow: row.fingerprint) == [recipe(1).fingerprint])
        #expect(try store.prunable(olderThan: 0) == [])
    }

    @Test func `a damaged model is a fault, and one that is left out is none`() throws {
        guard case .taken(let lock) = try store.begin(recipe(1)) else {
            Issue.record("nobody else works here")
            return
        }
        let run = recipe(1).fingerprint
        let path = store.path(of: run, .model)
        try withExtendedLifetime(lock) {
            try "weights".write(toFile: path, atomically: false, encoding: .utf8)
            try store.finish(run, provenance())
        }
        #expect(store.fault(of: run) == nil)
        try "weighty".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(store.fault(of: run) == "model.safetensors was changed since it was written")
        try FileManager.default.removeItem(atPath: path)
        #expect(store.fault(of: run) == nil)
    }

    @Test func `a provenance with numbers that cannot be is damaged`() throws {
        try complete(recipe(1))
        let run = recipe(1).fingerprint
        let path = store.path(of: run, .provenance)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for (right, wrong) in [
            ("peak_memory = 40000000", "peak_memory = 9223372036854775807"),
            ("peak_memory = 40000000", "peak_memory = much"), ("seconds = 1.5", "seconds = -1"),
        ] {
            try text.replacing(right, with: wrong).write(toFile: path, atomically: false, encoding: .utf8)
            #expect(store.fault(of: run) == "its provenance is damaged", "\(wrong)")
        }
    }

    @Test func `a row's provenance is that of its runs together`() throws {
        let joined = RunProvenance.joined([
            provenance(threads: 1, seconds: 2, host: "a", at: 100), provenance(seconds: 3, host: "b", at: 50),
        ])
        #expect(joined?.threads == 2)
        #expect(joined?.seconds == 5)
        #expect(joined?.machine.host == "a; b")
        #expect(joined?.finishedAt == Date(timeIntervalSince1970: 100))
        #expect(RunProvenance.joined([]) == nil)
    }
}
