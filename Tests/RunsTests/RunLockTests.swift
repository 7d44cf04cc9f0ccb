import Foundation
import Runs
import TestSupport
import Testing

struct RunLockTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/lock" }

    init() throws { folder = try TemporaryFolder() }

    /// Where a lock's holder lives, as far as this process can tell.
    fileprivate enum Holder { case ended, elsewhere }

    /// Writes a lock file as this process would, but for another holder.
    private func write(_ holder: Holder, token: String, beat: Int = 0, to path: String) throws {
        let model = folder.path + "/model"
        guard case .taken(let lock) = try RunLock.take(model) else {
            Issue.record("\(model) is another's")
            return
        }
        let text = try withExtendedLifetime(lock) { try String(contentsOfFile: model, encoding: .utf8) }
        let lines = text.split(separator: "\n").map { line in
            switch line.prefix(while: { $0 != " " }) {
            case "token": "token = \(token)"
            // A process of the same number began at another time.
            case "identity": holder == .ended ? "\(line)0" : "identity = elsewhere 4711"
            case "beat": "beat = " + String(format: "%012d", beat)
            default: String(line)
            }
        }
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: false, encoding: .utf8)
    }

    private func isTaken(deadSeconds: Double = 60) throws -> Bool {
        switch try RunLock.take(path, deadSeconds: deadSeconds) {
        case .taken(let lock): withExtendedLifetime(lock) { true }
        case .held: false
        }
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func `a lock is held until it is let go, and its file is gone then`() throws {
        guard case .taken(let lock) = try RunLock.take(path) else {
            Issue.record("nobody else works here")
            return
        }
        try withExtendedLifetime(lock) {
            guard case .held(let holder) = try RunLock.take(path) else {
                Issue.record("it is taken twice")
                return
            }
            #expect(holder.process == getpid())
        }
    }

    @Test func `a lock that was let go leaves no file`() throws {
        #expect(try isTaken())
        #expect(try files() == [])
    }

    @Test func `the lock of a process that has ended is taken at once`() throws {
        try write(.ended, token: "A", to: path)
        #expect(try isTaken())
        #expect(try files() == [])
    }

    @Test func `a lock of another machine is taken once it stood still, and not while it grows`() throws {
        for beat in 0..<5 {
            try write(.elsewhere, token: "A", beat: beat, to: path)
            #expect(try !isTaken(deadSeconds: 0))
        }
        usleep(1000)
        #expect(try !isTaken(deadSeconds: 60))
        #expect(try isTaken(deadSeconds: 0))
    }

    @Test func `a lock whose process was killed before it wrote into it is taken once it stood still`() throws
    {
        try "".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try !isTaken())
        usleep(1000)
        #expect(try isTaken(deadSeconds: 0))
    }

    @Test(arguments: [Holder.ended, .elsewhere])
    fileprivate func `who dies at taking a lock over keeps nobody from it`(_ holder: Holder) throws {
        try write(.ended, token: "A", to: path)
        try write(holder, token: "B", to: path + ".A")
        if holder == .elsewhere {
            // It may be alive, until it has been seen to stand still.
            #expect(try !isTaken(deadSeconds: 0))
            usleep(1000)
        }
        #expect(try isTaken(deadSeconds: 0))
        #expect(try files() == [])
    }

    @Test func `what a process left that was killed at taking a lock over is removed`() throws {
        try write(.ended, token: "B", to: path + ".A.B")
        try write(.ended, token: "B", to: path + ".C")
        try write(.elsewhere, token: "D", to: path + ".D")
        try "".write(toFile: folder.path + "/lockers", atomically: false, encoding: .utf8)
        #expect(try isTaken())
        // The third may be somebody's who lives.
        #expect(try files() == ["lock.D", "lockers"])
    }

    @Test func `of many who take a dead process's lock over, one gets it`() throws {
        for round in 0..<20 {
            try write(.ended, token: "A\(round)", to: path)
            // They are kept, so that nobody gets the lock after who had it; `turn` guards them.
            nonisolated(unsafe) var taken: [RunLock] = []
            let turn = NSLock()
            let path = path
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                guard case .taken(let lock)? = try? RunLock.take(path) else { return }
                turn.withLock { taken.append(lock) }
            }
            #expect(taken.count == 1)
        }
    }
}
