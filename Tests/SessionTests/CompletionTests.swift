import Assist
import Diagnostics
import Foundation
import Session
import Testing
import Workbench

struct CompletionTests {
    /// What could be inserted at the end of `text`, in a session that has run `code`.
    private func insertions(_ text: String, after code: String = "") async -> [String] {
        await suggestions(text, after: code).map(\.insertion)
    }

    private func suggestions(_ text: String, after code: String = "") async -> [Suggestion] {
        let breaks = Set(" \t\n\"'()[]{}<>=+-*/%^,;:.?#".utf8)
        let start = (Array(text.utf8).lastIndex { breaks.contains($0) } ?? -1) + 1
        return await onSessionStack {
            do throws(Diagnostic) {
                let session = try Session(SessionConfiguration(version: "test"), frontEnd: Transcript())
                try session.run(Source(name: "test.acu", text: code))
                return session.suggestions(for: text, wordStart: start)
            } catch {
                return []
            }
        }
    }

    @Test func `arguments come with their defaults, those given left out`() async {
        let found = await suggestions("conv(x, kernel = 5, ")
        #expect(
            found.map(\.insertion) == [
                "bias = ", "channels = ", "dilation = ", "groups = ", "padding = ", "stride = ", "x = ",
            ])
        #expect(
            found.map(\.listing) == [
                "bias = true", "channels = channels(x)", "dilation = 1", "groups = 1", "padding = \"zeros\"",
                "stride = 1", "x = …",
            ])
        #expect(
            await suggestions("n(", after: "network n(b, width = 3 * 4) { output b }").map(\.listing)
                == ["sharing = …", "width = 3 * 4"])
        #expect(await insertions("net(wid", after: "net = gao2019(widths = [8])") == ["widths = "])
    }

    @Test func `names, functions and words are completed where they can stand`() async {
        #expect(await insertions("my_", after: "my_data = 3") == ["my_data"])
        #expect(await insertions("y = eval") == ["evaluate("])
        #expect(await insertions("exper") == ["experiment "])
        #expect(await insertions("y = exper") == [])
        #expect(await insertions("block b(feature) {\n    y = conv(fea") == ["feature"])
        #expect(await insertions("?nes") == ["nested"])
        #expect(await insertions("forget mi", after: "mine = 1\nyours = 2") == ["mine"])
        #expect(await insertions("# conv") == [])
    }

    @Test func `fields of records are known, and nothing is run for them`() async {
        let code = "score = pair(scenes(1, size = 16))"
        #expect(await insertions("score.", after: code) == ["blurred", "name", "sharp"])
        #expect(await insertions("train(1, 2).") == [])
    }

    @Test func `roles and indices are completed in a sharing mode`() async {
        #expect(await insertions("sharing s {\n    trans") == ["transform "])
        #expect(await insertions("sharing s {\n    transform ") == ["by "])
        #expect(await insertions("sharing s {\n    transform by sc") == ["scale"])
        #expect(await insertions("sharing s {\n    transform by scale, le") == ["level"])
        #expect(await insertions("network n(x) { weights extr") == ["extract "])
    }

    @Test func `choices of an argument and files are completed in quotes`() async throws {
        #expect(await insertions("train(net, data, init = \"x").contains("xavier\""))
        try await withTemporaryFolder { folder in
            try "".write(toFile: folder + "/one.acu", atomically: true, encoding: .utf8)
            try FileManager.default.createDirectory(
                atPath: folder + "/other", withIntermediateDirectories: true)
            // A path is one word behind its quote.
            let text = "run \"" + folder + "/o"
            let found = await onSessionStack { () -> [Suggestion] in
                let session = try? Session(SessionConfiguration(version: "test"), frontEnd: Transcript())
                return session?.suggestions(for: text, wordStart: 5) ?? []
            }
            #expect(found.map(\.insertion) == [folder + "/one.acu\"", folder + "/other/"])
            #expect(found.map(\.listing) == ["one.acu", "other/"])
        }
    }

    @Test func `where it is known what an argument can be, that alone is offered`() async {
        #expect(await insertions("train(net, data, init = ") == ["\"he\"", "\"lsuv\"", "\"xavier\""])
        #expect(await insertions("train(net, data, init = \"") == ["he\"", "lsuv\"", "xavier\""])
        #expect(
            await insertions("gao2019(sharing = ", after: "sharing mine { body }")
                == ["independent", "mine", "selective", "shared", "within_scale"])
        #expect(
            await insertions("gao2019(transform = ")
                == [
                    "conv_lstm(", "dense(", "naf_block(", "nested(", "residual(", "simple_gate(", "stacked(",
                    "unit(",
                ])
        #expect(
            await insertions("evaluate(model, data = ", after: "held = scenes(1)")
                == ["held", "pairs(", "photos(", "scenes("])
    }

    @Test func `a function of any number of values is offered names`() async {
        #expect(await insertions("show(", after: "photo = 1").contains("photo"))
    }

    @Test func `tables are offered where an experiment is named`() async throws {
        try await withTemporaryFolder { folder in
            try "x,fingerprint,threads,version,finished_at\n".write(
                toFile: folder + "/blocks.csv", atomically: true, encoding: .utf8)
            // A file of other software is no table.
            try "a,b\n".write(toFile: folder + "/bloom.csv", atomically: true, encoding: .utf8)
            let found = await onSessionStack { () -> [Suggestion] in
                var configuration = SessionConfiguration(version: "test")
                configuration.resultsFolder = folder
                let session = try? Session(configuration, frontEnd: Transcript())
                return session?.suggestions(for: "summarize(\"bl", wordStart: 11) ?? []
            }
            #expect(found.map(\.insertion) == ["blocks\""])
        }
    }

    @Test(arguments: [
        (#"pivot("blocks", rows = ""#, ["psnr\"", "seed\""]), (#"column("blocks", ""#, ["psnr\"", "seed\""]),
        (#"pivot("blocks", rows = "seed", values = ["psnr", ""#, ["psnr\"", "seed\""]),
        (#"plot("blocks", x = ""#, ["psnr\"", "seed\""]), (#"write("blocks", to = ""#, []),
        (#"pivot("other", rows = ""#, []),
    ])
    func `columns are offered where a function asks for one`(text: String, expected: [String]) async throws {
        try await withTemporaryFolder { folder in
            try "psnr,seed,fingerprint,threads,version,finished_at\n".write(
                toFile: folder + "/blocks.csv", atomically: true, encoding: .utf8)
            let found = await onSessionStack { () -> [Suggestion] in
                var configuration = SessionConfiguration(version: "test")
                configuration.resultsFolder = folder
                let session = try? Session(configuration, frontEnd: Transcript())
                return session?.suggestions(for: text, wordStart: text.utf8.count) ?? []
            }
            // Elsewhere files are offered.
            let insertions = found.map(\.insertion)
            #expect(expected.isEmpty ? !insertions.contains("psnr\"") : insertions == expected)
        }
    }

    @Test(arguments: [
        "", "(", "\"", "x.", "?", "??", "sharing {", "f(g(h(", "}}}", "\u{0}", "é", "net(\"{", "1..", ", =",
        "= =",
    ])
    func `what is inserted after nonsense is one line of text`(text: String) async {
        for insertion in await insertions(text) {
            #expect(!insertion.isEmpty && !insertion.contains(where: \.isNewline), "\(insertion)")
        }
    }
}
