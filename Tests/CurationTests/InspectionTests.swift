import Curation
import Diagnostics
import Files
import Foundation
import Images
import Machine
import Samples
import TestSupport
import Testing

struct InspectionTests {
    /// Frame `index` of a pan over a landscape, every pixel of it known.
    private func frame(_ index: Int, scene: Int = 0) -> Image {
        let (width, height) = (96, 64)
        return Image(
            width: width, height: height, channels: 3,
            pixels: (0..<width * height * 3).map { place in
                let (x, y) = (Double(place / 3 % width + 2 * index), Double(place / 3 / width))
                let phase = Double(scene) + Double(place % 3) / 5
                let wave = sin(x / 9 + phase) + sin(y / 7 - x / 23) + 0.4 * sin(x / 3 + y / 4 + phase)
                return Float(0.5 + wave / 6)
            }
        ).rounded()
    }

    /// A set of two sequences and its source frames.
    private func makeSet(in root: String, frames: Int = 40, first: Int = 1) throws {
        for (scene, name) in ["one", "two"].enumerated() {
            for index in 1...frames {
                try writePNG(
                    frame(index, scene: scene),
                    to: "\(root)/frames/\(name)/\(String(format: "%06d", index - 1 + first)).png")
            }
        }
        _ = try FrameBlur(window: 5...5, into: root + "/set", split: "train").run(root + "/frames")
    }

    private func problems(_ inspection: Inspection) -> [String: Int] {
        Dictionary(inspection.findings.map { ($0.problem.rawValue, 1) }, uniquingKeysWith: +)
    }

