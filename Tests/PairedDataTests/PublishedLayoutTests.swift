import Curation
import Diagnostics
import Foundation
import Images
import PairedData
import Samples
import TestSupport
import Testing

/// A small set in each layout, as it was published.
private enum Published {
    static let realBlur = "RealBlur-J_ECC_IMCORR_centroid_itensity_ref"

    static func realBlur(in root: String) throws {
        for scene in ["scene001", "scene244_reflect"] {
            let files = [1, 2].flatMap { ["\(scene)/blur/blur_\($0).png", "\(scene)/gt/gt_\($0).png"] }
            try plant(files, in: "\(root)/\(realBlur)")
        }
        func line(_ scene: String, _ number: Int) -> String {
            "\(realBlur)/\(scene)/gt/gt_\(number).png \(realBlur)/\(scene)/blur/blur_\(number).png \n"
        }
        try (line("scene244_reflect", 2) + line("scene001", 1)).write(
            toFile: root + "/RealBlur_J_train_list.txt", atomically: true, encoding: .utf8)
        try line("scene001", 2).write(
            toFile: root + "/RealBlur_J_test_list.txt", atomically: true, encoding: .utf8)
    }
}

struct PublishedLayoutTests {
    private func names(_ set: PairedFolder) -> [String] { (0..<set.count).map { set.name(at: $0) } }

    private func mistake(
        _ root: String, split: String? = nil, list: String? = nil, blur: Blur = .linear
    ) -> Diagnostic? {
        diagnostic { () throws(Diagnostic) in
            _ = try PairedFolder(root, split: split, list: list, blur: blur)
        }
    }

