import Diagnostics
import Foundation

/// A file on a disk, read at any place, a piece at a time: for files that are larger than what is wanted of
/// them.
public final class RandomAccessFile: Sendable {
    public let path: String
    /// Bytes when it was opened.
    public let size: Int
    private let file: Int32

    /// - Throws: `cannot-read` where it is missing, no ordinary file, or not to be read.
    public init(reading path: String) throws(Diagnostic) {
        self.path = path
        // Without blocking: a pipe without a writer would hold the program up before it could be refused.
        file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .cannotRead(path, error: errno) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            close(file)
            throw isFolder ? .itIsAFolder(path) : .cannotRead(path, reason: "it is not an ordinary file")
        }
        size = Int(status.st_size)
    }

    deinit { close(file) }

    /// `count` elements from the byte `offset` on, as they lie in memory on this machine.
    /// - Precondition: the bytes lie within ``size``.
    /// - Throws: `cannot-read`, also where the file has become shorter since it was opened.
    public func read<Element: BitwiseCopyable>(
        _ count: Int, of type: Element.Type, at offset: Int
    ) throws(Diagnostic) -> [Element] {
        let bytes = count * MemoryLayout<Element>.stride
        precondition(
            offset >= 0 && count >= 0 && offset + bytes <= size, "\(bytes) bytes at \(offset) of \(size)")
        return try readElements(count, of: type, from: file, at: offset, named: path)
    }
}
