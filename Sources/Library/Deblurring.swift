import Diagnostics
import Files
import Foundation
import Images
import Inference
import Language
import Machine
import ModelFiles
import Operators
import OrderedCollections
import Tables
import Tracing
import Workbench

extension Workbench {
    /// What `deblur` restores.
    private enum Blurred {
        case image(Image, name: String)
        case files(RestoredFolder)
    }

    private func blurred(_ arguments: Arguments) throws(Diagnostic) -> Blurred {
        let value = try arguments.value("image")
        if let image = value.as(Image.self) {
            guard arguments.written == nil else { throw .imageIntoFile(at: arguments.span(of: "to")) }
            try arguments.refuse(["format", "quality", "bits"], because: "for files that `to` names")
            return .image(image, name: "image")
        }
        let path = try arguments.text("image")
        guard arguments.written == nil else { return .files(try folder(path, arguments)) }
        try arguments.refuse(["format", "quality", "bits"], because: "for files that `to` names")
        let image = try readImageFile(path).image
        mode.plan?.add("image", [("sha256", try sha256(ofFile: path, stop: configuration.stop))])
        return .image(image, name: path)
    }

    package func planDeblurring(_ arguments: Arguments) throws(Diagnostic) -> Value {
        _ = try arguments.memoryToUse()
        if case .files(let folder) = try blurred(arguments) {
            mode.plan?.add("deblur", run: Self.recipe(of: .deblur, try lines(for: folder, arguments)))
        }
        return .pending
    }

    package func deblur(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (model, memory) = (try arguments.model("model"), try arguments.memoryToUse())
        switch try blurred(arguments) {
        case .image(let image, let name):
            guard let trained = try model.trained else { return .pending }
            return try deblur(image, trained, memory, named: name)
        case .files(let folder):
            guard model.isTrained else { return .pending }
            let areThere = { folder.jobs.allSatisfy { FileManager.default.fileExists(atPath: $0.target) } }
            return try kept(.deblur, lines(for: folder, arguments), isStillThere: areThere) {
                () throws(Diagnostic) in
                WorkOutcome(fields: try deblur(folder, model.weights(), memory))
            }
        }
    }

    private func deblur(
        _ image: Image, _ model: TrainedModel, _ memory: MemorySize, named name: String
    ) throws(Diagnostic) -> Value {
        defer { frontEnd.progressEnded() }
        let watch = Stopwatch()
        let restorer = Restorer(model, threads: configuration.threads, memory: memory)
        let restored = try restorer(image, stop: configuration.stop) { part in
            frontEnd.progress(
                WorkProgress(
                    title: "deblur", part: part, facts: [], secondsLeft: watch.secondsLeft(part)))
        }
        meter.completedWorks += 1
        noticeSeams(of: restored, named: name, margin: model.graph.margin)
        return .foreign(restored.image)
    }

    /// The path with `name` in place of the results' folder, for a recipe, so that results that were moved or
    /// copied are the same; `nil` for a path outside of it.
    private func placeInResults(_ path: String, called name: String) -> String? {
        let folder = configuration.resultsFolder + "/"
        return path.hasPrefix(folder) ? name + path.dropFirst(folder.count) : nil
    }

    private func folder(_ path: String, _ arguments: Arguments) throws(Diagnostic) -> RestoredFolder {
        let target = try arguments.text("to")
        let format = try arguments.choice("format", FolderFormat.self).format
        let saysQuality = arguments.optional("quality") != nil || arguments.optional("bits") != nil
        let isWhole = try isFolder(path) || target.hasSuffix("/") || (try? isFolder(target)) == true
        let sample = isWhole ? "x.\(format.endings[0])" : target
        let quality = try saysQuality ? arguments.imageQuality(for: sample, path: "to") : nil
        return try RestoredFolder(path, into: target, format: format, quality: quality)
    }

    /// What a row's restored files depend on; outside of rows nothing asks.
    private func lines(
        for folder: RestoredFolder, _ arguments: Arguments
    ) throws(Diagnostic) -> [(key: String, value: String)] {
        guard mode.columns != nil else { return [] }
        var images = ""
        for job in folder.jobs {
            let place = placeInResults(job.target, called: "results/") ?? job.target
            images += "\(try sha256(ofFile: job.source, stop: configuration.stop)) \(place)\n"
        }
        let target = try arguments.text("to")
        var lines = [
            (key: "model", value: try arguments.model("model").recipe.fingerprint),
            (key: "pictures", value: shortDigest(images)),
            (key: "into", value: placeInResults(target, called: "results:") ?? target),
        ]
        for name in ["format", "quality", "bits"] where arguments.optional(name) != nil {
            lines.append((name, try arguments.value(name).description))
        }
        return lines
    }

