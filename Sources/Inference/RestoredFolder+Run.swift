import Diagnostics
import Files
import Foundation
import ImageFolders
import Images
import Machine

extension RestoredFolder {
    /// Restores the files one after the other; of several, one that fails is reported and passed over.
    ///
    /// - Parameters:
    ///   - stop: looked at between tiles; what is done stays.
    ///   - observe: called with all that happens, in order.
    /// - Throws: what keeps a single image from being restored; of several, `cannot-write` where their
    ///   folder takes no file; `interrupted`, with how far it came.
    public func run(
        _ model: TrainedModel, threads: Int, memory: MemorySize, stop: StopFlag = StopFlag(),
        observe: (RestorationEvent) -> Void
    ) throws(Diagnostic) -> RestorationSummary {
        let list = try folder.map { folder throws(Diagnostic) in
            try RestorationList(in: folder, maker: model.digest(quality))
        }
        let restorer = Restorer(model, threads: threads, memory: memory)
        var pass = RestorationPass(jobs, quality, list)
        for (index, job) in jobs.enumerated() {
            do throws(Diagnostic) {
                try stop.check()
                try pass.restore(index, by: restorer, stop: stop, observe: observe)
            } catch {
                guard error.code != Diagnostic.interruptedCode else {
                    throw .stoppedRestoring(pass.summary, of: jobs.count)
                }
                guard jobs.count > 1, !error.isOfFolder(of: job.target, pass.written) else { throw error }
                pass.summary.failed += 1
                observe(.failure(error))
            }
        }
        return pass.summary
    }
}

/// One pass over the files that are to be restored.
private struct RestorationPass {
    private let jobs: [RestoredFolder.Job]
    private let quality: ImageQuality?
    private let list: RestorationList?
    /// Pixels of each file; 0 where the size cannot be told: such a file fails when it is read.
    private let sizes: [Int]
    private let total: Int
    private let watch = Stopwatch()
    /// Pixels of the files before the one under way.
    private var passed = 0
    var summary = RestorationSummary()
    /// The bytes of the file that was to be written last.
    private(set) var written: [UInt8] = []

    init(_ jobs: [RestoredFolder.Job], _ quality: ImageQuality?, _ list: RestorationList?) {
        (self.jobs, self.quality, self.list) = (jobs, quality, list)
        sizes = jobs.map { job in (try? readImageHeader(job.source)).map { $0.width * $0.height } ?? 0 }
        total = max(1, sizes.reduce(0, +))
    }

    mutating func restore(
        _ index: Int, by restorer: Restorer, stop: StopFlag, observe: (RestorationEvent) -> Void
    ) throws(Diagnostic) {
        defer {
            passed += sizes[index]
            summary.seconds = watch.seconds
        }
        written = []
        let job = jobs[index]
        let bytes = try readImageBytes(job.source)
        let digest = sha256(bytes)
        guard try list?.standing(job, digest) != .asMade else {
            summary.skipped += 1
            return
        }
        let file = try decodeImage(bytes, named: job.source)
        let restored = try restorer(file.image, stop: stop) { observe(.progress(progress(index, $0))) }
        written = try encode(restored.image, of: file, for: job.target)
        // First, so that a file that a killed process wrote is known as ours.
        try list?.add(job, digest, sha256(written))
        try writeAtomically(written, to: job.target)
        for loss in losses(of: file, in: restored.image, job.target) { observe(.loss(job, loss)) }
        summary.restored += 1
        summary.pixels += sizes[index]
        summary.tiles += restored.tiles
        if let seams = restored.seams {
            summary.largestSeam = max(summary.largestSeam, seams.largest)
            observe(.seams(job, restored))
        }
    }

    /// - Parameter part: of the file under way, 0…1.
    private func progress(_ index: Int, _ part: Double) -> RestorationProgress {
        let here = part * Double(sizes[index])
        let pixels = Double(summary.pixels) + here
        let seconds = watch.seconds
        return RestorationProgress(
            file: index + 1, count: jobs.count, name: jobs[index].name,
            part: (Double(passed) + here) / Double(total), megapixelsPerSecond: pixels / 1e6 / seconds,
            secondsLeft: pixels > 0 ? seconds * (Double(total - passed) - here) / pixels : nil)
    }

    private func encode(
        _ image: Image, of file: ImageFile, for path: String
    ) throws(Diagnostic) -> [UInt8] {
        let quality = quality ?? ImageQuality(bits: file.bitDepth == 16 ? 16 : 8)
        return try encodeImage(
            image, alpha: file.alpha, colours: file.colours, for: path, quality: quality)
    }

    /// What the file at `path` loses of its source, in words.
    private func losses(of file: ImageFile, in image: Image, _ path: String) -> [String] {
        guard let format = ImageFormat(ofFile: path) else { return [] }
        var losses: [String] = []
        if file.alpha != nil, format == .jpeg {
            losses.append("transparency, which JPEG has no place for")
        }
        if let loss = file.colours.loss(in: format, channels: image.channels) { losses.append(loss) }
        return losses
    }
}

extension Diagnostic {
    /// Whether a file of `bytes` cannot be written for a reason that holds for its whole folder: restoring
    /// the others would then be work for nothing.
    fileprivate func isOfFolder(of path: String, _ bytes: [UInt8]) -> Bool {
        code == Self.cannotWriteCode && !canWrite(bytes, beside: path)
    }

    fileprivate static func stoppedRestoring(_ summary: RestorationSummary, of count: Int) -> Diagnostic {
        let done = summary.restored + summary.skipped
        return Diagnostic(
            interruptedCode, "stopped at your request, after \(done) of \(counted(count, "image"))",
            hint: count > 1 ? "the same call goes on from there" : nil)
    }
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

extension TrainedModel {
    /// A digest of all that determines the files that it makes.
    fileprivate func digest(_ quality: ImageQuality?) -> String {
        var digest = Digest()
        digest.add(graph.canonicalText)
        digest.add(weightsHash)
        digest.add("\(colour.rawValue) \(quality.map { "\($0.bits) \($0.jpeg)" } ?? "as the source")")
        return String(digest.text().prefix(16))
    }
}
