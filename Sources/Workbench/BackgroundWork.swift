import Diagnostics
import Dispatch
import Foundation
import Machine
import Synchronization

extension Workbench {
    /// Runs `work` on another thread and shows how far it is meanwhile: fronts are used from one thread.
    /// - Parameters:
    ///   - title: what the progress line calls the work.
    ///   - unit: what is counted, where the line says it.
    ///   - work: given a function to say how many are done, of how many, in any order and from any thread.
    package func inBackground<Outcome: Sendable>(
        _ title: String, unit: String = "",
        _ work: @escaping @Sendable (@escaping @Sendable (Int, Int) -> Void) throws(Diagnostic) -> Outcome
    ) throws(Diagnostic) -> Outcome {
        defer { frontEnd.progressEnded() }
        let progress = Mutex<(done: Int, count: Int)?>(nil)
        let outcome = Mutex<Result<Outcome, Diagnostic>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        let thread = Thread {
            let found = Result { () throws(Diagnostic) in
                try work { done, count in progress.withLock { $0 = (max(done, $0?.done ?? 0), count) } }
            }
            outcome.withLock { $0 = found }
            isDone.signal()
        }
        let clock = Stopwatch()
        thread.start()
        while isDone.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
            guard let (done, count) = progress.withLock(\.self), count > 0 else { continue }
            let part = Double(done) / Double(count)
            frontEnd.progress(
                WorkProgress(
                    title: title, part: part, facts: ["\(done)/\(count)" + (unit.isEmpty ? "" : " " + unit)],
                    secondsLeft: clock.secondsLeft(part)))
        }
        guard let found = outcome.withLock({ $0 }) else {
            preconditionFailure("work that is done has no outcome")
        }
        return try found.get()
    }
}
