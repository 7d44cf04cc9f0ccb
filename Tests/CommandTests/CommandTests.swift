import Foundation
import Testing

struct CommandTests {
    @Test func `code on the command line shows its values`() throws {
        let result = try Command.run(["-e", "x = 6", "-e", "x * 7"])
        #expect(result.status == 0)
        #expect(result.output == "42\n")
        #expect(result.messages.isEmpty)
    }

    @Test func `a script may stand on standard input and begin with a shebang`() throws {
        let script = Data("#!/usr/bin/env -S acuity run\nprint(1 + 1)\n".utf8)
        #expect(try Command.run([], input: script).output == "2\n")
        #expect(try Command.run(["run", "-"], input: script).output == "2\n")
    }

    @Test(arguments: [
        (["-e", "1 / 0"], 1), (["run", "/nonexistent.acu"], 1), (["run", "/"], 1), (["-e", "x = ["], 1),
        (["run"], 2), (["frobnicate"], 2), (["--frobnicate"], 2), (["-e", "1", "--threads", "0"], 2),
        (["-e", "x = 1", "--set", "y=2"], 2), (["-e", "x = 1", "--set", "x"], 2),
        (["-e", "x = 1", "--set", "x=1/0"], 2),
        (["--version"], 0), (["--help"], 0), (["check", "/nonexistent.acu"], 1),
    ])
    func `the exit status tells whose mistake it is`(arguments: [String], status: Int) throws {
        #expect(try Command.run(arguments).status == Int32(status))
    }

    @Test(arguments: [
        (["--threads", "1", "run", "study.acu"], "options go after the command: acuity run …"),
        (["--thread", "2", "-e", "1"], "there is no option '--thread'; did you mean '--threads'?"),
        (["--threads", "-1", "-e", "1"], "--threads must be from 1 to 1024, not -1"),
    ])
    func `a misplaced, misspelt or impossible option is named`(arguments: [String], message: String) throws {
        let result = try Command.run(arguments)
        #expect(result.status == 2)
        #expect(result.messages.contains("Error: " + message), "\(result.messages)")
    }

    @Test func `a script without a command is told how to be run`() throws {
        let result = try Command.run(["study.acu"])
        #expect(result.status == 2)
        #expect(result.messages.contains("a script is run with: acuity run study.acu"))
        #expect(try Command.run(["frobnicate"]).messages.contains("there is no command 'frobnicate'"))
    }

    @Test(arguments: [
        Data([0x78, 0xFF, 0xFE]), Data((0...255).map { UInt8($0) }),
        Data(String(repeating: "[", count: 1 << 20).utf8),
        Data(("x = \"" + String(repeating: "a", count: 10_000_000) + "\" + 1").utf8),
        Data(("x = " + String(repeating: "a", count: 10_000_000)).utf8),
        Data("function f(n) { return [f(n)] }\nf(1)".utf8), Data("x = [1]\nrepeat 1e6 { x = [x] }".utf8),
    ])
    func `hostile input ends in a diagnostic`(input: Data) throws {
        let result = try Command.run([], input: input)
        #expect(result.status == 1)
        #expect(result.messages.hasPrefix("error["))
        #expect(result.messages.utf8.count < 4000)
    }

    @Test func `a name of the script is overridden from the command line`() throws {
        let result = try Command.run(["-e", "widths = [8]\nprint(widths)", "--set", "widths=[1, 2]"])
        #expect(result.output == "[1, 2]\n")
        let mistake = try Command.run(["-e", "widths = [8]", "--set", "width=[1]"])
        #expect(mistake.messages.contains("did you mean `widths`?"))
    }

    @Test func `a check trains nothing and writes nothing`() throws {
        try withTemporaryFolder { folder in
            let script = folder + "/table.acu"
            try Self.experiment.write(toFile: script, atomically: true, encoding: .utf8)
            let result = try Command.run(["check", script, "--results", folder + "/results"])
            #expect(result.status == 0)
            #expect(result.output.hasPrefix("small: 3 rows\n"))
            #expect(!FileManager.default.fileExists(atPath: folder + "/results"))
        }
    }

