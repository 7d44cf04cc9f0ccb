import Foundation
import Testing

/// What is written and drawn of a table, and what its contrasts say.
struct TableFileTests {
    /// Four seeds of two blocks; the second is better by 1, 2, 1 and 2 on two values, and nothing is trained.
    private static let table = """
        experiment "t" {
            over block in ["plain", "good"]
            over seed in 1..4
            record block = block, seed = seed, psnr = 20 + seed + (if block == "good" { 1 + seed % 2 } else { 0 }),
                parameters = if block == "good" { 200 } else { 100 }
        }

        """

    private func outcome(_ code: String, _ body: (String, Outcome) throws -> Void = { _, _ in }) async throws
    {
        try await withTemporaryFolder { folder in
            try body(folder, await run(Self.table + code.replacing("FOLDER", with: folder), results: folder))
        }
    }

    private func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }

    @Test
    func `contrasts name a winner where there is one, and else say that there is none`()
        async throws
    {
        try await outcome(
            """
            c = contrasts("t", of = "psnr", by = "block")
            print(count(c), c[1].a, c[1].b, c[1].difference, c[1].rows, c[1].images)
            print(c[1].answer)
            print(contrasts("t", of = "psnr", by = "block", pairs = [["good", "plain"]])[1].answer)
            print(contrasts("t", of = "psnr", by = "seed", pairs = [[1, 2]])[1].answer)
            """
        ) { _, outcome in
            // Differences of 2, 1, 2 and 1: t(3) = 1.5 / (0.577 / 2) = 5.196, p = 0.0138; the interval by
            // SciPy.
            let lines = outcome.lines.suffix(4)
            #expect(
                Array(lines) == [
                    "1 plain good -1.5 4 0",
                    "plain is 1.50 below good (95 % interval -2.42 to -0.58, p = 0.014)",
                    "good is 1.50 above plain (95 % interval +0.58 to +2.42, p = 0.014)",
                    "seed 1 is 0.50 below seed 2, which is not significant (95 % interval -6.85 to +5.85, p = 0.500)",
                ], "\(outcome.lines) \(outcome.message)")
        }
    }

    @Test func `a pivot is written as LaTeX, Markdown, HTML and CSV, what is significant in bold`()
        async throws
    {
        try await outcome(
            """
            write(pivot("t", rows = "block"), to = "FOLDER/x.tex")
            write(pivot("t", rows = "block", values = "psnr"), to = "FOLDER/x.md")
            write(pivot("t", rows = "block", values = ["psnr"]), to = "FOLDER/x.html", caption = "A < B")
            write(pivot("t", rows = "seed", columns = "block", values = "psnr"), to = "FOLDER/x.csv")
            """
        ) { folder, outcome in
            func file(_ ending: String) throws -> String {
                try String(contentsOfFile: "\(folder)/x.\(ending)", encoding: .utf8)
            }
            let (tex, md, html, csv) = (try file("tex"), try file("md"), try file("html"), try file("csv"))
            #expect(outcome.message == "no mistake")
            let caption =
                "Mean ± standard deviation over 4 values of seed. Bold: significantly better than every other cell of "
                + "its column. Paired t-test over seeds, Holm's correction, p < 0.05"
            #expect(
                tex == """
                    % Needs \\usepackage{booktabs}.
                    \\begin{table}
                      \\centering
                      \\begin{tabular}{lrr}
                        \\toprule
                        block & psnr $\\uparrow$ & parameters $\\downarrow$ \\\\
                        \\midrule
                        plain & 22.5 $\\pm$ 1.3 & 100 \\\\
                        good & \\textbf{24.0 $\\pm$ 1.2} & 200 \\\\
                        \\bottomrule
                      \\end{tabular}
                      \\caption{\(caption.replacing("±", with: "$\\pm$").replacing("<", with: "$<$")); not tested: parameters.}
                    \\end{table}

                    """)
            #expect(
                md == """
                    | block | psnr ↑ |
                    | :--- | ---: |
                    | plain | 22.5 ± 1.3 |
                    | good | **24.0 ± 1.2** |

                    \(caption.replacing("<", with: "\\<")).

                    """)
            #expect(html.contains("<b>24.0 ± 1.2</b>"))
            #expect(html.contains("<caption>A &lt; B</caption>"))
            #expect(
                csv == """
                    seed,"psnr, plain ↑","psnr, good ↑"
                    1,21,23
                    2,22,23
                    3,23,25
                    4,24,25

                    """)
        }
    }

    @Test(arguments: [
        (#"write("t", to = "FOLDER/x.tex")"#, "wrong-kind"), (#"pivot("t")"#, "missing-argument"),
        (#"write(pivot("t", rows = "block"), to = "FOLDER/x.doc")"#, "unknown-format"),
        (#"write(pivot("t", rows = "blok"), to = "FOLDER/x.md")"#, "unknown-column"),
        (#"pivot("t", rows = "block", values = "psrn")"#, "unknown-column"),
        (#"pivot("t", rows = "block", values = "block")"#, "not-measured"),
        (#"pivot("t", rows = "block", values = [])"#, "out-of-range"),
        (#"pivot("t", rows = "block", values = ["psnr", "psnr"])"#, "out-of-range"),
        (#"pivot("t", rows = "block", columns = "block")"#, "out-of-range"),
        (#"write([1, 2], to = "FOLDER/x.md")"#, "wrong-kind"),
        (#"contrasts("t", of = "psnr", by = "block", test = "none")"#, "unknown-choice"),
        (#"summarize("t", by = "block", values = "psrn")"#, "unknown-column"),
        (#"write(3, to = "FOLDER/x.md")"#, "wrong-kind"),
        (#"write(pivot("t", rows = "block"), to = "FOLDER/t.csv")"#, "would-overwrite"),
        (#"write(summarize("t", by = "block"), to = "FOLDER/x.md", rows = "block")"#, "unknown-argument"),
        (#"summarize("t", by = "block", against = "god")"#, "no-group"),
        (#"summarize("t", by = "block", test = "sign")"#, "unknown-choice"),
        (#"contrasts("t", of = "psnr", by = "block", pairs = [["good"]])"#, "wrong-kind"),
        (#"contrasts("t", of = "block", by = "seed")"#, "not-measured"),
        (#"plot("t", x = "block")"#, "missing-argument"), (#"plot("t", by = "block")"#, "no-effect"),
        (#"plot("t", x = "seed", y = "block")"#, "not-numbers"),
        (#"plot("t", x = "sed", y = "psnr")"#, "unknown-column"),
        (#"figure(3)"#, "wrong-kind"),
        (#"figure(pair(scenes(1, size = 16)).sharp, pair(scenes(1, size = 24)).sharp)"#, "unequal-sizes"),
        (#"figure(pair(scenes(1, size = 16)).sharp, names = ["a", "b"])"#, "wrong-count"),
    ])
    func `mistakes are told, and nothing is written`(code: String, expected: String) async throws {
        try await outcome(code) { folder, outcome in
            #expect(outcome.message.contains("error[\(expected)]"), "\(outcome.message)")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.sorted() == ["runs", "t.csv"])
            #expect(
                try String(contentsOfFile: folder + "/t.csv", encoding: .utf8).hasPrefix(
                    "block,seed,psnr,parameters,"))
        }
    }

    @Test func `columns and images are drawn into files`() async throws {
        try await outcome(
            """
            plot("t", x = "block", y = "psnr", to = "FOLDER/bars.svg")
            plot("t", x = "seed", y = "psnr", by = "block", to = "FOLDER/lines.svg")
            plot("t", x = "parameters", y = "psnr", by = "block", to = "FOLDER/points.png")
            one = pair(scenes(1, size = 32))
            figure(one.blurred, one.sharp, crop = [4, 4, 8, 8], sharp = one.sharp, to = "FOLDER/figure.png")
            """
        ) { folder, outcome in
            #expect(outcome.message == "no mistake")
            let bars = try String(contentsOfFile: folder + "/bars.svg", encoding: .utf8)
            for text in ["plain", "good", "psnr, mean and 95 % interval", "block"] {
                #expect(bars.contains(text))
            }
            let lines = try String(contentsOfFile: folder + "/lines.svg", encoding: .utf8)
            #expect(lines.contains("seed"))
            #expect(try Data(contentsOf: URL(filePath: folder + "/points.png")).count > 2000)
            #expect(try Data(contentsOf: URL(filePath: folder + "/figure.png")).count > 5000)
        }
    }

    @Test func `what stands out is better by the pairs, also where groups have unequal rows`() async throws {
        try await withTemporaryFolder { folder in
            // By its pairs a is 2 below b and c above both; two more seeds of a, far above, have no pair.
            let outcome = await run(
                """
                experiment "unequal" {
                    over block in ["a", "b", "c"]
                    over seed in 1..6
                    where block == "a" or seed < 4
                    base = if block == "a" { 20 } else if block == "b" { 22 } else { 30 }
                    record block = block, seed = seed,
                        psnr = base + seed + (if seed > 3 { 30 } else { 0 }) + (if block == "b" { seed % 2 } else { 0 }) / 100
                }
                write(pivot("unequal", rows = "block", values = "psnr"), to = "\(folder)/x.md")
                """, results: folder)
            #expect(outcome.message == "no mistake", "\(outcome.message)")
            let lines = try String(contentsOfFile: folder + "/x.md", encoding: .utf8).split(separator: "\n")
            #expect(lines[2].hasPrefix("| a | 3") && lines[3].hasPrefix("| b | 2"), "\(lines)")
            #expect(!lines[2].contains("**"), "\(lines)")
        }
    }

    @Test func `the second of a column is underlined where it is better than all below it`() async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                """
                experiment "three" {
                    over block in ["low", "high", "middle"]
                    over seed in 1..4
                    base = if block == "low" { 20 } else if block == "high" { 30 } else { 25 }
                    slope = if block == "low" { 1.1 } else { 1 }
                    extra = if block == "high" { (seed % 2) / 10 } else { 0 }
                    record block = block, seed = seed, psnr = base + seed * slope + extra
                }
                write(pivot("three", rows = "block", values = "psnr"), to = "\(folder)/x.md")
                """, results: folder)
            #expect(outcome.message == "no mistake", "\(outcome.message)")
            let text = try String(contentsOfFile: folder + "/x.md", encoding: .utf8)
            #expect(text.contains("| high | **") && text.contains("| middle | <u>"), "\(text)")
            #expect(text.contains("| low | 2"), "\(text)")
        }
    }

    @Test func `a pivot says what was not tested, and lists of records are tables too`() async throws {
        try await outcome(
            """
            write(pivot("t", rows = "block", values = "psnr", test = "none"), to = "FOLDER/x.md")
            write(contrasts("t", of = "psnr", by = "block"), to = "FOLDER/c.csv")
            write(summarize("t", by = "block", values = "psnr"), to = "FOLDER/s.md")
            """
        ) { folder, outcome in
            #expect(outcome.message == "no mistake")
            func text(_ name: String) throws -> String {
                try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
            }
            #expect(try text("x.md").hasSuffix("over 4 values of seed. Differences were not tested.\n"))
            let lines = try text("c.csv").split(separator: "\n")
            #expect(lines[0].hasPrefix("a,b,difference,low,high,p,effect,detectable,seed_sd,"))
            #expect(lines[1].hasPrefix("plain,good,-1.5,-2.4"))
            #expect(
                try text("s.md").hasSuffix(
                    "Δ: mean difference to plain, with its 95 % interval and p after Holm's correction; paired t-test over "
                        + "seeds.\n"))
        }
    }

    @Test func `labels that LaTeX or gnuplot would read as commands are written and drawn`() async throws {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                """
                experiment "labels" {
                    over widths in [[8, 16], [16, 32]]
                    over seed in 1..2
                    record widths = "{widths}", kind = "{seed} 50% *", psnr = seed
                }
                write(pivot("labels", rows = "widths"), to = "\(folder)/x.tex")
                plot("labels", x = "kind", y = "psnr", by = "widths", to = "\(folder)/x.svg")
                """, results: folder)
            #expect(outcome.message == "no mistake", "\(outcome.message)")
            let tex = try String(contentsOfFile: folder + "/x.tex", encoding: .utf8)
            #expect(tex.contains("\n    {[}8, 16] & "), "\(tex)")
            #expect(try String(contentsOfFile: folder + "/x.svg", encoding: .utf8).contains("1 50% *"))
        }
    }

    @Test func `a model's weights work in a network that turns a shared module more often`() async {
        let outcome = await run(
            """
            few = gao2019(transform = residual(units = 1), widths = [4, 8], scales = 1, modules = 1)
            model = train(few, scenes(2, size = 32), steps = 2, batch = 1, patch = 32, seed = 1)
            same = weights_from(model, few)
            many = weights_from(model, few(modules = 3))
            data = scenes(2, size = 32, seed = 2)
            print(evaluate(model, data).psnr == evaluate(same, data).psnr)
            print(evaluate(model, data).psnr == evaluate(many, data).psnr)
            print(parameters(many) == parameters(few))
            weights_from(model, few(widths = [4, 16]))
            evaluate(weights_from(model, few(widths = [4, 16])), data)
            """)
        #expect(
            outcome.lines.joined(separator: "\n").contains("true\nfalse\ntrue"),
            "\(outcome.lines) \(outcome.message)")
        #expect(outcome.message.contains("error[weight-shape]"), "\(outcome.message)")
    }
}