    @Test func `RealBlur is divided by its lists, in their order, from its folder or the one above`() throws {
        try withTemporaryFolder { root in
            try Published.realBlur(in: root)
            let folder = "\(root)/\(Published.realBlur)"
            let train = try PairedFolder(folder, split: "train")
            #expect(names(train) == ["scene244_reflect/blur/blur_2", "scene001/blur/blur_1"])
            #expect(
                try train.pair(at: 0).sharp == readImageFile(folder + "/scene244_reflect/gt/gt_2.png").image)
            #expect(
                try train.pair(at: 0).blurred
                    == readImageFile(folder + "/scene244_reflect/blur/blur_2.png").image)
            #expect(try PairedFolder(root, split: "test").count == 1)
            #expect(mistake(folder)?.code == "split-needed")
            #expect(mistake(folder, split: "valid")?.code == "split-missing")
            #expect(mistake(folder, split: "test", blur: .gamma)?.code == "folder-missing")
            try FileManager.default.removeItem(atPath: root + "/RealBlur_J_test_list.txt")
            #expect(mistake(folder, split: "test")?.code == "list-missing")
        }
    }

    @Test func `of two sets of one structure side by side, one has to be named and has its own list`() throws
    {
        try withTemporaryFolder { root in
            try Published.realBlur(in: root)
            let other = "RealBlur-R_BM3D_ECC_IMCORR_centroid_itensity_ref"
            try plant(["scene007/blur/blur_3.png", "scene007/gt/gt_3.png"], in: "\(root)/\(other)")
            try "\(other)/scene007/gt/gt_3.png \(other)/scene007/blur/blur_3.png\n".write(
                toFile: root + "/RealBlur_R_test_list.txt", atomically: true, encoding: .utf8)
            #expect(mistake(root, split: "test")?.code == "layout-ambiguous")
            let set = try PairedFolder("\(root)/\(other)", split: "test")
            #expect(names(set) == ["scene007/blur/blur_3"])
            #expect(try PairedFolder("\(root)/\(Published.realBlur)", split: "test").count == 1)
        }
    }

    @Test func `RSBlur's pairs are folders of their own`() throws {
        try withTemporaryFolder { root in
            let set = root + "/RSBlur"
            for number in ["000001", "000002"] {
                try plant(
                    [
                        "0001/\(number)/real_blur/real_blur.png", "0001/\(number)/gt/gt_sharp.png",
                        "0001/\(number)/avg65_img/avg_blur.png",
                    ], in: set)
            }
            #expect(names(try PairedFolder(set)) == ["0001/000001", "0001/000002"])
            try "RSBlur/0001/000002/gt/gt_sharp.png RSBlur/0001/000002/real_blur/real_blur.png\n".write(
                toFile: set + "/RSBlur_real_val.txt", atomically: true, encoding: .utf8)
            #expect(names(try PairedFolder(set, split: "val")) == ["0001/000002/real_blur/real_blur"])
        }
    }

    @Test func `HIDE's sharp images lie in one folder for all parts`() throws {
        try withTemporaryFolder { root in
            try plant(
                [
                    "train/1.png", "train/2.png", "test/test-close-ups/3.png", "test/test-long-shot/4.png",
                    "GT/1.png", "GT/2.png", "GT/3.png", "GT/4.png",
                ], in: root)
            #expect(names(try PairedFolder(root, split: "train")) == ["train/1", "train/2"])
            let test = try PairedFolder(root, split: "test")
            #expect(names(test) == ["test/3", "test/4"])
            #expect(try test.pair(at: 1).sharp == readImageFile(root + "/GT/4.png").image)
            #expect(mistake(root)?.code == "split-needed")
            try FileManager.default.removeItem(atPath: root + "/GT/4.png")
            #expect(mistake(root, split: "test")?.code == "partner-missing")
        }
    }

    @Test func `REDS has two kinds of blur, one of them of JPEG beside PNG`() throws {
        try withTemporaryFolder { root in
            for name in ["00000000", "00000001"] {
                try plant(
                    ["train/train_blur/000/\(name).png", "train/train_sharp/000/\(name).png"], in: root)
                let file = root + "/train/train_blur_jpeg/000/\(name).jpg"
                try writeImage(testImage(9), to: file, quality: ImageQuality(jpeg: 95))
            }
            let set = try PairedFolder(root, split: "train")
            #expect(names(set) == ["train/000/00000000", "train/000/00000001"])
            let compressed = try PairedFolder(root, split: "train", blur: .jpeg)
            #expect(names(compressed) == names(set))
            #expect(try compressed.fingerprint != set.fingerprint)
            #expect(mistake(root, split: "train", blur: .gamma)?.code == "folder-missing")
            #expect(mistake(root, split: "val")?.code == "folder-missing")
        }
    }

    @Test func `BSD's sequences hold folders of RGB images`() throws {
        try withTemporaryFolder { root in
            let set = root + "/BSD_1ms8ms"
            for split in ["train", "valid", "test"] {
                try plant(
                    ["\(split)/000/Blur/RGB/00000000.png", "\(split)/000/Sharp/RGB/00000000.png"], in: set)
            }
            for split in ["train", "valid", "test"] {
                #expect(names(try PairedFolder(set, split: split)) == ["\(split)/000/00000000"])
            }
            try plant(["valid/000/Sharp/RGB/00000001.png"], in: set)
            #expect(mistake(set, split: "valid")?.code == "partner-missing")
        }
    }

    @Test(
        arguments: [
            ("lost+found", nil, []), ("private", nil, ["cannot read private: Permission denied"]),
            ("private", "train", ["cannot read private: Permission denied"]),
            ("train/private", "train", ["cannot read train/private: Permission denied"]),
        ] as [(String, String?, [String])])
    func `a folder that cannot be listed keeps no layout from being found, and an inspection names it`(
        name: String, split: String?, said: [String]
    ) throws {
        try withTemporaryFolder { root in
            let start = split.map { $0 + "/" } ?? ""
            try plant(["\(start)blur/a.png", "\(start)sharp/a.png", "\(name)/b/x.png"], in: root)
            try withUnlistableFolder("\(root)/\(name)") {
                #expect(throws: (any Error).self) {
                    try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(name)")
                }
                #expect(try PairedFolder(root, split: split).count == 1)
                let found = try Inspection(root)
                #expect(found.pairs == 1)
                #expect(found.findings.filter { $0.problem == .unreadable }.map(\.text) == said)
            }
        }
    }

    @Test func `a folder of a published set that cannot be listed is said, and not left out`() throws {
        try withTemporaryFolder { root in
            for sequence in ["000", "001"] {
                try plant(
                    ["train/\(sequence)/Blur/RGB/1.png", "train/\(sequence)/Sharp/RGB/1.png"], in: root)
            }
            #expect(try PairedFolder(root, split: "train").count == 2)
            try withUnlistableFolder(root + "/train/001") {
                #expect(
                    mistake(root, split: "train")?.message
                        == "cannot read \(root)/train/001/Blur: Permission denied")
            }
        }
    }

    @Test func `names that differ only behind a dot are several images`() throws {
        try withTemporaryFolder { root in
            try plant(
                [
                    "train/a.1.png", "train/a.2.png", "test/b.1.png", "test/b.3.png", "GT/a.1.png",
                    "GT/a.2.png", "GT/b.1.png", "GT/b.2.png",
                ], in: root)
            let found = try Inspection(root)
            #expect(found.pairs == 3)
            #expect(!found.findings.contains { $0.problem == .ambiguous })
            #expect(
                found.findings.filter { $0.problem == .missing }.map(\.text) == [
                    "test/b.3.png has no partner in GT", "GT/b.2.png has no partner in train or test",
                ])
        }
    }

    @Test func `every two files of a published set that stand for one image are named`() throws {
        try withTemporaryFolder { root in
            try plant(
                ["train/a.png", "train/test-close-ups/a.png", "train/b.png", "GT/a.png", "GT/b.png"], in: root
            )
            for file in ["train/a.jpg", "GT/b.jpg"] {
                try writeImage(testImage(50), to: "\(root)/\(file)")
            }
            let found = try Inspection(root)
            #expect(
                found.findings.filter { $0.problem == .ambiguous }.map(\.text) == [
                    "GT/b.jpg and GT/b.png stand for one image",
                    "train/a.jpg and train/a.png stand for one image",
                    "train/a.jpg and train/test-close-ups/a.png stand for one image",
                ])
            #expect(found.pairs == 2)
            #expect(mistake(root, split: "train")?.code == "ambiguous-name")
        }
    }

    @Test func `an image that is trained on and tested on is told in every layout`() throws {
        func duplicates(_ root: String) throws -> [String] {
            try Inspection(root).findings.filter { $0.problem == .duplicate }.map(\.text)
        }
        // One folder down.
        try withTemporaryFolder { root in
            for split in ["train", "test"] {
                try plant(["\(split)/000/Blur/RGB/1.png"], in: root + "/BSD")
                try writePNG(testImage(90), to: "\(root)/BSD/\(split)/000/Sharp/RGB/1.png")
            }
            #expect(
                try duplicates(root) == [
                    "BSD/train/000/Sharp/RGB/1.png, BSD/test/000/Sharp/RGB/1.png are one image, "
                        + "and it is both trained on and tested on"
                ])
        }
        // Sharp images of all parts in one folder.
        try withTemporaryFolder { root in
            try plant(["train/1.png", "train/2.png", "test/3.png", "GT/2.png"], in: root)
            for name in ["1", "3"] { try writePNG(testImage(90), to: "\(root)/GT/\(name).png") }
            #expect(
                try duplicates(root) == [
                    "GT/1.png, GT/3.png are one image, and it is both trained on and tested on"
                ])
            // One part alone: it is twice in what is trained on.
            try FileManager.default.moveItem(atPath: root + "/test/3.png", toPath: root + "/train/3.png")
            let within = try duplicates(root)
            #expect(within == ["GT/1.png, GT/3.png are one image"])
            // One file that is the partner of two.
            try FileManager.default.copyItem(atPath: root + "/train/3.png", toPath: root + "/test/2.png")
            #expect(
                try duplicates(root) == [
                    "GT/1.png, GT/3.png are one image",
                    "GT/2.png stands in several pairs, and it is both trained on and tested on",
                ])
        }
    }

    @Test func `an inspection knows a published set, its counts, and what has no partner`() throws {
        try withTemporaryFolder { root in
            try plant(
                [
                    "train/1.png", "test/test-close-ups/3.png", "test/test-long-shot/4.png", "GT/1.png",
                    "GT/3.png", "GT/5.png",
                ], in: root)
            let found = try Inspection(root)
            #expect(found.layout.hasPrefix("HIDE: "))
            #expect(found.pairs == 2)
            let texts = found.findings.map(\.text)
            #expect(texts.contains("test/test-long-shot/4.png has no partner in GT"))
            #expect(texts.contains("GT/5.png has no partner in train or test"))
            #expect(texts.contains("train has 1 pairs; HIDE was published with 6397"))
        }
        try withTemporaryFolder { root in
            try Published.realBlur(in: root)
            let found = try Inspection("\(root)/\(Published.realBlur)")
            #expect(found.pairs == 4)
            #expect(found.sequences.map(\.name) == ["scene001", "scene244_reflect"])
            let texts = found.findings.filter { $0.problem == .counts }.map(\.text)
            #expect(
                texts.contains(
                    "the set has 4 pairs in 2 sequences; RealBlur was published with 4738 in 232"))
            #expect(
                texts.contains {
                    $0.hasSuffix("_test_list.txt has 1 pairs; RealBlur was published with 980")
                })
            #expect(!found.findings.contains { $0.problem == .missing })
        }
    }
}

