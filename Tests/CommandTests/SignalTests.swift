import Foundation
import Testing

/// How a system, a queue of jobs or a person ends the program.
struct SignalTests {
    private static let training = """
        data = scenes(2, size = 32)
        net = gao2019(widths = [4, 8], scales = 1, modules = 1)
        train(net, data, steps = 100000, batch = 1, patch = 32, checkpoint = "c.safetensors")
        """

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGUSR1])
    func `a signal ends a training at the end of its step, which is kept`(signal: Int32) throws {
        try withTemporaryFolder { folder in
            let stopped = try Command.run(
                ["-e", Self.training], folder: folder, ending: .init(signal: signal, message: "step 1/"))
            #expect(stopped.status == 128 + signal)
            #expect(stopped.messages.contains("c.safetensors keeps them: run it again to go on from there"))
            let again = try Command.run(
                ["-e", Self.training], folder: folder,
                ending: .init(signal: signal, message: "goes on after step"))
            #expect(again.messages.contains("of 100000: c.safetensors"))
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGUSR1])
    func `a row that a signal ends goes on from its step`(signal: Int32) throws {
        func script(_ steps: Int) -> String {
            """
            data = scenes(2, size = 32)
            experiment "stopped" {
                over seed in 1..2
                net = gao2019(widths = [4, 8], scales = 1, modules = 1)
                model = train(net, data, steps = \(steps), batch = 1, patch = 32, seed = seed)
                record seed = seed
            }
            """
        }
        try withTemporaryFolder { folder in
            let stopped = try Command.run(
                ["-e", script(100_000)], folder: folder, ending: .init(signal: signal, message: "step 1/"))
            #expect(stopped.status == 128 + signal)
            let again = try Command.run(
                ["-e", script(100_000)], folder: folder,
                ending: .init(signal: signal, message: "goes on after step"))
            #expect(again.status == 128 + signal)
            #expect(again.messages.contains("goes on after step"), "\(again.messages)")
        }
    }

    /// A step that takes long is not interrupted by the first signal.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGUSR1])
    func `the second signal ends the program at once`(signal: Int32) throws {
        let number = "\(signal)"
        // The shell sends both itself, for the first does not show.
        let script = """
            "$0" -e 'train(gao2019(), scenes(1, size = 512), steps = 1000, batch = 16, patch = 512)' & child=$!
            sleep 1; kill -$1 $child; sleep 0.2; kill -$1 $child; wait $child
            """
        let result = try Command.run(
            ["-c", script, Command.executable.path, number], program: URL(filePath: "/bin/bash"))
        #expect(result.status == 128 + signal)
    }

    /// `timeout` signals its program and then the whole group, which the program is in.
    @Test func `timeout ends a training as one signal does`() throws {
        try withTemporaryFolder { folder in
            let script = """
                train(gao2019(widths = [4, 8], scales = 1, modules = 1), scenes(2, size = 32), steps = 100000,
                    batch = 1, patch = 32, checkpoint = "c.safetensors")
                """
            let stopped = try Command.run(
                ["--preserve-status", "3", Command.executable.path, "-e", script],
                program: URL(filePath: "/usr/bin/timeout"), folder: folder)
            #expect(stopped.status == 128 + SIGTERM)
            #expect(stopped.messages.contains("c.safetensors keeps them"), "\(stopped.messages)")
        }
    }

    @Test func `what nohup has begun outlives its terminal`() throws {
        let script = "trap '' HUP; exec \"$0\" -e 'x = 0\nrepeat 300000 { x = x + 1 }\nprint(x)'"
        let result = try Command.run(
            ["-c", "(\(script)) & sleep 0.3; kill -HUP $!; wait $!", Command.executable.path],
            program: URL(filePath: "/bin/bash"))
        #expect(result.output == "300000\n")
        #expect(result.status == 0)
    }

    @Test func `a program that draws ends with the one that began it`() throws {
        try withTemporaryFolder { folder in
            // In place of Graphviz, one that never ends and says who it is.
            let tool = folder + "/dot"
            try "#!/bin/sh\necho $$ > \(folder)/pid\nexec sleep 100\n".write(
                toFile: tool, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool)
            let script = """
                PATH="\(folder):$PATH" "$0" -e 'diagram(gao2019(), to = "x.svg")' & child=$!
                until test -s \(folder)/pid; do sleep 0.05; done
                kill -TERM $child; wait $child; status=$?
                kill -0 $(cat \(folder)/pid) 2>/dev/null && echo alive; exit $status
                """
            let result = try Command.run(
                ["-c", script, Command.executable.path], program: URL(filePath: "/bin/bash"), folder: folder)
            #expect(result.status == 128 + SIGTERM, "\(result.messages)")
            #expect(result.output == "")
        }
    }

    /// A terminal in which an editor is open that never ends by itself, and its process.
    private func editing(in folder: String) throws -> (Terminal, editor: pid_t) {
        let editor = folder + "/editor"
        try
            "#!/bin/sh\ntrap 'echo interrupted; exit 0' INT\necho \"editor $$;\"\nwhile :; do sleep 0.1; done\n"
            .write(
                toFile: editor, atomically: true, encoding: .utf8)
        let terminal = try Terminal(home: folder, environment: ["EDITOR": "sh \(editor)"])
        try terminal.wait(for: "1> ")
        terminal.send("edit nested" + Terminal.Key.enter)
        let said = try terminal.wait(for: ";")
        let number = said.dropLast().reversed().prefix { $0.isNumber }.reversed()
        return (terminal, try #require(pid_t(String(number))))
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGUSR1])
    func `a signal that ends the program ends the editor that it waits for`(signal: Int32) throws {
        try withTemporaryFolder { folder in
            let (terminal, editor) = try editing(in: folder)
            terminal.signal(signal)
            #expect(try terminal.waitForEnd() == 128 + signal)
            #expect(kill(editor, 0) != 0)
        }
    }

    @Test func `Ctrl-C is for the editor, and the prompt is back after it`() throws {
        try withTemporaryFolder { folder in
            let (terminal, _) = try editing(in: folder)
            terminal.interrupt()
            try terminal.wait(for: "interrupted")
            try terminal.wait(for: "2> ")
            #expect(try terminal.run("1 + 1", prompt: 3).contains("\n2\n"))
        }
    }
}
