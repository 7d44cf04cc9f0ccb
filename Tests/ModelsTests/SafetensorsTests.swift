import Diagnostics
import Foundation
import Models
import TestSupport
import Testing

private let oracles = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Oracles")

/// A file of these parts: a header's length, the header, and bytes behind it.
private func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    let bytes = Array(header.utf8)
    let length = length ?? UInt64(bytes.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + bytes
        + [UInt8](repeating: 7, count: data)
}

struct SafetensorsTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private struct Oracle: Decodable {
        let values: [String: [Float]]
        let shapes: [String: [Int]]
    }

    @Test func `metadata that are null are none`() throws {
        let header = #"{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        try withTemporaryFolder { folder in
            let path = folder + "/a.safetensors"
            try Data(length + Array(header.utf8) + [0, 0, 0x80, 0x3F]).write(to: URL(filePath: path))
            let file = try Safetensors(reading: path)
            #expect(file.metadata.isEmpty)
            #expect(try file.floats(of: try #require(file["a"])) == [1])
        }
    }

    @Test func `a file of the format's own library is read`() throws {
        let oracle = try JSONDecoder().decode(
            Oracle.self, from: Data(contentsOf: oracles.appending(path: "safetensors.json")))
        let file = try Safetensors(reading: oracles.appending(path: "safetensors/types.safetensors").path)
        #expect(file.metadata == ["by": "the library", "ü": "\\ \" \n ×"])
        #expect(
            Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.shape) }) == oracle.shapes)
        for (name, values) in oracle.values {
            #expect(try file.floats(of: #require(file[name])) == values, "\(name)")
        }
        let whole = try #require(file["whole"])
        #expect(
            message { () throws(Diagnostic) in _ = try file.floats(of: whole) }
                .contains("`whole` in \(file.path) holds I64 elements, which are not weights"))
    }

    /// `Tests/Oracles/safetensors.py` reads the same bytes with the format's own library.
    @Test func `what is written is what the library was seen to read`() throws {
        let path = folder.path + "/ours.safetensors"
        try writeSafetensors(
            [
                NamedTensor(name: "b.weight", shape: [3], values: [1, 2, 3]),
                NamedTensor(
                    name: "transform[encoder,2].conv1.weight", shape: [2, 1, 3, 3],
                    values: (0..<18).map { Float($0) / 8 }),
                NamedTensor(name: "none", shape: [0, 4], values: []),
            ], metadata: ["a": "1", "ü": "\"quoted\"\n"], to: path)
        let written = try Data(contentsOf: URL(filePath: path))
        #expect(written == (try Data(contentsOf: oracles.appending(path: "safetensors/ours.safetensors"))))
        let file = try Safetensors(reading: path)
        #expect(file.tensors.map(\.name) == ["b.weight", "transform[encoder,2].conv1.weight", "none"])
        #expect(try file.floats(of: #require(file["b.weight"])) == [1, 2, 3])
    }

    @Test(arguments: [
        ([UInt8](), "it has no header"), ([1, 2, 3], "it has no header"),
        (
            file("{}", length: .max),
            "its first eight bytes, which count those of the header, are no such count"
        ),
        (
            file("{}", length: 100_000_001),
            "its first eight bytes, which count those of the header, are no such count"
        ),
        (file("{}", length: 3), "its header is longer than the file"),
        (file("", data: 4), "its header is no JSON in UTF-8"),
        (file("[]"), "its header is no JSON in UTF-8"), (file(" {}"), "its header is no JSON in UTF-8"),
        (file("{\0}"), "its header is no JSON in UTF-8"), (file("{"), "its header is no JSON of the format"),
        (file("{}x"), "its header is no JSON of the format"),
        (file(#"{"a": 1}"#), "its header is no JSON of the format"),
        (file(#"{"__metadata__": {"a": 1}}"#), "its header is no JSON of the format"),
        (file(String(repeating: #"{"a":"#, count: 100_000)), "its header is no JSON of the format"),
        (file(entry(shape: "[1]", offsets: "[0, 4]"), data: 5), "its tensors take 4 bytes, and it holds 5"),
        (file(entry(shape: "[1]", offsets: "[0, 4]"), data: 3), "its tensors take 4 bytes, and it holds 3"),
        (file(entry(shape: "[1]", offsets: "[4, 8]"), data: 8), "`a` begins at byte 4 and not at 0"),
        (
            file(entry(shape: "[2]", offsets: "[0, 4]"), data: 4),
            "the shape of `a` and its place in the file disagree"
        ),
        (
            file(entry(shape: "[-1]", offsets: "[0, 4]"), data: 4),
            "the shape of `a` and its place in the file disagree"
        ),
        (
            file(entry(shape: "[4611686018427387904, 4]", offsets: "[0, 0]")),
            "the shape of `a` and its place in the file disagree"
        ),
        (file(entry(shape: "[1]", offsets: "[4, 0]"), data: 4), "`a` has no place in the file"),
        (file(entry(shape: "[1]", offsets: "[-4, 0]"), data: 4), "`a` has no place in the file"),
        (file(entry(shape: "[1]", offsets: "[0]"), data: 4), "`a` has no place in the file"),
        (
            file(entry(shape: "[1]", offsets: "[0, 99999999999999999999]"), data: 4),
            "its header is no JSON of the format"
        ),
        (
            file(entry(type: "F31", shape: "[1]", offsets: "[0, 4]"), data: 4),
            "`a` holds elements of a type called \"F31\""
        ),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#,
                data: 1),
            "its header gives a name twice"
        ),
        (
            file(#"{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#, data: 1),
            "its header gives a name twice"
        ),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                data: 3),
            "`b` begins at byte 1 and not at 2"
        ),
    ])
    func `a file that breaks a rule of the format is refused, and why`(bytes: [UInt8], reason: String) throws
    {
        let path = folder.path + "/x.safetensors"
        try Data(bytes).write(to: URL(filePath: path))
        #expect(
            message { () throws(Diagnostic) in _ = try Safetensors(reading: path) } == """
                error[bad-safetensors]: \(path) is not a whole safetensors file: \(reason)
                   = hint: it may have been damaged, cut short, or be a file of another kind

                """)
    }

    @Test func `no byte of a file can be changed to end the program`() throws {
        let whole = Array(try Data(contentsOf: oracles.appending(path: "safetensors/types.safetensors")))
        let path = folder.path + "/x.safetensors"
        for place in whole.indices.prefix(560) {
            for value in [0, UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: "}"), 0xFF] {
                var bytes = whole
                bytes[place] = value
                try Data(bytes).write(to: URL(filePath: path))
                guard let file = try? Safetensors(reading: path) else { continue }
                for tensor in file.tensors { _ = try? file.floats(of: tensor) }
            }
        }
        for length in whole.indices {
            try Data(whole[..<length]).write(to: URL(filePath: path))
            #expect(throws: Diagnostic.self) { try Safetensors(reading: path) }
        }
    }

    @Test func `what is no ordinary file is refused`() throws {
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        func refusal(_ path: String) -> String {
            message { () throws(Diagnostic) in _ = try Safetensors(reading: path) }
        }
        #expect(refusal(pipe) == "error[cannot-read]: cannot read \(pipe): it is not an ordinary file\n")
        #expect(refusal("/dev/zero").hasSuffix("/dev/zero: it is not an ordinary file\n"))
        #expect(refusal(folder.path).contains(": it is a folder\n"))
        #expect(refusal(folder.path + "/none").hasSuffix("none: No such file or directory\n"))
    }
}

/// A header with one tensor called `a`.
private func entry(type: String = "F32", shape: String, offsets: String) -> String {
    #"{"a": {"dtype": "\#(type)", "shape": \#(shape), "data_offsets": \#(offsets)}}"#
}
