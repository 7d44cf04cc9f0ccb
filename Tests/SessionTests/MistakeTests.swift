import Diagnostics
import Testing

/// What a user reads after a mistake, whole: messages are product.
struct MistakeTests {
    @Test func `a misspelt argument names the nearest one`() async {
        #expect(
            await run("block b(x) { return conv(x, kernal = 5) }\nnetwork n(y) { output b(y) }\nn()").message
                == """
                error[unknown-argument]: `conv` has no argument `kernal`
                  --> test.acu:1:29
                   |
                 1 | block b(x) { return conv(x, kernal = 5) }
                   |                             ^^^^^^
                  ::: test.acu:3:1
                   |
                 3 | n()
                   | --- while this network was made
                   = note: it takes `x`, `channels`, `kernel`, `stride`, `groups`, `dilation`, `bias` and `padding`
                   = hint: did you mean `kernel`?

                """)
    }

    @Test(arguments: [
        (
            "train(gao2019(), \"photos\", steps = 1)",
            "`pairs(…)` reads a folder of pairs, `photos(…, n)` blurs"
        ),
        ("curve(\"m.safetensors\")", "`load(…)` reads the model of a file"),
    ])
    func `a text in place of what it may be the path of says what reads it`(code: String, hint: String) async
    {
        let mistake = await run(code).mistake
        #expect(mistake?.code == "wrong-kind" && mistake?.hint?.hasPrefix(hint) == true)
    }

    @Test func `what is drawn of an experiment that has no table is what rows say of it`() async {
        let (plot, rows) = (await run("plot(\"nope\")").mistake, await run("rows(\"nope\")").mistake)
        #expect(plot?.code == "no-table" && plot?.message == rows?.message)
        #expect(plot?.primary?.span.text == "\"nope\"")
    }

    @Test func `what is no amount of a disk says what would be one`() async {
        #expect(
            await run("pairs(\"experiments\", disk = \"lots\")").message == """
                error[bad-memory]: "lots" is not an amount of room on a disk
                  --> test.acu:1:29
                   |
                 1 | pairs("experiments", disk = "lots")
                   |                             ^^^^^^
                   = hint: a number and a unit, such as "20 GB", or "none"

                """)
    }

    @Test func `a clash of shapes shows both feature maps and where each was made`() async {
        #expect(
            await run("network n(b) {\n    x = conv(b, 4)\n    y = conv(b, 8)\n    output x + y\n}\nn()")
                .message == """
                    error[shape-clash]: feature maps of different shapes cannot be combined
                      --> test.acu:4:12
                       |
                     4 |     output x + y
                       |            ^^^^^
                       |            - this has 4 channels
                       |                - this has 8 channels
                      ::: test.acu:2:9
                       |
                     2 |     x = conv(b, 4)
                       |         ---------- the first was made here
                      ::: test.acu:3:9
                       |
                     3 |     y = conv(b, 8)
                       |         ---------- the second was made here
                      ::: test.acu:6:1
                       |
                     6 | n()
                       | --- while this network was made
                       = hint: a `conv` with `channels = …` changes the number of channels; one channel goes with any

                    """)
    }

    @Test func `a clash of weights shows both uses`() async {
        let outcome = await run(
            """
            sharing one { body }
            network n(b) {
                for width in [4, 8] { weights body { x = conv(b, width) } }
                output conv(x, 1)
            }
            n(sharing = one)
            """)
        #expect(
            outcome.message == """
                error[weight-clash]: two uses of the weights `body.conv1.weight` need different shapes
                  --> test.acu:3:46
                   |
                 3 |     for width in [4, 8] { weights body { x = conv(b, width) } }
                   |                                              ^^^^^^^^^^^^^^ needs 8×1×3×3
                  ::: test.acu:3:46
                   |
                 3 |     for width in [4, 8] { weights body { x = conv(b, width) } }
                   |                                              -------------- needs 4×1×3×3
                  ::: test.acu:6:1
                   |
                 6 | n(sharing = one)
                   | ---------------- while this network was made
                   = hint: let the sharing mode tell these uses apart by one more index

                """)
    }

    @Test func `a role that the mode does not name is shown with the mode`() async {
        let outcome = await run(
            "sharing m { transfrom by scale }\nnetwork n(b) { weights transform { x = conv(b) }\noutput x }\nn(sharing = m)"
        )
        #expect(outcome.mistake?.code == "role-without-rule")
        #expect(outcome.mistake?.related.first?.span.text == "m")
        #expect(
            outcome.mistake?.hint
                == "is `transfrom` in the mode meant to be `transform`, or the other way round?")
    }

    @Test func `an index without a value is shown with the rule that asks for it`() async {
        let outcome = await run(
            "scale = 3\nsharing m { body by scale }\nnetwork n(b) { weights body { x = conv(b) }\noutput x }\nn(sharing = m)"
        )
        // A value that happens to be bound outside of the network is no index of it.
        #expect(outcome.mistake?.code == "index-not-in-scope")
        #expect(outcome.mistake?.primary?.span.text == "body")
        #expect(outcome.mistake?.related.first?.span.text == "scale")
    }

    @Test(arguments: [
        ("1 / 0", "division-by-zero"), ("7 % 0", "division-by-zero"), ("10 ^ 400", "no-finite-result"),
        ("sqrt(-1)", "no-finite-result"), ("function f(n) { return f(n + 1) }\nf(1)", "endless-recursion"),
        ("undefined", "unknown-name"), ("[1, 2][0]", "no-such-element"), ("[1, 2][1.5]", "out-of-range"),
        ("3(4)", "not-callable"), ("1e400", "malformed-number"), ("\"a\" + 1", "wrong-kind"),
        ("if 3 { 1 }", "wrong-kind"),
        ("count(1, 2)", "too-many-arguments"), ("count()", "missing-argument"), ("conv(3)", "wrong-kind"),
        ("return 3", "misplaced"), ("output 3", "misplaced"), ("weights a { }", "misplaced"),
        ("network n(b) { x = b }\nn()", "no-output"), ("network n() { output 3 }\nn()", "no-input"),
        ("network n(b) { output 3 }\nn()", "wrong-kind"),
        ("block e(x) { }\nnetwork n(b) { output e(b) }\nn()", "no-value"),
        ("network n(b) { output conv(b, kernel = 2) }\nn()", "no-padding"),
        ("network n(b) { output deconv(b, 1, kernel = 1) }\nn()", "no-padding"),
        ("network n(b) { output slice(b, 1, 4) }\nn()", "out-of-range"),
        ("network n(b) { output pixel_shuffle(conv(b, 3), 2) }\nn()", "shape-clash"),
        ("network n(b) { output concat(b, downsize(b, 2)) }\nn()", "shape-clash"),
        ("network n(b) { output b\noutput b }\nn()", "repeated-output"),
        ("network n(b) { repeat 40 { b = conv(b, stride = 2) }\noutput b }\nn()", "extreme-scale"),
        ("network n(b) { output conv(b, 1e9) }\nn()", "out-of-range"),
        ("network n(b) { repeat 64 { b = concat(b, b) }\noutput b }\nn()", "too-many"),
        (
            "train(gao2019(), scenes(2, size = 2048), steps = 1, batch = 4096, patch = 2048)",
            "not-enough-memory"
        ),
        ("t = \"x\"\nrepeat 60 { t = \"{t}{t}\" }", "too-many"),
        ("gao2019(sharing = 3)", "wrong-kind"),
        ("parameters(gao2019)", "wrong-kind"), ("parameters(gao2019(), channels = 2)", "out-of-range"),
        ("summary(gao2019(), height = 100)", "uneven-size"),
        ("x = [1]\nrepeat 100 { x = [x, x] }", "too-many"),
        ("x = [1]\nrepeat 100 { x = x + x }", "too-many"), ("x = [1]\nrepeat 1e6 { x = [x] }", "too-deep"),
        ("b = stacked\nrepeat 100 { b = stacked(convs = b, kernel = b) }", "too-many"),
        ("b = stacked\nrepeat 1e6 { b = stacked(convs = b) }", "too-deep"),
        ("b = unit\nrepeat 100 { b = tied(stacked(convs = [b, b])) }", "too-many"),
        ("x = \"ab\"\nrepeat 100 { x = x + x }", "too-many"), ("repeat -1 { }", "out-of-range"),
        ("for x in 3 { }", "wrong-kind"), ("1..1e9", "too-many"), ("mean([])", "empty-list"),
        ("train(gao2019(), scenes(2))", "training-length"),
        ("train(gao2019(), scenes(2), steps = 1, epochs = 1)", "training-length"),
        ("train(gao2019(), scenes(2), steps = 0)", "out-of-range"),
        ("train(gao2019(), scenes(2), steps = 1, patch = 50)", "patch-multiple"),
        ("train(gao2019(), scenes(2, size = 32), steps = 1)", "patch-too-large"),
        ("train(gao2019(), scenes(2), steps = 1, init = \"lsvu\")", "unknown-choice"),
        ("train(gao2019(), scenes(2), steps = 1, learning_rate = -1)", "bad-setting"),
        ("train(gao2019(), scenes(2), steps = 1, optimizer = \"moun\")", "unknown-choice"),
        (
            "train(gao2019(widths = [4, 4]), scenes(2), steps = 1, optimizer = \"muon\")",
            "nothing-for-muon"
        ),
        ("train(gao2019(), scenes(2), steps = 1, momentum = 0.9)", "no-effect"),
        ("train(gao2019(), scenes(2), steps = 1, optimizer = adamw)", "wrong-kind"),
        ("train(gao2019(), scenes(2), steps = 1, optimizer = adamw(), beta1 = 0.9)", "no-effect"),
        ("adamw(decay = -1)", "bad-setting"), ("adam(betas = [0.9])", "wrong-kind"),
        ("adam(betas = [0.9, 1])", "bad-setting"), ("sgd(exempt = \"none\")", "no-effect"),
        ("sgd(decay = 0.1, exempt = \"all\")", "unknown-choice"),
        ("cosine() + warmup(3)", "endless-schedule"), ("warmup(0)", "out-of-range"),
        ("steps([5, 3])", "bad-setting"), ("steps([])", "bad-setting"), ("steps([\"a\"])", "wrong-kind"),
        ("cosine(to = 2)", "bad-setting"), ("warmup(3) + 1", "wrong-kind"),
        ("train(gao2019(), scenes(2), steps = 1, schedule = \"cosine\")", "wrong-kind"),
        ("train(gao2019(), scenes(2), steps = 1, schedule = cosine(), decay = 1)", "no-effect"),
        ("train(gao2019(), scenes(2), steps = 1, schedule = cosine(to = 0.1))", "bad-setting"),
        ("train(gao2019(), scenes(2), steps = 1, clip_norm = 1, clip_value = 1)", "no-effect"),
        ("train(gao2019(), scenes(2), steps = 1, clip_norm = 0)", "bad-setting"),
        ("train(gao2019(), scenes(2), steps = 1, average = 1)", "bad-setting"),
        ("train(gao2019(), scenes(2), steps = 1, freeze = [\"extrakt\"])", "unknown-role"),
        ("train(gao2019(), scenes(2), steps = 1, freeze = [1])", "wrong-kind"),
        ("train(gao2019(), scenes(2), steps = 1, rates = [\"extract\", 2])", "wrong-kind"),
        ("train(gao2019(), scenes(2), steps = 1, rates = [[\"extract\", -1]])", "bad-setting"),
        ("train(gao2019(), scenes(2), steps = 1, validate_every = 2)", "no-validation"),
        ("train(gao2019(), scenes(2), steps = 4, patch = [[2, 64], [1, 64]])", "bad-stages"),
        ("train(gao2019(), scenes(2), epochs = 4, batch = [[2, 4]])", "bad-stages"),
        ("train(gao2019(), scenes(2), steps = 4, patch = [2, 64])", "wrong-kind"),
        ("train(gao2019(), scenes(2), steps = 4, batch = [])", "wrong-kind"),
        ("train(gao2019(), scenes(2), steps = 1, batch = 0)", "out-of-range"),
        ("train(gao2019(), scenes(2), steps = 1, batch = 1, augment = \"mixup\")", "bad-setting"),
        ("0 * scenes(2)", "out-of-range"), ("scenes(2) * scenes(2)", "wrong-kind"),
        ("split(scenes(2), 1)", "out-of-range"), ("split(scenes(1), 0.5)", "bad-split"),
        ("split(scenes(1) + 2 * scenes(1), 0.5)", "bad-split"),
        ("split(scenes(4), 0.5, by = \"folder\")", "bad-split"),
        ("train(gao2019(), scenes(2), steps = 1, validation = scenes(1), keep = \"best\")", "no-effect"),
        ("train(gao2019(), scenes(2), steps = 1, patience = 2)", "no-effect"),
        ("train(gao2019(), scenes(2), steps = 1, loss_floor = 1e-4)", "no-effect"),
        ("train(gao2019(), scenes(2), steps = 1, checkpoint_every = 10)", "no-effect"),
        ("train(gao2019(), scenes(2), steps = 1, optimizer = \"muon\", momentum = 1)", "bad-setting"),
        ("evaluate(gao2019(), scenes(2))", "wrong-kind"), ("pairs(\"/nonexistent\")", "cannot-read"),
        ("photos(\"/nonexistent\", 3)", "cannot-read"), ("rows(\"no-such-table\")", "no-table"),
        ("save(3, to = \"x.png\")", "wrong-kind"),
        ("save(pair(scenes(1, size = 16)).sharp, to = \"x.gif\")", "unknown-format"),
        ("experiment \"a/b\" { record a = 1 }", "bad-experiment-name"),
        ("experiment \"a\" { x = 1 }", "nothing-recorded"),
        ("experiment \"a\" { over x in []\nrecord a = 1 }", "empty-axis"),
        ("experiment \"a\" { over x in [1, 1]\nrecord a = 1 }", "repeated-value"),
        ("experiment \"a\" { over x in [1]\nwhere x == 2\nrecord a = 1 }", "empty-grid"),
    ])
    func `each mistake has a diagnostic with a place`(code: String, expected: String) async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(code, results: folder)
            let mistake = outcome.mistake ?? outcome.reports.first
            #expect(mistake?.code == expected, "\(outcome.message)")
            #expect(mistake?.primary != nil)
        }
    }

    @Test func `what ran before a mistake stands`() async {
        let outcome = await run("print(1)\nprint(nonsense)\nprint(3)")
        #expect(outcome.lines == ["1"])
        #expect(outcome.mistake?.code == "unknown-name")
    }
}