    @Test func `a set that is right has its layout, counts, formation and fingerprint told`() throws {
        try withTemporaryFolder { root in
            try makeSet(in: root)
            let found = try Inspection(root + "/set", frames: root + "/frames")
            #expect(found.findings == [])
            #expect(found.layout == "SPLIT/SEQUENCE/{blur,sharp}")
            #expect(found.sequences.map(\.name) == ["train/one", "train/two"] && found.pairs == 16)
            #expect(found.blurFolders == ["blur", "blur_gamma"])
            #expect(
                found.formation == [
                    "train/one/blur: mean of the frames as encoded, 5 frames",
                    "train/one/blur_gamma: mean of light by a power of 2.2, 5 frames",
                    "train/two/blur: mean of the frames as encoded, 5 frames",
                    "train/two/blur_gamma: mean of light by a power of 2.2, 5 frames",
                ])
            // The manifest is what sha256sum checks.
            #expect(found.manifest.split(separator: "\n").count == 48)
            try found.manifest.write(toFile: root + "/set/sums", atomically: true, encoding: .utf8)
            let check = Process()
            check.executableURL = URL(filePath: "/usr/bin/sha256sum")
            check.arguments = ["--quiet", "-c", "sums"]
            check.currentDirectoryURL = URL(filePath: root + "/set")
            try check.run()
            check.waitUntilExit()
            #expect(check.terminationStatus == 0)
            #expect(try Inspection(root + "/set").fingerprint == found.fingerprint)
        }
    }

    @Test(arguments: [0, 100])
    func `how blur was formed is found wherever the numbers of the frames begin`(first: Int) throws {
        try withTemporaryFolder { root in
            try makeSet(in: root, first: first)
            let found = try Inspection(root + "/set", frames: root + "/frames")
            #expect(
                found.formation.prefix(2) == [
                    "train/one/blur: mean of the frames as encoded, 5 frames",
                    "train/one/blur_gamma: mean of light by a power of 2.2, 5 frames",
                ])
        }
    }

    @Test func `everything that was planted is found, and nothing else`() throws {
        try withTemporaryFolder { root in
            try makeSet(in: root)
            let files = FileManager.default
            let one = root + "/set/train/one"
            // A partner gone, a file damaged, a blurred image that is the sharp one, one that stands twice.
            try files.removeItem(atPath: one + "/blur/000003.png")
            try Data("no image".utf8).write(to: URL(filePath: one + "/sharp/000008.png"))
            try files.removeItem(atPath: one + "/blur_gamma/000013.png")
            try files.copyItem(atPath: one + "/sharp/000013.png", toPath: one + "/blur_gamma/000013.png")
            try files.removeItem(atPath: one + "/sharp/000018.png")
            try files.copyItem(atPath: one + "/sharp/000023.png", toPath: one + "/sharp/000018.png")
            try writePNG(frame(1).cropped(x: 0, y: 0, width: 90, height: 64), to: one + "/blur/000028.png")
            let found = try Inspection(root + "/set")
            #expect(
                problems(found) == [
                    "missing": 1, "unreadable": 1, "identical": 1, "duplicate": 1, "unequal": 1, "shifted": 2,
                ], "\(found.findings)")
            let texts = found.findings.map(\.text)
            #expect(texts.contains("train/one/sharp/000003.png has no partner in blur"))
            #expect(texts.contains("train/one/blur_gamma/000013.png equals its sharp image"))
            #expect(texts.contains("train/one/sharp/000018.png, train/one/sharp/000023.png are one image"))
            #expect(texts.contains("train/one/blur/000028.png is 90×64 and its sharp image 96×64"))
        }
    }

    @Test func `pairs that belong to other numbers, or lie apart, are told from those that do not`() throws {
        try withTemporaryFolder { root in
            try makeSet(in: root)
            let two = root + "/set/train/two/sharp"
            let names = try FileManager.default.contentsOfDirectory(atPath: two).sorted()
            // Each sharp image under the number of the one before it.
            for (name, next) in zip(names, names.dropFirst()) {
                try FileManager.default.removeItem(atPath: "\(two)/\(name)")
                try FileManager.default.copyItem(atPath: "\(two)/\(next)", toPath: "\(two)/\(name)")
            }
            let found = try Inspection(root + "/set").findings.filter { $0.problem == .shifted }
            #expect(
                found.map(\.text) == [
                    "train/two/blur: the blurred images belong to the sharp ones 1 before theirs",
                    "train/two/blur_gamma: the blurred images belong to the sharp ones 1 before theirs",
                ])
        }
    }

    @Test func `of frames that stand still no kind of blur is told`() throws {
        try withTemporaryFolder { root in
            for number in 1...9 { try writePNG(testImage(1), to: "\(root)/frames/one/\(number).png") }
            _ = try FrameBlur(window: 3...3, into: root + "/set", split: "train").run(root + "/frames")
            let found = try Inspection(root + "/set", frames: root + "/frames")
            #expect(
                found.formation == [
                    "train/one/blur: a mean of its frames, which are too alike to tell of which kind",
                    "train/one/blur_gamma: a mean of its frames, which are too alike to tell of which kind",
                ])
            #expect(!found.findings.contains { $0.problem == .formation })
        }
    }

    @Test func `blur under the wrong name is told by forming it anew`() throws {
        try withTemporaryFolder { root in
            try makeSet(in: root)
            for name in ["one", "two"] {
                let folder = "\(root)/set/train/\(name)"
                try FileManager.default.moveItem(atPath: folder + "/blur", toPath: folder + "/x")
                try FileManager.default.moveItem(atPath: folder + "/blur_gamma", toPath: folder + "/blur")
                try FileManager.default.moveItem(atPath: folder + "/x", toPath: folder + "/blur_gamma")
            }
            let found = try Inspection(root + "/set", frames: root + "/frames")
            #expect(found.findings.map(\.problem) == Array(repeating: .formation, count: 4))
            #expect(
                found.findings[0].text
                    == "train/one/blur is the mean of light by a power of 2.2, not what its name says")
            let none = diagnostic { () throws(Diagnostic) in
                _ = try Inspection(root + "/set", frames: root + "/set")
            }
            #expect(none?.code == "frames-missing")
        }
    }

    @Test func `a set named as GoPro's is held against the published counts, its splits against each other`()
        throws
    {
        try withTemporaryFolder { root in
            for split in ["train", "test"] {
                for half in ["blur", "sharp"] {
                    for (index, name) in ["000001", "000002"].enumerated() {
                        let key = half == "sharp" && index == 0 ? 7 : index + (split == "test" ? 20 : 10)
                        try writePNG(
                            testImage(key + (half == "blur" ? 100 : 0), width: 32, height: 32),
                            to: "\(root)/\(split)/GOPR0001_11_00/\(half)/\(name).png")
                    }
                }
            }
            let found = try Inspection(root)
            #expect(problems(found)["counts"] == 3 && problems(found)["duplicate"] == 1)
            let texts = found.findings.map(\.text)
            #expect(texts.contains("train has 2 pairs in 1 sequences; the GoPro set has 2103 in 22"))
            #expect(
                texts.contains(
                    "train/GOPR0001_11_00/sharp/000001.png, test/GOPR0001_11_00/sharp/000001.png are one image, "
                        + "and it is both trained on and tested on")
                    || texts.contains(
                        "test/GOPR0001_11_00/sharp/000001.png, train/GOPR0001_11_00/sharp/000001.png are one image, "
                            + "and it is both trained on and tested on")
            )
        }
    }

    @Test func `every two files of one name in a folder are named`() throws {
        try withTemporaryFolder { root in
            try plant(["blur/a.png", "blur/b.png", "sharp/a.png", "sharp/b.png"], in: root)
            for file in ["blur/a.jpg", "blur/a.jpeg", "blur/b.jpg", "sharp/b.jpg"] {
                try writeImage(testImage(60), to: "\(root)/\(file)")
            }
            let found = try Inspection(root).findings.filter { $0.problem == .ambiguous }
            #expect(
                found.map(\.text) == [
                    "a.jpeg and a.jpg in blur differ only by their ending",
                    "a.jpeg and a.png in blur differ only by their ending",
                    "b.jpg and b.png in blur differ only by their ending",
                    "b.jpg and b.png in sharp differ only by their ending",
                ])
        }
    }

    @Test func `flat sets are looked through too, and what is none is refused`() throws {
        try withTemporaryFolder { root in
            try plant(["input/a.png", "target/a.png", "input/b.png", "target/b.png"], in: root)
            let flat = try Inspection(root)
            #expect(flat.layout == "{input,target}" && flat.pairs == 2)
            let stopped = diagnostic { () throws(Diagnostic) in _ = try Inspection(root, stop: .requested)
            }
            #expect(stopped == .stopped)
            let none = diagnostic { () throws(Diagnostic) in _ = try Inspection(root + "/input") }
            #expect(none?.code == "layout-unknown")
        }
    }
}

