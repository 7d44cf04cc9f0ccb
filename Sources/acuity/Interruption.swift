import Foundation
import Training

/// Ctrl-C: the first asks the work to stop where nothing is lost, a second one ends the program.
enum Interruption {
    static let stop = StopFlag()

    static func install() {
        _ = stop
        signal(SIGINT) { _ in
            if Interruption.stop.isRequested {
                signal(SIGINT, SIG_DFL)
                raise(SIGINT)
            }
            Interruption.stop.request()
        }
    }

    /// Whether Ctrl-C was pressed since the last time this was asked.
    static func take() -> Bool {
        defer { stop.withdraw() }
        return stop.isRequested
    }
}
