import Data
import SyntheticBlur
import Testing

struct JoinedPairsTests {
    private func scenes(_ count: Int, size: Int = 24, seed: Int) throws -> Scenes {
        try Scenes(count: count, width: size, height: size, seed: seed)
    }

    @Test func `joined sets hold the pairs of each, one after the other`() throws {
        let (first, second, third) = (
            try scenes(2, seed: 1), try scenes(3, seed: 2), try scenes(1, size: 32, seed: 3)
        )
        let joined = JoinedPairs(JoinedPairs(first, second), third)
        #expect(joined.count == 6)
        #expect(joined.parts.count == 3)
        let expected =
            try (0..<2).map { try first.pair(at: $0) } + (0..<3).map { try second.pair(at: $0) }
            + [try third.pair(at: 0)]
        for (index, pair) in expected.enumerated() {
            let ours = try joined.pair(at: index)
            #expect(ours.blurred == pair.blurred && ours.sharp == pair.sharp)
            #expect(joined.size(at: index).width == pair.sharp.width)
        }
        // Images are told apart by their names wherever they are scored.
        #expect(Set((0..<6).map { joined.name(at: $0) }).count == 6)
        #expect(joined.imageSize == nil)
        #expect(JoinedPairs(first, second).imageSize?.width == 24)
    }

    @Test func `the fingerprint says which sets are joined, how many of each, and in which order`() throws {
        let (first, second) = (try scenes(2, seed: 1), try scenes(2, seed: 2))
        let prints = [
            try JoinedPairs(first, second).fingerprint, try JoinedPairs(second, first).fingerprint,
            try JoinedPairs(first, first).fingerprint, try first.fingerprint,
            try JoinedPairs(first, scenes(3, seed: 2)).fingerprint,
        ]
        #expect(Set(prints).count == prints.count)
        let (left, right) = (
            JoinedPairs(JoinedPairs(first, second), first), JoinedPairs(first, JoinedPairs(second, first))
        )
        #expect(try left.fingerprint == right.fingerprint)
    }
}
