import Diagnostics
import Dispatch
import Files
import Foundation
import Machine
import TestSupport
import Testing

private func message(in folder: TemporaryFolder, _ body: () throws(Diagnostic) -> Void) -> String {
    message(body).replacing(folder.path, with: "…")
}

struct TemporaryFileTests {
    @Test func `a temporary file holds what is put anywhere in it, and has no name`() throws {
        let folder = try TemporaryFolder()
        let file = try TemporaryFile(in: folder.path + "/a/b")
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try file.write(bytes, at: 100)
        try file.write([1, 2, 3], at: 0)
        #expect(try file.read(4000, at: 600) == Array(bytes[500..<4500]))
        #expect(try file.read(4, at: 0) == [1, 2, 3, 0])
        #expect(message(in: folder) { () throws(Diagnostic) in _ = try file.read(2, at: 5099) } != "")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/a/b").isEmpty)
    }

    @Test func `a place where there can be no file is named`() throws {
        let folder = try TemporaryFolder()
        try writeAtomically("x", to: folder.path + "/a")
        let said = message(in: folder) { () throws(Diagnostic) in
            _ = try TemporaryFile(in: folder.path + "/a/b")
        }
        #expect(said.hasPrefix("error[cannot-write]: cannot write …/a/b: the folder cannot be made"))
    }
}

