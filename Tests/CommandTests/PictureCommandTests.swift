import Foundation
import Testing

struct PictureCommandTests {
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

    /// Makes a small model and some pictures: `a.png` in colour, `b.png` in grey.
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

    @Test func `compare writes CSV with a row for each picture and its profiles`() throws {
        let arguments = ["compare", photographs, photographs, "--csv", "--ssim-profile", "matlab3d"]
        let lines = try Command.run(arguments).output.split(separator: "\n")
        #expect(lines.first == "picture,psnr_db,ssim,psnr_profile,ssim_profile")
        #expect(lines.count == 10 && lines[1] == "astronaut,inf,1,8bit,matlab3d")
    }
}
