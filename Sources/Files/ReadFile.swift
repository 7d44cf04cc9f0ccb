import Diagnostics
import Foundation

/// The bytes of the file at `path`.
/// - Parameter limit: bytes beyond which the file is refused unread, so that a mistaken path costs no memory.
/// - Throws: `cannot-read` or `too-large`, naming the file.
public func readFile(_ path: String, limit: Int) throws(Diagnostic) -> [UInt8] {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path, error: errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .itIsAFolder(path) }
    guard status.st_size <= limit else {
        throw Diagnostic("too-large", "\(path) holds \(status.st_size) bytes; at most \(limit) are read here")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
        throw .cannotRead(path, error: errno)
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
        throw .cannotRead(path, error: errno)
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
    public static func cannotRead(_ path: String, reason: String, hint: String? = nil) -> Diagnostic {
        Diagnostic("cannot-read", "cannot read \(path): \(reason)", hint: hint)
    }

    /// - Parameter error: the system's number of the reason.
    public static func cannotRead(_ path: String, error: Int32) -> Diagnostic {
        let reason = String(cString: strerror(error))
        let hint: String? =
            switch error {
            case ENOENT: nearestPath(to: path)
            case EACCES, EPERM: "make it readable, and the folders above it"
            default: nil
            }
        return .cannotRead(path, reason: reason, hint: hint)
    }

    /// Where a file is needed.
    public static func itIsAFolder(_ path: String) -> Diagnostic {
        .cannotRead(path, reason: "it is a folder", hint: "name a file in it")
    }
}

/// What may have been meant by a path that leads nowhere, as a hint; where nothing is like it, where paths begin, unless it
/// says that itself.
public func nearestPath(to path: String) -> String? {
    let (folder, name) = ((path as NSString).deletingLastPathComponent, (path as NSString).lastPathComponent)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    if let meant = nearest(to: name, among: names.filter { !$0.hasPrefix(".") }) {
        return "did you mean \((folder as NSString).appendingPathComponent(meant))?"
    }
    return path.hasPrefix("/") ? nil : "paths begin at the folder that Acuity was started in"
}
