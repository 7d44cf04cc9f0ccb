import Diagnostics
import Dispatch
import Files
import Foundation
import Synchronization

/// Who works on a run, as its lock file says.
public struct LockHolder: Sendable, Equatable {
    /// A text that only this taking of the lock has.
    let token: String
    /// Name of the machine.
    public let host: String
    /// Its number there.
    public let process: Int32
    /// Tells the process from a later one with the same number, and the machine and container from others of
    /// one name.
    let identity: String
    /// Grows for as long as the holder lives.
    var beat: Int

    /// `process 4711 on node3`
    public var description: String { "process \(process) on \(host)" }

    /// This process.
    static func current(token: String) -> LockHolder {
        LockHolder(
            token: token, host: RunMachine.hostName, process: getpid(),
            identity: "\(place) \(startTime(of: getpid()) ?? "")", beat: 0)
    }

    /// Always of one length for one holder, so that it can be written over in place.
    var text: String {
        KeyedLines.text([
            ("token", token), ("host", host), ("process", "\(process)"), ("identity", identity),
            ("beat", String(format: "%012d", beat)),
        ])
    }

    init?(text: String) {
        guard let lines = KeyedLines.parse(text),
            case let facts = Dictionary(
                lines.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
            let token = facts["token"], let host = facts["host"], let identity = facts["identity"],
            let process = facts["process"].flatMap({ Int32($0) }),
            let beat = facts["beat"].flatMap({ Int($0) })
        else { return nil }
        self.init(token: token, host: host, process: process, identity: identity, beat: beat)
    }

    private init(token: String, host: String, process: Int32, identity: String, beat: Int) {
        (self.token, self.host, self.process, self.identity, self.beat) = (
            token, host, process, identity, beat
        )
    }

    /// Whether the process has ended; `nil` where that cannot be seen from here.
    var hasEnded: Bool? {
        guard identity.hasPrefix(Self.place + " ") else { return nil }
        if let time = Self.startTime(of: process) { return identity != "\(Self.place) \(time)" }
        // Where `/proc` hides other users' processes, as on many clusters, only this tells whether there is
        // one.
        return kill(process, 0) != 0 && errno == ESRCH
    }

    /// The boot of the machine and the numbering of processes that this process lives in.
    private static let place: String = {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let processes =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
        return boot.trimmingCharacters(in: .whitespacesAndNewlines) + processes
    }()

    /// In ticks since the boot, or "ended"; `nil` where that cannot be read.
    private static func startTime(of process: Int32) -> String? {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        else { return nil }
        // The command's name, in brackets, may hold spaces; the start time is the twentieth field behind it.
        let fields = stat[name...].split(separator: " ")
        guard fields.count > 20 else { return nil }
        // One that has ended and that nobody has waited for still has its number.
        return ["Z", "X"].contains(fields[1]) ? "ended" : String(fields[20])
    }
}

/// A lock that one process at a time holds, on any file system whose exclusive creation and renaming are
/// atomic: NFS too.
///
/// The lock is a file that only one process can create. Its holder writes a growing number into it every few
/// seconds. A lock is taken over if its process has ended, or, where that cannot be seen because it is on
/// another machine, if its number stood still for a minute by the watcher's own clock. Who takes over first
/// creates, exclusively, a file that is named after the old holder's token, so that of several only one does.
/// Should a holder that was taken for dead come back, two processes compute the same run: they write the same
/// files, each whole or not at all.
public final class RunLock {
    static let beatSeconds = 5
    /// How long another machine's lock stands still before its holder counts as dead.
    public static let deadSeconds = 60.0
    private static let longDeadSeconds = 600

    private let path: String
    private let token: String
    private let timer: any DispatchSourceTimer

    /// What came of trying to take a lock.
    public enum Outcome {
        case taken(RunLock)
        case held(by: LockHolder)
    }

    /// Tries to take the lock that is the file `path`.
    /// - Parameter deadSeconds: how long another machine's lock stands still before its holder counts as
    ///   dead.
    /// - Throws: `cannot-write` where no lock file can be made.
    public static func take(
        _ path: String, deadSeconds: Double = RunLock.deadSeconds
    ) throws(Diagnostic) -> Outcome {
        let own = LockHolder.current(token: UUID().uuidString)
        // Where a holder lets go between our two looks, we look again.
        for _ in 0..<1000 {
            if try create(path, own) { return .taken(RunLock(path, own)) }
            guard let holder = try holder(of: path) else { continue }
            guard isDead(holder, of: path, after: deadSeconds) else { return .held(by: holder) }
            switch try takeOver(path, from: holder, own, deadSeconds) {
            case .ours: return .taken(RunLock(path, own))
            case .others(let other): return .held(by: other)
            case .changed: continue
            }
        }
        throw .cannotWrite(path, "the lock changes hands too fast", error: EBUSY)
    }

    private init(_ path: String, _ holder: LockHolder) {
        (self.path, token) = (path, holder.token)
        timer = DispatchSource.makeTimerSource(queue: .global())
        let beats = Mutex(holder)
        timer.schedule(deadline: .now() + .seconds(Self.beatSeconds), repeating: .seconds(Self.beatSeconds))
        timer.setEventHandler {
            beats.withLock { holder in
                holder.beat += 1
                Self.beat(holder, at: path)
            }
        }
        timer.resume()
        Self.removeRemains(beside: path)
    }

