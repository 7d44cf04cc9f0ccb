import Foundation
import Machine
import Synchronization

/// Signals ask the work to stop where nothing is lost: Ctrl-C (SIGINT), and those by which a system or a
/// queue of jobs ends a program (SIGTERM, SIGHUP, SIGUSR1). A training is kept at the end of its step, and
/// the exit status is 128 and the signal's number. The second signal ends the program at once; but at the
/// prompt, where a day's models may be at stake, no number of Ctrl-C does.
enum Interruption {
    static let stop = StopFlag()

    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]
    /// The first signal since ``take()``; 0 for none.
    private static let received = Atomic<Int32>(0)
    /// When the last signal came.
    private static let receivedAt = Atomic<Int64>(0)
    private static let isAtPrompt = Atomic(false)
    private static let patience: StaticString =
        "\nstopping at the next step; Ctrl-\\ ends the program and loses what is not saved\n"

    static func install() {
        // A signal's handler must be the first to use none of these, for that takes a lock.
        _ = (stop, isAtPrompt.load(ordering: .relaxed), patience, received.load(ordering: .relaxed))
        _ = receivedAt.load(ordering: .relaxed)
        Children.end()
        for number in signals {
            let before = signal(number) { Interruption.handle($0) }
            // A program begun by nohup is to outlive its terminal.
            if number == SIGHUP, unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
                signal(number, SIG_IGN)
            }
        }
    }

    /// Milliseconds within which the same signal counts once: `timeout` sends it to its program and then to
    /// all of the group, and a terminal that is closed both by itself and by its shell.
    private static let echo: Int64 = 100

    private static func handle(_ number: Int32) {
        let now = milliseconds
        let isEcho =
            number != SIGINT && number == received.load(ordering: .relaxed)
            && now - receivedAt.load(ordering: .relaxed) < echo
        guard !isEcho else { return }
        receivedAt.store(now, ordering: .relaxed)
        if stop.isRequested {
            guard number == SIGINT, isAtPrompt.load(ordering: .relaxed) else {
                signal(number, SIG_DFL)
                raise(number)
                return
            }
            _ = write(STDERR_FILENO, patience.utf8Start, patience.utf8CodeUnitCount)
        }
        if number != SIGINT || received.load(ordering: .relaxed) == 0 {
            received.store(number, ordering: .relaxed)
        }
        Children.end()
        stop.request()
    }

    /// Lets no number of Ctrl-C end the program from here on.
    static func survive() { isAtPrompt.store(true, ordering: .relaxed) }

    /// Whether Ctrl-C was pressed since the last time this was asked. Other signals last: the program is to
    /// end.
    static func take() -> Bool {
        let wasRequested = stop.isRequested
        stop.withdraw()
        _ = received.compareExchange(expected: SIGINT, desired: 0, ordering: .sequentiallyConsistent)
        guard isEnding else { return wasRequested }
        // One that is to end the program came before or meanwhile.
        stop.request()
        return false
    }

    /// Whether a signal has come that ends the prompt too.
    static var isEnding: Bool { ![0, SIGINT].contains(received.load(ordering: .relaxed)) }

    private static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The exit status of work that failed or was stopped: 128 and the signal's number where one has come,
    /// else 1.
    static var status: Int32 {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? 1 : 128 + number
    }
}
