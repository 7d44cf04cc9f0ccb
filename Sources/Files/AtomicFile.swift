import Diagnostics
import Foundation

/// Replaces the file at `path` by `bytes`: whole or not at all, also when the process is killed or the power
/// fails.
///
/// Written beside the target, flushed to the disk, then renamed over it; missing folders above it are made.
/// - Throws: `cannot-write` with the path and the system's reason; the old file stands as it was.
public func writeAtomically(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    var file = try AtomicFile(replacing: path)
    try file.write(bytes.span.bytes)
    try file.commit()
}

public func writeAtomically(_ text: String, to path: String) throws(Diagnostic) {
    try writeAtomically(Array(text.utf8), to: path)
}

/// A file that is written piece by piece beside the one it is to replace, and takes its place when it is
/// whole.
///
/// What was not committed is removed when the value goes away; what a killed process left, by
/// ``removePartials(of:)``.
public struct AtomicFile: ~Copyable {
    public let path: String
    /// What `path` leads to, where it is a symbolic link: the link stays one.
    private let target: String
    private let folder: String
    private let partial: String
    /// −1 once it is closed.
    private var file: Int32

    /// Makes missing folders and the file beside `path`, with the permissions of the file that it replaces.
    /// - Throws: `cannot-write`, also where `path` is one of a circle of symbolic links, or a file that this
    ///   user may not write to.
    public init(replacing path: String) throws(Diagnostic) {
        let target = try followingLinks(path)
        let folder = parentFolder(of: target)
        let partial = (folder as NSString).appendingPathComponent(
            PartialName(of: (target as NSString).lastPathComponent).text)
        if !folder.isEmpty {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw .cannotWrite(path, "the folder \(folder) cannot be made", error: systemError(of: error))
            }
        }
        // Of its own: a file of this name that is there already is another's, and no byte of it is touched.
        let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .cannotWrite(path, error: errno) }
        var old = stat()
        if stat(target, &old) == 0 {
            guard access(target, W_OK) == 0, fchmod(file, old.st_mode & 0o777) == 0 else {
                let error = errno
                close(file)
                unlink(partial)
                throw .cannotWrite(path, error: error)
            }
        }
        self.path = path
        self.target = target
        self.folder = folder
        self.partial = partial
        self.file = file
    }

    /// Adds bytes at the end.
    /// - Throws: `cannot-write`.
    public mutating func write(_ bytes: RawSpan) throws(Diagnostic) {
        var isWhole = true
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty, isWhole {
                let written = Foundation.write(
                    file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else {
                    isWhole = written < 0 && errno == EINTR
                }
            }
        }
        if !isWhole { throw .cannotWrite(path, error: errno) }
    }

    /// Flushes it to the disk and puts it in the place of the old one.
    /// - Throws: `cannot-write`; the old file stands as it was.
    public mutating func commit() throws(Diagnostic) {
        precondition(file >= 0, "\(path) was committed before")
        guard fsync(file) == 0 else { throw .cannotWrite(path, error: errno) }
        let isClosed = close(file) == 0
        file = -1
        guard isClosed, rename(partial, target) == 0 else {
            let error = errno
            unlink(partial)
            throw .cannotWrite(path, error: error)
        }
        // The rename itself lives in the folder, and is only certain once that is on the disk too.
        let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    deinit {
        guard file >= 0 else { return }
        close(file)
        unlink(partial)
    }
}

/// The name of a file that is written to take another one's place: STEM.PLACE.PROCESS.TOKEN.partial, beside
/// it.
///
/// Two machines, or two containers, may share a folder, and their processes have the same numbers: the token
/// keeps their files apart, and the place tells whose processes the number counts.
private struct PartialName {
    /// What the names for one file begin with.
    let stem: String
    private let place: String
    private let process: Int32
    private let token: String

    /// How long after its last byte a file counts as left behind, whoever made it.
    private static let abandonedSeconds = 86_400

    /// A name that no other process or thread takes for the file called `name`.
    init(of name: String) {
        stem = Self.stem(of: name)
        place = Self.ownPlace ?? String(repeating: "0", count: 16)
        process = getpid()
        token = Self.hexadecimal(UInt64.random(in: 0...UInt64.max))
    }

