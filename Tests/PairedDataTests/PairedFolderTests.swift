import Data
import Diagnostics
import Foundation
import Images
import Machine
import PairedData
import Samples
import Synchronization
import SyntheticBlur
import TestSupport
import Testing

struct PairedFolderTests {
    private func found(_ root: String, split: String? = nil, blur: Blur = .linear) -> Diagnostic? {
        diagnostic { () throws(Diagnostic) in _ = try PairedFolder(root, split: split, blur: blur) }
    }

    @Test func `GoPro's layout gives its sequences' pairs in order, of the blur asked for`() throws {
        try withTemporaryFolder { root in
            var paths: [String] = []
            for split in ["train", "test"] {
                for sequence in ["GOPR2", "GOPR1"] {
                    for kind in ["blur", "blur_gamma", "sharp"] {
                        for number in ["000002", "000001"] {
                            paths.append("\(split)/\(sequence)/\(kind)/\(number).png")
                        }
                    }
                }
            }
            try plant(paths, in: root)
            let set = try PairedFolder(root, split: "train", blur: .gamma)
            #expect(
                (0..<set.count).map { set.name(at: $0) } == [
                    "train/GOPR1/000001", "train/GOPR1/000002", "train/GOPR2/000001", "train/GOPR2/000002",
                ])
            #expect(set.imageSize == ImageSize(width: 12, height: 8, channels: 3))
            let pair = try set.pair(at: 2)
            let expected = try ["blur_gamma", "sharp"].map {
                testImage(try #require(paths.firstIndex(of: "train/GOPR2/\($0)/000001.png")))
            }
            #expect(pair.blurred == expected[0] && pair.sharp == expected[1])
            #expect(try set.pair(at: 2) == pair)
            // The manifest names which blur was used by its paths, and the fingerprint follows.
            #expect(try set.manifest.contains("train/GOPR1/blur_gamma/000001.png"))
            #expect(try set.fingerprint != PairedFolder(root, split: "train").fingerprint)
            #expect(try PairedFolder(root + "/train").count == 4)
        }
    }

    @Test(
        arguments: [
            (["blur/a.png", "sharp/a.png"], nil), (["input/a.PNG", "target/a.PNG"], nil),
            (["test/input/a.png", "test/target/a.png"], "test"), (["s/blur/a.png", "s/sharp/a.png"], nil),
        ] as [([String], String?)])
    func `flat layouts are known too`(paths: [String], split: String?) throws {
        try withTemporaryFolder { root in
            try plant(paths, in: root)
            let set = try PairedFolder(root, split: split)
            #expect(set.count == 1)
            let pair = try set.pair(at: 0)
            #expect(pair.blurred == testImage(0) && pair.sharp == testImage(1))
        }
    }

    @Test(arguments: [(0, 0), (1, 0), (2, 1), (5, 2), (9, 4)])
    func `as many pairs stay in memory as fit into it`(halves: Int, kept: Int) throws {
        try withTemporaryFolder { root in
            try plant((1...4).flatMap { ["blur/\($0).png", "sharp/\($0).png"] }, in: root)
            // One pair of 12×8 in colour.
            let bytes = 2 * 12 * 8 * 3
            let set = try PairedFolder(root, room: DecodedRoom(memory: halves * bytes / 2))
            #expect(set.decodedBytes == 4 * bytes)
            for index in [0, 1, 2, 3, 0] {
                let pair = try set.pair(at: index)
                #expect(pair.sharp == testImage(2 * index + 1))
            }
            #expect((0..<4).map { set.isCached($0) } == (0..<4).map { $0 < kept })
        }
    }

    @Test func `what memory has no room for lies on the disk, in a file without a name`() throws {
        try withTemporaryFolder { root in
            try plant((1...4).flatMap { ["blur/\($0).png", "sharp/\($0).png"] }, in: root)
            let bytes = 2 * 12 * 8 * 3
            let set = try PairedFolder(
                root, room: DecodedRoom(memory: bytes, disk: 2 * bytes, in: root + "/scratch"))
            let pairs = try (0..<4).map { try set.pair(at: $0) }
            #expect((0..<4).map { set.isCached($0) } == [true, true, true, false])
            #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/scratch").isEmpty)
            // Read again without its files.
            for half in ["blur", "sharp"] { try FileManager.default.removeItem(atPath: "\(root)/\(half)") }
            for index in 0..<3 {
                #expect(try set.pair(at: index) == pairs[index])
                let place = PatchPlace(x: 5, y: 2, width: 4, height: 3)
                let expected = pairs[index].blurred.cropped(x: 5, y: 2, width: 4, height: 3)
                #expect(try set.part(of: index, place).blurred == expected)
            }
            #expect(diagnostic { () throws(Diagnostic) in _ = try set.pair(at: 3) }?.code == "cannot-read")
        }
    }

