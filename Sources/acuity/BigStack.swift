import Foundation

/// Runs `body` on a thread with `size` bytes of stack and waits for it: the main thread's stack is the system's
/// choice, and deeply nested programs need more. Signals go to that thread.
func withStack(_ size: Int, _ body: @escaping @Sendable () -> Int32) -> Int32 {
    // Ctrl-C must reach the thread that reads the line being typed, at once. So every other thread blocks it: this one
    // now, and those that the libraries start later by inheriting that.
    setBlocked(true)
    let done = DispatchSemaphore(value: 0)
    let status = Status()
    let thread = Thread {
        setBlocked(false)
        status.value = body()
        done.signal()
    }
    thread.stackSize = size
    thread.start()
    done.wait()
    return status.value
}

/// Blocks SIGINT for the calling thread, or lets it through.
private func setBlocked(_ isBlocked: Bool) {
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    pthread_sigmask(isBlocked ? SIG_BLOCK : SIG_UNBLOCK, &interrupt, nil)
}

/// Written by the one thread before it signals, read by the other after it has waited.
private final class Status: @unchecked Sendable {
    var value: Int32 = 0
}
