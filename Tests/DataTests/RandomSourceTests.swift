import Data
import Foundation
import Testing

struct RandomSourceTests {
    @Test func `the first numbers of a seed are the reference implementation's`() {
        // From the authors' C code of xoshiro256** with its state filled by their SplitMix64, seed 1.
        var source = RandomSource(seed: 1)
        let numbers = (0..<3).map { _ in source.next() }
        #expect(numbers == Self.reference)
    }

    private static let reference: [UInt64] = [
        0xB3F2_AF6D_0FC7_10C5, 0x853B_5596_4736_4CEA, 0x92F8_9756_082A_4514,
    ]

    @Test func `a restored state goes on where it was saved`() throws {
        var source = RandomSource(seed: 5)
        for _ in 0..<10 { _ = source.gaussian() }
        let encoded = try JSONEncoder().encode(source.state)
        let state = try JSONDecoder().decode(RandomSource.State.self, from: encoded)
        var restored = try #require(RandomSource(state: state))
        #expect((0..<5).map { _ in source.next() } == (0..<5).map { _ in restored.next() })
        #expect(source.split("x") == restored.split("x"))
    }

    @Test func `what no state can be is refused`() {
        var state = RandomSource(seed: 1).state
        state.words = [0, 0, 0, 0]
        #expect(RandomSource(state: state) == nil)
        state.words = [1, 2, 3]
        #expect(RandomSource(state: state) == nil)
    }

    @Test func `substreams depend on the seed and their name, not on what was drawn`() {
        var source = RandomSource(seed: 9)
        let before = (source.split(3), source.split("noise"))
        _ = source.next()
        #expect(source.split(3) == before.0 && source.split("noise") == before.1)
        let firsts = Set(
            (0..<1000).map { index in
                var child = source.split(index)
                return child.next()
            })
        #expect(firsts.count == 1000)
    }

    @Test func `uniform and normal numbers have their moments`() {
        var source = RandomSource(seed: 2)
        let count = 200_000
        let uniform = (0..<count).map { _ in source.uniform() }
        let normal = (0..<count).map { _ in source.gaussian() }
        func moment(_ values: [Double], _ power: Double) -> Double {
            values.reduce(0) { $0 + pow($1, power) } / Double(count)
        }
        // Five standard errors each.
        #expect(abs(moment(uniform, 1) - 0.5) < 0.0033)
        #expect(abs(moment(uniform, 2) - 1.0 / 3) < 0.0034)
        #expect(abs(moment(normal, 1)) < 0.0112)
        #expect(abs(moment(normal, 2) - 1) < 0.0159)
        #expect(abs(moment(normal, 4) - 3) < 0.11)
    }

    @Test func `integers fill their range evenly`() {
        var source = RandomSource(seed: 3)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[source.integer(in: -3...3) + 3] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
        #expect(source.integer(in: 4...4) == 4)
        _ = source.integer(in: Int.min...Int.max)
    }

    @Test func `a permutation holds each index once`() {
        var source = RandomSource(seed: 4)
        let order = source.permutation(of: 100)
        #expect(order != Array(0..<100) && order.sorted() == Array(0..<100))
        #expect(source.permutation(of: 0).isEmpty)
    }
}
