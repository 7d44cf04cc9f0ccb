import Foundation
import Testing

struct EditingTests {
    @Test
    func `an unfinished statement goes on behind a continuation prompt and is one entry of the history`()
        throws
    {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send("for x in 1..2 {\r")
            try terminal.wait(for: " … ")
            terminal.send("print(10 * x)\r}\r")
            try terminal.wait(for: "10\n20\n")
            try terminal.wait(for: "2> ")
            // Recalled whole, changed in its first line, run whole.
            terminal.send(Terminal.Key.up)
            try terminal.wait(for: "print(10 * x)")
            terminal.send("\u{1B}[D" + Terminal.Key.up + Terminal.Key.up + "\u{05}" + " print(7)\r")
            try terminal.wait(for: "7\n10\n7\n20\n")
            try terminal.wait(for: "3> ")
            let history = try String(contentsOfFile: home + "/.local/state/acuity/history", encoding: .utf8)
            #expect(history.split(separator: "\n").count == 2)
            #expect(history.hasPrefix("for x in 1..2 {\\n    print(10 * x)\\n}\n"))
        }
    }

    @Test func `a pasted block runs as one`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send(
                Terminal.Key.pasted("a = 1\nif a == 1 {\n\tb = 2\n}\nelse {\n\tb = 3\n}\na + b") + "\r")
            try terminal.wait(for: "\n3\n")
            try terminal.wait(for: "2> ")
        }
    }

    @Test func `an empty line shows what is missing`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send("x = [1,\r")
            try terminal.wait(for: " … ")
            terminal.send("\r")
            try terminal.wait(for: "is never closed")
            try terminal.wait(for: "2> ")
        }
    }

    @Test func `the user's editor opens the entry with Ctrl-X Ctrl-E`() throws {
        try withTemporaryFolder { home in
            let script = home + "/editor"
            try "#!/bin/sh\nprintf 'for i in 1..2 {\\n    print(i + 40)\\n}\\n' > \"$1\"\n".write(
                toFile: script, atomically: true, encoding: .utf8)
            // Read and not executed: a program that another test starts meanwhile may hold it open for
            // writing.
            let terminal = try Terminal(home: home, environment: ["EDITOR": "sh \(script)"])
            try terminal.wait(for: "1> ")
            terminal.send("i = 1\u{18}\u{05}")
            try terminal.wait(for: "print(i + 40)")
            terminal.send("\r")
            try terminal.wait(for: "41\n42\n")
        }
    }

    @Test func `two sessions share the history, and arrows and Ctrl-R search it`() throws {
        try withTemporaryFolder { home in
            let first = try Terminal(home: home, environment: ["XDG_STATE_HOME": home + "/state"])
            let second = try Terminal(home: home, environment: ["XDG_STATE_HOME": home + "/state"])
            try first.wait(for: "1> ")
            try second.wait(for: "1> ")
            try first.run("one = 1", prompt: 2)
            try second.run("two = 2", prompt: 2)
            try first.run("other = 3", prompt: 3)
            let third = try Terminal(home: home, environment: ["XDG_STATE_HOME": home + "/state"])
            try third.wait(for: "1> ")
            third.send("o" + Terminal.Key.up)
            try third.wait(for: "ther = 3")
            third.send(Terminal.Key.up)
            try third.wait(for: "ne = 1")
            third.send("\r")
            try third.wait(for: "2> ")
            third.send(Terminal.Key.search + "tw")
            try third.wait(for: "two = 2")
            third.send("\r")
            try third.wait(for: "3> ")
            #expect(try third.run("one + two", prompt: 4).contains("\n3\n"))
        }
    }

    @Test func `the user's inputrc has the last word`() throws {
        try withTemporaryFolder { home in
            try "$if acuity\n\"\\C-t\": \"print(99)\"\n$endif\n".write(
                toFile: home + "/.inputrc", atomically: true, encoding: .utf8)
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send("\u{14}\r")
            try terminal.wait(for: "\n99\n")
        }
    }

    @Test func `Ctrl-C clears the line, Ctrl-D and exit leave`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send("nonsense {")
            try terminal.wait(for: "nonsense {")
            try terminal.interrupt(prompt: 1)
            #expect(try terminal.run("6 * 7", prompt: 2).contains("\n42\n"))
            terminal.send(Terminal.Key.end)
            #expect(try terminal.waitForEnd() == 0)
            let other = try Terminal(home: home)
            try other.wait(for: "1> ")
            other.send("exit\r")
            #expect(try other.waitForEnd() == 0)
        }
    }

    @Test(arguments: ["nonsense [", "", "\u{12}non", "\u{1B}"])
    func `what is typed after Ctrl-C stays, however fast`(before: String) throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send(before + Terminal.Key.interrupt + "6 * 7\r")
            try terminal.wait(for: "^C")
            #expect(try terminal.wait(for: "2> ").contains("\n42\n"))
        }
    }

    @Test func `indentation that is typed does not add to the one that came by itself`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            // As a terminal without bracketed paste hands over what is pasted; the third line stands deeper
            // than it need.
            terminal.send(
                "block b(x) {\r    repeat 2 {\r          x = relu(x)\r\tx = tanh(x)\r    }\r  return x\r}\r")
            try terminal.wait(for: "2> ")
            let source = try terminal.run("source b", prompt: 3)
            #expect(
                source.contains(
                    """
                    block b(x) {
                        repeat 2 {
                              x = relu(x)
                            x = tanh(x)
                        }
                        return x
                    }
                    """))
        }
    }

    @Test func `a terminal that cannot move up shows an entry of several lines on one`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home, environment: ["TERM": "dumb"])
            try terminal.wait(for: "1> ")
            terminal.send("for i in [1] {\rprint(i + 40)\r}\r")
            try terminal.wait(for: "41")
            try terminal.wait(for: "2> ")
            terminal.send(Terminal.Key.up)
            try terminal.wait(for: "for i in [1] { …     print(i + 40) … }")
            terminal.send("\r")
            try terminal.wait(for: "\n41")
            #expect(!String(decoding: terminal.transcript, as: UTF8.self).contains("^J"))
        }
    }

    @Test func `an entry is drawn again when the window changes`() throws {
        try withTemporaryFolder { home in
            let terminal = try Terminal(home: home)
            try terminal.wait(for: "1> ")
            terminal.send("abc = [1,\r")
            try terminal.wait(for: " … ")
            terminal.resize(rows: 20, columns: 60)
            try terminal.wait(for: "abc = [1,")
            terminal.send("2]\r")
            try terminal.wait(for: "2> ")
            #expect(try terminal.run("abc", prompt: 3).contains("[1, 2]"))
        }
    }
}
