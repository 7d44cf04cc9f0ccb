import Data
import Diagnostics
import Images
import SyntheticBlur
import TestSupport
import Testing

/// Data sets divided into two.
struct SplitTests {
    private func scenes(_ count: Int) throws -> Scenes {
        try Scenes(count: count, width: 16, height: 16, seed: 1)
    }

    /// Frames of three sequences.
    private struct Sequences: Dataset {
        let base: Scenes
        var count: Int { base.count }
        var name: String { "sequences" }
        var description: String { "\(count) frames" }
        var imageSize: ImageSize? { base.imageSize }
        var manifest: String { base.manifest }
        func size(at index: Int) -> ImageSize { base.size(at: index) }
        func name(at index: Int) -> String { "sequence-\(index % 3)/\(index)" }
        func pair(at index: Int) throws(Diagnostic) -> Pair { try base.pair(at: index) }
    }

    @Test func `the parts have all pairs, each once, in their order`() throws {
        let data = try scenes(20)
        let (first, second) = try data.split(0.9, seed: 0, keepsFolders: false)
        #expect(first.count == 18 && second.count == 2)
        #expect((first.indices + second.indices).sorted() == Array(0..<20))
        #expect(first.indices == first.indices.sorted())
        #expect(first.name(at: 3) == data.name(at: first.indices[3]))
        #expect(try second.pair(at: 1) == data.pair(at: second.indices[1]))
        #expect(first.description == "18 of \(data.description)")
        #expect(try data.split(0.9, seed: 0, keepsFolders: false).first.indices == first.indices)
        #expect(try data.split(0.9, seed: 1, keepsFolders: false).first.indices != first.indices)
        #expect(try Set([first.fingerprint, second.fingerprint, data.fingerprint]).count == 3)
    }

    @Test(arguments: [0.001, 0.999]) func `no part is empty`(share: Double) throws {
        let (first, second) = try scenes(2).split(share, seed: 0, keepsFolders: false)
        #expect(first.count == 1 && second.count == 1)
    }

    @Test func `frames of a sequence stay together`() throws {
        let data = Sequences(base: try scenes(12))
        let (first, second) = try data.split(0.7, seed: 4, keepsFolders: true)
        #expect(first.count == 8 && second.count == 4)
        #expect(Set(second.indices.map { $0 % 3 }).count == 1)
    }

    @Test func `what cannot be split is said`() throws {
        let (one, two) = (try scenes(1), try scenes(2))
        #expect(
            message { () throws(Diagnostic) in _ = try one.split(0.5, seed: 0, keepsFolders: false) }
                == "error[bad-split]: these pairs make no two parts: there is no more than one\n")
        let weighted = JoinedPairs(one, two.weighted(by: 2))
        #expect(
            message { () throws(Diagnostic) in _ = try weighted.split(0.5, seed: 0, keepsFolders: false) }
                .contains("= hint: split first, and give weights to what comes out"))
    }
}