    @Test(arguments: [(8, 16), (16, 8), (16, 16)])
    func `pairs of 16 bits are kept in memory and on the disk as those of 8`(blurred: Int, sharp: Int) throws
    {
        try withTemporaryFolder { root in
            var source = RandomSource(seed: 1)
            let pixels = (0..<12 * 8 * 3).map { _ in Float(source.integer(in: 0...65535)) / 65535 }
            let image = Image(width: 12, height: 8, channels: 3, pixels: pixels)
            for (half, bits) in [("blur", blurred), ("sharp", sharp)] {
                for name in ["a", "b"] {
                    try writeImage(
                        image, to: "\(root)/\(half)/\(name).png", quality: ImageQuality(bits: bits))
                }
            }
            let expected = Pair(
                blurred: try readImageFile(root + "/blur/a.png").image,
                sharp: try readImageFile(root + "/sharp/a.png").image, name: "a")
            let bytes = 2 * 12 * 8 * 3 * 2
            let set = try PairedFolder(
                root, room: DecodedRoom(memory: bytes, disk: bytes, in: root + "/scratch"))
            #expect(set.decodedBytes == 2 * bytes)
            #expect(try set.pair(at: 0) == expected)
            #expect(try set.pair(at: 1).blurred == expected.blurred)
            #expect(set.isCached(0) && set.isCached(1))
            for half in ["blur", "sharp"] { try FileManager.default.removeItem(atPath: "\(root)/\(half)") }
            let place = PatchPlace(x: 5, y: 2, width: 4, height: 3)
            for index in 0..<2 {
                let part = try set.part(of: index, place)
                #expect(part.blurred == expected.blurred.cropped(x: 5, y: 2, width: 4, height: 3))
                #expect(part.sharp == expected.sharp.cropped(x: 5, y: 2, width: 4, height: 3))
            }
        }
    }

    @Test func `a file that has become one of 16 bits is not taken for one of 8`() throws {
        try withTemporaryFolder { root in
            try plant(["blur/a.png", "sharp/a.png"], in: root)
            let set = try PairedFolder(root)
            try writeImage(testImage(1), to: root + "/sharp/a.png", quality: ImageQuality(bits: 16))
            #expect(diagnostic { () throws(Diagnostic) in _ = try set.pair(at: 0) }?.code == "file-changed")
        }
    }

    @Test func `a disk that takes nothing is told, and pairs are decoded each time`() throws {
        try withTemporaryFolder { root in
            try plant(["blur/a.png", "sharp/a.png"], in: root)
            try Data("x".utf8).write(to: URL(filePath: root + "/file"))
            let set = try PairedFolder(
                root, room: DecodedRoom(memory: 0, disk: 1 << 20, in: root + "/file/scratch"))
            #expect(try set.pair(at: 0).sharp == testImage(1))
            #expect(set.diskTrouble?.code == "cannot-write")
            #expect(!set.isCached(0))
            #expect(try set.pair(at: 0).sharp == testImage(1))
        }
    }

