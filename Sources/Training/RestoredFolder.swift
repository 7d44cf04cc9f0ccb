import Data
import Diagnostics
import Files
import Foundation
import Images

/// How far the restoring of files is.
public struct RestorationProgress: Sendable {
    /// The file under way, from 1, of ``count``.
    public let file: Int
    public let count: Int
    public let name: String
    /// Of all that is to be done, by pixels, 0…1.
    public let part: Double
    /// `nil` before the first tile.
    public let megapixelsPerSecond: Double?
    public let secondsLeft: Double?
}

/// What came of restoring files.
public struct RestorationSummary: Sendable {
    /// Pictures restored now.
    public fileprivate(set) var restored = 0
    /// Pictures that an earlier run had restored with the same model and settings.
    public fileprivate(set) var skipped = 0
    /// Pictures that could not be read or written; the others went on.
    public fileprivate(set) var failed = 0
    public fileprivate(set) var pixels = 0
    /// On the clock, reading and writing included.
    public fileprivate(set) var seconds = 0.0
    /// Pieces that pictures went through the network in.
    public fileprivate(set) var tiles = 0
    /// The largest difference between tiles where they meet; 0 where every picture is what one piece would give.
    public fileprivate(set) var largestSeam: Float = 0
    public fileprivate(set) var wasStopped = false

    public var megapixels: Double { Double(pixels) / 1e6 }
}

