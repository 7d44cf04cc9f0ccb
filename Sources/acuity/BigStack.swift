import Foundation

/// Runs `body` on a thread with `size` bytes of stack and waits for it: the main thread's stack is the system's
/// choice, and deeply nested programs need more. Signals go to that thread.
func withStack(_ size: Int, _ body: @escaping @Sendable () -> Int32) -> Int32 {
    let done = DispatchSemaphore(value: 0)
    let status = Status()
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    let signals = interrupt
    let thread = Thread {
        // A parent may have blocked it, and what is blocked is inherited.
        var signals = signals
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        status.value = body()
        done.signal()
    }
    thread.stackSize = size
    thread.start()
    // A line being typed must be told of Ctrl-C at once, and that line is read on the other thread.
    pthread_sigmask(SIG_BLOCK, &interrupt, nil)
    done.wait()
    return status.value
}

/// Written by the one thread before it signals, read by the other after it has waited.
private final class Status: @unchecked Sendable {
    var value: Int32 = 0
}
