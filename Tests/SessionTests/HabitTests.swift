import Testing

/// What those write who come from Python and the like, and the hint that each of them is given.
struct HabitTests {
    @Test(arguments: [
        // The code; what is underlined; how the hint begins.
        ("def f(): return 1", "def", "write `function name(a, b = 1)"),
        ("while True:\n    x = 1", "while", "`repeat N { … }`"),
        ("class N:\n    x = 1", "class", "write `network name(blurred)"),
        ("f = lambda x: x", "lambda", "write `function name(x) { return … }`"),
        ("sum([1], key = lambda x: x)", "lambda", "write `function name(x) { return … }`"),
        ("d = {1: 2}", ":", "there are no dictionaries"),
        ("{\"a\": 1}", ":", "there are no dictionaries"),
        ("print({\n    \"a\": 1\n})", ":", "there are no dictionaries"),
        ("v = [1, 2, 3]\nv[1:2]", ":", "a part of a list is made by a loop"),
        ("v = [1, 2, 3]\nv[1:]", ":", "a part of a list is made by a loop"),
        ("x = 1\nprint(\"{x:.2f}\")", ":", "a number is rounded before it is inserted"),
        ("x = 1\nprint(f\"{x}\")", "f", "values are inserted in every text"),
        ("x = r\"a\"", "r", "in every text a backslash"),
        ("x = None", "None", "write `none`"), ("x = null", "null", "write `none`"),
        ("!ls", "!", "commands of the shell are run in another terminal"),
        ("!true", "!", "write `and`, `or`, `not`"), ("x = !true", "!", "write `and`, `or`, `not`"),
        ("a, b = 1, 2", ",", "a statement binds one name: `a = 1; b = 2`"),
        ("x = 1, 2", ",", "a list is written `[1, 2]`"),
        ("assert 1 == 1", "assert", "`a == b` shows `true` or `false`"),
        ("assert(1 == 1)", "assert", "`a == b` shows `true` or `false`"),
        ("sorted([2, 1])", "sorted", "lists keep their order"),
        ("[1].append(2)", "[1]", "`list + [x]`"),
        ("for i in 1:3 { print(i) }", ":", "a range is written `1..3`"),
        ("1:3", ":", "a range is written `1..3`"),
        ("for i in [1]: print(\"{i}\")", ":", "a body stands in braces, not behind a colon"),
        ("if true:\n    x = 1", ":", "a body stands in braces, not behind a colon"),
        ("x: int = 3", ":", "names have no types"), ("print(a: 1)", ":", "an argument is named with `=`"),
        ("function f(x: int) { return x }", ":", "arguments have no types"),
        ("x := 3", ":", "`=` alone binds a name"), ("true ? 1 : 2", ":", "a choice between values"),
        ("try:\n    x = 1", "try", "a mistake ends the script"),
        (
            "model = train(gao2019(widths = [4, 8], scales = 1), scenes(1, size = 32), steps = 1, batch = 1, "
                + "patch = 32)\nmodel.psnr",
            "model", "a model is scored on a dataset: `evaluate(model, data).psnr`"
        ),
    ])
    func `each habit is underlined and answered with what is meant`(code: String, place: String, hint: String)
        async
    {
        let mistake = await run(code).mistake
        #expect(mistake?.primary?.span.text == place)
        #expect(mistake?.hint?.hasPrefix(hint) == true, "\(mistake?.hint ?? "no hint")")
    }

    @Test func `words of other languages still name things`() async {
        #expect(await run("f = 1\nwith = 2\nassert = 3\nprint(f, with + assert)").lines == ["1 5"])
    }
}

/// `none` is printed in signatures, and can be written.
struct NoneTests {
    @Test func `none is a value`() async {
        let code = """
            x = none
            function given(n = none) { return if n == none { "nothing" } else { "{n}" } }
            print(x, x == none, 3 == none, given(), given(2), given(n = none))
            y = if true { none } else { 3 }
            vars
            """
        let outcome = await run(code)
        #expect(outcome.lines.first == "none true false nothing 2 nothing", "\(outcome.message)")
        #expect(outcome.lines.contains("x      none      none"))
        #expect(outcome.lines.contains("y      none      none"))
    }

    @Test func `an argument that is none is not given`() async {
        #expect(
            await run("print(scenes(2, size = 32, height = none) , scenes(2, size = 32))").lines
                == ["2 scenes of 32×32, seed 1 2 scenes of 32×32, seed 1"])
        let train =
            "train(gao2019(widths = [4, 8], scales = 1), scenes(1, size = 32), batch = 1, patch = 32, steps = "
        #expect(await run(train + "1, epochs = none, validation = none)").mistake == nil)
        #expect(await run(train + "none)").mistake?.code == "training-length")
        let network = "network n(b) { output conv(b, 3) + conv(conv(b, channels = 4), channels = "
        #expect(await run(network + "none) }\nn()").mistake?.code == "shape-clash")
    }

    @Test(arguments: [
        ("scenes(none)", "`count` of `scenes` must be a whole number, not `none`"),
        ("scenes(1, size = none)", "`size` of `scenes` must be a whole number, not `none`"),
        ("none = 3", "`none` is a word of the language and cannot be a name to bind"),
        ("none + 1", "`+` does not combine `none` and a number"),
    ])
    func `where a value has to be, none is refused`(code: String, message: String) async {
        #expect(await run(code).mistake?.message == message)
    }
}
