import Diagnostics
import Files
import Foundation
import ImageFolders
import Images
import Machine

/// Restores image files one by one, and goes on where an earlier run stopped.
///
/// Beside what it writes into a folder stands a list, ``listName``, of what each file was made from and by: a
/// file that it names, made from the same bytes by the same weights, is not made again.
public struct RestoredFolder {
    /// One file to be made of another.
    public struct Job: Sendable, Equatable {
        public let source: String
        public let target: String
        /// Relative to the folders.
        public let name: String
    }

    public static let listName = ".acuity-deblurred"

    public let jobs: [Job]
    /// Images of other formats in the folders of sources, which are not restored.
    public let leftOut: [String]
    /// Where it lists what it made; `nil` for a single file.
    let folder: String?
    let quality: ImageQuality?

    /// - Parameters:
    ///   - source: an image file, or a folder of them, folders within it included.
    ///   - target: the file, or the folder, to write.
    ///   - format: of files in a folder.
    ///   - quality: `nil` for as many bits as each source has, and JPEG's usual quality.
    /// - Throws: `no-pictures`, `ambiguous-name`, `unknown-format`, `unlike-paths`, `overwrites-source`, and
    ///   what keeps `source` from being read.
    public init(
        _ source: String, into target: String, format: ImageFormat, quality: ImageQuality?
    ) throws(Diagnostic) {
        guard try isFolder(source) else {
            if target.hasSuffix("/") || (try? isFolder(target)) == true {
                try self.init([source], intoFolder: target, format: format, quality: quality)
                return
            }
            guard ImageFormat(ofFile: target) != nil else { throw .unknownFormat(target) }
            try self.init(
                [Job(source: source, target: target, name: (target as NSString).lastPathComponent)],
                folder: nil,
                quality: quality)
            return
        }
        guard ImageFormat(ofFile: target) == nil || target.hasSuffix("/") || (try? isFolder(target)) == true
        else {
            throw Diagnostic(
                "unlike-paths", "\(source) is a folder, and \(target) has the name of an image",
                hint: "name a folder to write into, with a slash behind it if it has the name of an image")
        }
        try self.init([source], intoFolder: target, format: format, quality: quality)
    }

    /// As above, of several files and folders into one folder; or of one file into one where `target` is the
    /// name of an image, with no slash behind it, and no folder.
    public init(
        _ sources: [String], into target: String, format: ImageFormat, quality: ImageQuality?
    ) throws(Diagnostic) {
        let namesFile =
            !target.hasSuffix("/") && (ImageFormat(ofFile: target) != nil || ImageFormat.isOther(target))
            && (try? isFolder(target)) != true
        guard namesFile else {
            try self.init(sources, intoFolder: target, format: format, quality: quality)
            return
        }
        guard sources.count == 1 else {
            throw Diagnostic(
                "unlike-paths", "\(sources.count) images cannot become the one file \(target)",
                hint: "name a folder to write into, with a slash behind it if it has the name of an image")
        }
        try self.init(sources[0], into: target, format: format, quality: quality)
    }

    /// As above, into a folder.
    public init(
        _ sources: [String], intoFolder target: String, format: ImageFormat, quality: ImageQuality?
    ) throws(Diagnostic) {
        var jobs: [Job] = []
        var leftOut: [String] = []
        func add(_ source: String, _ stem: String) {
            let name = stem + "." + format.endings[0]
            jobs.append(
                Job(source: source, target: (target as NSString).appendingPathComponent(name), name: name))
        }
        for source in sources {
            if try isFolder(source) {
                let tree = try ImageTree(source)
                leftOut += tree.others.map { (source as NSString).appendingPathComponent($0) }
                for file in tree.files {
                    add((source as NSString).appendingPathComponent(file.file), file.name)
                }
            } else {
                add(source, ((source as NSString).lastPathComponent as NSString).deletingPathExtension)
            }
        }
        var seen: [String: Job] = [:]
        for job in jobs {
            if let other = seen.updateValue(job, forKey: job.name) {
                throw Diagnostic(
                    "ambiguous-name", "\(other.source) and \(job.source) would both become \(job.target)",
                    hint: "restore them into different folders")
            }
        }
        try self.init(jobs, folder: target, quality: quality, leftOut: leftOut)
    }

    private init(
        _ jobs: [Job], folder: String?, quality: ImageQuality?, leftOut: [String] = []
    ) throws(Diagnostic) {
        (self.jobs, self.folder, self.quality, self.leftOut) = (jobs, folder, quality, leftOut)
        let sources = Set(jobs.map { identity($0.source) })
        if let clash = jobs.first(where: { sources.contains(identity($0.target)) }) {
            throw Diagnostic(
                "overwrites-source",
                "\(clash.target) is one of the images to restore, and would be overwritten",
                hint: "write to another file or folder")
        }
    }
}

/// The same for two paths that lead to one file, there or not.
private func identity(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
}
