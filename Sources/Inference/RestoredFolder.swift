import Diagnostics
import Files
import Foundation
import Images
import Machine
import PictureFolders

/// Restores pictures' files, one by one, and goes on where an earlier run stopped.
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
    /// Pictures of other formats in the folders of sources, which are not restored.
    public let leftOut: [String]
    private let folder: String?
    private let quality: PictureQuality?

    /// - Parameters:
    ///   - source: a picture's file, or a folder of them, folders within it included.
    ///   - target: the file, or the folder, to write.
    ///   - format: of files in a folder.
    ///   - quality: `nil` for as many bits as each source has, and JPEG's usual quality.
    /// - Throws: `no-pictures`, `ambiguous-name`, `unknown-format`, `unlike-paths`, `overwrites-source`, and
    ///   what keeps `source` from being read.
    public init(
        _ source: String, into target: String, format: PictureFormat, quality: PictureQuality?
    ) throws(Diagnostic) {
        guard try isFolder(source) else {
            if target.hasSuffix("/") || (try? isFolder(target)) == true {
                try self.init([source], intoFolder: target, format: format, quality: quality)
                return
            }
            guard PictureFormat(ofFile: target) != nil else { throw .unknownFormat(target) }
            try self.init(
                [Job(source: source, target: target, name: (target as NSString).lastPathComponent)],
                folder: nil,
                quality: quality)
            return
        }
        guard PictureFormat(ofFile: target) == nil || target.hasSuffix("/") || (try? isFolder(target)) == true
        else {
            throw Diagnostic(
                "unlike-paths", "\(source) is a folder, and \(target) has the name of a picture",
                hint: "name a folder to write into, with a slash behind it if it has the name of a picture")
        }
        try self.init([source], intoFolder: target, format: format, quality: quality)
    }

    /// As above, of several files and folders into one folder; or of one file into one where `target` is the
    /// name of a picture, with no slash behind it, and no folder.
    public init(
        _ sources: [String], into target: String, format: PictureFormat, quality: PictureQuality?
    ) throws(Diagnostic) {
        let namesFile =
            !target.hasSuffix("/") && (PictureFormat(ofFile: target) != nil || PictureFormat.isOther(target))
            && (try? isFolder(target)) != true
        guard namesFile else {
            try self.init(sources, intoFolder: target, format: format, quality: quality)
            return
        }
        guard sources.count == 1 else {
            throw Diagnostic(
                "unlike-paths", "\(sources.count) pictures cannot become the one file \(target)",
                hint: "name a folder to write into, with a slash behind it if it has the name of a picture")
        }
        try self.init(sources[0], into: target, format: format, quality: quality)
    }

    /// As above, into a folder.
    public init(
        _ sources: [String], intoFolder target: String, format: PictureFormat, quality: PictureQuality?
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
                let tree = try PictureTree(source)
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
        _ jobs: [Job], folder: String?, quality: PictureQuality?, leftOut: [String] = []
    ) throws(Diagnostic) {
        (self.jobs, self.folder, self.quality, self.leftOut) = (jobs, folder, quality, leftOut)
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
    ///   - onLoss: told of each picture that is written without something of its source, and without what.
    ///   - onFailure: told of each picture that cannot be restored, where there are several.
    /// - Throws: what keeps a single picture from being restored; of several, `cannot-write` where their
    ///   folder takes no file.
    public func run(
        _ model: TrainedModel, threads: Int, memory: MemorySize, isStopped: () -> Bool,
        observe: (RestorationProgress) -> Void, onSeams: (Job, RestoredPicture) -> Void,
        onLoss: (Job, String) -> Void = { _, _ in }, onFailure: (Diagnostic) -> Void
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
            // What is to be written, once it is known.
            var written: [UInt8] = []
            do throws(Diagnostic) {
                let bytes = try readPictureFile(job.source)
                let digest = sha256(bytes)
                let standing = try list?.standing(job, digest) ?? .toBeMade
                if standing == .asMade {
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
                    written = try encode(restored.image, of: picture, for: job.target)
                    // First, so that a file that a killed process wrote is known as ours.
                    try list?.add(job, digest, sha256(written))
                    try writeAtomically(written, to: job.target)
                    for loss in losses(of: picture, in: restored.image, job.target) { onLoss(job, loss) }
                    summary.restored += 1
                    summary.pixels += sizes[index]
                    summary.tiles += restored.tiles
                    if let seams = restored.seams {
                        summary.largestSeam = max(summary.largestSeam, seams.largest)
                        onSeams(job, restored)
                    }
                }
            } catch {
                // A folder that takes no file takes none of the others either, and restoring them would be
                // work for nothing.
                let isGeneral =
                    error.code == Diagnostic.cannotWriteCode && !canWrite(written, beside: job.target)
                guard jobs.count > 1, !isGeneral else { throw error }
                summary.failed += 1
                onFailure(error)
            }
            passed += sizes[index]
        }
        summary.seconds = watch.seconds
        return summary
    }

    /// Whether a file of these bytes can be made where `path` is to stand: if so, it is that one name that is
    /// the matter.
    private func canWrite(_ bytes: [UInt8], beside path: String) -> Bool {
        let folder = parentFolder(of: path)
        let probe = (folder as NSString).appendingPathComponent(".acuity-probe")
        // A disk that is almost full takes smaller files, and file systems that compress take as many zeros.
        let isWritten = (try? writeAtomically(bytes, to: probe)) != nil
        if isWritten { try? FileManager.default.removeItem(atPath: probe) }
        return isWritten
    }

    private func encode(
        _ image: Image, of picture: Picture, for path: String
    ) throws(Diagnostic) -> [UInt8] {
        let quality = quality ?? PictureQuality(bits: picture.bitDepth == 16 ? 16 : 8)
        return try encodePicture(
            image, alpha: picture.alpha, colours: picture.colours, for: path, quality: quality)
    }

    /// What the file at `path` does not hold of its source's.
    private func losses(of picture: Picture, in image: Image, _ path: String) -> [String] {
        guard let format = PictureFormat(ofFile: path) else { return [] }
        var losses: [String] = []
        if picture.alpha != nil, format == .jpeg {
            losses.append("transparency, which JPEG has no place for")
        }
        if let loss = picture.colours.loss(in: format, channels: image.channels) { losses.append(loss) }
        return losses
    }
}

/// The same for two paths that lead to one file, there or not.
private func identity(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
}

extension TrainedModel {
    /// What determines the files that it makes.
    fileprivate func digest(_ quality: PictureQuality?) -> String {
        var digest = Digest()
        digest.add(graph.canonicalText)
        digest.add(weightsHash)
        digest.add("\(colour.rawValue) \(quality.map { "\($0.bits) \($0.jpeg)" } ?? "as the source")")
        return String(digest.text().prefix(16))
    }
}
