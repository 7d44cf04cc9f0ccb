import Data
import Diagnostics
import Dispatch
import Language
import Library
import Machine
import Synchronization
import Tracing
import Workbench

extension Workbench {
    /// How often the progress of preparation is told.
    private static let interval = DispatchTimeInterval.milliseconds(100)

    /// Makes a dataset's pairs ahead, where they are made, and tells how far that is.
    package func prepare(_ data: any Dataset) throws(Diagnostic) {
        let work = Preparation()
        let (stop, watch) = (configuration.stop, WorkWatch())
        DispatchQueue.global().async {
            work.run(data, stop: stop)
        }
        while work.done.wait(timeout: .now() + Self.interval) == .timedOut {
            guard let (made, count) = work.progress.withLock(\.self) else { continue }
            let part = Double(made) / Double(count)
            front.progress(
                WorkProgress(
                    title: "making \(data.name)", part: part, facts: ["\(made)/\(count)"],
                    secondsLeft: watch.secondsLeft(part)))
        }
        front.progressEnded()
        if let mistake = work.mistake.withLock({ $0 }) { throw mistake }
    }
}

/// The making of a dataset's pairs on another thread, as the session's sees it.
private final class Preparation: Sendable {
    /// Pairs made so far, and how many there will be.
    let progress = Mutex<(made: Int, count: Int)?>(nil)
    let mistake = Mutex<Diagnostic?>(nil)
    let done = DispatchSemaphore(value: 0)

    func run(_ data: any Dataset, stop: StopFlag) {
        do throws(Diagnostic) {
            try data.prepare(isStopped: { stop.isRequested }) { made, count in
                // Threads may tell their numbers out of turn.
                progress.withLock { $0 = (max(made, $0?.made ?? 0), count) }
            }
        } catch let found {
            mistake.withLock { $0 = found }
        }
        done.signal()
    }
}
