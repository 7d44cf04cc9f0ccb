import Foundation
import Testing

/// Trainings that are killed, with no chance to put anything in order, and begun again.
struct KilledTrainingTests {
    private static let script = """
        data = scenes(4, size = 32, seed = 1)
        experiment "killed" {
            over seed in 1..2
            net = gao2019(transform = nested(order = 1), widths = [4, 8], scales = 2, modules = 1)
            first = train(net, data, steps = 150, batch = 2, patch = 32, seed = seed, checkpoint_every = 0)
            model = train(first, data, steps = 50, batch = 2, patch = 32, seed = seed + 10, checkpoint_every = 0.01)
            score = evaluate(model, data)
            record seed = seed, psnr_db = score.psnr, ssim = score.ssim
        }
        """

    /// What a run leaves behind, times of day and durations aside: names, and what each file says.
    private func results(in folder: String) throws -> [String: String] {
        var results: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where !isFolder(folder, name)
        {
            // When and where a run was computed differs from run to run.
            guard !name.hasSuffix("/provenance") else { continue }
            let data = try Data(contentsOf: URL(filePath: folder + "/" + name))
            if name.hasSuffix("killed.csv") {
                let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
                results[name] = lines.map(Command.withoutTimes).joined(separator: "\n")
            } else if name.hasSuffix("result.csv") {
                let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
                results[name] = lines.filter { !$0.hasPrefix("seconds,") }.joined(separator: "\n")
            } else if name.hasSuffix(".safetensors") {
                // The header holds the seconds that it took; behind it are the weights.
                let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                results[name] = data.dropFirst(8 + length).base64EncodedString()
            } else {
                results[name] = String(decoding: data, as: UTF8.self)
            }
        }
        return results
    }

    private func isFolder(_ folder: String, _ name: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
            && isFolder.boolValue
    }

    @Test func `a run killed at twenty random moments ends bit for bit as one never killed`() throws {
        try withTemporaryFolder { folder in
            let arguments = ["-e", Self.script, "--threads", "2", "--results"]
            #expect(try Command.run(arguments + [folder + "/whole"]).status == 0)
            let whole = try results(in: folder + "/whole")
            // Of each row two trainings (3 files each), a scoring (3) and the row (2); the table and its
            // copy.
            #expect(whole.count == 2 * (2 * 3 + 3 + 2) + 2)

            var random = SystemRandomNumberGenerator()
            var kills = 0
            var round = 0
            while kills < 20 {
                round += 1
                let place = "\(folder)/killed\(round)"
                // A machine fast enough to end before it is killed begins another round.
                while kills < 20 {
                    let milliseconds = Int.random(in: 30...500, using: &random)
                    guard try Command.killed(arguments + [place], after: milliseconds) else { break }
                    kills += 1
                }
                let last = try Command.run(arguments + [place])
                #expect(last.status == 0, "\(last.messages)")
                let result = try results(in: place)
                let names = Set(result.keys).union(whole.keys)
                #expect(names.filter { result[$0] != whole[$0] } == [])
            }
        }
    }

    @Test func `a training stopped by Ctrl-C says where it is kept and goes on from there`() throws {
        try withTemporaryFolder { folder in
            let script = """
                data = scenes(2, size = 32)
                net = gao2019(widths = [4, 8], scales = 1, modules = 1)
                train(net, data, steps = 100000, batch = 1, patch = 32, checkpoint = "c.safetensors")
                """
            let stopped = try Command.run(
                ["-e", script], folder: folder, ending: .init(signal: SIGINT, message: "step 1/"))
            #expect(stopped.status == 130)
            #expect(stopped.messages.contains("c.safetensors keeps them: run it again to go on from there"))
            let again = try Command.run(
                ["-e", script], folder: folder, ending: .init(signal: SIGINT, message: "goes on after step"))
            #expect(again.messages.contains("of 100000: c.safetensors"))
        }
    }

    @Test func `a full disk stops a training, and its last checkpoint stands`() throws {
        try withTemporaryFolder { folder in
            func script(_ steps: Int) -> String {
                """
                data = scenes(2, size = 32)
                net = gao2019(widths = [4, 8], scales = 1, modules = 1)
                train(net, data, steps = \(steps), batch = 1, patch = 32, checkpoint = "c.safetensors", checkpoint_every = 0)
                """
            }
            let begun = try Command.run(
                ["-e", script(100_000)], folder: folder, ending: .init(signal: SIGKILL, message: "step 1/"))
            #expect(begun.status == SIGKILL)
            let before = try? Data(contentsOf: URL(filePath: folder + "/c.safetensors"))
            // A limit on the size of files stands for a disk that is full: writing fails half-way.
            let full = try Command.run(
                [
                    "-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" -e \"$1\"", Command.executable.path,
                    script(100_000),
                ],
                program: URL(filePath: "/bin/bash"), folder: folder)
            #expect(full.status == 1)
            #expect(full.messages.contains("error[cannot-write]: cannot write c.safetensors: File too large"))
            let after = try? Data(contentsOf: URL(filePath: folder + "/c.safetensors"))
            #expect(after == before)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.allSatisfy { $0 == "c.safetensors" }, "\(names)")
        }
    }
}
