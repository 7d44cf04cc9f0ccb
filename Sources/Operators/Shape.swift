/// An exact fraction of the network input's height and width: 1/4 after two convolutions of stride 2.
///
/// A graph is traced without an image, so a node knows its size only relative to the input's. Both sides
/// scale alike.
public struct Scale: Hashable, Sendable, CustomStringConvertible {
    public static let one = Scale(1, 1)

    public let numerator: Int
    public let denominator: Int

    public init(_ numerator: Int, _ denominator: Int) {
        precondition(numerator > 0 && denominator > 0, "scale \(numerator)/\(denominator) is not positive")
        let divisor = greatestCommonDivisor(numerator, denominator)
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
    }

    public func multiplied(by factor: Int) -> Scale { Scale(numerator * factor, denominator) }
    public func divided(by factor: Int) -> Scale { Scale(numerator, denominator * factor) }

    /// `length` pixels of the input at this scale, exactly.
    public func of(_ length: Int) -> Int {
        let product = length * numerator
        precondition(product % denominator == 0, "a side of \(length) has no whole size at scale \(self)")
        return product / denominator
    }

    public var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

/// What a node gives: channels, and height and width as a fraction of the network input's.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
    /// Limits that no real network comes near, so that a runaway loop ends in words rather than in lost
    /// memory.
    package static let channelCounts = 1...1 << 16

    public let channels: Int
    public let scale: Scale

    public init(channels: Int, scale: Scale = .one) {
        self.channels = channels
        self.scale = scale
    }

    public var description: String {
        let count = channels == 1 ? "1 channel" : "\(channels) channels"
        return scale == .one ? count : "\(count) at \(scale) size"
    }
}

public func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
}

public func leastCommonMultiple(_ left: Int, _ right: Int) -> Int {
    left / greatestCommonDivisor(left, right) * right
}
