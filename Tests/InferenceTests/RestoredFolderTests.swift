import Diagnostics
import Files
import FirstWeights
import Foundation
import Graph
import Images
import Inference
import Machine
import Samples
import TestSupport
import Testing

struct RestoredFolderTests {
    private let images = SampleImages.waves(3).pairs.map { $0.blurred.rounded() }
    private let room = MemorySize(1_000_000_000)

    private func model(seed: Int = 3) -> TrainedModel {
        let graph = GraphBuilder.tiny()
        return TrainedModel(graph: graph, weights: graph.firstWeights(.he, seed: seed), colour: .luma)
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(
            path: "acuity-deblur-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try body(root)
    }

    private func run(
        _ folder: RestoredFolder, _ model: TrainedModel, stopAfter: Int = .max,
        onFailure: (Diagnostic) -> Void = { _ in }
    ) throws(Diagnostic) -> RestorationSummary {
        let stop = StopFlag()
        return try folder.run(model, threads: 1, memory: room, stop: stop) { event in
            switch event {
            case .progress(let progress): if progress.file >= stopAfter { stop.request() }
            case .failure(let mistake): onFailure(mistake)
            case .seams, .loss: break
            }
        }
    }

    private func folder(_ root: String, quality: ImageQuality? = nil) throws(Diagnostic) -> RestoredFolder {
        try RestoredFolder(root + "/in", into: root + "/out", format: .png, quality: quality)
    }

    @Test func `each image of a folder becomes what the model makes of it, with its bits and transparency`()
        throws
    {
        try withFolder { root in
            let alpha = Image(width: 48, height: 40, channels: 1, filledWith: 0.2).rounded()
            try writePNG(images[0], to: root + "/in/a.png")
            try writeImage(images[1], to: root + "/in/b/c.jpg")
            try writeImage(images[2], alpha: alpha, to: root + "/in/d.png", quality: .init(bits: 16))
            let model = model()
            let summary = try run(folder(root), model)
            #expect(summary.restored == 3 && summary.failed == 0 && summary.pixels == 3 * 48 * 40)
            for (source, target) in [("a.png", "a.png"), ("b/c.jpg", "b/c.png"), ("d.png", "d.png")] {
                let before = try readImageFile("\(root)/in/\(source)")
                let after = try readImageFile("\(root)/out/\(target)")
                let expected = try model.deblur(before.image, threads: 1)
                #expect(try psnr(after.image, against: expected) == .infinity)
                #expect(after.bitDepth == before.bitDepth)
                #expect((after.alpha == nil) == (source != "d.png"))
            }
            let restored = try #require(try readImageFile(root + "/out/d.png").alpha)
            #expect(zip(restored.pixels, alpha.pixels).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }

    @Test func `a folder goes on where it stopped, and makes anew what has another source or model`() throws {
        try withFolder { root in
            for (index, image) in images.enumerated() {
                try writePNG(image, to: "\(root)/in/\(index).png")
            }
            let stopped = diagnostic { () throws(Diagnostic) in
                _ = try run(folder(root), model(), stopAfter: 2)
            }
            #expect(stopped?.code == "interrupted")
            #expect(stopped?.message == "stopped at your request, after 2 of 3 images")
            let second = try run(folder(root), model())
            #expect(second.skipped == 2 && second.restored == 1)
            #expect(try run(folder(root), model()).skipped == 3)
            // One source is another image, one result is gone: both are made anew.
            try writePNG(images[0], to: root + "/in/1.png")
            try FileManager.default.removeItem(atPath: root + "/out/2.png")
            let third = try run(folder(root), model())
            #expect(third.skipped == 1 && third.restored == 2)
            #expect(try run(folder(root), model(seed: 4)).restored == 3)
            #expect(try run(folder(root, quality: .init(bits: 16)), model(seed: 4)).restored == 3)
        }
    }

    @Test func `what was not restored here, or was changed since, is not written over`() throws {
        try withFolder { root in
            for (index, image) in images.enumerated() {
                try writePNG(image, to: "\(root)/in/\(index).png")
            }
            try writePNG(images[2], to: root + "/out/0.png")
            let stranger = try Data(contentsOf: URL(filePath: root + "/out/0.png"))
            var failures: [Diagnostic] = []
            let first = try run(folder(root), model()) { failures.append($0) }
            #expect(first.restored == 2 && first.failed == 1)
            #expect(
                failures.map(\.message) == [
                    "\(root)/out/0.png is there already and was not written by Acuity; it is not written over"
                ])
            #expect(try Data(contentsOf: URL(filePath: root + "/out/0.png")) == stranger)
            // One that stands in the place of a result counts as no result.
            try stranger.write(to: URL(filePath: root + "/out/1.png"))
            failures = []
            let second = try run(folder(root), model()) { failures.append($0) }
            #expect(second.skipped == 1 && second.failed == 2)
            #expect(
                failures.last?.message
                    == "\(root)/out/1.png was changed since it was restored, and is not written over")
            // Where the list is damaged, nothing is known of the others.
            let list = root + "/out/" + RestoredFolder.listName
            try Data("what is this\n\n x\n".utf8).write(to: URL(filePath: list))
            #expect(try run(folder(root), model()).failed == 3)
            try FileManager.default.removeItem(atPath: root + "/out")
            #expect(try run(folder(root), model()).restored == 3)
        }
    }

    @Test func `images of other formats are named, and no folder is made of such a name`() throws {
        try withFolder { root in
            try writePNG(images[0], to: root + "/in/a.png")
            for name in ["b.TIF", "c/d.webp", "notes.txt"] {
                try FileManager.default.createDirectory(
                    atPath: root + "/in/c", withIntermediateDirectories: true)
                try Data("x".utf8).write(to: URL(filePath: "\(root)/in/\(name)"))
            }
            #expect(try folder(root).leftOut == ["\(root)/in/b.TIF", "\(root)/in/c/d.webp"])
            let found = message { () throws(Diagnostic) in
                _ = try RestoredFolder(
                    [root + "/in/a.png"], into: root + "/x.tiff", format: .png, quality: nil)
            }
            #expect(found.contains("error[unknown-format]: images are written as PNG or JPEG"), "\(found)")
        }
    }

    @Test func `one image that cannot be read does not hold up the others`() throws {
        try withFolder { root in
            try writePNG(images[0], to: root + "/in/a.png")
            try writePNG(images[1], to: root + "/in/c.png")
            try Data("no image".utf8).write(to: URL(filePath: root + "/in/b.png"))
            var failures: [Diagnostic] = []
            let summary = try run(folder(root), model()) { failures.append($0) }
            #expect(summary.restored == 2 && summary.failed == 1)
            #expect(failures.map(\.code) == ["unknown-picture"])
            let single = try RestoredFolder(
                root + "/in/b.png", into: root + "/b.png", format: .png, quality: nil)
            #expect(
                message { () throws(Diagnostic) in _ = try run(single, model()) }.contains("unknown-picture"))
        }
    }

