import Diagnostics
import Foundation
import Machine
import Session

/// Runs `body` on a thread with ``Session/stackSize`` of stack and waits for it: the main thread's stack is
/// the system's choice, and deeply nested programs need more. Where `ulimit -v` leaves little, the stack is
/// smaller, and the session takes programs that are nested less. Signals go to that thread.
/// - Throws: `not-enough-memory`.
func withBigStack(_ body: @escaping @Sendable () -> Int32) throws(Diagnostic) -> Int32 {
    let size: Int
    if let left = MachineMemory.addressSpaceLeft {
        guard left >= leastAddressSpace else {
            throw .notEnoughMemory(
                for: "acuity", needs: leastAddressSpace, left: left,
                hint: "`ulimit -v unlimited` takes the limit away, where the system allows it")
        }
        size = min(Session.stackSize, left / 8)
    } else {
        size = Session.stackSize
    }
    // Ctrl-C must reach the thread that reads the line being typed, at once. So every other thread blocks it:
    // this one now, and those that the libraries start later by inheriting that.
    setBlocked(true)
    let job = StackJob(body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, size & ~0xFFFF)
    var thread = pthread_t()
    let error = pthread_create(
        &thread, &attributes,
        { context in
            guard let context else { return nil }
            setBlocked(false)
            let job = Unmanaged<StackJob>.fromOpaque(context).takeUnretainedValue()
            job.status = job.body()
            return nil
        }, Unmanaged.passUnretained(job).toOpaque())
    guard error == 0 else { throw .notEnoughMemory(for: "acuity", needs: size, left: MachineMemory.free) }
    pthread_join(thread, nil)
    return withExtendedLifetime(job) { job.status }
}

/// Bytes of addresses, beyond what the program's code has taken, with which anything can be done.
private let leastAddressSpace = 96 << 20

/// Written by the one thread before it ends, read by the other after it has waited.
private final class StackJob: @unchecked Sendable {
    let body: @Sendable () -> Int32
    var status: Int32 = 0

    init(_ body: @escaping @Sendable () -> Int32) { self.body = body }
}

/// Blocks the signals of ``Interruption`` for the calling thread, or lets them through.
private func setBlocked(_ isBlocked: Bool) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] { sigaddset(&signals, signal) }
    pthread_sigmask(isBlocked ? SIG_BLOCK : SIG_UNBLOCK, &signals, nil)
}
