import Foundation
import Testing

/// The scripts in `experiments/`, as a user runs them.
struct ExperimentsTests {
    private let root = URL(filePath: #filePath).appending(path: "../../..").standardized.path

    @Test func `photo.acu trains, deblurs a real photograph, and does not train twice`() throws {
        try withTemporaryFolder { folder in
            let arguments = [
                "run", "--results", folder, "--set", "steps=2", "--set", "scene_count=2",
                "experiments/photo.acu",
            ]
            let first = try Command.run(arguments, folder: root)
            #expect(first.status == 0, "\(first.messages)")
            #expect(first.output.contains("\nphotographs: "))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
                    "photo-2.safetensors", "photo-deblurred.png", "photo-known.png", "photo.png",
                ])
            let second = try Command.run(arguments, folder: root)
            #expect(second.messages.contains("trained already: \(folder)/photo-2.safetensors"))
        }
    }

    @Test(arguments: ["quickstart", "photo"])
    func `a script makes sense before anything is trained`(name: String) throws {
        try withTemporaryFolder { folder in
            let result = try Command.run(
                ["check", "--results", folder, "experiments/\(name).acu"], folder: root)
            #expect(result.status == 0, "\(result.messages)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }
}
