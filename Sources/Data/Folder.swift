import Diagnostics
import Files
import Foundation
import Images

/// The names in a folder, sorted byte by byte (so the same in every locale), without hidden ones.
struct Folder {
    let path: String
    let names: [String]

    /// - Throws: `cannot-read`, naming the folder.
    init(_ path: String) throws(Diagnostic) {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .cannotRead(path, reason: "there is no such folder")
        }
        guard isFolder.boolValue else {
            throw .cannotRead(path, reason: "it is a file, and a folder is needed")
        }
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { !$0.hasPrefix(".") }
                .sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        } catch {
            throw .cannotRead(path, reason: "its contents cannot be listed")
        }
    }

    func has(_ name: String) -> Bool { names.contains(name) }

    func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

    /// Names that end as those of PNG and JPEG files do, in any case.
    var pictures: [String] { names.filter { PictureFormat(ofFile: $0) != nil } }

    var folders: [String] {
        names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: file(name), isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }

    /// - Throws: `no-pictures`, saying what is there instead.
    func requirePictures() throws(Diagnostic) -> [String] {
        let pictures = pictures
        guard pictures.isEmpty else { return pictures }
        let others = Set(names.map { ($0 as NSString).pathExtension.lowercased() }).subtracting([""]).sorted()
        throw Diagnostic(
            "no-pictures", "there is no PNG or JPEG file in \(path)",
            notes: names.isEmpty
                ? ["the folder is empty"]
                : others.isEmpty
                    ? [] : ["it holds files ending in " + others.map { "." + $0 }.joined(separator: ", ")],
            hint: others.isEmpty || names.isEmpty ? nil : "convert them to PNG")
    }
}

/// Files that determine a dataset, and their SHA-256, worked out once and only when asked for.
final class HashedFiles: Sendable {
    private let root: String
    private let names: [String]
    private let lines = OnceValue<[String]>()

    /// - Parameter names: relative to `root`, which is no part of the manifest: data may be moved.
    init(root: String, names: [String]) {
        self.root = root
        self.names = names
    }

    /// `SHA-256 NAME` of each file, in the order given.
    /// - Throws: `cannot-read`, naming the file; ``Diagnostic/stoppedPreparing``.
    func manifestLines(isStopped: @Sendable () -> Bool = { false }) throws(Diagnostic) -> [String] {
        try lines.value { () throws(Diagnostic) in
            try concurrentMap(names.count, isStopped: isStopped) { (index) throws(Diagnostic) in
                let path = (root as NSString).appendingPathComponent(names[index])
                return "\(sha256(try readFile(path, limit: 1 << 30))) \(names[index])"
            }
        }
    }
}
