import Assist
import Diagnostics
import Foundation
import Session
import Testing
import Training

/// What is said to the session itself.
struct PromptCommandTests {
    @Test(arguments: Session.helpPages)
    func `every name has a page with an example that runs`(page: HelpIndex.Page) async throws {
        let outcome = await run("?" + page.name)
        #expect(outcome.mistake == nil, "\(outcome.message)")
        #expect(outcome.lines.count > 2)
        #expect(!page.hasExample || outcome.lines.joined(separator: "\n").contains("Example"))
        guard let script = page.script else { return }
        try await withTemporaryFolder { folder in
            let example = await run(script, results: folder)
            #expect(example.mistake == nil, "\(example.message)")
        }
    }

    @Test func `names come and go`() async {
        let outcome = await run("x = 3\nunit = 4\nvars\nforget x, unit\nvars\n??unit\nx")
        #expect(
            outcome.lines.prefix(3) == [
                "unit  number  4", "x     number  3", "no names are bound but those of the prelude",
            ])
        #expect(outcome.lines.contains("block unit(x) {"))
        #expect(outcome.mistake?.code == "unknown-name")
    }

    @Test func `words of Python's shells are understood`() async {
        for code in ["help(conv)", "help(\"conv\")", "conv?", "?conv", "conv??"] {
            #expect(await run(code).lines.first?.hasPrefix("conv(x, channels = channels(x)") == true)
        }
        #expect(await run("?").lines == run("help()").lines)
        #expect(await run("x = true\nvars()").lines == ["x  truth value  true"])
    }

    @Test func `blocks and sharing modes show what they take`() async {
        #expect(
            await run("nested\nnested(order = 3)\ntied(unit)\nprint(nested)").lines == [
                "block nested(x, order = 4)", "nested(order = 3)", "tied block unit(x)", "nested",
            ])
        #expect(
            await run("sharing s { body by scale\nhead }\ns").lines == [
                "sharing s", "  body  by scale", "  head  the same weights everywhere",
            ])
    }

    @Test func `a name of the user's hides a word for the session`() async {
        #expect(await run("vars = 7\nvars\nhelp = 8\nhelp\ntime = 9\nprint(time)").lines == ["7", "8", "9"])
    }

    @Test func `a script runs another, but not itself without end`() async throws {
        try await withTemporaryFolder { folder in
            try "y = 2 * x\nrun \"\(folder)/b.acu\"\n".write(
                toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            try "z = y + 1\n".write(toFile: folder + "/b.acu", atomically: true, encoding: .utf8)
            try "run \"\(folder)/c.acu\"\n".write(
                toFile: folder + "/c.acu", atomically: true, encoding: .utf8)
            #expect(await run("x = 5\nrun \"\(folder)/a.acu\"\nz").lines == ["11"])
            #expect(await run("run \"\(folder)/c.acu\"").mistake?.code == "too-deep")
            #expect(await run("run \"\(folder)/none.acu\"").mistake?.code == "cannot-read")
        }
    }

    @Test func `a saved session is not written over what is none`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/kept.acu"
            try "precious".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(await run("x = 1\nsave_session \"\(path)\"").mistake?.code == "would-overwrite")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
            let other = folder + "/other.acu"
            #expect(await run("x = 1\n# why\ny = \"{x}\"\nsave_session \"\(other)\"").mistake == nil)
            #expect(await run("x = 2\nsave_session \"\(other)\"").mistake == nil)
            #expect(try String(contentsOfFile: other, encoding: .utf8).hasSuffix("order.\nx = 2\n"))
        }
    }

    @Test func `a saved session is without bare looks`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/kept.acu"
            let kept = [
                "x = 2", "function shout(n) { print(n)\nreturn n }", "shout(3)", "x + 5", "y = it",
                "print(x)",
                "time z = 4",
            ]
            let looks = [
                "x", "[x, x * 2]", "\"{x}\"", "gao2019()", "summary(gao2019())", "scenes(1, size = 16)",
                "show(x)", "y + 1", "time x + 1",
            ]
            let code =
                kept[0] + "\n" + looks[..<7].joined(separator: "\n") + "\n"
                + kept[1...4].joined(separator: "\n")
                + "\n" + looks[7...].joined(separator: "\n") + "\n" + kept[5...].joined(separator: "\n")
            let outcome = await run(code + "\nsave_session \"\(path)\"")
            #expect(outcome.mistake == nil, "\(outcome.message)")
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
            #expect(lines.joined(separator: "\n") == kept.joined(separator: "\n"))
            // A file that a call writes is no look.
            let other = folder + "/other.acu"
            let save = "write(summary(gao2019()), to = \"\(folder)/x.md\")"
            #expect(await run("3\n\(save)\nsave_session \"\(other)\"").mistake == nil)
            #expect(try String(contentsOfFile: other, encoding: .utf8).hasSuffix("order.\n\(save)\n"))
            #expect(await run("3\nsave_session \"\(folder)/none.acu\"").mistake?.code == "nothing-to-save")
        }
    }

    @Test func `a network is made again of what its names stand for now`() async {
        let code = """
            block b(x) { return relu(conv(x)) }
            sharing s { body by place }
            network n(y, inner = b, width = 4, sharing = s) {
                x = conv(y, width)
                for place in 1..2 { weights body { x = inner(x) } }
                output y + conv(x, channels(y))
            }
            net = n(inner = b, width = 6)
            old = parameters(net)
            block b(x) { return conv(relu(conv(x))) }
            sharing s { body }
            net
            again = net(width = 6)
            print(parameters(again) == old)
            net = remake(net)
            net
            print(parameters(net), old)
            """
        let outcome = await run(code)
        #expect(outcome.mistake == nil, "\(outcome.message)")
        #expect(
            outcome.lines[2].hasSuffix(
                "stale: `b` and `s` were defined anew since; this network keeps the old ones, "
                    + "`net = remake(net)` takes the new ones"))
        #expect(outcome.lines.count { $0.contains("stale") } == 1)
        // 3 × 3 kernels and biases: 1 → 6 and 6 → 1, and between them twice 6 → 6: of each place its own, or
        // two shared.
        let ends = 6 * 9 + 6 + 6 * 9 + 1
        let inner = 6 * 6 * 9 + 6
        #expect(outcome.lines.last == "\(ends + 2 * inner) \(ends + 2 * inner)")
    }

    @Test func `what cannot be made again is refused`() async {
        let changed = await run(
            """
            network n(y, width = 4) { output y + conv(conv(y, width), channels(y)) }
            net = n(width = 3)
            network n(y, depth = 4) { output y + conv(y) }
            remake(net)
            """)
        #expect(changed.mistake?.code == "unknown-argument")
        #expect(await run("remake(3)").mistake?.code == "wrong-kind")
    }

    @Test func `a network keeps the definitions that it was made of`() async {
        let code = """
            block b(x) { return relu(conv(x)) }
            network n(y, width = 4) { output y + conv(b(conv(y, width)), channels(y)) }
            net = n()
            before = parameters(n(), channels = 3)
            block b(x) { return conv(relu(conv(x))) }
            print(parameters(net, channels = 3) == before, parameters(n(), channels = 3) == before)
            net
            """
        let outcome = await run(code)
        #expect(outcome.lines.first == "true false")
        #expect(outcome.lines.last?.contains("stale: `b` was defined anew since") == true)
    }

    @Test func `a training that is gone on with ends after the steps of both`() async {
        let code = """
            data = scenes(2, size = 32)
            net = gao2019(widths = [4, 8], scales = 1)
            first = train(net, data, steps = 4, batch = 2, patch = 32)
            part = resume(first, steps = 2)
            print(evaluate(part, data).psnr == evaluate(first, data).psnr, part)
            """
        #expect(await run(code).lines == ["false model of gao2019(widths = [4, 8], scales = 1), 6 steps"])
        let mistake = await run(
            "resume(train(gao2019(widths = [4, 8], scales = 1), scenes(2, size = 32), steps = 1, batch = 1, patch = 32))"
        )
        #expect(mistake.mistake?.code == "cannot-resume")
    }

    @Test func `validation is watched and changes nothing`() async {
        let train =
            "train(gao2019(widths = [4, 8], scales = 1), scenes(2, size = 32), steps = 5, batch = 1, patch = 32"
        let outcome = await run(
            """
            held = scenes(3, size = 32, seed = 9)
            a = evaluate(\(train)), held)
            b = evaluate(\(train), validation = held), held)
            print(a.psnr == b.psnr)
            b.psnr
            """)
        #expect(outcome.lines.first == "true", "\(outcome.message)")
        // What is seen at the last step is what is scored afterwards.
        #expect(outcome.validations.last.map { "\($0)" } == outcome.lines.last)
    }

    @Test func `an entry that fails leaves the session as it was`() async {
        let outcome = await enter(
            "x = 1\ny = 2", "x = 5\nblock unit(x) { return x }\nforget y\nz = 1 / 0", "print(x, y)", "??unit",
            "for i in 1..3 { x = i / (2 - i) }", "print(x)", "i")
        #expect(outcome.reports.map(\.code) == ["division-by-zero", "division-by-zero", "unknown-name"])
        #expect(outcome.reports.first?.notes == ["what came before it in this entry is undone too"])
        #expect(outcome.reports.last?.notes == [])
        #expect(outcome.lines.first == "1 2")
        #expect(outcome.lines.contains("    return conv(relu(conv(x)))"))
        #expect(outcome.lines.last == "1")
    }

    @Test func `an entry that has trained something keeps it whatever fails afterwards`() async {
        let outcome = await enter(
            """
            net = gao2019(widths = [4, 8], scales = 1)
            model = train(net, scenes(2, size = 32), steps = 1, batch = 1, patch = 32)
            evalute(model)
            """, "print(net, model)")
        #expect(outcome.reports.map(\.code) == ["unknown-name"])
        #expect(
            outcome.reports.first?.notes.first?.hasPrefix("what came before it in this entry stands") == true)
        #expect(
            outcome.lines.last?.hasSuffix("model of gao2019(widths = [4, 8], scales = 1), 1 step") == true)
    }

    @Test func `pairs that take a while to make are counted meanwhile`() async {
        let outcome = await run(
            "m = train(gao2019(widths = [4, 8], scales = 1), scenes(16, size = 256), steps = 1, batch = 1, patch = 32)"
        )
        #expect(outcome.works.contains("making scenes"))
    }

    @Test func `time binds and tells`() async {
        let outcome = await run("time x = 6 * 7\nx")
        #expect(outcome.lines == ["42"])
        #expect(outcome.notices.first?.contains(" ms, at most ") == true)
    }

    @Test func `a mistake inside the prelude is told at the argument that caused it`() async {
        for (code, argument) in [
            ("gao2019(widths = 4)", "4"), ("gao2019(scales = 0)", "0"), ("gao2019(scales = 2000)", "2000"),
            ("gao2019(modules = 1.5)", "1.5"),
        ] {
            let outcome = await run(code)
            #expect(outcome.mistake?.primary?.span.source.name == "test.acu", "\(outcome.message)")
            #expect(outcome.mistake?.primary?.span.text == argument)
        }
    }

    @Test func `dense blocks grow at odd widths too`() async {
        #expect(
            await run("print(parameters(gao2019(transform = dense(convs = 2), widths = [5, 1])) > 0)").lines
                == ["true"])
    }

    @Test(arguments: [
        ("while x { }", "there is no `while`"), ("def f(x) { }", "there is no `def`"),
        ("print 3", "`print` takes its values in brackets"), ("2 ** 3", "a value should come here"),
        ("7 // 2", "a value should come here"), ("x++", "a value should come here"),
        ("x = {", "a value should come here"), (".5", "a value should come here"),
        ("%time 1", "a value should come here"), ("(1, 2)", "`)` to close the bracket"),
        ("[x for x in 1..3]", "`]` or `,` in the list"), ("f(x) = 2", "the end of the statement"),
        ("1 if true else 2", "the end of the statement"), ("if true then 1", "`{` to begin the body"),
        ("1:3", "this character means nothing"), ("a && b", "this character means nothing"),
        ("!true", "this character means nothing"), ("'a'", "this character means nothing"),
        ("None", "nothing here is called"), ("break", "nothing here is called"),
        ("ans", "nothing here is called"),
        ("gao2019().parameters()", "what stands before `.parameters`"), ("3(4)", "this is a number"),
        ("[1, 2][-1]", "there is no element -1"), ("5.", "this is not a number"),
        ("x = 1\nx += 2", "a value should come here"), ("exit", "nothing here is called `exit`"),
        ("len([1])", "nothing here is called `len`"), ("else { 1 }", "there is no `if`"),
        ("[1, 2][1e300]", "there is no element 1e+300"), ("print(\"{\")", "this `{` inserts a value"),
    ])
    func `habits of other languages are answered with a hint`(code: String, message: String) async {
        let mistake = await run(code).mistake
        #expect(mistake?.message.hasPrefix(message) == true)
        #expect(mistake?.hint != nil || code.contains("1e300"))
    }

    @Test func `a choice without its quotes is told to want them`() async {
        let mistake = await run("explain(gao2019(), 64, purpose = inference)").mistake
        #expect(mistake?.code == "unknown-name")
        #expect(mistake?.hint == "write it in quotes: \"inference\"")
    }

    @Test func `a plan that is beyond counting is refused, and one that is only beyond the machine is shown`()
        async
    {
        #expect(await run("explain(gao2019(widths = [65536]), 16384)").mistake?.code == "too-large")
        #expect(await run("explain(gao2019(widths = [4096]), 2048)").mistake == nil)
    }

    @Test func `a range that runs downwards is answered with the one that was meant`() async {
        #expect(
            await run("scenes(1, frames = 13..7)").message == """
                error[out-of-range]: `frames` of `scenes` must be a range that runs upwards, and 13..7 is empty
                  --> test.acu:1:20
                   |
                 1 | scenes(1, frames = 13..7)
                   |                    ^^^^^
                   = hint: from the smaller to the larger: 7..13

                """)
    }

    @Test func `a check names the rows that would fail, and goes on`() async {
        let outcome = await run(
            "experiment \"e\" { over x in [1, 0, 2]\nrecord x = x, inverse = 1 / x }", isCheck: true)
        #expect(outcome.failedRows == 1)
        #expect(outcome.reports.first?.notes == ["in row e 2/3: x = 0"])
        #expect(outcome.lines.first == "e: 3 rows, of which 1 would fail")
        #expect(outcome.lines.last == "2  0.5")
    }

    @Test func `a check tells a mistake that stands in many rows once`() async {
        let outcome = await run(
            "experiment \"e\" { over x in [0]\nover y in 1..3\nrecord inverse = 1 / x }", isCheck: true)
        #expect(outcome.failedRows == 3)
        #expect(outcome.reports.map(\.notes) == [["in row e 1/3: x = 0, y = 1, and in 2 other rows"]])
    }

    @Test func `sets that differ only in motion read differently`() async {
        #expect(
            await run("print(scenes(1, size = 32, motion = 3))\nprint(scenes(2, size = 32))").lines
                == ["1 scene of 32×32, seed 1, motion 3", "2 scenes of 32×32, seed 1"])
    }
}
