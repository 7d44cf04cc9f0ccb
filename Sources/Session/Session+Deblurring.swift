import Data
import Diagnostics
import Files
import Foundation
import Images
import Inference
import ModelFiles
import OrderedCollections

/// Seconds since work began, for what is left of it.
struct WorkWatch {
    private let start = ContinuousClock.now

    /// - Parameter part: that is done, 0…1.
    func secondsLeft(_ part: Double) -> Double? {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return part > 0 ? seconds / part * (1 - part) : nil
    }
}

extension Session {
    /// `deblur` of an image, a file or a folder.
    func deblur(_ model: Model, _ arguments: Arguments) throws(Diagnostic) -> Value {
        let memory =
            arguments.optional("memory") == nil
            ? MemorySize(MemorySize.free.bytes / 2) : try arguments.memory("memory")
        let value = try arguments.value("image")
        switch value {
        case .image(let image):
            guard arguments.optional("to") == nil else { throw .imageIntoFile(at: arguments.span(of: "to")) }
            try arguments.refuse(["format", "quality", "bits"], because: "for files that `to` names")
            guard !isRehearsal else { return .pending }
            try requireComputing()
            guard let trained = try model.trained else { return .pending }
            return try deblur(image, trained, memory, named: "image")
        case .text(let path):
            guard arguments.optional("to") != nil else {
                try arguments.refuse(["format", "quality", "bits"], because: "for files that `to` names")
                let image = try readPicture(path).image
                plan?.add("image", [("sha256", try Builtin.fileDigest(path))])
                guard !isRehearsal else { return .pending }
                try requireComputing()
                guard let trained = try model.trained else { return .pending }
                return try deblur(image, trained, memory, named: path)
            }
            return try deblurFiles(path, model, memory, arguments)
        case .nothing, .number, .boolean, .list, .range, .record, .callable, .network, .sharing, .dataset,
            .model, .table, .feature, .pending:
            throw arguments.wrong("image", value)
        }
    }

    private func deblur(
        _ image: Image, _ model: TrainedModel, _ memory: MemorySize, named name: String
    ) throws(Diagnostic) -> Value {
        defer { front.progressEnded() }
        let watch = WorkWatch()
        let restorer = Restorer(model, threads: configuration.threads, memory: memory)
        let restored = try restorer(image, isStopped: isStopped) { part in
            front.progress(
                WorkProgress(
                    title: "deblur", part: part, facts: [], secondsLeft: watch.secondsLeft(part)))
        }
        guard let restored else { throw .stopped }
        finishedWorks += 1
        noticeSeams(of: restored, named: name, reach: model.graph.reach.leading)
        return .image(restored.image)
    }

    /// A path within the folder of the results, which is called `name` in a recipe: so that results that were
    /// moved or copied are the same.
    private func placeInResults(_ path: String, called name: String) -> String? {
        let folder = configuration.resultsFolder + "/"
        return path.hasPrefix(folder) ? name + path.dropFirst(folder.count) : nil
    }

    private func deblurFiles(
        _ path: String, _ model: Model, _ memory: MemorySize, _ arguments: Arguments
    ) throws(Diagnostic) -> Value {
        let target = try arguments.text("to")
        if configuration.isReadOnly { throw .readOnly("`to` names files", at: arguments.span(of: "to")) }
        let format = try arguments.choice("format", FolderFormat.self).format
        let saysQuality = arguments.optional("quality") != nil || arguments.optional("bits") != nil
        let isWhole = try isFolder(path) || target.hasSuffix("/") || (try? isFolder(target)) == true
        let sample = isWhole ? "x.\(format.endings[0])" : target
        let quality = try saysQuality ? arguments.pictureQuality(for: sample, path: "to") : nil
        let folder = try RestoredFolder(path, into: target, format: format, quality: quality)
        var lines: [(key: String, value: String)] = []
        if plan != nil || rowRuns != nil {
            var pictures = ""
            for job in folder.jobs {
                let place = placeInResults(job.target, called: "results/") ?? job.target
                pictures += "\(try Builtin.fileDigest(job.source)) \(place)\n"
            }
            lines = [
                ("model", model.recipe.fingerprint), ("pictures", shortDigest(pictures)),
                ("into", placeInResults(target, called: "results:") ?? target),
            ]
            for name in ["format", "quality", "bits"] where arguments.optional(name) != nil {
                lines.append((name, try arguments.value(name).description))
            }
        }
        guard !isRehearsal, model.isTrained else {
            plan?.add("deblur", run: Self.recipe(of: .deblur, lines))
            return .pending
        }
        let areThere = { folder.jobs.allSatisfy { FileManager.default.fileExists(atPath: $0.target) } }
        return try kept(.deblur, lines, isStillThere: areThere) { () throws(Diagnostic) in
            WorkOutcome(fields: try deblur(folder, model.weights(), memory))
        }
    }

