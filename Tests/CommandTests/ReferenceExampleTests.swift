import Foundation
import Session
import Testing

/// The examples that help and the reference show, run as a user would in a folder with the files that they
/// name.
struct ReferenceExampleTests {
    /// Makes the files: models, a table, images, frames, a set in the layout of GoPro.
    private static let preparation = """
        net = gao2019(widths = [4, 8], scales = 2)
        data = scenes(2, size = 32)
        model = train(net, data, steps = 1, batch = 1, patch = 32)
        save(model, to = "sharp.safetensors")
        save(model, to = "stopped.safetensors", state = true)
        experiment "blocks" {
            over transform in [nested(order = 1), dense(convs = 2)]
            over seed in 1..2
            net = gao2019(transform = transform, widths = [4, 8], scales = 2)
            score = evaluate(train(net, data, steps = 1, batch = 1, patch = 32, seed = seed), data)
            record transform = transform, seed = seed, psnr = score.psnr
        }
        for i in 1..14 { save(pair(data, 1).sharp, to = "clips/one/{i}.png") }
        for i in 1..2 {
            save(pair(data, i).blurred, to = "photos/{i}.png")
            save(pair(data, i).sharp, to = "reference/{i}.png")
            save(pair(data, i).blurred, to = "sharp/{i}.png")
            save(pair(data, i).sharp, to = "GOPRO_Large/train/GOPR1/sharp/00000{i}.png")
            save(pair(data, i).blurred, to = "GOPRO_Large/train/GOPR1/blur/00000{i}.png")
            save(pair(data, i).blurred, to = "GOPRO_Large/train/GOPR1/blur_gamma/00000{i}.png")
        }
        """

    private static let prepared = Result { () throws -> URL in
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "acuity-examples-\(UUID().uuidString)")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        try files.createSymbolicLink(
            at: folder.appending(path: "experiments"),
            withDestinationURL: URL(filePath: files.currentDirectoryPath).appending(path: "experiments"))
        try otherProgramsFile.write(to: folder.appending(path: "other.safetensors"))
        let result = try Command.run(["-e", preparation], folder: folder.path)
        #expect(result.status == 0, "\(result.messages)")
        return folder
    }

    /// Two convolutions as another program names them: 8 length bytes, a header in JSON, values.
    private static var otherProgramsFile: Data {
        let shapes = [
            ("encoder.0.weight", [8, 1, 3, 3]), ("encoder.0.bias", [8]),
            ("decoder.0.weight", [1, 8, 3, 3]), ("decoder.0.bias", [1]),
        ]
        var end = 0
        let entries = shapes.map { name, shape in
            let start = end
            end += 4 * shape.reduce(1, *)
            return "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
        }
        let header = Data("{\(entries.joined(separator: ","))}".utf8)
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        return length + header + Data(count: end)
    }

    @Test(arguments: Session.reference.examples)
    func `an example of the reference runs and shows what stands behind it`(example: String) throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "acuity-example-\(UUID().uuidString)")
        try files.copyItem(at: Self.prepared.get(), to: folder)
        defer { try? files.removeItem(at: folder) }
        try Data(example.utf8).write(to: folder.appending(path: "example.acu"))
        let result = try Command.run(["run", "example.acu"], folder: folder.path)
        #expect(result.status == 0, "\(result.messages)")
        let claims = Self.claims(of: example)
        if !claims.isEmpty {
            #expect(result.output.split(separator: "\n").map(String.init) == claims)
        }
    }

    /// Each function has an example, so that this looks at all of them.
    @Test(arguments: Session.reference.examples)
    func `a function does nothing while a row of an experiment is planned`(example: String) throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "acuity-plan-\(UUID().uuidString)")
        try files.copyItem(at: Self.prepared.get(), to: folder)
        defer { try? files.removeItem(at: folder) }
        let script = "experiment \"planned\" {\nover x in [1]\n\(example)\nrecord row = x\n}\n"
        try Data(script.utf8).write(to: folder.appending(path: "example.acu"))
        let before = try Self.contents(of: folder)
        let result = try Command.run(["check", "example.acu"], folder: folder.path)
        #expect(result.status == 0, "\(result.messages)")
        #expect(result.output == "planned: 1 row\nrow\n───\n1\n")
        #expect(result.messages == "")
        #expect(try Self.contents(of: folder) == before)
    }

    /// Every file below a folder, with its size and when it was written.
    private static func contents(of folder: URL) throws -> [String] {
        let keys: [URLResourceKey] = [.fileSizeKey, .contentModificationDateKey]
        guard let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: keys) else {
            throw CocoaError(.fileReadUnknown)
        }
        return try found.compactMap { $0 as? URL }.map { url in
            let values = try url.resourceValues(forKeys: Set(keys))
            return "\(url.path) \(values.fileSize ?? 0) \(values.contentModificationDate ?? .distantPast)"
        }.sorted()
    }

    @Test func `every function has an example`() {
        let examples = Session.reference.examples.joined(separator: "\n")
        #expect(Session.helpPages.filter(\.isFunction).allSatisfy { examples.contains($0.name + "(") })
    }

    /// What the lines of `example` say that they show, in comments at their ends.
    private static func claims(of example: String) -> [String] {
        example.split(separator: "\n").compactMap { line in
            line.firstRange(of: "  # ").map { String(line[$0.upperBound...]) }
        }
    }

    @Test func `most functions show what they give`() {
        let claiming = Session.reference.examples.count { !Self.claims(of: $0).isEmpty }
        #expect(2 * claiming > Session.reference.examples.count)
    }
}