struct PairListTests {
    private func mistake(_ root: String, _ text: String) throws -> Diagnostic? {
        try text.write(toFile: root + "/pairs.txt", atomically: true, encoding: .utf8)
        return diagnostic { () throws(Diagnostic) in _ = try PairedFolder(root, list: "pairs.txt") }
    }

    @Test func `a list names pairs in any folders, sharp ones first`() throws {
        try withTemporaryFolder { root in
            try plant(["a/one.png", "b/two.png", "a/with space.png", "b/x.png"], in: root)
            let text = "\u{FEFF}a/one.png b/two.png\r\n\r\na/with space.png\tb/x.png\r\n"
            try text.write(toFile: root + "/pairs.txt", atomically: true, encoding: .utf8)
            let set = try PairedFolder(root, list: "pairs.txt")
            #expect((0..<set.count).map { set.name(at: $0) } == ["b/two", "b/x"])
            #expect(try set.pair(at: 1).sharp == readImageFile(root + "/a/with space.png").image)
            // Names that begin at a folder above.
            let above = "old/place/a/one.png old/place/b/two.png\n"
            try above.write(toFile: root + "/above.txt", atomically: true, encoding: .utf8)
            #expect(try PairedFolder(root, list: root + "/above.txt").count == 1)
        }
    }

    @Test func `a list that is wrong is refused with its line`() throws {
        try withTemporaryFolder { root in
            try plant(["a/one.png", "b/two.png"], in: root)
            let cases = [
                ("a/one.png", "list-malformed"), ("a/one.png b/two.png b/two.png", "list-malformed"),
                ("a/one.png ../b/two.png", "list-malformed"), ("/a/one.png b/two.png", "list-malformed"),
                ("a/one.png b/three.png", "list-file-missing"), ("c.png b/two.png", "list-file-missing"),
                ("a/one.png b/two.png\na/one.png b/two.png", "list-repeats"), ("\n \n", "no-pictures"),
            ]
            for (text, code) in cases {
                let found = try mistake(root, text)
                #expect(found?.code == code, "\(text)")
            }
            #expect(try mistake(root, "a/one.png b/two.png\nx")?.message.contains("line 2") == true)
            let none = diagnostic { () throws(Diagnostic) in _ = try PairedFolder(root, list: "none.txt") }
            #expect(none?.code == "cannot-read")
        }
    }
}
