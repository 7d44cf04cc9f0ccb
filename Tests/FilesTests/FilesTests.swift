import Diagnostics
import Dispatch
import Files
import Foundation
import Testing

/// A folder that is removed after the test.
private final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// The diagnostic that `body` throws, with the folder's path as `…`.
private func message(in folder: TemporaryFolder, _ body: () throws(Diagnostic) -> Void) -> String {
    do throws(Diagnostic) {
        try body()
        return ""
    } catch {
        return Renderer(coloured: false).render(error).replacing(folder.path, with: "…")
    }
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

    @Test func `what a killed process left half-written is removed, what a living one writes is not`() throws
    {
        let living = "a.\(getpid()).7.partial"
        for name in ["a.4194303.1.partial", "a.1.partial", "b.4194303.1.partial", "a.x.1.partial", living] {
            try writeAtomically("", to: folder.path + "/" + name)
        }
        removePartials(of: folder.path + "/a")
        #expect(folder.names == ["a.1.partial", living, "a.x.1.partial", "b.4194303.1.partial"].sorted())
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
