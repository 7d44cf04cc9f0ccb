import Diagnostics
import Files
import Foundation
import Images

/// Each image below one folder with the one of its name below another; or one file with another.
public struct ImagePairs: Sendable {
    public struct Pair: Sendable, Equatable {
        public let left: String
        public let right: String
        /// Without the ending, relative to the folders.
        public let name: String
    }

    public let pairs: [Pair]

    /// - Throws: `unlike-paths`, `no-pictures`, `partner-missing` naming the file, `ambiguous-name` where two
    ///   differ only by their ending, and what keeps a folder from being read.
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
        let (mine, its) = (try ImageTree(left), try ImageTree(right))
        pairs = try Partners(mine.byStem, its.byStem).requireWhole().map {
            Pair(left: mine.path(of: $0.left), right: its.path(of: $0.right), name: $0.stem)
        }
    }
}

/// All images below a folder, by their names without endings.
public struct ImageTree: Sendable {
    public let root: String
    /// In the order of their names, numbers in them by their value; files relative to ``root``.
    public let files: [(file: String, name: String)]
    /// Images of formats that are not read, relative to ``root``.
    public let others: [String]
    let byStem: FilesByStem

    /// - Throws: `no-pictures`, `ambiguous-name`, and what keeps a folder from being read.
    public init(_ root: String) throws(Diagnostic) {
        self.root = root
        var files: [(file: String, name: String)] = []
        var others: [String] = []
        try Self.collect(root, prefix: "", into: &files, &others)
        if files.isEmpty { _ = try Folder(root).requireImages() }
        byStem = FilesByStem(files.map(\.file), in: root)
        try byStem.requireDistinct()
        self.files = files
        self.others = others
    }

    public func path(of file: String) -> String { (root as NSString).appendingPathComponent(file) }

    private static func collect(
        _ path: String, prefix: String, into files: inout [(file: String, name: String)],
        _ others: inout [String]
    ) throws(Diagnostic) {
        let folder = try Folder(path)
        others += folder.names.filter { ImageFormat.isOther($0) }.map { prefix + $0 }
        files += folder.images.map { (prefix + $0, prefix + FilesByStem.stem(of: $0)) }
        // A link to a folder above would never end.
        for name in folder.folders where !isLink(folder.file(name)) {
            try collect(folder.file(name), prefix: "\(prefix)\(name)/", into: &files, &others)
        }
    }
}

private func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}
