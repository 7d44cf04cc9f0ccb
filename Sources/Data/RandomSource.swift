import Foundation

/// Random numbers that a seed determines on every machine: xoshiro256** [Blackman & Vigna 2021], seeded by
/// SplitMix64 [Steele, Lea & Flood 2014].
///
/// Its own `uniform`, `integer` and `gaussian` are used rather than the standard library's
/// `random(in:using:)`, whose way of drawing may change between compilers. `split` derives a source from the
/// *seed*, not from what has been drawn, so item k of a dataset is the same whichever items were made before
/// it.
public struct RandomSource: RandomNumberGenerator, Sendable, Equatable {
    /// All that determines what comes next: save it, and restore it with ``init(state:)``.
    public struct State: Sendable, Equatable, Codable {
        public var key: UInt64
        public var words: [UInt64]
    }

    private let key: UInt64
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    public init(seed: UInt64) {
        key = seed
        var mixer = SplitMix(state: seed)
        // Four successive outputs of SplitMix64 are never all zero, the one state that xoshiro cannot leave.
        (a, b, c, d) = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// - Returns: `nil` for what no source's ``state`` can be: other than four words, or all of them zero.
    public init?(state: State) {
        guard state.words.count == 4, state.words.contains(where: { $0 != 0 }) else { return nil }
        key = state.key
        (a, b, c, d) = (state.words[0], state.words[1], state.words[2], state.words[3])
    }

    public var state: State { State(key: key, words: [a, b, c, d]) }

    /// The `index`-th of this seed's substreams.
    public func split(_ index: Int) -> RandomSource {
        var mixer = SplitMix(state: key ^ 0xA0_76_1D_64_78_BD_64_2F)
        var child = SplitMix(
            state: mixer.next() &+ UInt64(bitPattern: Int64(index)) &* 0xE7_03_7E_D1_A0_B4_28_DB)
        return RandomSource(seed: child.next())
    }

    /// The substream of this seed that is called `name`.
    public func split(_ name: String) -> RandomSource {
        // FNV-1a: `Hasher` is seeded anew in each process.
        var hash: UInt64 = 0xCB_F2_9C_E4_84_22_23_25
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return split(Int(Int64(bitPattern: hash)))
    }

    public mutating func next() -> UInt64 {
        let result = rotated(b &* 5, by: 7) &* 9
        let shifted = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = rotated(d, by: 45)
        return result
    }

    private func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
}

extension RandomSource {
    /// Uniform in 0..<1, all 53 bits random.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

    /// Uniform among the integers of `range`, without bias [Lemire 2019].
    public mutating func integer(in range: ClosedRange<Int>) -> Int {
        let span = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
        guard span != 0 else { return Int(Int64(bitPattern: next())) }
        var product = next().multipliedFullWidth(by: span)
        if product.low < span {
            let threshold = (0 &- span) % span
            while product.low < threshold { product = next().multipliedFullWidth(by: span) }
        }
        return range.lowerBound &+ Int(Int64(bitPattern: product.high))
    }

    /// Normal with mean 0 and standard deviation 1, by the Box–Muller transform; its second value is not
    /// kept, so that ``state`` is all there is.
    public mutating func gaussian() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    public mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    public mutating func element<Element>(of choices: [Element]) -> Element {
        precondition(!choices.isEmpty, "nothing to choose from")
        return choices[integer(in: 0...choices.count - 1)]
    }

    /// A uniformly random order of 0..<count [Fisher–Yates].
    public mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(in: 0...last)) }
        return order
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