    /// Restores files and says what came of it.
    /// - Throws: what keeps a single file from being restored; `interrupted`.
    func deblur(
        _ folder: RestoredFolder, _ model: TrainedModel, _ memory: MemorySize
    ) throws(Diagnostic) -> OrderedDictionary<String, Value> {
        defer { front.progressEnded() }
        let reach = model.graph.reach.leading
        if let first = folder.leftOut.first {
            let others = folder.leftOut.count - 1
            front.notice(
                "\(first)\(others > 0 ? " and \(counted(others, "other picture"))" : "") left out: pictures are read as PNG "
                    + "or JPEG; convert \(others > 0 ? "them" : "it") first")
        }
        // A whole folder may be alike, and then the first picture speaks for all.
        var losses: OrderedDictionary<String, Int> = [:]
        defer {
            for (loss, count) in losses where count > 1 {
                front.notice("\(counted(count - 1, "more picture")) without \(loss)")
            }
        }
        let summary = try folder.run(
            model, threads: configuration.threads, memory: memory, isStopped: isStopped,
            observe: { progress in
                var facts = progress.count > 1 ? ["\(progress.file)/\(progress.count) \(progress.name)"] : []
                facts += progress.megapixelsPerSecond.map { [fixed($0, digits: 3) + " megapixels/s"] } ?? []
                front.progress(
                    WorkProgress(
                        title: "deblur", part: progress.part, facts: facts,
                        secondsLeft: progress.secondsLeft))
            }, onSeams: { job, restored in noticeSeams(of: restored, named: job.source, reach: reach) },
            onLoss: { job, loss in
                losses[loss, default: 0] += 1
                if losses[loss] == 1 { front.notice("\(job.target): without \(loss)") }
            },
            onFailure: { front.report($0) })
        guard !summary.wasStopped else { throw .stoppedDeblurring(summary, of: folder.jobs.count) }
        let speed = summary.seconds > 0 ? summary.megapixels / summary.seconds : 0
        return [
            "restored": .number(Double(summary.restored)), "skipped": .number(Double(summary.skipped)),
            "failed": .number(Double(summary.failed)), "megapixels": .number(summary.megapixels),
            "seconds": .number(summary.seconds), "megapixels_per_second": .number(speed),
            "tiles": .number(Double(summary.tiles)),
            "largest_seam": .number(Double(summary.largestSeam) * 255),
        ]
    }

    /// `acuity deblur`: restores files and folders with a model of a file, and shows what came of it.
    /// - Returns: whether every picture was restored.
    public func deblur(
        _ sources: [String], into target: String, modelPath: String, memory: MemorySize?,
        format: PictureFormat, quality: PictureQuality?
    ) throws(Diagnostic) -> Bool {
        let folder = try RestoredFolder(sources, into: target, format: format, quality: quality)
        let model = try ModelFile(reading: modelPath).model
        let fields = try deblur(folder, model, memory ?? MemorySize(MemorySize.free.bytes / 2))
        show(.record(fields))
        guard case .number(let failed)? = fields["failed"] else { return true }
        return failed == 0
    }

    private func noticeSeams(of picture: RestoredPicture, named name: String, reach: Int) {
        guard let seams = picture.seams else { return }
        func levels(_ value: Double) -> String { String(format: value < 0.1 ? "%.2g" : "%.0f", 255 * value) }
        front.notice(
            "\(name): \(picture.tiles) tiles, whose overlap is less than the network's reach of \(reach) pixels; "
                + "where they meet, before one fades into the other, they differ by \(levels(seams.typical)) levels of 255, at most "
                + levels(Double(seams.largest)) + "; more `memory` makes them larger")
    }
}

/// The formats that a folder of restored pictures can be written in.
private enum FolderFormat: String, CaseIterable {
    case png, jpg

    var format: PictureFormat {
        switch self {
        case .png: .png
        case .jpg: .jpeg
        }
    }
}

extension Arguments {
    func memory(_ name: String) throws(Diagnostic) -> MemorySize {
        do throws(Diagnostic) { return try MemorySize(parsing: text(name)) } catch {
            throw error.located(at: span(of: name))
        }
    }

    /// Bytes of a disk; 0 for "none".
    func disk(_ name: String) throws(Diagnostic) -> Int {
        let text = try text(name)
        if text == "none" { return 0 }
        guard let size = try? MemorySize(parsing: text) else {
            throw Diagnostic(
                "bad-memory", "\"\(text)\" is not an amount of room on a disk", at: span(of: name),
                hint: "a number and a unit, such as \"20 GB\", or \"none\"")
        }
        return size.bytes
    }

    /// Refuses settings that would have no effect in this call.
    func refuse(_ names: [String], because reason: String) throws(Diagnostic) {
        for name in names where given.contains(where: { $0.name == name }) {
            throw Diagnostic(
                "no-effect", "`\(name)` has no effect here: it is \(reason)", at: span(of: name),
                hint: "leave it out")
        }
    }
}

extension Diagnostic {
    fileprivate static func imageIntoFile(at span: Span) -> Diagnostic {
        Diagnostic(
            "no-effect", "an image of the language is restored as an image, not into a file", at: span,
            hint: "`save(deblur(model, image), to = \"….png\")` writes it")
    }

    fileprivate static func stoppedDeblurring(_ summary: RestorationSummary, of count: Int) -> Diagnostic {
        let done = summary.restored + summary.skipped
        return Diagnostic(
            interruptedCode, "stopped at your request, after \(done) of \(counted(count, "picture"))",
            hint: count > 1 ? "the same call goes on from there" : nil)
    }
}