/// Restores pictures' files, one by one, and goes on where an earlier run stopped.
///
/// Beside what it writes into a folder stands a list, ``listName``, of what each file was made from and by: a file that
/// it names, made from the same bytes by the same weights, is not made again.
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
    private let folder: String?
    private let quality: PictureQuality?

    /// - Parameters:
    ///   - source: a picture's file, or a folder of them, folders within it included.
    ///   - target: the file, or the folder, to write.
    ///   - format: of files in a folder.
    ///   - quality: `nil` for as many bits as each source has, and JPEG's usual quality.
    /// - Throws: `no-pictures`, `ambiguous-name`, `unknown-format`, `unlike-paths`, `overwrites-source`, and what keeps `source` from
    ///   being read.
    public init(
        _ source: String, into target: String, format: PictureFormat, quality: PictureQuality?
    ) throws(Diagnostic) {
        guard try isFolder(source) else {
            guard PictureFormat(ofFile: target) != nil else { throw .unknownFormat(target) }
            try self.init(
                [Job(source: source, target: target, name: (target as NSString).lastPathComponent)],
                folder: nil,
                quality: quality)
            return
        }
        guard PictureFormat(ofFile: target) == nil || (try? isFolder(target)) == true else {
            throw Diagnostic(
                "unlike-paths", "\(source) is a folder, and \(target) has the name of a picture",
                hint: "name a folder to write into")
        }
        try self.init([source], intoFolder: target, format: format, quality: quality)
    }

    /// As above, of several files and folders into one folder.
    public init(
        _ sources: [String], intoFolder target: String, format: PictureFormat, quality: PictureQuality?
    ) throws(Diagnostic) {
        var jobs: [Job] = []
        func add(_ source: String, _ stem: String) {
            let name = stem + "." + format.endings[0]
            jobs.append(
                Job(source: source, target: (target as NSString).appendingPathComponent(name), name: name))
        }
        for source in sources {
            if try isFolder(source) {
                for file in try PictureTree(source).files {
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
        try self.init(jobs, folder: target, quality: quality)
    }

    private init(_ jobs: [Job], folder: String?, quality: PictureQuality?) throws(Diagnostic) {
        (self.jobs, self.folder, self.quality) = (jobs, folder, quality)
        let sources = Set(jobs.map { identity($0.source) })
        if let clash = jobs.first(where: { sources.contains(identity($0.target)) }) {
            throw Diagnostic(
                "overwrites-source",
                "\(clash.target) is one of the pictures to restore, and would be overwritten",
                hint: "write to another file or folder")
        }
    }

    /// - Parameters:
    ///   - isStopped: asked between tiles, whether to give up; what is done stays.
    ///   - observe: called after each tile.
    ///   - onSeams: told of each picture whose tiles cannot hold the network's reach.
    ///   - onLostOpacity: told of each picture whose transparency its new format has no place for.
    ///   - onFailure: told of each picture that cannot be restored, where there are several.
    /// - Throws: what keeps a single picture from being restored; of several, `not-enough-memory` and `cannot-write`.
    public func run(
        _ model: TrainedModel, threads: Int, memory: MemorySize, isStopped: () -> Bool,
        observe: (RestorationProgress) -> Void, onSeams: (Job, RestoredPicture) -> Void,
        onLostOpacity: (Job) -> Void = { _ in }, onFailure: (Diagnostic) -> Void
    ) throws(Diagnostic) -> RestorationSummary {
        let watch = Stopwatch()
        let restorer = Restorer(model, threads: threads, memory: memory)
        let list = try folder.map { folder throws(Diagnostic) in
            try RestorationList(in: folder, maker: model.digest(quality))
        }
        var summary = RestorationSummary()
        // What is done and to be done, in pixels; a file whose size cannot be told fails when it is read.
        let sizes = jobs.map { job -> Int in
            let header = try? readPictureHeader(job.source)
            return header.map { $0.width * $0.height } ?? 0
        }
        let total = max(1, sizes.reduce(0, +))
        var passed = 0
        for (index, job) in jobs.enumerated() {
            guard !isStopped() else {
                summary.wasStopped = true
                break
            }
            do throws(Diagnostic) {
                let bytes = try readPictureFile(job.source)
                let digest = sha256(bytes)
                if let list, list.holds(job, digest) {
                    summary.skipped += 1
                } else {
                    let picture = try decodePicture(bytes, named: job.source)
                    let restored = try restorer(picture.image, isStopped: isStopped) { part in
                        let pixels = Double(summary.pixels) + part * Double(sizes[index])
                        let seconds = watch.seconds
                        observe(
                            RestorationProgress(
                                file: index + 1, count: jobs.count, name: job.name,
                                part: (Double(passed) + part * Double(sizes[index])) / Double(total),
                                megapixelsPerSecond: pixels / 1e6 / seconds,
                                secondsLeft: pixels > 0
                                    ? seconds * (Double(total - passed) - part * Double(sizes[index]))
                                        / pixels
                                    : nil))
                    }
                    guard let restored else {
                        summary.wasStopped = true
                        break
                    }
                    try write(restored.image, of: picture, to: job.target)
                    if picture.alpha != nil, PictureFormat(ofFile: job.target) == .jpeg { onLostOpacity(job) }
                    try list?.add(job, digest)
                    summary.restored += 1
                    summary.pixels += sizes[index]
                    summary.tiles += restored.tiles
                    if let seams = restored.seams {
                        summary.largestSeam = max(summary.largestSeam, seams.largest)
                        onSeams(job, restored)
                    }
                }
            } catch {
                // What holds for one holds for all, and restoring them would be work for nothing.
                let isGeneral = ["not-enough-memory", "cannot-write"].contains(error.code)
                guard jobs.count > 1, !isGeneral else { throw error }
                summary.failed += 1
                onFailure(error)
            }
            passed += sizes[index]
        }
        summary.seconds = watch.seconds
        return summary
    }

    private func write(_ image: Image, of picture: Picture, to path: String) throws(Diagnostic) {
        let quality = quality ?? PictureQuality(bits: picture.bitDepth == 16 ? 16 : 8)
        try writePicture(
            image, alpha: picture.alpha, profile: picture.profile, to: path, quality: quality)
    }
}

/// The same for two paths that lead to one file, there or not.
private func identity(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
}

/// What an output folder's files were made from and by: lines `SHA-256-of-source maker name`.
private final class RestorationList {
    private let path: String
    private let folder: String
    private let maker: String
    /// By name: source and maker. A later line counts.
    private var lines: [String: String] = [:]
    private var text = ""

    /// - Throws: `cannot-read` where there is a list that cannot be read.
    init(in folder: String, maker: String) throws(Diagnostic) {
        self.folder = folder
        self.maker = maker
        path = (folder as NSString).appendingPathComponent(RestoredFolder.listName)
        guard FileManager.default.fileExists(atPath: path) else { return }
        text = try readText(path, limit: 1 << 28)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2)
            // A line of another form is no harm: its file is made again.
            if parts.count == 3 { lines[String(parts[2])] = "\(parts[0]) \(parts[1])" }
        }
    }

    func holds(_ job: RestoredFolder.Job, _ digest: String) -> Bool {
        lines[job.name] == "\(digest) \(maker)" && FileManager.default.fileExists(atPath: job.target)
    }

    func add(_ job: RestoredFolder.Job, _ digest: String) throws(Diagnostic) {
        // A name that a line cannot hold is made again each time.
        guard !job.name.contains(where: \.isNewline) else { return }
        lines[job.name] = "\(digest) \(maker)"
        text += "\(digest) \(maker) \(job.name)\n"
        try writeAtomically(text, to: path)
    }
}

extension TrainedModel {
    /// What determines the files that it makes.
    fileprivate func digest(_ quality: PictureQuality?) -> String {
        var digest = Digest()
        digest.add(graph.canonicalText)
        digest.add(weightsHash)
        digest.add("\(colour.rawValue) \(quality.map { "\($0.bits) \($0.jpeg)" } ?? "as the source")")
        return String(digest.text.prefix(16))
    }
}
