import Foundation

/// The two streams of the program, unbuffered, so that what a person sees is in the order in which it happened.
enum Output {
    case results
    case messages

    private var descriptor: Int32 { self == .results ? STDOUT_FILENO : STDERR_FILENO }

    var isTerminal: Bool { isatty(descriptor) != 0 }

    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno != EINTR && errno != EAGAIN {
                // Nobody reads any more, and there is nowhere left to say so.
                return
            }
        }
    }
}
