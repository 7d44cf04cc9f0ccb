import Diagnostics
import Foundation

/// A lock that one process at a time can hold, freed when the value goes away or the process dies.
struct FileLock: ~Copyable {
    private let path: String
    private let file: Int32

    /// - Throws: `table-in-use` with the process that holds the lock; `cannot-write` where no lock file can be made.
    init(_ path: String, for table: String) throws(Diagnostic) {
        while true {
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw .cannotWrite(table, error: errno) }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                let reason = errno
                let holder = Self.holder(file)
                close(file)
                guard reason == EWOULDBLOCK else {
                    throw .cannotWrite(table, error: reason)
                }
                throw Diagnostic(
                    "table-in-use",
                    "another run\(holder.map { " (process \($0))" } ?? "") is writing \(table)",
                    hint: "wait until it is done, or give this experiment another name")
            }
            // The holder before us may have removed the file between our opening and locking it.
            var opened = stat()
            var standing = stat()
            guard fstat(file, &opened) == 0, stat(path, &standing) == 0, opened.st_ino == standing.st_ino
            else {
                close(file)
                continue
            }
            ftruncate(file, 0)
            let identity = Array("\(getpid())\n".utf8)
            _ = write(file, identity, identity.count)
            self.path = path
            self.file = file
            return
        }
    }

    private static func holder(_ file: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
    }

    deinit {
        unlink(path)
        close(file)
    }
}
