import Engine
import Testing

struct ArenaTests {
    @Test func `a lifetime runs from the first use to the last`() {
        var lifetime = Lifetime(count: 5)
        for step in [4, 2, 7] { lifetime.use(at: step) }
        #expect((lifetime.firstUse, lifetime.lastUse) == (2, 7))
    }

    @Test(arguments: [
        ((1, 3), (4, 6), false), ((1, 3), (3, 6), true), ((4, 6), (1, 3), false), ((2, 9), (4, 5), true),
    ])
    func `lifetimes overlap where they have a step in common`(
        first: (Int, Int), second: (Int, Int), overlap: Bool
    ) {
        let first = Lifetime(count: 1, firstUse: first.0, lastUse: first.1)
        let second = Lifetime(count: 1, firstUse: second.0, lastUse: second.1)
        #expect(first.overlaps(second) == overlap)
        #expect(second.overlaps(first) == overlap)
    }

    @Test func `a buffer that is never used overlaps none`() {
        var kept = Lifetime(count: 1)
        kept.keep()
        #expect(!Lifetime(count: 1).overlaps(kept))
    }

    @Test func `buffers that take turns have one place`() {
        let turns = (1...5).map { Lifetime(count: 32, firstUse: 2 * $0, lastUse: 2 * $0 + 1) }
        let arena = Arena(turns)
        #expect(arena.offsets == [0, 0, 0, 0, 0])
        #expect(arena.passing == 32)
        #expect(arena.kept == 0)
    }

    @Test func `what is kept lies before what comes and goes`() {
        var kept = Lifetime(count: 20)
        kept.keep()
        let arena = Arena([Lifetime(count: 1000, firstUse: 1, lastUse: 9), kept])
        // On a cache line of 16 floats.
        #expect(arena.offsets == [32, 0])
        #expect((arena.kept, arena.passing) == (32, 1008))
    }

    @Test func `a small buffer goes into the gap between two that are there`() {
        let arena = Arena([
            Lifetime(count: 64, firstUse: 1, lastUse: 5), Lifetime(count: 48, firstUse: 1, lastUse: 2),
            Lifetime(count: 32, firstUse: 2, lastUse: 9), Lifetime(count: 16, firstUse: 3, lastUse: 4),
        ])
        #expect(arena.offsets == [0, 64, 112, 64])
        #expect(arena.passing == 144)
    }

    @Test(arguments: 1...20) func `no two buffers that are needed at one step overlap`(seed: Int) {
        var random = UInt64(seed)
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        let lifetimes = (0..<60).map { _ in
            let first = 1 + next(40)
            return Lifetime(count: 1 + next(300), firstUse: first, lastUse: first + next(12))
        }
        let arena = Arena(lifetimes)
        let places = zip(arena.offsets, lifetimes).map { $0..<$0 + $1.count }
        for left in places.indices {
            for right in 0..<left where lifetimes[left].overlaps(lifetimes[right]) {
                #expect(!places[left].overlaps(places[right]), "buffers \(left) and \(right)")
            }
        }
        #expect(places.allSatisfy { $0.upperBound <= arena.kept + arena.passing })
        // No step can do with less than what it needs at once.
        let needed = (1...52).map { step in
            lifetimes.filter { $0.firstUse <= step && step <= $0.lastUse }.reduce(0) { $0 + $1.count }
        }
        #expect(arena.passing >= needed.max() ?? 0)
    }
}