    @Test func `a part of an image that is not kept is read no further than it reaches`() throws {
        try withTemporaryFolder { root in
            // Of noise, so that rows take their bytes of the file.
            var source = RandomSource(seed: 1)
            let samples = (0..<256 * 256).map { _ in UInt8(source.integer(in: 0...255)) }
            let noise = Image(width: 256, height: 256, channels: 1, quantised: samples)
            for half in ["blur", "sharp"] { try writePNG(noise, to: "\(root)/\(half)/a.png") }
            let bytes = Array(try Data(contentsOf: URL(filePath: root + "/sharp/a.png")))
            try Data(bytes.prefix(bytes.count / 2)).write(to: URL(filePath: root + "/sharp/a.png"))
            let set = try PairedFolder(root, room: DecodedRoom(memory: 0))
            let place = PatchPlace(x: 9, y: 7, width: 8, height: 8)
            #expect(try set.part(of: 0, place).sharp == noise.cropped(x: 9, y: 7, width: 8, height: 8))
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try set.pair(at: 0) }?.code == "truncated-picture")
        }
    }

    @Test func `images of several sizes have no one size`() throws {
        try withTemporaryFolder { root in
            for half in ["blur", "sharp"] {
                try writePNG(testImage(1), to: "\(root)/\(half)/a.png")
                try writePNG(testImage(1, width: 20), to: "\(root)/\(half)/b.png")
            }
            let set = try PairedFolder(root)
            #expect(set.imageSize == nil && set.size(at: 1).width == 20)
        }
    }

    @Test func `an image without a partner is named, whichever side it is on`() throws {
        try withTemporaryFolder { root in
            try plant(["blur/a.png", "blur/b.png", "sharp/a.png"], in: root)
            let left = found(root)
            #expect(left?.code == "partner-missing")
            #expect(left?.message == "\(root)/blur/b.png has no partner")
            try plant(["sharp/b.png", "sharp/c.png"], in: root)
            #expect(found(root)?.message == "\(root)/sharp/c.png has no partner")
        }
    }

    @Test func `partners of unequal size are named with both sizes`() throws {
        try withTemporaryFolder { root in
            try writePNG(testImage(1), to: root + "/blur/a.png")
            try writePNG(testImage(1, width: 13, channels: 1), to: root + "/sharp/a.png")
            let found = found(root)
            #expect(found?.code == "unequal-sizes")
            #expect(found?.notes == ["it is 12×8, and \(root)/sharp/a.png is 13×8"])
        }
    }

    @Test func `a folder that is missing, empty or of another kind of files is named`() throws {
        try withTemporaryFolder { root in
            #expect(found(root + "/none")?.code == "cannot-read")
            let empty = found(root)
            #expect(empty?.code == "layout-unknown")
            #expect(empty?.notes.last == "it is empty")
            try plant(["blur/a.png"], in: root)
            #expect(found(root)?.message == "\(root) has no folder `sharp`")
            try Data("x".utf8).write(to: URL(filePath: root + "/sharp.jpg"))
            try FileManager.default.createDirectory(
                atPath: root + "/sharp", withIntermediateDirectories: false)
            #expect(found(root)?.code == "no-pictures")
            try Data("x".utf8).write(to: URL(filePath: root + "/sharp/a.gif"))
            #expect(found(root)?.notes == ["it holds files ending in .gif"])
        }
    }

    @Test func `a split has to be said and to be there`() throws {
        try withTemporaryFolder { root in
            try plant(["test/s/blur/a.png", "test/s/sharp/a.png"], in: root)
            #expect(found(root)?.code == "split-needed")
            #expect(found(root)?.hint == "say which, as in split = \"test\"")
            let missing = found(root, split: "train")
            #expect(missing?.code == "split-missing")
            #expect(missing?.notes == ["there is `test`"])
        }
    }

    @Test func `a set without gamma blur says which it has`() throws {
        try withTemporaryFolder { root in
            try plant(["s/blur/a.png", "s/sharp/a.png"], in: root)
            let missing = found(root, blur: .gamma)
            #expect(missing?.message == "\(root)/s has no folder `blur_gamma`")
            #expect(missing?.hint == "it has `blur`: use blur = \"linear\"")
        }
        try withTemporaryFolder { root in
            try plant(["input/a.png", "target/a.png"], in: root)
            #expect(found(root, blur: .gamma)?.code == "folder-missing")
        }
    }

    @Test func `a damaged file is named: at opening by its header, at use by the rest`() throws {
        try withTemporaryFolder { root in
            try plant(["blur/a.png", "sharp/a.png"], in: root)
            let bytes = try encodePNG(testImage(1))
            try Data(bytes.prefix(20)).write(to: URL(filePath: root + "/sharp/a.png"))
            #expect(found(root)?.code == "truncated-picture")
            #expect(found(root)?.message.contains(root + "/sharp/a.png") == true)
            try Data(bytes.dropLast(30)).write(to: URL(filePath: root + "/sharp/a.png"))
            let set = try PairedFolder(root)
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try set.pair(at: 0) }?.code == "truncated-picture")
            // A mended file is read; one that has become another size is not mistaken for the old.
            try writePNG(testImage(2, width: 30), to: root + "/sharp/a.png")
            #expect(diagnostic { () throws(Diagnostic) in _ = try set.pair(at: 0) }?.code == "file-changed")
            try writePNG(testImage(2), to: root + "/sharp/a.png")
            #expect(try set.pair(at: 0).sharp == testImage(2))
        }
    }

    @Test func `hashing and making ahead give up when they are asked to`() throws {
        try withTemporaryFolder { root in
            try plant(["blur/a.png", "sharp/a.png"], in: root)
            let set = try PairedFolder(root)
            let stopped = diagnostic { () throws(Diagnostic) in try set.hashFiles(stop: .requested) }
            #expect(stopped == .stopped)
            // What was given up is done when it is asked for again.
            #expect(try set.fingerprint.count == 64)
            try set.hashFiles(stop: .requested)
            let scenes = try Scenes(count: 3, width: 16, height: 16, seed: 1)
            #expect(
                diagnostic { () throws(Diagnostic) in try scenes.prepare(stop: .requested) }
                    == .stopped)
        }
    }

    @Test func `making ahead tells each pair that is made, and how many there will be`() throws {
        let told = Mutex<[[Int]]>([])
        try Scenes(count: 3, width: 16, height: 16, seed: 1).prepare(stop: StopFlag()) { made, count in
            told.withLock { $0.append([made, count]) }
        }
        #expect(told.withLock { Set($0) } == [[1, 3], [2, 3], [3, 3]])
    }

    @Test func `images whose names are numbers come in the order of the numbers`() throws {
        try withTemporaryFolder { root in
            let numbers = ["10", "9", "100", "1"]
            try plant(numbers.flatMap { ["blur/\($0).png", "sharp/\($0).png"] }, in: root)
            let set = try PairedFolder(root)
            #expect((0..<set.count).map { set.name(at: $0) } == ["1", "9", "10", "100"])
        }
    }
}
