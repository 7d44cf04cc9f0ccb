import Diagnostics
import Files
import Foundation

/// The pictures below one folder beside those of their names below another; or one file beside another.
public struct PicturePairs: Sendable {
    public struct Pair: Sendable, Equatable {
        public let left: String
        public let right: String
        /// Without the ending, relative to the folders.
        public let name: String
    }

    public let pairs: [Pair]

    /// - Throws: `unlike-paths`, `no-pictures`, `partner-missing` naming the file, `ambiguous-name` where two differ only by their
    ///   ending, and what keeps a folder from being read.
    public init(_ left: String, _ right: String) throws(Diagnostic) {
        let areFolders = (try isFolder(left), try isFolder(right))
        guard areFolders.0 == areFolders.1 else {
            let (folder, file) = areFolders.0 ? (left, right) : (right, left)
            throw Diagnostic(
                "unlike-paths", "\(folder) is a folder, and \(file) is a file",
                hint: "compare two files, or two folders")
        }
        guard areFolders.0 else {
            let name = ((left as NSString).lastPathComponent as NSString).deletingPathExtension
            pairs = [Pair(left: left, right: right, name: name)]
            return
        }
        let (mine, its) = (try PictureTree(left), try PictureTree(right))
        for (tree, other) in [(mine, its), (its, mine)] {
            if let lonely = tree.files.first(where: { other.index[$0.name] == nil }) {
                throw Diagnostic(
                    "partner-missing", "\(tree.path(of: lonely.file)) has no partner",
                    notes: ["there is no picture `\(lonely.name)` below \(other.root)"])
            }
        }
        pairs = mine.files.map { file in
            Pair(
                left: mine.path(of: file.file), right: its.path(of: its.files[its.index[file.name]!].file),
                name: file.name)
        }
    }
}

/// All pictures below a folder, by their names without endings.
public struct PictureTree: Sendable {
    public let root: String
    /// In the order of their names, byte by byte; files relative to ``root``.
    public let files: [(file: String, name: String)]
    let index: [String: Int]

    /// - Throws: `no-pictures`, `ambiguous-name`, and what keeps a folder from being read.
    public init(_ root: String) throws(Diagnostic) {
        self.root = root
        var files: [(file: String, name: String)] = []
        try Self.collect(root, prefix: "", into: &files)
        if files.isEmpty { _ = try Folder(root).requirePictures() }
        var index: [String: Int] = [:]
        for (place, file) in files.enumerated() {
            if let other = index.updateValue(place, forKey: file.name) {
                throw Diagnostic(
                    "ambiguous-name",
                    "\(files[other].file) and \(file.file) in \(root) differ only by their ending",
                    hint: "move one of them away")
            }
        }
        self.files = files
        self.index = index
    }

    public func path(of file: String) -> String { (root as NSString).appendingPathComponent(file) }

    private static func collect(
        _ path: String, prefix: String, into files: inout [(file: String, name: String)]
    ) throws(Diagnostic) {
        let folder = try Folder(path)
        files += folder.pictures.map { (prefix + $0, prefix + ($0 as NSString).deletingPathExtension) }
        // A link to a folder above would never end.
        for name in folder.folders where !isLink(folder.file(name)) {
            try collect(folder.file(name), prefix: "\(prefix)\(name)/", into: &files)
        }
    }
}

private func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

/// - Throws: `cannot-read` where there is nothing at `path`.
public func isFolder(_ path: String) throws(Diagnostic) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path, error: errno) }
    return status.st_mode & S_IFMT == S_IFDIR
}
