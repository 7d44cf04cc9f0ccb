import Diagnostics
import Files
import Foundation
import Images

/// The names in a folder in their natural order (the same in every locale), without hidden ones, and without
/// the folder that file systems keep for themselves, which most users may not list.
struct Folder {
    let path: String
    let names: [String]

    /// - Throws: `cannot-read`, naming the folder.
    init(_ path: String) throws(Diagnostic) {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .cannotRead(path, reason: "there is no such folder", hint: nearestPath(to: path))
        }
        guard isFolder.boolValue else {
            throw .cannotRead(
                path, reason: "it is a file, and a folder is needed", hint: "name the folder that it is in")
        }
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { !$0.hasPrefix(".") && $0 != "lost+found" }
                .sorted(by: isNaturallyBefore)
        } catch {
            guard let error = systemError(of: error) else {
                throw .cannotRead(path, reason: "its contents cannot be listed")
            }
            throw .cannotRead(path, error: error)
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

/// Files that determine a dataset, and their SHA-256, worked out once and only when asked for; files that did
/// not change since an earlier run are not read again.
package final class HashedFiles: Sendable {
    private let root: String
    private let names: [String]
    private let cacheFolder: String?
    private let digests = OnceValue<[String]>()

    /// - Parameters:
    ///   - names: relative to `root`, which is no part of the manifest: data may be moved.
    ///   - cacheFolder: where digests are kept from run to run; `nil` for the user's cache.
    package init(root: String, names: [String], cacheFolder: String? = nil) {
        self.root = root
        self.names = names
        self.cacheFolder = cacheFolder
    }

    /// `SHA-256 NAME` of each file, in the order given.
    /// - Throws: `cannot-read`, naming the file; ``Diagnostic/stoppedPreparing``.
    package func manifestLines(isStopped: @Sendable () -> Bool = { false }) throws(Diagnostic) -> [String] {
        zip(try allDigests(isStopped: isStopped), names).map { "\($0) \($1)" }
    }

    /// The SHA-256 of each file, in the order given.
    package func allDigests(isStopped: @Sendable () -> Bool = { false }) throws(Diagnostic) -> [String] {
        try digests.value { () throws(Diagnostic) in
            var cache = HashCache(root: root, in: cacheFolder)
            let before = cache
            let found = try concurrentMap(names.count, isStopped: isStopped) { (index) throws(Diagnostic) in
                let path = (root as NSString).appendingPathComponent(names[index])
                // Asked before it is read: a change in between then shows the next time.
                let state = HashCache.State(of: path)
                if let known = before.digest(of: names[index], state: state) { return (known, state) }
                guard let digest = try sha256(ofFile: path, isStopped: isStopped) else {
                    throw .stoppedPreparing
                }
                return (digest, state)
            }
            for (name, (digest, state)) in zip(names, found)
            where before.digest(of: name, state: state) == nil {
                cache.keep(digest, of: name, state: state)
            }
            cache.save()
            return found.map(\.0)
        }
    }
}
