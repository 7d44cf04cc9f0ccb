import Diagnostics
import Dispatch
import Foundation
import Session
import Synchronization
import Training
import Workbench

/// Keeps what a session shows, line by line.
final class Transcript: FrontEnd {
    private(set) var lines: [String] = []
    private(set) var notices: [String] = []
    private(set) var reports: [Diagnostic] = []
    private(set) var validations: [Double] = []
    private(set) var works: [WorkProgress] = []

    func show(_ display: Display) {
        let text =
            switch display {
            case .text(let text): text
            case .table(let table): table.lines.joined(separator: "\n")
            case .image(_, let text), .thumbnails(let text, _): text
            case .drawing(let drawing): (try? drawing.text(80, 24)) ?? "no drawing"
            }
        lines += text.components(separatedBy: "\n")
    }

    func notice(_ text: String) { notices.append(text) }
    func report(_ diagnostic: Diagnostic) { reports.append(diagnostic) }
    func progress(_ progress: TrainingProgress, validation: Double?, of title: String) {
        if let validation { validations.append(validation) }
    }
    func progress(_ progress: WorkProgress) { works.append(progress) }
    func progressEnded() {}
}

/// Threads with the stack that a session is promised. They are few, for under `ulimit -v` there is no room
/// for the stacks of as many as there are tests.
private enum SessionThreads {
    private static let jobs = Mutex<[@Sendable () -> Void]>([])
    private static let waiting = DispatchSemaphore(value: 0)
    private static let begun: Void = {
        for _ in 0..<4 {
            let thread = Thread {
                while true {
                    waiting.wait()
                    jobs.withLock { $0.removeFirst() }()
                }
            }
            thread.stackSize = Session.stackSize
            thread.start()
        }
    }()

    static func run(_ job: @escaping @Sendable () -> Void) {
        begun
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }
}

/// Runs `body` on a thread with the stack that a session is promised.
func onSessionStack<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        SessionThreads.run { continuation.resume(returning: body()) }
    }
}

/// What a script printed, or the mistake that ended it; and what came beside.
struct Outcome: Sendable {
    var lines: [String] = []
    var notices: [String] = []
    var reports: [Diagnostic] = []
    /// What a training was seen to reach on its validation data.
    var validations: [Double] = []
    /// Titles of work that was seen to come further.
    var works: [String] = []
    var mistake: Diagnostic?
    var failedRows = 0

    /// The mistake as a user sees it.
    var message: String { mistake.map { Renderer(coloured: false).render($0) } ?? "no mistake" }
}

/// Runs `code` in a new session.
func run(
    _ code: String, named name: String = "test.acu", results: String = "results", isCheck: Bool = false,
    fresh: Bool = false, overrides: [String: String] = [:]
) async -> Outcome {
    await onSessionStack {
        let transcript = Transcript()
        var configuration = SessionConfiguration(version: "test")
        configuration.resultsFolder = results
        if isCheck { configuration.task = .check }
        configuration.runsAllRows = fresh
        configuration.threads = 2
        var outcome = Outcome()
        do throws(Diagnostic) {
            let session = try Session(configuration, frontEnd: transcript)
            defer { outcome.failedRows = session.failedRows }
            for (name, value) in overrides {
                try session.override(name, with: Source(name: "<set>", text: value))
            }
            try session.run(Source(name: name, text: code))
        } catch {
            outcome.mistake = error
        }
        outcome.lines = transcript.lines
        outcome.notices = transcript.notices
        outcome.reports = transcript.reports
        outcome.validations = transcript.validations
        outcome.works = transcript.works.map(\.title)
        return outcome
    }
}

/// Enters one entry after the other at a prompt; mistakes are among the reports.
func enter(_ entries: String...) async -> Outcome {
    await onSessionStack {
        let transcript = Transcript()
        do throws(Diagnostic) {
            let session = try Session(SessionConfiguration(version: "test"), frontEnd: transcript)
            for entry in entries {
                do throws(Diagnostic) {
                    try session.runEntry(Source(name: "<prompt>", text: entry))
                } catch {
                    transcript.report(error)
                }
            }
        } catch {
            transcript.report(error)
        }
        return Outcome(lines: transcript.lines, notices: transcript.notices, reports: transcript.reports)
    }
}

/// The root of the project, for files that tests share.
let projectRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A folder that is there for `body` and gone afterwards.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}