    /// `nil` for a file of another name.
    init?(parsing text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 4, parts[parts.count - 1] == "partial",
            let process = Int32(parts[parts.count - 3]),
            process > 0, case let (place, token) = (parts[parts.count - 4], parts[parts.count - 2]),
            [place, token].allSatisfy({ $0.utf8.count == 16 && $0.allSatisfy(\.isHexDigit) })
        else { return nil }
        stem = parts.dropLast(4).joined(separator: ".")
        (self.place, self.process, self.token) = (String(place), process, String(token))
    }

    var text: String { "\(stem).\(place).\(process).\(token).partial" }

    /// Whether the file of this name at `path` will not be finished: its maker is seen to have ended, or a
    /// day has passed.
    func isLeftBehind(at path: String) -> Bool {
        if place == Self.ownPlace, kill(process, 0) != 0, errno == ESRCH { return true }
        var status = stat()
        return lstat(path, &status) == 0 && time(nil) - Int(status.st_mtim.tv_sec) > Self.abandonedSeconds
    }

    /// The name itself; of one that leaves no room for the rest in the 255 bytes that file systems allow, its
    /// beginning and its hash: 200 bytes at most, and the rest takes up to 53.
    static func stem(of name: String) -> String {
        guard name.utf8.count > 200 else { return name }
        var beginning = ""
        for character in name {
            guard beginning.utf8.count + "\(character)".utf8.count <= 180 else { break }
            beginning.append(character)
        }
        return "\(beginning)~\(shortDigest(name))"
    }

    /// The boot of the machine and the numbering of processes that this process lives in, in 16 digits; `nil`
    /// where the system does not say.
    private static let ownPlace: String? = {
        guard let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
            let numbering = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return nil }
        return shortDigest(boot + numbering)
    }()

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Where the file at `path` really stands, or would stand, if the path's last component is a symbolic link.
/// - Throws: `cannot-write` where there are more than 40 links one after the other: to Linux, that is a
///   circle.
private func followingLinks(_ path: String) throws(Diagnostic) -> String {
    var place = path
    for _ in 0...40 {
        guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else {
            return place
        }
        let folder = parentFolder(of: place)
        place = next.hasPrefix("/") ? next : (folder as NSString).appendingPathComponent(next)
    }
    throw .cannotWrite(path, error: ELOOP)
}

/// Removes what was left half-written beside `path` by processes that are no more. Files of other machines
/// and containers, whose processes cannot be seen from here, are left alone until a day after their last
/// byte.
public func removePartials(of path: String) {
    guard let target = try? followingLinks(path) else { return }
    let folder = parentFolder(of: target)
    let stem = PartialName.stem(of: (target as NSString).lastPathComponent)
    removePartials(in: folder.isEmpty ? "." : folder) { $0 == stem }
}

/// As ``removePartials(of:)``, for the files of a folder whose names are `wanted` (of long ones, the
/// beginning and a hash).
public func removePartials(in folder: String, where wanted: (String) -> Bool = { _ in true }) {
    for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        guard let name = PartialName(parsing: file), wanted(name.stem) else { continue }
        let path = (folder as NSString).appendingPathComponent(file)
        if name.isLeftBehind(at: path) { unlink(path) }
    }
}

/// The system's number of an error of Foundation's, where it has one.
public func systemError(of error: any Error) -> Int32? {
    ((error as? CocoaError)?.underlying as? POSIXError)?.code.rawValue
}

extension Diagnostic {
    public static let cannotWriteCode = "cannot-write"

    /// - Parameters:
    ///   - step: what failed on the way, as `the folder a cannot be made`; `nil` for the writing itself.
    ///   - error: the system's number of the reason, where it is known.
    public static func cannotWrite(_ path: String, _ step: String? = nil, error: Int32?) -> Diagnostic {
        let reasons = [step, error.map { String(cString: strerror($0)) }].compactMap(\.self)
        return Diagnostic(
            cannotWriteCode, "cannot write \(path): " + reasons.joined(separator: ": "),
            hint: error.flatMap(remedy))
    }

    private static func remedy(_ error: Int32) -> String? {
        switch error {
        case ENOSPC, EDQUOT: "make room on that disk, or write to another"
        case EROFS, EACCES, EPERM: "make the folder writable, or write to another"
        case ELOOP: "its symbolic links lead round in a circle: remove one of them"
        case EEXIST, ENOTDIR: "a file stands in the way: move it, or write to another folder"
        default: nil
        }
    }
}
