import Foundation

/// Asks the terminal itself what it can show.
public enum Inquiry {
    /// What every terminal answers with the list of its abilities: the primary device attributes [ECMA-48,
    /// VT220].
    private static let question = "\u{1B}[c"
    /// How long an answer may take, over a slow line too.
    private static let patience = Duration.milliseconds(700)

    /// Whether the terminal on `input` says that it shows sixels, and what else was typed meanwhile.
    public static func asksForSixels(input: Int32, output: Int32) -> (hasSixels: Bool, typed: [UInt8]) {
        var settings = termios()
        guard tcgetattr(input, &settings) == 0 else { return (false, []) }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        guard tcsetattr(input, TCSANOW, &settings) == 0 else { return (false, []) }
        var asked = before
        defer { tcsetattr(input, TCSANOW, &asked) }
        _ = write(output, question, question.utf8.count)
        var bytes: [UInt8] = []
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let answer = Self.answer(in: bytes) {
                return (answer.attributes.contains(4), answer.rest)
            }
            var request = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 50) > 0 else { continue }
            var piece = [UInt8](repeating: 0, count: 256)
            let count = read(input, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return (false, bytes)
    }

    /// The attributes in `ESC [ ? 6 2 ; 4 c`, and what stands around that answer.
    package static func answer(in bytes: [UInt8]) -> (attributes: [Int], rest: [UInt8])? {
        guard let start = bytes.firstRange(of: Array("\u{1B}[?".utf8)),
            let end = bytes[start.upperBound...].firstIndex(of: UInt8(ascii: "c"))
        else { return nil }
        let text = String(decoding: bytes[start.upperBound..<end], as: UTF8.self)
        return (
            text.split(separator: ";").compactMap { Int($0) },
            Array(bytes[..<start.lowerBound] + bytes[(end + 1)...])
        )
    }
}

/// Size of the window that a terminal shows.
public struct WindowSize: Sendable, Equatable {
    public let columns: Int
    public let rows: Int
    /// A cell in pixels; a usual size where the terminal does not tell.
    public let cellWidth: Int
    public let cellHeight: Int

    /// The size of the terminal that `descriptor` is; 80×24 where it is none or does not tell.
    public init(of descriptor: Int32) {
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
        columns = isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
        rows = isKnown && size.ws_row > 0 ? Int(size.ws_row) : 24
        let (width, height) = isKnown ? (Int(size.ws_xpixel) / columns, Int(size.ws_ypixel) / rows) : (0, 0)
        (cellWidth, cellHeight) = width > 2 && height > 4 ? (width, height) : (8, 16)
    }
}