struct AtomicFileTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func `a file is written and replaced, and nothing is left beside it`() throws {
        let path = folder.path + "/a.txt"
        try writeAtomically("old, and longer", to: path)
        try writeAtomically("new", to: path)
        #expect(try readText(path, limit: 100) == "new")
        #expect(folder.names == ["a.txt"])
    }

    @Test func `a file that is replaced keeps its permissions`() throws {
        let path = folder.path + "/private"
        try writeAtomically("old", to: path)
        #expect(chmod(path, 0o600) == 0)
        try writeAtomically("new", to: path)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    // Root may write to anything.
    @Test(.enabled(if: geteuid() != 0)) func `a file that this user may not write to is left`() throws {
        let path = folder.path + "/protected"
        try writeAtomically("old", to: path)
        #expect(chmod(path, 0o444) == 0)
        #expect(throws: Diagnostic.self) { try writeAtomically("new", to: path) }
        #expect(try readText(path, limit: 100) == "old")
        #expect(folder.names == ["protected"])
    }

    @Test func `missing folders are made`() throws {
        try writeAtomically([1, 2, 3], to: folder.path + "/x/y/z.bin")
        #expect(try readFile(folder.path + "/x/y/z.bin", limit: 3) == [1, 2, 3])
    }

    @Test func `a large file is written whole`() throws {
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try writeAtomically(bytes, to: folder.path + "/large")
        #expect(try readFile(folder.path + "/large", limit: 5_000_000) == bytes)
    }

    @Test func `threads that write one path leave what one of them wrote`() throws {
        let path = folder.path + "/contended"
        DispatchQueue.concurrentPerform(iterations: 64) { index in
            let bytes = [UInt8](repeating: UInt8(index), count: 100_000)
            #expect(throws: Never.self) { try writeAtomically(bytes, to: path) }
        }
        #expect(Set(try readFile(path, limit: 100_000)).count == 1)
        #expect(folder.names == ["contended"])
    }

    @Test func `a file that is not committed leaves the old one and nothing beside it`() throws {
        let path = folder.path + "/a"
        try writeAtomically("old", to: path)
        func begin() throws(Diagnostic) {
            var file = try AtomicFile(replacing: path)
            try file.write(Array("new".utf8).span.bytes)
        }
        try begin()
        #expect(try readText(path, limit: 100) == "old")
        #expect(folder.names == ["a"])
    }

    /// The parts of the name under which this process writes what is to become `a`: a, PLACE, PROCESS, TOKEN,
    /// partial.
    private func partialName() throws -> [String] {
        var file = try AtomicFile(replacing: folder.path + "/a")
        let name = try #require(folder.names.first { $0.hasPrefix("a.") && $0.hasSuffix(".partial") })
        try file.commit()
        try FileManager.default.removeItem(atPath: folder.path + "/a")
        return name.split(separator: ".").map(String.init)
    }

    @Test func `what is written under way has a name that no other process or container takes`() throws {
        let (first, second) = (try partialName(), try partialName())
        for parts in [first, second] {
            #expect(parts.count == 5 && parts[2] == "\(getpid())", "\(parts)")
            for part in [parts[1], parts[3]] { #expect(part.count == 16 && part.allSatisfy(\.isHexDigit)) }
        }
        #expect(first[1] == second[1])
        #expect(first[3] != second[3])
    }

    @Test func `two that write one path at once do not mix their bytes, and the last one counts`() throws {
        let path = folder.path + "/a"
        var first = try AtomicFile(replacing: path)
        var second = try AtomicFile(replacing: path)
        #expect(folder.names.count == 2)
        try first.write(Array("the first, and longer".utf8).span.bytes)
        try second.write(Array("the second".utf8).span.bytes)
        try first.commit()
        #expect(try readText(path, limit: 100) == "the first, and longer")
        try second.commit()
        #expect(try readText(path, limit: 100) == "the second")
        #expect(folder.names == ["a"])
    }

    @Test func `what an ended process of this place left is removed, other places' after a day alone`() throws
    {
        var parts = try partialName()
        let living = parts.joined(separator: ".")
        // The largest number that Linux gives a process is one less.
        parts[2] = "4194304"
        let ended = parts.joined(separator: ".")
        parts[0] = "b"
        let ofAnother = parts.joined(separator: ".")
        parts[0] = "a"
        parts[1] = parts[1] == "0123456789abcdef" ? "fedcba9876543210" : "0123456789abcdef"
        let elsewhere = parts.joined(separator: ".")
        parts[2] = "1"
        let old = parts.joined(separator: ".")
        let strange = ["a.4194304.1.partial", "a.1.partial", "a.x.1.2.partial"]
        for name in [living, ended, ofAnother, elsewhere, old] + strange {
            try writeAtomically("", to: folder.path + "/" + name)
        }
        for (name, hours) in [(elsewhere, 23.0), (old, 25)] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -hours * 3600)],
                ofItemAtPath: folder.path + "/" + name)
        }
        removePartials(of: folder.path + "/a")
        #expect(folder.names == ([living, ofAnother, elsewhere] + strange).sorted())
        removePartials(in: folder.path)
        #expect(folder.names == ([living, elsewhere] + strange).sorted())
    }

    @Test func `symbolic links that lead round in a circle are said, and stay`() throws {
        for (link, to) in [("one", "two"), ("two", "one")] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + link, withDestinationPath: to)
        }
        let said = message(in: folder) { () throws(Diagnostic) in
            try writeAtomically("new", to: folder.path + "/one")
        }
        #expect(
            said == """
                error[cannot-write]: cannot write …/one: \(String(cString: strerror(ELOOP)))
                   = hint: its symbolic links lead round in a circle: remove one of them

                """)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/one") == "two")
        #expect(folder.names == ["one", "two"])
    }

    @Test func `as many links lead to a file as Linux follows, and no more`() throws {
        for number in 1...41 {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/\(number)", withDestinationPath: "\(number - 1)")
        }
        try writeAtomically("new", to: folder.path + "/40")
        #expect(try readText(folder.path + "/0", limit: 100) == "new")
        let said = message(in: folder) { () throws(Diagnostic) in
            try writeAtomically("newer", to: folder.path + "/41")
        }
        #expect(said.hasPrefix("error[cannot-write]"))
        #expect(try readText(folder.path + "/0", limit: 100) == "new")
    }

    @Test func `where the target cannot be replaced, it stands and nothing is left`() throws {
        // A folder that holds something cannot be renamed over.
        try writeAtomically("inside", to: folder.path + "/target/file")
        let said = message(in: folder) { () throws(Diagnostic) in
            try writeAtomically("new", to: folder.path + "/target")
        }
        #expect(said == "error[cannot-write]: cannot write …/target: Is a directory\n")
        #expect(folder.names == ["target"])
        #expect(try readText(folder.path + "/target/file", limit: 100) == "inside")
    }

    @Test(arguments: [
        (ENOSPC, "make room on that disk, or write to another"),
        (EROFS, "make the folder writable, or write to another"), (EISDIR, nil),
    ])
    func `what can be done about it is said where that is known`(error: Int32, hint: String?) {
        let found = Diagnostic.cannotWrite("a", "the folder b cannot be made", error: error)
        #expect(
            found.message
                == "cannot write a: the folder b cannot be made: " + String(cString: strerror(error)))
        #expect(found.hint == hint)
    }

    @Test func `a file in the place of a folder is said`() throws {
        try writeAtomically("", to: folder.path + "/file")
        let said = message(in: folder) { () throws(Diagnostic) in
            try writeAtomically("new", to: folder.path + "/file/x")
        }
        #expect(
            said == """
                error[cannot-write]: cannot write …/file/x: the folder …/file cannot be made: File exists
                   = hint: a file stands in the way: move it, or write to another folder

                """)
        #expect(folder.names == ["file"])
    }
}

