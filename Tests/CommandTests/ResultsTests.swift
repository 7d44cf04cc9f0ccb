import Foundation
import Testing

/// `acuity results`, on a table that was made before.
struct ResultsTests {
    private static let script = """
        steps = 3
        data = scenes(2, size = 32, seed = 1)
        experiment "small" {
            over seed in 1..2
            net = gao2019(transform = residual(units = 1), widths = [4, 8], scales = 1, modules = 1)
            model = train(net, data, steps = steps, batch = 1, patch = 32, seed = seed)
            score = evaluate(model, data)
            record seed = seed, psnr_db = score.psnr
        }
        """

    private func withTable(_ body: (_ folder: String, _ table: () throws -> [String]) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try Self.script.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            try body(folder) {
                try String(contentsOfFile: folder + "/results/small.csv", encoding: .utf8)
                    .split(separator: "\n").map(String.init)
            }
        }
    }

    private func lines(_ arguments: [String], in folder: String, status: Int32 = 0) throws -> [[String]] {
        let result = try Command.run(["results"] + arguments, folder: folder)
        #expect(result.status == status, "\(result.messages)")
        return result.output.split(separator: "\n").map { line in
            line.split(separator: "  ", omittingEmptySubsequences: true).map {
                $0.trimmingCharacters(in: .whitespaces)
            }.filter { !$0.isEmpty }
        }
    }

    @Test func `tables and runs are listed, and a row says where it comes from`() throws {
        try withTable { folder, table in
            let list = try lines([], in: folder)
            #expect(list.contains { $0.starts(with: ["small", "2"]) })
            #expect(
                list.count { $0.count == 5 && $0[1] == "train" && $0[2] == "complete" && $0[4] == "yes" } == 2
            )
            let row = try lines(["show", "small:2"], in: folder)
            for fact in [
                ["recipe", "axis.seed", "2"], ["recipe", "train1.training.steps", "3"],
                ["provenance", "script", "a.acu"],
            ] { #expect(row.contains(fact), "\(fact)") }
            // By its fingerprint's first digits the same.
            let fingerprint = try #require(row.first { $0.starts(with: ["run", "hash"]) })[2]
            #expect(try table()[2].contains(fingerprint))
            #expect(try lines(["show", String(fingerprint.prefix(8))], in: folder) == row)
        }
    }

    @Test func `two rows, two tables and two models differ in what differs`() throws {
        try withTable { folder, table in
            let psnr = try table().dropFirst().map { $0.split(separator: ",")[1] }
            let rows = try lines(["diff", "small:1", "small:2"], in: folder)
            #expect(rows.contains(["setting", "train1.training.seed", "1", "2"]))
            #expect(!rows.contains { $0.count > 1 && $0[1] == "train1.training.steps" })
            #expect(
                rows.contains { $0.starts(with: ["result", "psnr_db", String(psnr[0]), String(psnr[1])]) })
            let twin = Self.script.replacing("\"small\"", with: "\"twin\"").replacing(
                "steps = 3", with: "steps = 2")
            #expect(try Command.run(["-e", twin], folder: folder).status == 0)
            let tables = try lines(["diff", "small", "twin"], in: folder)
            #expect(tables.count { $0.contains("train1.training.steps") && $0.suffix(2) == ["3", "2"] } == 2)
            let models = try FileManager.default.subpathsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix("model.safetensors") }.sorted()
            let files = try lines(["diff", models[0], models[1]], in: folder)
            #expect(files.contains { $0.first == "setting" && $0[1].hasPrefix("training.") })
        }
    }

    @Test func `a table whose script asks for something else is stale, and why is said`() throws {
        try withTable { folder, table in
            #expect(try Command.run(["results", "check"], folder: folder).status == 0)
            let changed = Self.script.replacing("steps = 3", with: "steps = 4")
            try changed.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            let before = try table()
            let found = try Command.run(["results", "check"], folder: folder)
            #expect(found.status == 1)
            #expect(
                found.output.contains(
                    "small 1/2: seed = 1: stale, because train1.training.steps: 3 → 4"), "\(found.output)")
            // Nothing was computed or written.
            #expect(try table() == before)
            // Of many stale rows the first few stand for all; what reads a table that is yet to be made is no
            // fault.
            let more =
                changed.replacing("1..2", with: "1..12")
                + "\nexperiment \"later\" {\n    over n in 1..2\n    record n = n\n}\nsummarize(\"later\", by = \"n\")\n"
            try more.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            let many = try Command.run(["results", "check"], folder: folder)
            #expect(many.status == 1 && many.output.contains("small: 8 more are stale"), "\(many.output)")
            #expect(many.output.contains("later 1/2: n = 1: it is not in results/later.csv"))
            #expect(!many.messages.contains("error["), "\(many.messages)")
            try changed.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            // Made with a setting of the command line, it is checked with the same.
            #expect(try Command.run(["run", "a.acu", "--set", "steps=3"], folder: folder).status == 0)
            #expect(try Command.run(["results", "check"], folder: folder).status == 0)
        }
    }

    @Test func `a column that the script now takes from another score of the same runs is stale`() throws {
        try withTable { folder, table in
            let before = try table()
            let changed = Self.script.replacing(
                "score.psnr", with: "score.psnr_gain")
            #expect(changed != Self.script)
            try changed.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            let found = try Command.run(["results", "check"], folder: folder)
            #expect(found.status == 1)
            #expect(
                found.output.contains("small 1/2: seed = 1: stale, because `psnr_db`: "), "\(found.output)")
            #expect(try table() == before)
        }
    }

    @Test func `a script whose rows cannot be derived any more is stale, and measured seconds are not`()
        throws
    {
        try withTemporaryFolder { folder in
            let path = folder + "/a.acu"
            let timed = Self.script.replacing(
                "psnr_db = score.psnr",
                with: "psnr_db = score.psnr, days = training_seconds(net, steps = 9, patch = 32)")
            try timed.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            let sound = try Command.run(["results", "check"], folder: folder)
            #expect(sound.status == 0, "\(sound.output) \(sound.messages)")
            try timed.replacing("score.psnr", with: "score.pnsr").write(
                toFile: path, atomically: true, encoding: .utf8)
            let broken = try Command.run(["results", "check"], folder: folder)
            #expect(broken.status == 1)
            #expect(broken.output.contains("`pnsr`") || broken.output.contains("pnsr"), "\(broken.output)")
        }
    }

    @Test func `computing a row again writes no file that the script writes outside of rows`() throws {
        try withTemporaryFolder { folder in
            let script = "save(pair(data).sharp, to = \"sharp.png\")\n"
            try Self.script.replacing("experiment \"small\"", with: script + "experiment \"small\"").write(
                toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            let image = folder + "/sharp.png"
            try FileManager.default.removeItem(atPath: image)
            let again = try Command.run(["results", "check", "--rerun"], folder: folder)
            #expect(again.status == 0, "\(again.output) \(again.messages)")
            #expect(!FileManager.default.fileExists(atPath: image))
        }
    }

    @Test func `a folder that is not there is a mistake`() throws {
        try withTemporaryFolder { folder in
            for command in [["results"], ["results", "check"], ["results", "prune"]] {
                let found = try Command.run(command + ["--results", "reslts"], folder: folder)
                #expect(found.status == 1)
                #expect(found.messages.contains("error[no-results]: there is no folder of results at reslts"))
            }
            #expect(try Command.run(["results", "check", "--results", ""], folder: folder).status == 2)
            #expect(try Command.run(["run", "a.acu", "--results", ""], folder: folder).status == 2)
        }
    }

    @Test func `a row that cannot be planned is named, and tables behind a mistake are not called strangers`()
        throws
    {
        try withTable { folder, table in
            let second = """

                experiment "second" {
                    over seed in 1..2
                    record x = seed
                }
                """
            let path = folder + "/a.acu"
            try (Self.script + second).write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            try (Self.script.replacing("steps = steps", with: "steps = steps - seed * 2") + second)
                .write(toFile: path, atomically: true, encoding: .utf8)
            let row = try Command.run(["results", "check"], folder: folder)
            #expect(row.status == 1)
            #expect(row.output.contains("small 2/2: seed = 2: it cannot be planned: "), "\(row.output)")
            #expect(!row.output.contains("second"))
            try (Self.script + "\nx = y\n" + second).write(toFile: path, atomically: true, encoding: .utf8)
            let script = try Command.run(["results", "check"], folder: folder)
            #expect(script.status == 1)
            #expect(
                script.output.contains(
                    "second: it is not checked, for its script stopped before this experiment"),
                "\(script.output)")
        }
    }

    @Test func `what a table decides for another is known when both are checked`() throws {
        try withTemporaryFolder { folder in
            let script =
                Self.script + """

                    best = 1
                    for row in rows("small") { if row.psnr_db > 0 { best = row.seed } }
                    experiment "next" {
                        over seed in [best]
                        model = train(gao2019(widths = [4, 8], scales = 1, modules = 1), data, steps = 1, batch = 1,
                            patch = 32, seed = seed)
                        record psnr_db = evaluate(model, data).psnr
                    }
                    """
            try script.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            let found = try Command.run(["results", "check"], folder: folder)
            #expect(found.status == 0, "\(found.output) \(found.messages)")
        }
    }

    @Test func `a row drawn at random is computed again beside the results`() throws {
        try withTable { folder, table in
            let before = try table()
            let same = try Command.run(["results", "check", "--rerun"], folder: folder)
            #expect(same.status == 0, "\(same.output) \(same.messages)")
            #expect(same.output.contains(": the same again"))
            #expect(try table() == before)
            // A number that no computation gives: in the table, in its copy and in the rows' runs.
            for path in try FileManager.default.subpathsOfDirectory(atPath: folder + "/results") {
                for row in before.dropFirst() where path.hasSuffix(".csv") {
                    let psnr = String(row.split(separator: ",")[1])
                    let file = folder + "/results/" + path
                    let text = try String(contentsOfFile: file, encoding: .utf8)
                    try text.replacing(psnr, with: "99.5").write(
                        toFile: file, atomically: true, encoding: .utf8)
                }
            }
            let other = try Command.run(["results", "check", "--rerun"], folder: folder)
            #expect(other.status == 1)
            #expect(other.output.contains(" and was 99.5"), "\(other.output)")
        }
    }

    @Test func `results passed on without models are complete, and nothing is trained for them`() throws {
        try withTable { folder, table in
            let before = try table()
            let models = try FileManager.default.subpathsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix("model.safetensors") }
            #expect(models.count == 2)
            for model in models { try FileManager.default.removeItem(atPath: folder + "/" + model) }
            let again = try Command.run(["run", "a.acu"], folder: folder)
            #expect(again.status == 0)
            #expect(again.messages.contains("recorded already") && !again.messages.contains("step "))
            #expect(try table() == before)
            // Scored on other images, it is needed, and trained to the same weights.
            let more = Self.script.replacing(
                "record seed",
                with:
                    "other = evaluate(model, scenes(1, size = 32, seed = 5))\n    record other = other.psnr, seed"
            )
            try more.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            let needed = try Command.run(["run", "a.acu"], folder: folder)
            #expect(needed.status == 0)
            #expect(needed.messages.contains("is needed and not here; it is trained again"))
            for (row, old) in zip(try table().dropFirst(), before.dropFirst()) {
                #expect(row.split(separator: ",")[2] == old.split(separator: ",")[1])
            }
        }
    }

    @Test func `a row is computed again by the script and the settings that made it`() throws {
        try withTable { folder, table in
            #expect(try Command.run(["run", "a.acu", "--set", "steps=4"], folder: folder).status == 0)
            let before = try table().map(Command.withoutTimes)
            let again = try Command.run(["results", "rerun", "small:2"], folder: folder)
            #expect(again.status == 0, "\(again.messages)")
            #expect(again.messages.contains("small 2/2: seed = 2: run again, as asked"))
            #expect(again.messages.contains("small 2/2: seed = 2: the same values again"))
            #expect(again.messages.contains("step 4/4") && !again.messages.contains("small 1/2"))
            #expect(try table().map(Command.withoutTimes) == before)
            // A row that the script asks for no more, and one that fails now.
            let row = try lines(["show", "small:1"], in: folder)
            #expect(row.contains(["provenance", "script", "a.acu"]), "\(row)")
            let other = Self.script.replacing("widths = [4, 8]", with: "widths = [4, 4]")
            try other.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            let gone = try Command.run(["results", "rerun", "small:1"], folder: folder)
            #expect(gone.status == 1)
            #expect(gone.messages.contains("error[no-such-row]: no row of the script has the fingerprint"))
            try Self.script.replacing("record", with: "y = 1 / (0 * score.psnr)\nrecord")
                .write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            let failed = try Command.run(["results", "rerun", "small:1"], folder: folder)
            #expect(failed.status == 1)
            #expect(failed.messages.contains("error[division-by-zero]"), "\(failed.messages)")
            try Self.script.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            #expect(
                try Command.run(
                    ["-e", Self.script.replacing("steps = 3", with: "steps = 1")], folder: folder
                ).status == 0)
            let lost = try Command.run(["results", "rerun", "small:1"], folder: folder)
            #expect(lost.status == 1)
            #expect(
                lost.messages.contains("error[cannot-rerun]: the row was made by <-e>, which is no file here")
            )
        }
    }

    @Test func `what was changed by hand or lost is found, and comes back`() throws {
        try withTable { folder, table in
            #expect(
                try lines(["check"], in: folder) == [
                    ["all tables are what their scripts ask for, and all runs as they were written"]
                ])
            let right = try table()
            let path = folder + "/results/small.csv"
            let wrong = right.joined(separator: "\n").replacing("\n1,", with: "\n1,9") + "\n"
            try wrong.write(toFile: path, atomically: false, encoding: .utf8)
            let found = try Command.run(["results", "check"], folder: folder)
            #expect(found.status == 1)
            #expect(found.output.contains("results/small.csv: row 1 ("))
            #expect(found.output.contains("`psnr_db` says 9"))
            // Whoever reads it is told.
            let read = try Command.run(["-e", "rows(\"small\")"], folder: folder)
            #expect(read.messages.contains("`psnr_db` says 9"))
            let again = try Command.run(["run", "a.acu"], folder: folder)
            #expect(
                again.messages.contains("results/small.csv was changed by hand; what was computed comes back")
            )
            // With what was changed kept, for there may be notes in it.
            let kept = try #require(
                again.messages.firstMatch(of: /kept in (results\/runs\/small-[0-9a-f]+\.csv)/))
            #expect(try String(contentsOfFile: "\(folder)/\(kept.output.1)", encoding: .utf8) == wrong)
            #expect(!again.messages.contains("step "))
            #expect(try table() == right)
            // Also what the program itself wrote beside the values.
            let host = right.joined(separator: "\n").replacing(",avx", with: ",old") + "\n"
            if host != right.joined(separator: "\n") + "\n" {
                try host.write(toFile: path, atomically: false, encoding: .utf8)
                #expect(
                    try Command.run(["results", "check"], folder: folder).output.contains(
                        "`instruction_set` says old"))
                #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            }
            // A model that is gone is not needed for a row whose scores are there.
            for file in try FileManager.default.subpathsOfDirectory(atPath: folder)
            where file.hasSuffix("model.safetensors") {
                try FileManager.default.removeItem(atPath: folder + "/" + file)
            }
            #expect(!(try Command.run(["run", "a.acu"], folder: folder).messages.contains("step 3/3")))
            #expect(try table().map(Command.withoutTimes) == right.map(Command.withoutTimes))
        }
    }

    @Test(arguments: [nil, "", "seed;psnr_db\n1;2\n"])
    func `a table that is gone or none any more is found, and written again`(text: String?) throws {
        try withTable { folder, table in
            let right = try table()
            let path = folder + "/results/small.csv"
            try FileManager.default.removeItem(atPath: path)
            try text?.write(toFile: path, atomically: false, encoding: .utf8)
            let found = try Command.run(["results", "check"], folder: folder)
            #expect(found.status == 1)
            #expect(found.output.contains("results/small.csv is gone or no table any more"))
            // Runs of a table that was damaged are kept; those of one that was removed are not.
            let prunable = try Command.run(["results", "prune", "--dry-run"], folder: folder).messages
            #expect(prunable.hasPrefix(text == nil ? "6 runs" : "0 runs"), "\(prunable)")
            if text != nil { try FileManager.default.removeItem(atPath: path) }
            #expect(try !Command.run(["run", "a.acu"], folder: folder).messages.contains("step "))
            #expect(try table() == right)
            try FileManager.default.removeItem(atPath: path)
            #expect(try Command.run(["results", "prune"], folder: folder).status == 0)
            #expect(try Command.run(["results", "check"], folder: folder).status == 0)
        }
    }

    @Test func `a table of two runs is said to be one`() throws {
        try withTable { folder, table in
            // Ended at the second row's training.
            let slow = Self.script.replacing("steps = 3", with: "steps = if_second")
                .replacing("if_second", with: "2")
                .replacing("steps = steps", with: "steps = seed * seed * seed * seed * 1000000 - 999998")
            let stopped = try Command.run(
                ["-e", slow], folder: folder, ending: .init(signal: SIGTERM, message: "small 2/2"))
            #expect(stopped.status == 128 + SIGTERM)
            #expect(
                stopped.messages.contains("results/small.csv holds 1 row computed now and 1 from before"),
                "\(stopped.messages)")
            let read = try Command.run(["-e", "summarize(\"small\", by = \"seed\")"], folder: folder)
            #expect(
                read.messages.contains(
                    "the run that wrote it last has not ended, and 1 of its 2 rows may be of other settings"))
            #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            #expect(
                try Command.run(["-e", "summarize(\"small\", by = \"seed\")"], folder: folder).messages == "")
        }
    }

    @Test func `scores and models that were damaged are computed again`() throws {
        try withTable { folder, table in
            let right = try table().map(Command.withoutTimes)
            for (file, message) in [
                ("result.csv", "result.csv was changed since it was written; it is computed again"),
                ("model.safetensors", "it is trained again"),
            ] {
                for name in try FileManager.default.subpathsOfDirectory(atPath: folder)
                where name.hasSuffix(file) {
                    let url = URL(filePath: folder + "/" + name)
                    var bytes = try Data(contentsOf: url)
                    bytes[bytes.count / 3] ^= 1
                    try bytes.write(to: url)
                }
                let again = try Command.run(
                    ["-e", Self.script.replacing("record", with: "print(seed)\nrecord")], folder: folder)
                #expect(again.status == 0)
                #expect(again.messages.contains(message), "\(again.messages)")
                #expect(try table().map(Command.withoutTimes) == right)
            }
        }
    }

    @Test func `only what no table names is pruned, and first said`() throws {
        try withTable { folder, table in
            #expect(try Command.run(["run", "a.acu", "--set", "steps=2"], folder: folder).status == 0)
            let dry = try Command.run(["results", "prune", "--dry-run"], folder: folder)
            #expect(dry.messages.hasPrefix("6 runs, ") && dry.messages.hasSuffix(" would be removed\n"))
            #expect(
                try Command.run(["results", "prune", "--older-than", "1"], folder: folder).messages.hasPrefix(
                    "0 runs"))
            let now = try Command.run(["results", "prune"], folder: folder)
            #expect(now.messages.hasPrefix("6 runs, ") && now.messages.hasSuffix(" removed\n"))
            #expect(!now.output.isEmpty)
            let kept = try Command.run(["run", "a.acu", "--set", "steps=2"], folder: folder)
            #expect(!kept.messages.contains("step "))
            #expect(try Command.run(["run", "a.acu"], folder: folder).messages.contains("step 3/3"))
            #expect(try Command.run(["results", "prune", "--older-than", "-1"], folder: folder).status == 2)
        }
    }

    @Test func `a failed row keeps its message and what it measured, and can be the last`() throws {
        try withTemporaryFolder { folder in
            let script = """
                data = scenes(2, size = 32)
                experiment "partly" {
                    over x in [0, 1, 2]
                    net = gao2019(transform = residual(units = 1), widths = [4, 8], scales = 1, modules = 1)
                    score = evaluate(train(net, data, steps = 1, batch = 1, patch = 32), data)
                    record psnr_db = score.psnr
                    y = 1 / (x + 0 * score.psnr)
                    record y = y
                }
                """
            let result = try Command.run(["-e", script], folder: folder)
            #expect(result.status == 1)
            let path = try #require(result.messages.firstMatch(of: /results\/runs\/[0-9a-f]+\/failure.txt/))
                .output
            let kept = try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)
            #expect(kept.contains("error[division-by-zero]") && kept.contains("\npsnr_db = "), "\(kept)")
            #expect(kept.contains("in row partly 1/3: x = 0"))
            #expect(result.messages.contains("partly 3/3"))
            let first = try Command.run(["-e", script, "--stop-at-first-failure"], folder: folder)
            #expect(first.status == 1)
            #expect(first.messages.contains("stopped at the first failure, as asked"))
            #expect(!first.messages.contains("partly 2/3"))
            // Nor does the script go on behind the experiment.
            let longer = script + "\nprint(\"further\")"
            #expect(try Command.run(["-e", longer], folder: folder).output.contains("further"))
            #expect(
                try !Command.run(["-e", longer, "--stop-at-first-failure"], folder: folder).output.contains(
                    "further"))
        }
    }

    @Test func `images are restored and blurred once, and made again when they are gone`() throws {
        try withTemporaryFolder { folder in
            try """
            data = scenes(2, size = 32)
            for i in 1..8 { save(pair(data, 1).sharp, to = "clips/one/{i}.png") }
            for i in 1..2 { save(pair(data, i).blurred, to = "photos/{i}.png") }
            net = gao2019(transform = residual(units = 1), widths = [4], scales = 1, modules = 1)
            save(train(net, data, steps = 1, batch = 1, patch = 32), to = "model.safetensors")
            """.write(toFile: folder + "/before.acu", atomically: true, encoding: .utf8)
            try """
            model = load("model.safetensors")
            experiment "kept" {
                over k in 1..2
                made = blur_frames("clips/", into = "data", split = "train", window = 7..7)
                deblur(model, "photos/", to = "out/")
                record k = k, pairs = made.pairs
            }
            """.write(toFile: folder + "/kept.acu", atomically: true, encoding: .utf8)
            #expect(try Command.run(["run", "before.acu"], folder: folder).status == 0)
            let restored = folder + "/out/1.png"
            func messages() throws -> String {
                let result = try Command.run(["run", "kept.acu"], folder: folder)
                #expect(result.status == 0, "\(result.messages)")
                return result.messages
            }
            #expect(try messages().contains("one: "))
            let bytes = try Data(contentsOf: URL(filePath: restored))
            let table = try String(contentsOfFile: folder + "/results/kept.csv", encoding: .utf8)
            let runs = try FileManager.default.contentsOfDirectory(atPath: folder + "/results/runs")
            // Those of two rows, which ask for the same work.
            #expect(runs.count { !$0.hasPrefix(".") } == 4, "\(runs)")
            #expect(try !messages().contains("one: "))
            try FileManager.default.removeItem(atPath: restored)
            _ = try messages()
            #expect(try Data(contentsOf: URL(filePath: restored)) == bytes)
            // Restoring took its time again, and no more than that.
            let again = try String(contentsOfFile: folder + "/results/kept.csv", encoding: .utf8)
            #expect(
                again.split(separator: "\n").map(Command.withoutTimes)
                    == table.split(separator: "\n").map(Command.withoutTimes))
        }
    }

    @Test func `a table that is a symbolic link stays one`() throws {
        try withTemporaryFolder { folder in
            let files = FileManager.default
            for name in ["results", "elsewhere"] {
                try files.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            try files.createSymbolicLink(
                atPath: folder + "/results/small.csv", withDestinationPath: "../elsewhere/table.csv")
            try Self.script.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            for _ in 1...2 {
                #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
                #expect(
                    try files.destinationOfSymbolicLink(atPath: folder + "/results/small.csv")
                        == "../elsewhere/table.csv")
                let table = try String(contentsOfFile: folder + "/elsewhere/table.csv", encoding: .utf8)
                #expect(table.split(separator: "\n").count == 3)
            }
        }
    }
}
