/// SplitMix64 [Steele, Lea & Flood 2014]: reproducible numbers for tests.
public struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Numbers in −1...1 that single precision holds exactly, so that both engines start from the same.
    public mutating func numbers(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double(Float.random(in: -1...1, using: &self)) }
    }
}
