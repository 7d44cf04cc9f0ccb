import Foundation
import Testing

/// Streams that cannot be written to or read from.
struct OutputTests {
    private func shell(_ command: String, folder: String? = nil) throws -> CommandResult {
        try Command.run(
            ["-c", command, Command.executable.path], program: URL(filePath: "/bin/bash"), folder: folder)
    }

    @Test(arguments: ["-e 'print(1)'", "-e '1'", "--help", "--version", "reference", "help run"])
    func `results that find no room are a failure that is told`(arguments: String) throws {
        let result = try shell("\"$0\" \(arguments) > /dev/full")
        #expect(result.status == 1)
        #expect(
            result.messages
                == "error[cannot-write]: cannot write to standard output: No space left on device\n")
    }

    @Test func `results that go nowhere are a failure that is told`() throws {
        let result = try shell("\"$0\" -e 'print(1)' >&-")
        #expect(result.status == 1)
        #expect(result.messages == "error[cannot-write]: cannot write to standard output: it is closed\n")
    }

    @Test func `a file that is written never takes the place of a closed stream`() throws {
        try withTemporaryFolder { folder in
            let result = try shell(
                "\"$0\" -e 'save(scenes(1, size = 32), to = \"a\")\nprint(\"stray\")' >&-", folder: folder)
            #expect(result.status == 1)
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                let data = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
                #expect(data.range(of: Data("stray".utf8)) == nil, "\(name)")
            }
        }
    }

    @Test func `a reader that has gone is silence, or a failure where its signal is ignored`() throws {
        let lines = "repeat 100000 { print(\"a line of some length\") }"
        let silent = try shell("\"$0\" -e '\(lines)' | true; exit ${PIPESTATUS[0]}")
        #expect(silent.status == 128 + SIGPIPE)
        #expect(silent.messages.isEmpty)
        let told = try shell("trap '' PIPE; \"$0\" -e '\(lines)' | true; exit ${PIPESTATUS[0]}")
        #expect(told.status == 1)
        #expect(told.messages == "error[cannot-write]: cannot write to standard output: Broken pipe\n")
    }

    @Test func `messages that find no room are a failure`() throws {
        #expect(try shell("\"$0\" -e 'prin(1)' 2> /dev/full").status == 1)
        #expect(try shell("\"$0\" -e 'print(1)' 2>&-").status == 0)
    }

    @Test func `a closed standard input says so`() throws {
        let result = try shell("\"$0\" <&-")
        #expect(result.status == 1)
        #expect(
            result.messages == """
                error[cannot-read]: cannot read standard input: it is closed
                   = hint: a script is read from there where none is named: acuity run FILE runs one, acuity -e 'CODE' a line

                """)
        #expect(try shell("\"$0\" -e 'print(1)' <&-").output == "1\n")
        #expect(try shell("\"$0\" < /").messages.contains("cannot read standard input: Is a directory"))
    }
}
