import Diagnostics
import Foundation
import Machine

/// The bytes of the file at `path`.
/// - Parameter limit: bytes beyond which the file is refused unread, so that a mistaken path costs no memory.
/// - Throws: `cannot-read`, `too-large`, or `not-enough-memory` where fewer bytes are free than it holds,
///   naming the file.
public func readFile(_ path: String, limit: Int) throws(Diagnostic) -> [UInt8] {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path, error: errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .itIsAFolder(path) }
    guard status.st_size <= limit else {
        throw Diagnostic("too-large", "\(path) holds \(status.st_size) bytes; at most \(limit) are read here")
    }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .cannotRead(path, error: errno) }
    defer { close(file) }
    // One byte more than the file has, so that a file that is as long as it says takes one round; and one
    // more than allowed, which tells a device or a growing file from one that fits.
    var piece = min(Int(status.st_size), limit) + 1
    var bytes: [UInt8] = []
    while true {
        try MachineMemory.check(bytes.count + piece, for: "the file \(path)")
        let found = try readBytes(piece, from: file, named: path)
        let isEnd = found.count < piece
        if bytes.isEmpty { bytes = found } else { bytes += found }
        guard bytes.count <= limit else {
            throw Diagnostic("too-large", "\(path) holds more than the \(limit) bytes that are read here")
        }
        if isEnd { return bytes }
        piece = min(max(bytes.count, 1 << 16), limit + 1 - bytes.count)
    }
}

/// As many bytes as there are, at most `count`, from where the last reading ended.
private func readBytes(_ count: Int, from file: Int32, named name: String) throws(Diagnostic) -> [UInt8] {
    var failure: Int32?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
            let got = read(file, buffer.baseAddress! + filled, count - filled)
            if got > 0 {
                filled += got
            } else if got == 0 {
                return
            } else if errno != EINTR {
                failure = errno
                return
            }
        }
    }
    if let failure { throw .cannotRead(name, error: failure) }
    return bytes
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

/// The part of a path before its last component; empty for a name alone.
///
/// Foundation's `NSString.deletingLastPathComponent` ends the program for names of one letter (Swift 6.3).
public func parentFolder(of path: String) -> String {
    let trimmed =
        path.utf8.last == UInt8(ascii: "/") ? String(path.reversed().drop { $0 == "/" }.reversed()) : path
    guard let slash = trimmed.lastIndex(of: "/") else { return trimmed.isEmpty && !path.isEmpty ? "/" : "" }
    let folder = trimmed[..<slash]
    let rest = folder.reversed().drop { $0 == "/" }
    return rest.isEmpty ? "/" : String(rest.reversed())
}

/// What may have been meant by a path that leads nowhere, as a hint; where nothing is like it, where paths
/// begin, unless it says that itself.
public func nearestPath(to path: String) -> String? {
    let (folder, name) = (parentFolder(of: path), (path as NSString).lastPathComponent)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    if let meant = nearest(to: name, among: names.filter { !$0.hasPrefix(".") }) {
        return "did you mean \((folder as NSString).appendingPathComponent(meant))?"
    }
    return path.hasPrefix("/") ? nil : "paths begin at the folder that Acuity was started in"
}

/// - Throws: `cannot-read` where there is nothing at `path`.
public func isFolder(_ path: String) throws(Diagnostic) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path, error: errno) }
    return status.st_mode & S_IFMT == S_IFDIR
}
