import Diagnostics
import Foundation
import Synchronization

/// Replaces the file at `path` by `bytes`: whole or not at all, also when the process is killed or the power fails.
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

/// A file that is written piece by piece beside the one it is to replace, and takes its place when it is whole.
///
/// What was not committed is removed when the value goes away; what a killed process left, by ``removePartials(of:)``.
public struct AtomicFile: ~Copyable {
    public let path: String
    private let folder: String
    private let partial: String
    /// −1 once it is closed.
    private var file: Int32

    /// Counts the files of this process, so that two threads that write one path do not mix their bytes.
    private static let count = Atomic(0)

    /// Makes missing folders and the file beside `path`.
    /// - Throws: `cannot-write`.
    public init(replacing path: String) throws(Diagnostic) {
        self.path = path
        folder = (path as NSString).deletingLastPathComponent
        let number = Self.count.add(1, ordering: .relaxed).newValue
        partial = "\(path).\(getpid()).\(number).partial"
        file = -1
        if !folder.isEmpty {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw .cannotWrite(path, "the folder \(folder) cannot be made", error: systemError(of: error))
            }
        }
        file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .cannotWrite(path, error: errno) }
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
        guard isClosed, rename(partial, path) == 0 else {
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

/// Removes what processes that are no more have left half-written beside `path`; those that are alive are left alone.
public func removePartials(of path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    removePartials(in: folder.isEmpty ? "." : folder) { $0 == (path as NSString).lastPathComponent }
}

/// As ``removePartials(of:)``, for the files of a folder whose names are `wanted`.
public func removePartials(in folder: String, where wanted: (String) -> Bool = { _ in true }) {
    for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where file.hasSuffix(".partial") {
        // NAME.PROCESS.NUMBER.partial
        let parts = file.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 3, let process = Int32(parts[parts.count - 3]), process > 0,
            Int(parts[parts.count - 2]) != nil, wanted(parts.dropLast(3).joined(separator: ".")),
            kill(process, 0) != 0, errno == ESRCH
        else { continue }
        unlink((folder as NSString).appendingPathComponent(file))
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
        case EEXIST, ENOTDIR: "a file stands in the way: move it, or write to another folder"
        default: nil
        }
    }
}
