import Foundation
import Testing

/// The program with less memory than it asks for: whatever the limit, it works or says what is missing.
/// Limits below those of the program's own code are the system's to report.
struct MemoryLimitTests {
    private func run(_ arguments: [String], kilobytes: Int, folder: String? = nil) throws -> CommandResult {
        try Command.run(
            ["-c", "ulimit -v \(kilobytes); exec \"$0\" \"$@\"", Command.executable.path] + arguments,
            program: URL(filePath: "/bin/bash"), folder: folder)
    }

    private static let limits = [300_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 6_000_000]

    /// Works, or ends in words.
    private func expectWords(_ result: CommandResult) {
        guard result.status != 0 else { return }
        #expect(result.status == 1)
        #expect(result.messages.contains("error["), "\(result.messages)")
    }

    @Test(arguments: limits) func `a list that is doubled without end`(kilobytes: Int) throws {
        let result = try run(["-e", "x = [1]\nrepeat 100 { x = x + x }"], kilobytes: kilobytes)
        #expect(result.status == 1)
        #expect(
            result.messages.hasPrefix("error[too-many]")
                || result.messages.hasPrefix("error[not-enough-memory]"),
            "\(result.messages)")
    }

    @Test(arguments: limits, ["x = x + x", "x = \"{x}{x}\"", "x = \"{x + x}{[x]}\""])
    func `a text that is doubled without end`(kilobytes: Int, statement: String) throws {
        let result = try run(["-e", "x = \"a\"\nrepeat 100 { \(statement) }"], kilobytes: kilobytes)
        #expect(result.status == 1)
        #expect(
            result.messages.hasPrefix("error[too-many]")
                || result.messages.hasPrefix("error[not-enough-memory]"),
            "\(result.messages)")
    }

    @Test(arguments: limits, ["f(1..5000000)", "f([1] + 1..3000000)", "f(\"{1..1000000}\")"])
    func `large values that a call keeps each`(kilobytes: Int, call: String) throws {
        let result = try run(
            ["-e", "function f(x) { y = \(call.dropFirst(2).dropLast())\nreturn f(y) }\n\(call)"],
            kilobytes: kilobytes)
        #expect(result.status == 1)
        #expect(result.messages.hasPrefix("error["), "\(result.messages)")
    }

    @Test(arguments: limits) func `a training of a large network`(kilobytes: Int) throws {
        let script = "train(gao2019(), scenes(2, size = 128), steps = 1, patch = 128)"
        expectWords(try run(["-e", script], kilobytes: kilobytes))
        expectWords(try run(["-e", script, "--threads", "8"], kilobytes: kilobytes))
    }

    @Test(arguments: limits) func `a small training, its checkpoints and its scores`(kilobytes: Int) throws {
        try withTemporaryFolder { folder in
            let script = """
                data = scenes(2, size = 64)
                net = gao2019(widths = [8, 16], scales = 2, modules = 1)
                m = train(net, data, steps = 3, batch = 2, patch = 32, checkpoint = "c.safetensors", checkpoint_every = 0)
                print(evaluate(m, data).psnr == evaluate(load("c.safetensors"), data).psnr)
                """
            let result = try run(["-e", script], kilobytes: kilobytes, folder: folder)
            expectWords(result)
            if kilobytes >= 2_000_000 { #expect(result.output == "true\n", "\(result.messages)") }
        }
    }

    @Test(arguments: limits) func `images that are large`(kilobytes: Int) throws {
        try withTemporaryFolder { folder in
            // 36 million black pixels: 230 KB of file, and once it is read some hundred MB.
            try blackImage(side: 6000).write(to: URL(filePath: folder + "/large.png"))
            let result = try run(["-e", "image(\"large.png\")"], kilobytes: kilobytes, folder: folder)
            expectWords(result)
            if kilobytes <= 500_000 {
                #expect(
                    result.messages.hasPrefix("error[not-enough-memory]: the image large.png needs 324 MB"),
                    "\(result.messages)")
            } else {
                #expect(result.output == "image 6000×6000, grey\n", "\(result.messages)")
            }
        }
    }

    @Test(arguments: limits) func `a file that is large`(kilobytes: Int) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/large.png"
            // A signature, and then a hole on the disk.
            try Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]).write(to: URL(filePath: path))
            try #require(truncate(path, 1_000_000_000) == 0)
            let result = try run(["-e", "image(\"large.png\")"], kilobytes: kilobytes, folder: folder)
            let expected =
                kilobytes <= 1_000_000
                ? "error[not-enough-memory]: the file large.png needs 1.0 GB of memory, and "
                : "error[corrupt-picture]: large.png is a damaged PNG file"
            #expect(result.status == 1)
            #expect(result.messages.hasPrefix(expected), "\(result.messages)")
        }
    }

    @Test(arguments: limits) func `nesting that is deep`(kilobytes: Int) throws {
        let result = try run(["-e", "function f(n) { return [f(n + 1)] }\nf(1)"], kilobytes: kilobytes)
        #expect(result.status == 1)
        #expect(result.messages.hasPrefix("error["), "\(result.messages)")
    }
}

/// A grey PNG file [PNG specification, third edition; RFC 1950, RFC 1951]: zeros, by fixed codes that repeat
/// the last byte.
private func blackImage(side: Int) -> Data {
    func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        var check: UInt32 = 0xFFFF_FFFF
        for byte in body {
            check ^= UInt32(byte)
            for _ in 0..<8 { check = check >> 1 ^ (check & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return word(data.count) + body + word(Int(~check))
    }
    var (bytes, held, count): ([UInt8], UInt32, UInt32) = ([0x78, 0x01], 0, 0)
    // The lowest bit first; codes have theirs turned round.
    func put(_ bits: UInt32, _ length: UInt32) {
        held |= bits << count
        count += length
        while count >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: held))
            held >>= 8
            count -= 8
        }
    }
    let zeros = side * (side + 1)
    // The last block, of fixed codes; a zero (00110000); 258 times the last byte (11000101 and 00000); the
    // end (0000000).
    put(0b011, 3)
    put(0b0000_1100, 8)
    for _ in 0..<(zeros - 1) / 258 { put(0b1010_0011, 13) }
    for _ in 0..<(zeros - 1) % 258 { put(0b0000_1100, 8) }
    put(0, 7)
    put(0, 7)
    bytes += word((zeros % 65521) << 16 | 1)
    return Data(
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", word(side) + word(side) + [8, 0, 0, 0, 0]) + chunk("IDAT", bytes)
            + chunk("IEND", []))
}
