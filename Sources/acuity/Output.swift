import Foundation
import Synchronization

/// The two streams of the program, unbuffered, so that what a person sees is in the order in which it
/// happened.
enum Output {
    case results
    case messages

    private static let hasFailed = Atomic(false)

    private var descriptor: Int32 { self == .results ? STDOUT_FILENO : STDERR_FILENO }

    var isTerminal: Bool { isatty(descriptor) != 0 }

    /// What a stream that is closed from the start (`>&-`) must not become: a file that is opened later, and
    /// written into. In place of input and results stands one that cannot be used in their direction, so that
    /// using it is the same mistake as before; messages are discarded, for whoever closes them does not want
    /// them.
    static func reserveClosedStreams() {
        for (stream, mode) in [
            (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
        ]
        where fcntl(stream, F_GETFD) == -1 && errno == EBADF {
            // The lowest that is free, and those below are taken.
            _ = open("/dev/null", mode)
        }
    }

    /// An exit status, which tells of output that could not be written.
    static func status(_ status: Int32) -> Int32 {
        status == 0 && hasFailed.load(ordering: .relaxed) ? 1 : status
    }

    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno == EAGAIN {
                waitUntilReady(descriptor, for: POLLOUT)
            } else if errno != EINTR {
                return fail(errno)
            }
        }
    }

    /// Said once, and at once; a training goes on, for its table is a file.
    private func fail(_ error: Int32) {
        let isFirst = !Self.hasFailed.exchange(true, ordering: .relaxed)
        guard isFirst, self == .results else { return }
        let reason = error == EBADF ? "it is closed" : String(cString: strerror(error))
        Self.messages.write("error[cannot-write]: cannot write to standard output: \(reason)\n")
    }
}

/// Waits for a stream that its other users have made one that does not wait.
/// - Parameter events: POLLIN or POLLOUT.
func waitUntilReady(_ descriptor: Int32, for events: Int32) {
    var place = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    _ = poll(&place, 1, 1000)
}
