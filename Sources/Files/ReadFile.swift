import Diagnostics
import Foundation

/// The bytes of the file at `path`.
/// - Parameter limit: bytes beyond which the file is refused unread, so that a mistaken path costs no memory.
/// - Throws: `cannot-read` or `too-large`, naming the file.
public func readFile(_ path: String, limit: Int) throws(Diagnostic) -> [UInt8] {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path, reason: String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .cannotRead(path, reason: "it is a folder") }
    guard status.st_size <= limit else {
        throw Diagnostic("too-large", "\(path) holds \(status.st_size) bytes; at most \(limit) are read here")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
        throw .cannotRead(path, reason: String(cString: strerror(errno)))
    }
    defer { try? handle.close() }
    do {
        // One byte more than allowed tells a device or a growing file from one that fits.
        let data = try handle.read(upToCount: limit + 1) ?? Data()
        guard data.count <= limit else {
            throw Diagnostic("too-large", "\(path) holds more than the \(limit) bytes that are read here")
        }
        return Array(data)
    } catch let diagnostic as Diagnostic {
        throw diagnostic
    } catch {
        throw .cannotRead(path, reason: String(cString: strerror(errno)))
    }
}

/// The text of the file at `path`, which must be UTF-8.
/// - Throws: as ``readFile(_:limit:)``, and `not-utf8` with the line of the first byte that is not.
public func readText(_ path: String, limit: Int) throws(Diagnostic) -> String {
    try decodeText(readFile(path, limit: limit), named: path)
}

/// `bytes` as text, without a byte order mark.
/// - Throws: `not-utf8` naming the line of the first byte that is no UTF-8.
public func decodeText(_ bytes: [UInt8], named name: String) throws(Diagnostic) -> String {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    if let valid = String(validating: text, as: UTF8.self) { return valid }
    // Only a text that failed is searched for the place: the longest valid prefix, line by line.
    var line = 1
    for piece in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        if String(validating: piece, as: UTF8.self) == nil { break }
        line += 1
    }
    throw Diagnostic(
        "not-utf8", "\(name) is not UTF-8 text: line \(line) holds other bytes",
        hint: "save it as UTF-8, or check that it is the file you meant")
}

extension Diagnostic {
    public static func cannotRead(_ path: String, reason: String) -> Diagnostic {
        Diagnostic("cannot-read", "cannot read \(path): \(reason)")
    }
}
