import Foundation
import PtyShim

/// The program in a terminal, with a person's patience and keys.
final class Terminal {
    struct Silence: Error, CustomStringConvertible {
        let description: String
    }

    /// Bytes that keys send.
    enum Key {
        static let enter = "\r"
        static let tab = "\t"
        static let up = "\u{1B}[A"
        static let down = "\u{1B}[B"
        static let right = "\u{1B}[C"
        static let interrupt = "\u{03}"
        static let end = "\u{04}"
        static let search = "\u{12}"
        static func pasted(_ text: String) -> String { "\u{1B}[200~\(text)\u{1B}[201~" }
    }

    private let descriptor: Int32
    private let process: pid_t
    /// What came and was not waited for yet, without the escape sequences that are complete.
    private var unread = ""
    /// The beginning of a letter whose end has not come yet.
    private var rest: [UInt8] = []
    /// Everything that came.
    private(set) var transcript: [UInt8] = []

    /// Starts `acuity` with these arguments in a terminal of its own.
    /// - Parameter home: where its history and configuration are.
    init(
        _ arguments: [String] = [], home: String, environment: [String: String] = [:], rows: Int = 40,
        columns: Int = 100
    ) throws {
        var variables = [
            "HOME": home, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "ACUITY_GRAPHICS": "none",
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
        ]
        variables.merge(environment) { _, new in new }
        let path = Command.executable.path
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        var process: pid_t = 0
        descriptor = acuity_pty_start(path, words, settings, home, Int32(rows), Int32(columns), &process)
        self.process = process
        guard descriptor >= 0 else { throw Silence(description: "no terminal to be had") }
    }

    deinit {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        close(descriptor)
    }

    func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR || errno == EAGAIN else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }

    /// Waits until `text` has come, and gives what came up to its end.
    @discardableResult
    func wait(for text: String, seconds: Double = 400) throws -> String {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if let range = unread.firstRange(of: text) {
                let seen = String(unread[..<range.upperBound])
                unread.removeSubrange(..<range.upperBound)
                return seen
            }
            guard ContinuousClock.now < deadline, receive() else {
                throw Silence(description: "waited for “\(text)”; there was “\(unread)”")
            }
        }
    }

    func interrupt() { send(Key.interrupt) }

    /// Presses Ctrl-C, and waits for the prompt that comes then.
    func interrupt(prompt: Int) throws {
        interrupt()
        try wait(for: "^C")
        try wait(for: "\(prompt)> ")
    }

    /// Types a line, and gives what it brought up to the next prompt.
    @discardableResult
    func run(_ line: String, prompt: Int) throws -> String {
        send(line + Key.enter)
        return try wait(for: "\(prompt)> ")
    }

    func signal(_ number: Int32) { kill(process, number) }

    /// Waits for the program to end, and gives its exit status.
    func waitForEnd(seconds: Double = 400) throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline, receive() {}
        var status: Int32 = 0
        while ContinuousClock.now < deadline {
            if waitpid(process, &status, WNOHANG) == process { return status >> 8 & 0xFF }
            usleep(2000)
        }
        throw Silence(description: "it goes on and on")
    }

    func resize(rows: Int, columns: Int) { acuity_pty_resize(descriptor, Int32(rows), Int32(columns)) }

    /// Lets what has come be read; `false` at the end.
    func listen() -> Bool { receive() }

    /// Reads what there is, waiting for a tenth of a second at most; `false` at the end.
    private func receive() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, 100) > 0 else { return true }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return false }
        rest += bytes[..<count]
        // A letter of several bytes may come in two pieces.
        let whole =
            rest.count
            - (1...3).reduce(0) { cut, length in
                guard cut == 0, rest.count >= length else { return cut }
                let byte = rest[rest.count - length]
                return byte >= 0xC0 && (byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2) > length ? length : cut
            }
        unread = Self.plain(unread + String(decoding: rest[..<whole], as: UTF8.self))
        rest.removeFirst(whole)
        transcript += bytes[..<count]
        return true
    }

    /// Text without escape sequences.
    static func plain(_ text: String) -> String {
        text.replacing(/\u{1B}(\[[0-?]*[ -\/]*[@-~]|\][^\u{07}]*\u{07}|[=>])/, with: "")
            .replacing("\r\n", with: "\n").replacing("\r", with: "")
    }
}