    @Test func `an interrupted script ends with 130 and says where it was`() throws {
        let script =
            "model = train(gao2019(widths = [4, 8], scales = 1), scenes(2, size = 32), steps = 1000000, patch = 32)"
        let result = try Command.run(["-e", script], ending: .init(signal: SIGINT, message: "step 1/"))
        #expect(result.status == 130)
        #expect(result.messages.contains("stopped at your request"))
    }

    @Test func `nothing that goes into a pipe or a file holds escapes`() throws {
        let result = try Command.run([
            "-e", Self.experiment, "--results", FileManager.default.temporaryDirectory.path + "/acuity-plain",
        ])
        #expect(!result.output.contains("\u{1B}") && !result.messages.contains("\u{1B}"))
        #expect(!result.messages.contains("\r"))
    }

    /// Three rows of a second or less.
    private static let experiment = """
        steps = 12
        data = scenes(4, size = 32, seed = 1)
        experiment "small" {
            over units in 1..3
            net = gao2019(transform = residual(units = units), widths = [4, 8], scales = 1, modules = 1)
            model = train(net, data, steps = steps, batch = 2, patch = 32)
            score = evaluate(model, data)
            record units = units, parameters = parameters(net), psnr_db = score.psnr, ssim = score.ssim
        }
        """

    /// The table without the time that each row was finished at.
    private func table(in folder: String) throws -> [String] {
        try String(contentsOfFile: folder + "/small.csv", encoding: .utf8).split(separator: "\n").map(
            Command.withoutTimes)
    }

    @Test func `a run killed half-way and run again leaves the table of one never killed`() throws {
        try withTemporaryFolder { folder in
            let arguments = ["-e", Self.experiment, "--threads", "2", "--results"]
            #expect(try Command.run(arguments + [folder + "/whole"]).status == 0)
            let killed = try Command.run(
                arguments + [folder + "/killed"], ending: .init(signal: SIGKILL, message: "small 2/3"))
            #expect(killed.status == SIGKILL)
            let again = try Command.run(arguments + [folder + "/killed"])
            #expect(again.status == 0)
            #expect(again.messages.contains("small 1/3: units = 1: recorded already"))
            #expect(try table(in: folder + "/killed") == table(in: folder + "/whole"))
        }
    }

