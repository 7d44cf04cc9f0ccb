import Diagnostics
import Foundation

/// A file without a name, for what is dear to make and too much for memory: it is gone with the process,
/// however that ends.
///
/// May be read and written from several threads at once, at different places.
public final class TemporaryFile: Sendable {
    private let folder: String
    private let file: Int32

    /// - Parameter folder: made where it is missing.
    /// - Throws: `cannot-write`.
    public init(in folder: String) throws(Diagnostic) {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(folder, "the folder cannot be made", error: systemError(of: error))
        }
        var name = Array("\(folder)/XXXXXX".utf8CString)
        file = mkstemp(&name)
        guard file >= 0 else { throw .cannotWrite(folder, error: errno) }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        unlink(name)
    }

    deinit { close(file) }

    /// - Throws: `cannot-write`, as where the disk is full.
    public func write(_ bytes: [UInt8], at offset: Int) throws(Diagnostic) {
        var failure: Int32?
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, failure == nil {
                let put = pwrite(file, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
                if put > 0 { done += put } else if put == 0 || errno != EINTR { failure = errno }
            }
        }
        if let failure { throw .cannotWrite("a file in \(folder)", error: failure) }
    }

    /// - Precondition: the bytes have been written.
    /// - Throws: `cannot-read`, where the disk fails.
    public func read(_ count: Int, at offset: Int) throws(Diagnostic) -> [UInt8] {
        try readElements(count, of: UInt8.self, from: file, at: offset, named: "a file in \(folder)")
    }
}