struct HashedFilesTests {
    @Test func `a video of more than a gigabyte is hashed, and not again while it stays as it is`() throws {
        try withTemporaryFolder { root in
            let video = root + "/clip.mp4"
            try Data().write(to: URL(filePath: video))
            try #require(truncate(video, (1 << 30) + 1) == 0)
            func digest() throws -> String {
                try FrameBlur.digest(of: video, cacheFolder: root + "/cache")
            }
            Thread.sleep(forTimeInterval: 2.2)
            // Its hash by `head -c 1073741825 /dev/zero | sha256sum`.
            let hash = "6d9bfe50425f2dfe4e2ac07efee1f0bc9d567348ad4aed62704ffe6f5884e9a8"
            #expect(try digest() == shortDigest(hash + " "))
            // A planted hash comes back.
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: root + "/cache").first)
            let text = try String(contentsOfFile: root + "/cache/" + name, encoding: .utf8)
            #expect(text.contains(hash) && text.hasSuffix(" clip.mp4\n"))
            let planted = String(repeating: "0", count: 64)
            try text.replacing(hash, with: planted).write(
                toFile: root + "/cache/" + name, atomically: true, encoding: .utf8)
            #expect(try digest() == shortDigest(planted + " "))
            // Asked to stop while it is read, it gives up.
            try Data([1]).write(to: URL(filePath: video))
            let stopped = diagnostic { () throws(Diagnostic) in
                _ = try FrameBlur.digest(of: video, cacheFolder: root + "/none", stop: .requested)
            }
            #expect(stopped == .stopped)
        }
    }

    @Test func `frames of a folder are told apart by their bytes and names, not by the folder's`() throws {
        try withTemporaryFolder { root in
            func digest(_ folder: String) throws -> String {
                try FrameBlur.digest(of: root + "/" + folder, cacheFolder: root + "/cache")
            }
            for folder in ["one", "two"] { try writePNG(testImage(1), to: "\(root)/\(folder)/x/1.png") }
            #expect(try digest("one") == digest("two"))
            try writePNG(testImage(1), to: root + "/two/x/2.png")
            #expect(try digest("one") != digest("two"))
        }
    }

    @Test func `files that did not change are not read again, and those that did are`() throws {
        try withTemporaryFolder { root in
            try plant(["a.png", "b.png"], in: root + "/set")
            func digests() throws -> [String] {
                try HashedFiles(root: root + "/set", names: ["a.png", "b.png"], cacheFolder: root + "/cache")
                    .allDigests()
            }
            let first = try digests()
            // Too young to be believed unchanged, so nothing was kept.
            #expect(!FileManager.default.fileExists(atPath: root + "/cache"))
            Thread.sleep(forTimeInterval: 2.2)
            #expect(try digests() == first)
            let cache = try #require(
                try FileManager.default.contentsOfDirectory(atPath: root + "/cache").first)
            let path = root + "/cache/" + cache
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(HashCache.count(in: text) == 2)
            // What the cache says is believed where the file is as it was: a planted digest comes back.
            let planted = String(repeating: "0", count: 64)
            try text.replacing(first[0], with: planted).write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try digests() == [planted, first[1]])
            try writePNG(testImage(5), to: root + "/set/a.png")
            let changed = try digests()
            #expect(changed[0] != planted && changed[0] != first[0] && changed[1] == first[1])
            // A damaged cache is no harm.
            try "acuity hashes 1\nx y z\n\n\(planted) 1 2 a.png\n".write(
                toFile: path, atomically: true, encoding: .utf8)
            #expect(try digests() == changed)
        }
    }
}
