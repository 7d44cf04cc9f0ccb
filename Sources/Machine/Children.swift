import Foundation
import Synchronization

/// The programs that this one has started and waits for, so that they end with it.
public enum Children {
    private static let places: InlineArray<16, Atomic<Int32>> = InlineArray { _ in Atomic(0) }

    /// How often they were asked to end.
    private static let endings = Atomic(0)

    /// Starts a program and notes it until ``remove(_:)``, so that ``end()`` ends it, also while it is being
    /// started. More than sixteen at once are not noted.
    /// - Parameter start: gives the program's process; `nil` where it could not be started.
    @discardableResult
    public static func start<Mistake: Error>(_ start: () throws(Mistake) -> Int32?) throws(Mistake) -> Int32?
    {
        let before = endings.load(ordering: .sequentiallyConsistent)
        guard let process = try start() else { return nil }
        note(process)
        if endings.load(ordering: .sequentiallyConsistent) != before { kill(process, SIGTERM) }
        return process
    }

    private static func note(_ process: Int32) {
        for place in places.indices
        where places[place].compareExchange(
            expected: 0, desired: process, ordering: .sequentiallyConsistent
        ).exchanged {
            return
        }
    }

    /// Forgets a program that has ended.
    public static func remove(_ process: Int32) {
        for place in places.indices {
            _ = places[place].compareExchange(expected: process, desired: 0, ordering: .relaxed)
        }
    }

    /// Asks all of them to end. For a signal's handler too, if it was called before: it takes no memory and
    /// no lock.
    public static func end() {
        endings.add(1, ordering: .sequentiallyConsistent)
        for place in places.indices {
            let process = places[place].load(ordering: .sequentiallyConsistent)
            if process > 0 { kill(process, SIGTERM) }
        }
    }
}