struct ReadFileTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func refusal(_ name: String, limit: Int = 100) -> String {
        message(in: folder) { () throws(Diagnostic) in
            _ = try readText(folder.path + "/" + name, limit: limit)
        }
    }

    @Test(
        arguments: [
            ("p", ""), ("pq", ""), ("x/", ""), ("x//", ""), ("a/b", "a"), ("a//b", "a"), ("a/b/", "a"),
            ("/a", "/"), ("//a", "/"), ("/", "/"), ("", ""), ("./p", "."), ("a/b/c", "a/b"), ("é/ü", "é"),
        ]) func `the folder of a path is what stands before its last component`(path: String, folder: String)
    {
        #expect(parentFolder(of: path) == folder)
    }

    /// Names of one letter, too.
    @Test(arguments: ["p", "x/", "pq", "a//"]) func `a path that leads nowhere is named`(path: String) throws
    {
        let error = #expect(throws: Diagnostic.self) { try readFile(path, limit: 1) }
        #expect(error?.message == "cannot read \(path): No such file or directory")
    }

    @Test func `a missing file and a folder are told apart`() {
        #expect(refusal("none") == "error[cannot-read]: cannot read …/none: No such file or directory\n")
        #expect(
            refusal("") == """
                error[cannot-read]: cannot read …/: it is a folder
                   = hint: name a file in it

                """)
    }

    @Test func `what may have been meant by a missing file is said`() throws {
        try "x".write(toFile: folder.path + "/photo.png", atomically: false, encoding: .utf8)
        #expect(
            refusal("foto.png") == """
                error[cannot-read]: cannot read …/foto.png: No such file or directory
                   = hint: did you mean …/photo.png?

                """)
        let relative = message(in: folder) { () throws(Diagnostic) in
            _ = try readText("no-such-folder/a", limit: 1)
        }
        #expect(relative.hasSuffix("hint: paths begin at the folder that Acuity was started in\n"))
    }

    @Test func `a file may hold as many bytes as the limit, and no more`() throws {
        try writeAtomically("12345", to: folder.path + "/five")
        #expect(try readText(folder.path + "/five", limit: 5) == "12345")
        #expect(
            refusal("five", limit: 4)
                == "error[too-large]: …/five holds 5 bytes; at most 4 are read here\n")
    }

    @Test func `an endless device is refused after the limit`() throws {
        let said = message(in: folder) { () throws(Diagnostic) in _ = try readFile("/dev/zero", limit: 1000) }
        #expect(said == "error[too-large]: /dev/zero holds more than the 1000 bytes that are read here\n")
    }

    @Test func `a pipe, which does not say how much it holds, is read to its end`() throws {
        let (path, bytes) = (folder.path + "/pipe", (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 31) })
        try #require(mkfifo(path, 0o600) == 0)
        DispatchQueue.global().async { _ = try? Data(bytes).write(to: URL(filePath: path)) }
        #expect(try readFile(path, limit: 300_000) == bytes)
        DispatchQueue.global().async { _ = try? Data(bytes).write(to: URL(filePath: path)) }
        #expect(
            refusal("pipe", limit: 299_999)
                == "error[too-large]: …/pipe holds more than the 299999 bytes that are read here\n")
    }

    @Test func `an empty file is an empty text`() throws {
        try writeAtomically("", to: folder.path + "/empty")
        #expect(try readText(folder.path + "/empty", limit: 0) == "")
    }

    @Test(
        arguments: [
            ([0xFF], 1), ([0x61, 0x0A, 0x62, 0x0A, 0x63, 0xC3], 3),
            ([0x61, 0x0A, 0xED, 0xA0, 0x80, 0x0A], 2),
            ([0xEF, 0xBB, 0xBF, 0x0A, 0x80], 2), ([0xC0, 0x80], 1),
        ] as [([UInt8], Int)])
    func `bytes that are no UTF-8 are named by their line`(bytes: [UInt8], line: Int) throws {
        try writeAtomically(bytes, to: folder.path + "/bad")
        #expect(
            refusal("bad") == """
                error[not-utf8]: …/bad is not UTF-8 text: line \(line) holds other bytes
                   = hint: save it as UTF-8, or check that it is the file you meant

                """)
    }

    @Test func `a byte order mark is no part of the text`() throws {
        #expect(try decodeText([0xEF, 0xBB, 0xBF, 0x61], named: "x") == "a")
        #expect(try decodeText([0x61, 0xEF, 0xBB, 0xBF], named: "x") == "a\u{FEFF}")
    }
}

