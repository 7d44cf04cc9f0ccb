import Foundation
import Testing

struct PromptTests {
    // MARK: Completion

    @Test func `Tab completes arguments with their defaults, names and files, and runs nothing`() throws {
        try withTemporaryFolder { home in
            try "x = 1\n".write(toFile: home + "/first script.acu", atomically: true, encoding: .utf8)
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send("conv(ker" + Terminal.Key.tab)
            try terminal.wait(for: "kernel = ")
            try terminal.interrupt(prompt: 1)
            terminal.send("gao2019(" + Terminal.Key.tab)
            let listed = try terminal.wait(for: "widths = [32, 64, 128]")
            #expect(listed.contains("transform = nested(order = 4)"))
            try terminal.interrupt(prompt: 1)
            terminal.send("run \"fir" + Terminal.Key.tab + "\r")
            try terminal.wait(for: "first script.acu\"")
            try terminal.wait(for: "2> ")
            #expect(try terminal.run("x", prompt: 3).contains("\n1\n"))
            terminal.send("print(gao2019)" + "\u{1B}[D" + Terminal.Key.tab)
            try terminal.interrupt(prompt: 3)
            #expect(!String(decoding: terminal.transcript, as: UTF8.self).contains("error"))
        }
    }

    // MARK: Help

    @Test func `a question mark explains, two print the source`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            let page = try terminal.run("?conv", prompt: 2)
            #expect(page.contains("conv(x, channels = channels(x), kernel = 3, stride = 1, groups = 1"))
            #expect(page.contains("Example\n  network one_layer"))
            #expect(page.contains("See also: "))
            #expect(
                try terminal.run("??nested", prompt: 3).contains("repeat order { sum = sum + unit(sum) }"))
            #expect(try terminal.run("help", prompt: 4).contains("help layers"))
            #expect(try terminal.run("apropos blur", prompt: 5).contains("deblur"))
        }
    }

    @Test(arguments: [60, 80, 140]) func `help is as wide as the window, up to what is pleasant to read`(
        columns: Int
    ) throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home, columns: columns)
            try terminal.wait(for: "1> ")
            for (number, entry) in ["?train", "help", "help layers", "apropos blur", "vars"].enumerated() {
                let widest =
                    try terminal.run(entry, prompt: number + 2).split(separator: "\n").dropFirst()
                    // Examples stay as they are typed, and a path is one word.
                    .filter { !$0.hasPrefix("  model = train(") && $0.split(separator: " ").count > 1 }
                    .map(\.count).max() ?? 0
                #expect(widest <= columns)
                if entry == "?train" { #expect(widest > min(columns, 100) - 20) }
            }
        }
    }

    // MARK: Sessions

    @Test func `what failed is not bound, and what is shown is it`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            try terminal.run("x = 5", prompt: 2)
            #expect(try terminal.run("x = 1 / 0", prompt: 3).contains("error[division-by-zero]"))
            try terminal.run("x * 2", prompt: 4)
            #expect(try terminal.run("it + 1", prompt: 5).contains("\n11\n"))
            #expect(try terminal.run("vars", prompt: 6).contains("x  number  5"))
        }
    }

    @Test func `a saved session is a script that does the same`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            try terminal.run("a = 20", prompt: 2)
            try terminal.run("b = nonsense", prompt: 3)
            try terminal.run("a + 1", prompt: 4)
            try terminal.run("print(it * 2)", prompt: 5)
            try terminal.run("help", prompt: 6)
            #expect(
                try terminal.run("save_session \"kept.acu\"", prompt: 7).contains("kept.acu: 3 statements"))
            let again = try Command.run(["run", home + "/kept.acu"])
            #expect(again.output == "21\n42\n")
            #expect(again.status == 0)
        }
    }

    @Test func `a script can be stayed with, and the start-up file comes first`() throws {
        try withTemporaryFolder { home in
            try FileManager.default.createDirectory(
                atPath: home + "/config/acuity", withIntermediateDirectories: true)
            try "mine = 3\n".write(
                toFile: home + "/config/acuity/init.acu", atomically: true, encoding: .utf8)
            try "theirs = 4\nprint(\"ran\")\n1 / 0\n".write(
                toFile: home + "/script.acu", atomically: true, encoding: .utf8)
            let terminal = try Terminal(
                ["run", "-i", "script.acu"], home: home, environment: ["XDG_CONFIG_HOME": home + "/config"])
            let start = try terminal.wait(for: "1> ")
            #expect(start.contains("ran\n") && start.contains("error[division-by-zero]"))
            #expect(try terminal.run("mine + theirs", prompt: 2).contains("\n7\n"))
        }
    }

    @Test func `editing a block marks the networks made of it`() throws {
        try withTemporaryFolder { home in
            let script = home + "/editor"
            try "#!/bin/sh\nsed -i 's/relu/tanh/' \"$1\"\n".write(
                toFile: script, atomically: true, encoding: .utf8)
            let terminal = try Terminal(home: home, environment: ["EDITOR": "sh \(script)"])
            try terminal.wait(for: "1> ")
            try terminal.run("block mine(x) { return relu(conv(x)) }", prompt: 2)
            try terminal.run(
                "network n(b, width = 4) { output b + conv(mine(conv(b, width)), channels(b)) }", prompt: 3)
            try terminal.run("net = n()", prompt: 4)
            #expect(!(try terminal.run("net", prompt: 5).contains("stale")))
            #expect(try terminal.run("edit mine", prompt: 6).contains("`mine` is defined anew"))
            #expect(try terminal.run("source mine", prompt: 7).contains("tanh(conv(x))"))
            #expect(try terminal.run("net", prompt: 8).contains("stale: `mine` was defined anew since"))
            #expect(try terminal.run("summary(net)", prompt: 9).contains("stale: `mine`"))
            #expect(!(try terminal.run("n()", prompt: 10).contains("stale")))
        }
    }

    // MARK: Long work

    /// A terminal in which `m` is being trained.
    private func terminal(training: String, home: String) throws -> Terminal {
        let terminal = try Terminal(home: home)
        try terminal.wait(for: "1> ")
        terminal.send("m = train(\(training))\r")
        try terminal.wait(for: "loss ")
        return terminal
    }

    @Test func `a training that is stopped leaves its model, and is gone on with`() throws {
        try withTemporaryFolder { home in
            let terminal = try terminal(
                training:
                    "gao2019(widths = [4, 8], scales = 1), scenes(2, size = 32), steps = 10000000, patch = 32",
                home: home)
            let begun = String(decoding: terminal.transcript, as: UTF8.self)
            #expect(begun.contains("this training will take about "))
            #expect(begun.contains(" of memory); Ctrl-C stops it, and keeps what it has learnt"))
            terminal.send(Terminal.Key.interrupt)
            let stop = try terminal.wait(for: "2> ")
            #expect(stop.contains("stopped at your request"))
            #expect(stop.contains("`m` is the model as trained so far"))
            #expect(stop.contains("m = resume(m, steps = "))
            #expect(try terminal.run("m", prompt: 3).contains("of 10000000 steps"))
            let more = try terminal.run("resume(m, steps = 2)", prompt: 4)
            #expect(more.contains("model of gao2019"))
            #expect(!more.contains("error"))
            // Run as a script, it would train for days.
            let path = home + "/kept.acu"
            _ = try terminal.run("save_session \"\(path)\"", prompt: 5)
            let kept = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(kept[1].hasPrefix("# It was stopped after step ") && kept[2].hasPrefix("m = train("))
            #expect(kept[1].hasSuffix(" of 10000000; here it is done whole."))
        }
    }

    @Test func `no number of Ctrl-C ends the prompt`() throws {
        try withTemporaryFolder { home in
            let terminal = try terminal(
                training:
                    "gao2019(widths = [32, 64]), scenes(2, size = 128), steps = 1000, batch = 16, patch = 128",
                home: home)
            for _ in 1...3 {
                terminal.send(Terminal.Key.interrupt)
                usleep(50_000)
            }
            try terminal.wait(for: "2> ")
            #expect(try terminal.run("count([m])", prompt: 3).contains("\n1\n"))
        }
    }

    @Test func `time tells seconds, work and memory`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            let told = try terminal.run(
                "time train(gao2019(widths = [4, 8], scales = 1), scenes(2, size = 32), steps = 20, patch = 32)",
                prompt: 2)
            #expect(told.contains("MAC/s, at most ") && told.contains(" of memory"))
        }
    }
}
