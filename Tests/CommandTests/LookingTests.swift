import Foundation
import Testing

struct LookingTests {
    @Test func `a terminal that says that it shows sixels is shown sixels, and keeps what was typed`() throws
    {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home, environment: ["ACUITY_GRAPHICS": ""])
            try terminal.wait(for: "1> ")
            terminal.send("show(pair(scenes(1, size = 32)))\r")
            while !String(decoding: terminal.transcript, as: UTF8.self).contains("\u{1B}[c") {
                guard terminal.listen() else { break }
            }
            terminal.send("6 *\u{1B}[?62;4;22c 7\r")
            try terminal.wait(for: "blurred 32×32 | sharp 32×32")
            try terminal.wait(for: "\n42\n")
            #expect(String(decoding: terminal.transcript, as: UTF8.self).contains("\u{1B}P0;1;0q"))
        }
    }

    @Test func `half blocks are drawn where nothing better is known, side by side with one crop`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home, environment: ["ACUITY_GRAPHICS": "blocks"])
            try terminal.wait(for: "1> ")
            try terminal.run("p = pair(scenes(1, size = 32))", prompt: 2)
            let shown = try terminal.run(
                "show(p.blurred, p.sharp, p.sharp, crop = [0, 0, 16, 16])", prompt: 3)
            #expect(shown.contains("p.blurred 16×16 | p.sharp 16×16 | p.sharp 16×16"))
            // Eight cells high: two pixels a cell.
            #expect(shown.split(separator: "\n").count { $0.contains("▄") || $0.contains("▀") } == 8)
            let data = try terminal.run("scenes(3, size = 32)", prompt: 4)
            #expect(data.contains("3 scenes of 32×32, seed 1\n"))
            #expect(data.contains("▄") || data.contains("▀"))
        }
    }

    @Test func `curves are drawn in letters and into files`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            try terminal.run(
                "m = train(gao2019(widths = [4, 8], scales = 1), scenes(2, size = 32), steps = 5, patch = 32)",
                prompt: 2)
            let plotted = try terminal.run("plot(m)", prompt: 3)
            #expect(
                plotted.contains("loss (sum of mean squared errors)")
                    && plotted.contains("PSNR of the batch, dB"))
            try terminal.run("plot(m, to = \"run.svg\")", prompt: 4)
            try terminal.run("diagram(m, to = \"net.svg\")", prompt: 5)
            #expect(try String(contentsOfFile: home + "/run.svg", encoding: .utf8).contains("<svg"))
            #expect(try String(contentsOfFile: home + "/net.svg", encoding: .utf8).contains("scale 1"))
            let drawn = try terminal.run("diagram(m)", prompt: 6)
            #expect(drawn.contains("── scale 1 ──") && drawn.contains("→ output 1") && drawn.contains("└"))
        }
    }
}

struct MannersTests {
    private static let work =
        "train(gao2019(widths = [4, 8], scales = 1), scenes(2, size = 32), steps = 30, patch = 32)"

    @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]])
    func `without colours there are none`(environment: [String: String]) throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(
                home: home, environment: environment.merging(["ACUITY_GRAPHICS": ""]) { old, _ in old })
            try terminal.wait(for: "1> ")
            try terminal.run("1 / 0", prompt: 2)
            try terminal.run(Self.work, prompt: 3)
            try terminal.run("show(pair(scenes(1, size = 32)))", prompt: 4)
            let seen = String(decoding: terminal.transcript, as: UTF8.self)
            #expect(seen.contains("error[division-by-zero]"))
            // Select graphic rendition is what colours are.
            #expect(!seen.contains(/\u{1B}\[[0-9;]*m/))
            if environment["TERM"] == "dumb" { #expect(!seen.contains("\u{1B}")) }
        }
    }

    @Test func `a bar stays in a narrow window, also one that changes while it is drawn`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home, rows: 10, columns: 90)
            try terminal.wait(for: "1> ")
            terminal.send(Self.work.replacing("steps = 30", with: "steps = 1000000") + "\r")
            try terminal.wait(for: "steps/s")
            terminal.resize(rows: 10, columns: 24)
            // The line before took several rows of the narrower window, all of which are wiped.
            while !String(decoding: terminal.transcript, as: UTF8.self).contains(
                /\u{1B}\[[1-9][0-9]*A\u{1B}\[J/)
            {
                guard terminal.listen() else { break }
            }
            for _ in 0..<3 {
                let line = try terminal.wait(for: "/1000000")
                #expect(line.count < 120)
            }
            terminal.interrupt()
            try terminal.wait(for: "2> ")
        }
    }

    @Test func `everything that draws is plain in a pipe`() throws {
        let script = """
            m = \(Self.work)
            plot(m)
            diagram(m)
            show(pair(scenes(1, size = 32)))
            scenes(2, size = 32)
            ?conv
            m
            """
        let result = try Command.run(["-e", script])
        #expect(result.status == 0, "\(result.messages)")
        #expect(!result.output.contains("\u{1B}") && !result.messages.contains("\u{1B}"))
        #expect(result.output.contains("blurred 32×32 | sharp 32×32"))
    }
}