    @Test func `a row is run again only if what it depends on has changed, and says why`() throws {
        try withTemporaryFolder { folder in
            let arguments = ["--results", folder]
            #expect(try Command.run(["-e", Self.experiment] + arguments).status == 0)
            let laidOutAnew = Self.experiment.replacing("over units", with: "# a comment\n    over units")
            let second = try Command.run(["-e", laidOutAnew] + arguments)
            #expect(second.messages.components(separatedBy: "recorded already").count == 4)
            let changed = try Command.run(["-e", Self.experiment, "--set", "steps=13"] + arguments)
            #expect(
                changed.messages.contains(
                    "small 1/3: units = 1: run again, because train1.training.steps: 12 → 13"))
            let fresh = try Command.run(["-e", Self.experiment, "--set", "steps=13", "--fresh"] + arguments)
            #expect(fresh.messages.components(separatedBy: "run again, as asked").count == 4)
        }
    }

    @Test func `nothing is computed twice: axes turned round, names, columns and other settings and back`()
        throws
    {
        try withTemporaryFolder { folder in
            func runs() throws -> Set<String> {
                Set(try FileManager.default.contentsOfDirectory(atPath: folder + "/runs"))
            }
            func messages(_ script: String, _ more: [String] = []) throws -> String {
                let result = try Command.run(["-e", script, "--results", folder] + more)
                #expect(result.status == 0, "\(result.messages)")
                return result.messages
            }
            let script = Self.experiment.replacing(
                "over units in 1..3", with: "over units in 1..2\n    over seed in 1..2"
            )
            .replacing("patch = 32)", with: "patch = 32, seed = seed)")
            #expect(try messages(script).contains("step 12/12"))
            let first = try table(in: folder)
            let computed = try runs()
            let others = [
                script.replacing(
                    "    over units in 1..2\n    over seed in 1..2",
                    with: "    over seed in 1..2\n    over units in 1..2"),
                script.replacing("model", with: "trained"),
                script.replacing("    score =", with: "    print(units)\n    score ="),
                script.replacing(
                    "ssim = score.ssim", with: "ssim = score.ssim, blurred = score.psnr_blurred"),
            ]
            for other in others { #expect(try !messages(other).contains("step ")) }
            #expect(try runs() == computed)
            // Another name for the table: the same trainings.
            #expect(try !messages(script.replacing("\"small\"", with: "\"twin\"")).contains("step "))
            // To other settings and back.
            #expect(try messages(script, ["--set", "steps=1"]).contains("step 1/1"))
            #expect(try !messages(script).contains("step "))
            #expect(try table(in: folder) == first)
            // Narrower and wide again.
            let narrow = try messages(script.replacing("over seed in 1..2", with: "over seed in 1..1"))
            #expect(
                narrow.contains(
                    "2 earlier rows that the script no longer asks for left the table; their runs are kept"))
            #expect(try table(in: folder).count == 3)
            #expect(try !messages(script).contains("step "))
            #expect(try table(in: folder) == first)
            #expect(try computed.isSubset(of: runs()))
            // A table that came without its runs.
            try FileManager.default.removeItem(atPath: folder + "/runs")
            #expect(
                try messages(script.replacing("over seed in 1..2", with: "over seed in 3..3")).contains(
                    "4 earlier rows that the script no longer asks for left the table; their runs are not there"
                ))
        }
    }

    @Test func `four processes started together share the rows, and each ends with the whole table`()
        async throws
    {
        try await withThrowingTaskGroup(of: CommandResult.self) { group in
            let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
                .path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let arguments = [
                "-e", Self.experiment, "--threads", "1", "--set", "steps=60", "--results", folder,
            ]
            for _ in 0..<4 { group.addTask { try Command.run(arguments) } }
            var trained = 0
            for try await result in group {
                #expect(result.status == 0, "\(result.messages)")
                trained += result.messages.components(separatedBy: "step 60/60").count - 1
            }
            // Each of the three trainings once, whoever did it.
            #expect(trained == 3)
            #expect(try table(in: folder).count == 4)
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
            #expect(!files.contains { $0.contains("lock") || $0.hasSuffix(".partial") }, "\(files)")
        }
    }

    @Test func `four processes with other settings each all succeed`() async throws {
        try await withThrowingTaskGroup(of: CommandResult.self) { group in
            let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
                .path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            for steps in 1...4 {
                let arguments = ["-e", Self.experiment, "--threads", "1", "--set", "steps=\(steps)"]
                group.addTask { try Command.run(arguments + ["--results", folder]) }
            }
            for try await result in group { #expect(result.status == 0, "\(result.messages)") }
            // Whichever was last, its table is whole, and every other comes back without training.
            #expect(try table(in: folder).count == 4)
            let again = try Command.run(
                ["-e", Self.experiment, "--threads", "1", "--set", "steps=3", "--results", folder])
            #expect(!again.messages.contains("step "))
        }
    }

    @Test func `a failing row is reported, the others go on, and the status is 1`() throws {
        try withTemporaryFolder { folder in
            let script = """
                experiment "partly" {
                    over x in [1, 0, 2]
                    record x = x, inverse = 1 / x
                }
                """
            let result = try Command.run(["-e", script, "--results", folder])
            #expect(result.status == 1)
            #expect(result.messages.contains("error[division-by-zero]"))
            #expect(result.messages.contains("in row partly 2/3: x = 0"))
            let table = try String(contentsOfFile: folder + "/partly.csv", encoding: .utf8)
            #expect(table.split(separator: "\n").map { $0.prefix(4) } == ["x,in", "1,1,", "2,0."])
        }
    }
}
