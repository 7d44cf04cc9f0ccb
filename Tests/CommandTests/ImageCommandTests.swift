import Foundation
import Testing

struct ImageCommandTests {
    private let photographs = URL(filePath: #filePath).appending(path: "../../../experiments/photographs")
        .standardized.path

    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "acuity-pictures-\(UUID().uuidString)"
        ).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    /// Makes a small model and some images: `a.png` in colour, `b.png` in grey.
    private func prepare(_ folder: String) throws {
        let script = """
            model = train(gao2019(widths = [4, 8], scales = 2, modules = 1), scenes(2, size = 32), steps = 1, batch = 1, patch = 32)
            save(model, to = "m.safetensors")
            save(pair(scenes(1, size = 40)).blurred, to = "in/a.png")
            save(pair(scenes(1, size = 48)).blurred, to = "in/c/b.jpg")
            """
        let result = try Command.run(["-e", script], folder: folder)
        #expect(result.status == 0, "\(result.messages)")
    }

    @Test func `deblur restores files and folders into a folder, and does nothing twice`() throws {
        try withFolder { folder in
            try prepare(folder)
            let first = try Command.run(
                ["deblur", "m.safetensors", "in", "--to", "out", "--memory", "500MB"], folder: folder)
            #expect(first.status == 0, "\(first.messages)")
            #expect(first.output.hasPrefix("restored               2\nskipped                0\n"))
            let second = try Command.run(
                ["deblur", "m.safetensors", "in/a.png", "in/c", "--to", "out"], folder: folder)
            #expect(second.output.hasPrefix("restored               1\nskipped                1\n"))
            #expect(
                Set(try FileManager.default.contentsOfDirectory(atPath: folder + "/out"))
                    == ["a.png", "b.png", "c", ".acuity-deblurred"])
            let compared = try Command.run(["compare", "out/b.png", "out/c/b.png"], folder: folder)
            #expect(compared.output.split(separator: "\n").last?.hasPrefix("mean") == true)
            #expect(compared.output.contains("identical"))
        }
    }

    @Test func `deblur into an image's name writes that file, and with a slash a folder`() throws {
        try withFolder { folder in
            try prepare(folder)
            #expect(
                try Command.run(["deblur", "m.safetensors", "in/a.png", "--to", "b.png"], folder: folder)
                    .status == 0)
            #expect(
                try Command.run(["deblur", "m.safetensors", "in/a.png", "--to", "c.png/"], folder: folder)
                    .status == 0)
            let same = try Command.run(["compare", "b.png", "c.png/a.png"], folder: folder)
            #expect(same.status == 0 && same.output.contains("identical"), "\(same.output)\(same.messages)")
        }
    }

    @Test func `gamma and primaries go into a PNG file, and are said once to be lost in JPEG files`() throws {
        try withFolder { folder in
            try prepare(folder)
            let suite = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Oracles/pngsuite")
            try FileManager.default.createDirectory(
                atPath: folder + "/suite", withIntermediateDirectories: true)
            for name in ["ccwn2c08", "g03n2c08", "g05n2c08", "g10n2c08"] {
                try FileManager.default.copyItem(
                    at: suite.appending(path: name + ".png"),
                    to: URL(filePath: "\(folder)/suite/\(name).png"))
            }
            let png = try Command.run(["deblur", "m.safetensors", "suite", "--to", "png"], folder: folder)
            #expect(png.status == 0 && !png.messages.contains("without"), "\(png.messages)")
            for name in ["ccwn2c08.png", "g03n2c08.png"] {
                let chunks = try [suite.path, folder + "/png"].map { folder in
                    let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
                    return [("gAMA", 4), ("cHRM", 32)].map { type, length in
                        bytes.firstRange(of: Array(type.utf8)).map {
                            Array(bytes[$0.upperBound..<$0.upperBound + length])
                        }
                    }
                }
                #expect(chunks[0][0] != nil && chunks[0] == chunks[1], "\(name)")
            }
            let jpeg = try Command.run(
                ["deblur", "m.safetensors", "suite", "--to", "jpg", "--format", "jpg"], folder: folder)
            let lost = jpeg.messages.split(whereSeparator: \.isNewline).map(String.init)
            func without(_ names: String) -> String {
                "without what the source says of its colours (\(names)), which JPEG has no place for"
            }
            let expected: [String] = [
                "jpg/ccwn2c08.jpg: " + without("`gAMA` and `cHRM`"),
                "jpg/g03n2c08.jpg: " + without("`gAMA`"), "2 more images " + without("`gAMA`"),
            ]
            #expect(lost.filter { $0.contains("without") } == expected, "\(jpeg.messages)")
        }
    }

    @Test func `one image that fails is reported, the others are restored, and the status is 1`() throws {
        try withFolder { folder in
            try prepare(folder)
            try "no image".write(toFile: folder + "/in/bad.png", atomically: false, encoding: .utf8)
            let result = try Command.run(["deblur", "m.safetensors", "in", "--to", "out"], folder: folder)
            #expect(result.status == 1)
            #expect(result.messages.contains("in/bad.png"))
            #expect(result.output.hasPrefix("restored               2\n"), "\(result.output)")
        }
    }

    @Test(arguments: [
        (["deblur", "m.safetensors", "in"], 2), (["deblur", "m.safetensors", "--to", "out"], 2),
        (["deblur", "m.safetensors", "in", "--to", "out", "--memory", "lots"], 2),
        (["deblur", "m.safetensors", "in", "--to", "out", "--quality", "50"], 2),
        (["deblur", "m.safetensors", "in", "--to", "out", "--format", "gif"], 2),
        (["deblur", "none.safetensors", "in", "--to", "out"], 1),
        (["deblur", "in/a.png", "in", "--to", "out"], 1),
        (["deblur", "m.safetensors", "none", "--to", "out"], 1),
        (["deblur", "m.safetensors", "in", "--to", "in"], 1),
        (["compare", "in", "none"], 1), (["compare", "in"], 2),
        (["compare", "in", "in", "--ssim-profile", "x"], 2),
    ])
    func `a command that cannot be carried out says whose mistake it is`(arguments: [String], status: Int)
        throws
    {
        try withFolder { folder in
            try prepare(folder)
            let result = try Command.run(arguments, folder: folder)
            #expect(result.status == Int32(status), "\(result.messages)")
            #expect(!result.messages.isEmpty)
        }
    }

    @Test func `an image that is not scored has the profiles of those that are`() throws {
        try withFolder { folder in
            let script = """
                save(pair(scenes(1, size = 64)).sharp, to = "a/one.png")
                save(pair(scenes(1, size = 64)).sharp, to = "b/one.png")
                save(pair(scenes(1, size = 64)).sharp, to = "a/two.png")
                save(pair(scenes(1, size = 40)).sharp, to = "b/two.png")
                """
            #expect(try Command.run(["-e", script], folder: folder).status == 0)
            for (options, profiles) in [
                (["--protocol", "realblur"], "realblur,realblur"),
                (["--psnr-profile", "float", "--ssim-profile", "matlab3d"], "float,matlab3d"),
            ] {
                let result = try Command.run(["compare", "a", "b", "--csv"] + options, folder: folder)
                let lines = result.output.split(separator: "\n").map(String.init)
                #expect(result.status == 1 && lines.count == 3, "\(result.output)\(result.messages)")
                #expect(lines[1].hasPrefix("one,") && lines[1].hasSuffix("," + profiles))
                #expect(lines[2] == "two,,," + profiles)
            }
        }
    }

    @Test func `where the folder takes no file of an image's size, the others are not restored in vain`()
        throws
    {
        try withFolder { folder in
            try prepare(folder)
            let script = """
                one = pair(scenes(1, size = 256)).blurred
                save(one, to = "large/a.png", bits = 16)
                save(one, to = "large/b.png", bits = 16)
                """
            #expect(try Command.run(["-e", script], folder: folder).status == 0)
            // No file may hold more than 80 KB: what is smaller could be written, as on a disk that is almost
            // full.
            let limited = "trap '' XFSZ; ulimit -f 80; exec \"$0\" \"$@\""
            let result = try Command.run(
                [
                    "-c", limited, Command.executable.path, "deblur", "m.safetensors", "large", "--to", "out",
                    "--memory", "500MB",
                ], program: URL(filePath: "/bin/bash"), folder: folder)
            #expect(result.status == 1)
            let mistakes = result.messages.split(whereSeparator: \.isNewline).filter {
                $0.contains("error[")
            }
            #expect(mistakes.count == 1, "\(result.messages)")
            #expect(mistakes.first?.contains("error[cannot-write]: cannot write out/a.png: ") == true)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder + "/out") == [".acuity-deblurred"])
        }
    }

    @Test func `compare writes CSV with a row for each image and its profiles`() throws {
        let arguments = ["compare", photographs, photographs, "--csv", "--ssim-profile", "matlab3d"]
        let lines = try Command.run(arguments).output.split(separator: "\n")
        #expect(lines.first == "picture,psnr_db,ssim,psnr_profile,ssim_profile")
        #expect(lines.count == 10 && lines[1] == "astronaut,inf,1,8bit,matlab3d")
    }
}