    /// Restores files and says what came of it.
    /// - Throws: what keeps a single file from being restored; `interrupted`.
    package func deblur(
        _ folder: RestoredFolder, _ model: TrainedModel, _ memory: MemorySize
    ) throws(Diagnostic) -> OrderedDictionary<String, Value> {
        defer { frontEnd.progressEnded() }
        let margin = model.graph.margin
        noticeLeftOut(folder.leftOut)
        // A whole folder may be alike, and then the first image speaks for all.
        var losses: OrderedDictionary<String, Int> = [:]
        defer {
            for (loss, count) in losses where count > 1 {
                frontEnd.notice("\(counted(count - 1, "more image")) without \(loss)")
            }
        }
        let summary = try folder.run(
            model, threads: configuration.threads, memory: memory, stop: configuration.stop
        ) { event in
            switch event {
            case .progress(let progress): frontEnd.progress(progress)
            case .seams(let job, let restored): noticeSeams(of: restored, named: job.source, margin: margin)
            case .loss(let job, let loss):
                losses[loss, default: 0] += 1
                if losses[loss] == 1 { frontEnd.notice("\(job.target): without \(loss)") }
            case .failure(let diagnostic): frontEnd.report(diagnostic)
            }
        }
        let speed = summary.seconds > 0 ? summary.megapixels / summary.seconds : 0
        return [
            "restored": .number(Double(summary.restored)), "skipped": .number(Double(summary.skipped)),
            "failed": .number(Double(summary.failed)), "megapixels": .number(summary.megapixels),
            "seconds": .number(summary.seconds), "megapixels_per_second": .number(speed),
            "tiles": .number(Double(summary.tiles)),
            "largest_seam": .number(Double(summary.largestSeam) * 255),
        ]
    }

    private func noticeLeftOut(_ names: [String]) {
        guard let first = names.first else { return }
        let others = names.count - 1
        frontEnd.notice(
            "\(first)\(others > 0 ? " and \(counted(others, "other image"))" : "") left out: images are read "
                + "as PNG or JPEG; convert \(others > 0 ? "them" : "it") first")
    }

    /// Restores files and folders with a model read from a file, and shows what came of it.
    /// - Returns: whether every image was restored.
    package func deblur(
        _ folder: RestoredFolder, modelPath: String, memory: MemorySize?
    ) throws(Diagnostic) -> Bool {
        let model = try ModelFile(reading: modelPath).model
        let fields = try deblur(folder, model, memory ?? MemorySize(MemorySize.free.bytes / 2))
        show(.record(fields))
        guard case .number(let failed)? = fields["failed"] else { return true }
        return failed == 0
    }

    private func noticeSeams(of image: RestoredImage, named name: String, margin: ReceptiveFieldMargin?) {
        guard let seams = image.seams else { return }
        func levels(_ value: Double) -> String { String(format: value < 0.1 ? "%.2g" : "%.0f", 255 * value) }
        let reason =
            margin.map {
                "whose overlap is less than the network's receptive-field margin of \($0.leading) pixels"
            } ?? "each with statistics of its own where the network takes them over the whole image"
        frontEnd.notice(
            "\(name): \(image.tiles) tiles, \(reason); "
                + "where they meet, before they are blended, they differ by \(levels(seams.typical)) levels of 255, at most "
                + levels(Double(seams.largest)) + "; more `memory` makes the tiles larger")
    }
}

extension FrontEnd {
    fileprivate func progress(_ progress: RestorationProgress) {
        var facts = progress.count > 1 ? ["\(progress.file)/\(progress.count) \(progress.name)"] : []
        facts += progress.megapixelsPerSecond.map { [fixed($0, digits: 3) + " megapixels/s"] } ?? []
        self.progress(
            WorkProgress(
                title: "deblur", part: progress.part, facts: facts, secondsLeft: progress.secondsLeft))
    }
}

/// The formats that a folder of restored images can be written in.
package enum FolderFormat: String, CaseIterable {
    case png, jpg

    package var format: ImageFormat {
        switch self {
        case .png: .png
        case .jpg: .jpeg
        }
    }
}

extension Arguments {
    package func memory(_ name: String) throws(Diagnostic) -> MemorySize {
        do throws(Diagnostic) { return try MemorySize(parsing: text(name)) } catch {
            throw error.located(at: span(of: name))
        }
    }

    /// An amount of room on a disk, in bytes; 0 for "none".
    package func disk(_ name: String) throws(Diagnostic) -> Int {
        let text = try text(name)
        if text == "none" { return 0 }
        guard let size = try? MemorySize(parsing: text) else {
            throw Diagnostic(
                "bad-memory", "\"\(text)\" is not an amount of room on a disk", at: span(of: name),
                hint: "a number and a unit, such as \"20 GB\", or \"none\"")
        }
        return size.bytes
    }

    /// `memory`, or half of what is free.
    fileprivate func memoryToUse() throws(Diagnostic) -> MemorySize {
        try given("memory", memory) ?? MemorySize(MemorySize.free.bytes / 2)
    }
}

extension Diagnostic {
    fileprivate static func imageIntoFile(at span: Span) -> Diagnostic {
        Diagnostic(
            "no-effect", "an image of the language is restored as an image, not into a file", at: span,
            hint: "`save(deblur(model, image), to = \"….png\")` writes it")
    }
}
