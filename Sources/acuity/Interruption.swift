import Foundation
import Synchronization
import Training

/// Ctrl-C asks the work to stop where nothing is lost. A second one ends a script; at the prompt, where a day's models may
/// be at stake, it only says how to end the program.
enum Interruption {
    static let stop = StopFlag()

    private static let isAtPrompt = Atomic(false)
    private static let patience: StaticString =
        "\nstopping at the next step; Ctrl-\\ ends the program and loses what is not saved\n"

    static func install() {
        _ = (stop, isAtPrompt.load(ordering: .relaxed), patience)
        signal(SIGINT) { _ in
            if Interruption.stop.isRequested {
                if Interruption.isAtPrompt.load(ordering: .relaxed) {
                    _ = write(
                        STDERR_FILENO, Interruption.patience.utf8Start,
                        Interruption.patience.utf8CodeUnitCount)
                } else {
                    signal(SIGINT, SIG_DFL)
                    raise(SIGINT)
                }
            }
            Interruption.stop.request()
        }
    }

    /// From here on no number of Ctrl-C ends the program.
    static func survive() { isAtPrompt.store(true, ordering: .relaxed) }

    /// Whether Ctrl-C was pressed since the last time this was asked.
    static func take() -> Bool {
        defer { stop.withdraw() }
        return stop.isRequested
    }
}
