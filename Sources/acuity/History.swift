import Files
import Foundation

/// Entries typed before, in `$XDG_STATE_HOME/acuity/history`: a line each, so that sessions can share the
/// file.
///
/// Every entry is appended when it is entered, in one write under a lock, and read by the sessions that begin
/// later.
struct History {
    /// Entries that are kept; a file of twice as many is cut back when a session begins.
    private static let limit = 10_000

    private let path: String?

    init() { path = UserFolder.state.map { $0 + "/history" } }

    /// All entries, the oldest first.
    func read() -> [String] {
        guard let path, let data = FileManager.default.contents(atPath: path) else { return [] }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        if lines.count > 2 * Self.limit { cut(path) }
        return lines.suffix(Self.limit).map { Self.entry(of: $0) }
    }

    /// A history that cannot be kept is no reason to disturb anyone.
    func append(_ entry: String) {
        guard let path else { return }
        let folder = parentFolder(of: path)
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let line = Array((Self.line(of: entry) + "\n").utf8)
        Self.withLock(path, O_WRONLY | O_CREAT | O_APPEND) { file in _ = write(file, line, line.count) }
    }

    private func cut(_ path: String) {
        Self.withLock(path, O_RDWR) { file in
            // Read again under the lock: another session may just have cut or appended.
            guard let data = FileManager.default.contents(atPath: path) else { return }
            let lines = data.split(separator: UInt8(ascii: "\n"))
            guard lines.count > 2 * Self.limit else { return }
            let kept =
                Array(lines.suffix(Self.limit).joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
            ftruncate(file, 0)
            _ = write(file, kept, kept.count)
        }
    }

    private static func withLock(_ path: String, _ flags: Int32, _ body: (Int32) -> Void) {
        let file = open(path, flags | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        if flock(file, LOCK_EX) == 0 { body(file) }
    }

    // MARK: One line an entry

    private static func line(of entry: String) -> String {
        entry.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func entry(of line: Substring) -> String {
        var entry = ""
        var isEscaped = false
        for character in line {
            if isEscaped {
                entry.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                entry.append(character)
            }
        }
        return entry
    }
}

/// Where a user's files of this program are, as the XDG base directory specification says.
enum UserFolder {
    /// What is kept from session to session.
    static var state: String? { folder("XDG_STATE_HOME", ".local/state") }
    /// What the user has set up.
    static var configuration: String? { folder("XDG_CONFIG_HOME", ".config") }

    private static func folder(_ variable: String, _ standard: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        let base =
            environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? environment["HOME"].map { "\($0)/\(standard)" }
        return base.map { $0 + "/acuity" }
    }
}
