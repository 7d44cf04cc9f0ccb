import Diagnostics
import Foundation

/// Replaces the file at `path` by `bytes`: whole or not at all, also when the process is killed or the power fails.
///
/// Written beside the target, flushed to the disk, then renamed over it; missing folders above it are made.
/// - Throws: `cannot-write` with the path and the system's reason; the old file stands as it was.
public func writeAtomically(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    let folder = (path as NSString).deletingLastPathComponent
    if !folder.isEmpty {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path, reason: "the folder \(folder) cannot be made")
        }
    }
    // A name of its own for each process, so that two that write the same file cannot mix their bytes.
    let partial = "\(path).\(getpid()).partial"
    let file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .cannotWrite(path, reason: systemError()) }
    var failure: String?
    var offset = 0
    bytes.withUnsafeBytes { buffer in
        while offset < buffer.count, failure == nil {
            let written = write(file, buffer.baseAddress! + offset, buffer.count - offset)
            if written > 0 {
                offset += written
            } else if errno != EINTR {
                failure = systemError()
            }
        }
    }
    if failure == nil, fsync(file) != 0 { failure = systemError() }
    if close(file) != 0, failure == nil { failure = systemError() }
    if failure == nil, rename(partial, path) != 0 { failure = systemError() }
    if let failure {
        unlink(partial)
        throw .cannotWrite(path, reason: failure)
    }
    // The rename itself lives in the folder, and is only certain once that is on the disk too.
    let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
        fsync(directory)
        close(directory)
    }
}

public func writeAtomically(_ text: String, to path: String) throws(Diagnostic) {
    try writeAtomically(Array(text.utf8), to: path)
}

private func systemError() -> String { String(cString: strerror(errno)) }

extension Diagnostic {
    public static func cannotWrite(_ path: String, reason: String) -> Diagnostic {
        Diagnostic("cannot-write", "cannot write \(path): \(reason)")
    }
}