struct AtomicNameTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func contents(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    }

    @Test(arguments: ["a", "ä", "日"])
    func `a name of 255 bytes can be written`(letter: String) throws {
        let count = 255 / letter.utf8.count
        let name =
            String(repeating: letter, count: count)
            + String(repeating: "x", count: 255 - count * letter.utf8.count)
        #expect(name.utf8.count == 255)
        try writeAtomically("kept", to: "\(folder.path)/\(name)")
        #expect(try contents(name) == "kept")
        #expect(folder.names == [name])
    }

    @Test(arguments: [true, false])
    func `a symbolic link stays one, and what it leads to is replaced`(isRelative: Bool) throws {
        try writeAtomically("old", to: folder.path + "/real.txt")
        let real = isRelative ? "real.txt" : folder.path + "/real.txt"
        for (link, to) in [("link", real), ("link to link", "link")] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + link, withDestinationPath: to)
        }
        try writeAtomically("new", to: folder.path + "/link to link")
        #expect(try contents("real.txt") == "new")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/link to link") == "link"
        )
        #expect(folder.names == ["link", "link to link", "real.txt"])
        // A link whose target is yet to be written.
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/new", withDestinationPath: "made/x.txt")
        try writeAtomically("made", to: folder.path + "/new")
        #expect(try contents("made/x.txt") == "made")
    }
}

struct FileDigestTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func `a file's hash is that of its bytes`() throws {
        let path = folder.path + "/a"
        // FIPS 180-4's example, and of nothing.
        for (text, hash) in [
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ] {
            try writeAtomically(text, to: path)
            #expect(try sha256(ofFile: path) == hash)
        }
        for count in [4 << 20, (4 << 20) + 1, 9_000_001] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 / 8) }
            try writeAtomically(bytes, to: path)
            #expect(try sha256(ofFile: path) == sha256(bytes), "\(count)")
        }
    }

    @Test func `a file of more than a gigabyte is hashed in pieces`() throws {
        let path = folder.path + "/large"
        try writeAtomically("", to: path)
        try #require(truncate(path, (1 << 30) + 1) == 0)
        // By `head -c 1073741825 /dev/zero | sha256sum`.
        let expected = "6d9bfe50425f2dfe4e2ac07efee1f0bc9d567348ad4aed62704ffe6f5884e9a8"
        #expect(try sha256(ofFile: path) == expected)
        let stopped = diagnostic { () throws(Diagnostic) in _ = try sha256(ofFile: path, stop: .requested) }
        #expect(stopped == .stopped)
    }

    @Test func `what is no file of bytes is not waited for`() throws {
        try #require(mkfifo(folder.path + "/pipe", 0o600) == 0)
        let said = message(in: folder) { () throws(Diagnostic) in
            _ = try sha256(ofFile: folder.path + "/pipe")
        }
        #expect(said == "error[cannot-read]: cannot read …/pipe: it is not an ordinary file\n")
    }
}

struct RandomAccessFileTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func `elements are read from any byte on`() throws {
        let path = folder.path + "/a"
        try writeAtomically([9, 1, 0, 2, 0, 3, 0], to: path)
        let file = try RandomAccessFile(reading: path)
        #expect(file.size == 7)
        #expect(try file.read(3, of: UInt16.self, at: 1).map { UInt16(littleEndian: $0) } == [1, 2, 3])
        #expect(try file.read(0, of: UInt8.self, at: 7) == [])
    }

    @Test func `a file that has become shorter is told`() throws {
        let path = folder.path + "/a"
        try writeAtomically([1, 2, 3, 4], to: path)
        let file = try RandomAccessFile(reading: path)
        #expect(truncate(path, 2) == 0)
        #expect(
            message(in: folder) { () throws(Diagnostic) in _ = try file.read(4, of: UInt8.self, at: 0) }
                == "error[cannot-read]: cannot read …/a: it has become shorter\n")
    }
}