    deinit {
        timer.cancel()
        if (try? Self.holder(of: path))?.token == token { unlink(path) }
    }

    // MARK: Files

    /// Who a lock file says holds the lock; `nil` where there is no file. One that is being made is empty for
    /// a moment, and its holder not known.
    /// - Throws: `cannot-write` for what cannot be read.
    private static func holder(of path: String) throws(Diagnostic) -> LockHolder? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ESTALE { return nil }
            throw .cannotWrite(path, "what stands there cannot be read as a lock", error: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotWrite(path, "what stands there is no lock", error: EISDIR)
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(file, &bytes, bytes.count, 0)
        if count < 0, errno == ESTALE { return nil }
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return LockHolder(text: text) ?? .unknown(madeAt: status.st_mtim)
    }

    /// Who holds the lock; `nil` if nobody does who lives. A look at it tells of another machine's holder
    /// only that its lock was not written for ten minutes, by the clocks of both.
    package static func livingHolder(of path: String) -> LockHolder? {
        guard let holder = try? holder(of: path) else { return nil }
        if isDead(holder, of: path, after: deadSeconds) { return nil }
        var status = stat()
        guard holder.hasEnded == nil, stat(path, &status) == 0 else { return holder }
        return time(nil) - status.st_mtim.tv_sec > longDeadSeconds ? nil : holder
    }

    private static func isDead(_ holder: LockHolder, of path: String, after seconds: Double) -> Bool {
        holder.hasEnded ?? watched.withLock { $0.isStill(holder, at: path, for: seconds) }
    }

    /// Removes what processes that were killed at taking a lock over have left beside it.
    private static func removeRemains(beside path: String) {
        let folder = parentFolder(of: path)
        let beginning = "\((path as NSString).lastPathComponent)."
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix(beginning) {
            let remains = "\(folder)/\(name)"
            if let holder = try? holder(of: remains), isDead(holder, of: remains, after: deadSeconds) {
                unlink(remains)
            }
        }
    }

    /// - Returns: whether the file is ours; not if there was one.
    private static func create(_ path: String, _ holder: LockHolder) throws(Diagnostic) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            if errno == EEXIST { return false }
            throw .cannotWrite(path, error: errno)
        }
        defer { close(file) }
        let bytes = Array(holder.text.utf8)
        guard write(file, bytes, bytes.count) == bytes.count else {
            let reason = errno
            unlink(path)
            throw .cannotWrite(path, error: reason)
        }
        return true
    }

    /// Writes over the number alone, and only in a lock that is still the holder's.
    private static func beat(_ holder: LockHolder, at path: String) {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(holder.text.utf8)
        var standing = [UInt8](repeating: 0, count: bytes.count)
        guard pread(file, &standing, standing.count, 0) == standing.count,
            LockHolder(text: String(decoding: standing, as: UTF8.self))?.token == holder.token
        else { return }
        _ = pwrite(file, bytes, bytes.count, 0)
    }

    /// What came of taking over the lock of a dead process.
    private enum TakeOver {
        case ours
        /// Another process is taking it over.
        case others(LockHolder)
        /// It is no more as it was.
        case changed
    }

    private static func takeOver(
        _ path: String, from dead: LockHolder, _ own: LockHolder, _ deadSeconds: Double
    ) throws(Diagnostic) -> TakeOver {
        let claim = "\(path).\(dead.token)"
        guard try create(claim, own) else {
            guard let other = try holder(of: claim) else { return .changed }
            // Whoever was taking it over may have died at it, even before its name stood there.
            guard isDead(other, of: claim, after: deadSeconds) else { return .others(other) }
            unlink(claim)
            return .changed
        }
        defer { unlink(claim) }
        // Until here another may have taken it over and let go of its claim.
        guard try holder(of: path) == dead else { return .changed }
        let fresh = "\(claim).\(own.token)"
        guard try create(fresh, own) else { return .changed }
        guard rename(fresh, path) == 0 else {
            let reason = errno
            unlink(fresh)
            throw .cannotWrite(path, "the lock of a process that has ended cannot be replaced", error: reason)
        }
        return try holder(of: path)?.token == own.token ? .ours : .changed
    }

    // MARK: Locks of other machines

    private static let watched = Mutex(WatchedLocks())
}

extension LockHolder {
    /// The holder named by a lock file that holds nothing sensible. Two of one path are told apart by when
    /// they were made.
    fileprivate static func unknown(madeAt time: timespec) -> LockHolder {
        LockHolder(
            token: "unknown", host: "an unknown host", process: 0, identity: "",
            beat: time.tv_sec &* 1_000_000_000 &+ time.tv_nsec)
    }
}

/// What was seen of locks whose holders live elsewhere, and when, by this machine's own clock.
private struct WatchedLocks {
    private var seen: [String: (holder: LockHolder, since: ContinuousClock.Instant)] = [:]

    mutating func isStill(_ holder: LockHolder, at path: String, for seconds: Double) -> Bool {
        guard let known = seen[path], known.holder == holder else {
            seen[path] = (holder, .now)
            return false
        }
        return (ContinuousClock.now - known.since) / .seconds(1) > seconds
    }
}