    @Test func `a pipe among the images is not waited for`() throws {
        try withFolder { root in
            try writePNG(images[0], to: root + "/in/a.png")
            #expect(mkfifo(root + "/in/b.png", 0o600) == 0)
            var failures: [Diagnostic] = []
            #expect(try run(folder(root), model()) { failures.append($0) }.restored == 1)
            #expect(failures.map(\.message) == ["cannot read \(root)/in/b.png: it is no ordinary file"])
        }
    }

    @Test func `transparency that a JPEG file has no place for is told`() throws {
        try withFolder { root in
            let alpha = Image(
                width: images[0].width, height: images[0].height, channels: 1, filledWith: 0.2)
            try writeImage(images[0], alpha: alpha, to: root + "/in/a.png")
            try writePNG(images[0], to: root + "/in/b.png")
            var told: [String] = []
            let restored = try RestoredFolder(
                root + "/in", into: root + "/out", format: .jpeg, quality: nil)
            _ = try restored.run(model(), threads: 1, memory: MemorySize(1 << 30)) { event in
                if case .loss(let job, let loss) = event { told.append("\(job.name): \(loss)") }
            }
            #expect(told == ["a.jpg: transparency, which JPEG has no place for"])
        }
    }

    @Test func `a folder is not restored into what has the name of an image`() throws {
        try withFolder { root in
            try writePNG(images[0], to: root + "/in/a.png")
            let found = message { () throws(Diagnostic) in
                _ = try RestoredFolder(root + "/in", into: root + "/b.png", format: .png, quality: nil)
            }
            #expect(
                found == """
                    error[unlike-paths]: \(root)/in is a folder, and \(root)/b.png has the name of an image
                       = hint: name a folder to write into, with a slash behind it if it has the name of an image

                    """)
        }
    }

    @Test func `where one result cannot be written the others are not restored in vain`() throws {
        try withFolder { root in
            for name in ["a", "b"] { try writePNG(images[0], to: "\(root)/in/\(name).png") }
            try Data().write(to: URL(filePath: root + "/out"))
            let found = message { () throws(Diagnostic) in
                _ = try run(folder(root), model()) { _ in Issue.record("it went on") }
            }
            #expect(
                found.hasPrefix("error[cannot-write]: cannot write \(root)/out/")
                    && found.contains(": the folder "),
                "\(found)"
            )
        }
    }

    @Test func `a result keeps its source's colour profile`() throws {
        try withFolder { root in
            let oracle = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Oracles/remarks/profile.jpg").path
            let job = try RestoredFolder(oracle, into: root + "/out.png", format: .png, quality: nil)
            _ = try run(job, model())
            let (before, after) = (try readImageFile(oracle), try readImageFile(root + "/out.png"))
            #expect(before.colours.profile != nil)
            #expect(before.colours == after.colours)
        }
    }

    @Test func `an image is never overwritten by its own result`() throws {
        try withFolder { root in
            try writePNG(images[0], to: root + "/in/a.png")
            let found = message { () throws(Diagnostic) in
                _ = try RestoredFolder(root + "/in", into: root + "/out/../in", format: .png, quality: nil)
            }
            #expect(
                found.hasPrefix("error[overwrites-source]: \(root)/out/../in/a.png is one of the images"))
            let file = message { () throws(Diagnostic) in
                _ = try RestoredFolder(
                    root + "/in/a.png", into: root + "/in/a.png", format: .png, quality: nil)
            }
            #expect(file.hasPrefix("error[overwrites-source]"))
            // Another format beside it is another file.
            #expect(
                try RestoredFolder(root + "/in", into: root + "/in", format: .jpeg, quality: nil).jobs.map(
                    \.name)
                    == ["a.jpg"])
        }
    }
}
