/// An exact fraction of a side of the network's input: 1/4 after two convolutions of stride 2.
///
/// A graph is traced without an image, so a node knows its size only relative to the input's.
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

/// Height or width of a map: a fraction of the network input's side and some pixels more or fewer; or,
/// without a fraction, so many pixels whatever the input's size.
public struct Extent: Hashable, Sendable, CustomStringConvertible {
    /// Nil for a side that does not depend on the input's.
    public let scale: Scale?
    /// Pixels beside the fraction of the input's side; negative after a convolution without padding.
    public let offset: Int

    public init(_ scale: Scale?, offset: Int = 0) {
        (self.scale, self.offset) = (scale, offset)
    }

    public static func fixed(_ pixels: Int) -> Extent { Extent(nil, offset: pixels) }

    /// Pixels for an input whose side has `length`; not positive where that is too small.
    public func of(_ length: Int) -> Int { (scale?.of(length) ?? 0) + offset }

    public func multiplied(by factor: Int) -> Extent {
        Extent(scale?.multiplied(by: factor), offset: offset * factor)
    }

    public func plus(_ pixels: Int) -> Extent { Extent(scale, offset: offset + pixels) }

    /// The number of places at which a window of `window` pixels fits, every `stride` pixels: of a side whose
    /// scaled part `stride` divides, as it does at every multiple of ``Graph/Graph/sizeMultiple``.
    package func windows(of window: Int, every stride: Int) -> Extent {
        Extent(scale?.divided(by: stride), offset: floorOfQuotient(offset - window, stride) + 1)
    }

    /// One of `parts` equal parts; nil where its pixels beside the scaled part cannot be divided so.
    package func divided(into parts: Int) -> Extent? {
        guard offset.isMultiple(of: parts) else { return nil }
        return Extent(scale?.divided(by: parts), offset: offset / parts)
    }

    public var description: String {
        guard let scale else { return offset == 1 ? "1 pixel" : "\(offset) pixels" }
        if offset == 0 { return scale.description }
        return "\(scale) \(offset < 0 ? "−" : "+") \(abs(offset)) pixel\(abs(offset) == 1 ? "" : "s")"
    }
}

/// Height and width of a map, for any size of the network's input.
public struct MapSize: Hashable, Sendable, CustomStringConvertible {
    /// The input's own.
    public static let one = MapSize(.one)

    public let height: Extent
    public let width: Extent

    public init(height: Extent, width: Extent) { (self.height, self.width) = (height, width) }

    public init(_ scale: Scale) { self.init(height: Extent(scale), width: Extent(scale)) }

    public static func fixed(height: Int, width: Int) -> MapSize {
        MapSize(height: .fixed(height), width: .fixed(width))
    }

    /// The one fraction of the input's height and width that it is; nil where there is none.
    public var scale: Scale? {
        height == width && height.offset == 0 ? height.scale : nil
    }

    /// What the sides of the network's input must be multiples of, for it to be whole.
    package var multiple: Int {
        leastCommonMultiple(height.scale?.denominator ?? 1, width.scale?.denominator ?? 1)
    }

    /// The most times that a side is as large as the input's, or pixels beside that.
    package var largestFactor: Int {
        [height, width].reduce(1) { max($0, $1.scale?.numerator ?? 1, abs($1.offset)) }
    }

    /// Whether it is the same for every input.
    public var isFixed: Bool { height.scale == nil && width.scale == nil }

    package func map(_ transform: (Extent) -> Extent) -> MapSize {
        MapSize(height: transform(height), width: transform(width))
    }

    /// The size of one of `rows` × `columns` equal parts.
    package func divided(into rows: Int, _ columns: Int) throws(ShapeFault) -> MapSize {
        guard let height = height.divided(into: rows), let width = width.divided(into: columns) else {
            throw ShapeFault(
                "shape-clash",
                "a feature map of \(self) cannot be divided into \(rows)×\(columns) equal parts",
                at: .input(0))
        }
        return MapSize(height: height, width: width)
    }

    public var description: String {
        if let scale { return "\(scale) size" }
        if isFixed { return "\(height.offset)×\(width.offset) pixels" }
        return "\(height) of the height and \(width) of the width"
    }
}

/// What a node gives: channels, and height and width in terms of the network input's.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
    /// Limits that no real network comes near, so that a runaway loop ends in words rather than in lost
    /// memory.
    package static let channelCounts = 1...1 << 16

    public let channels: Int
    public let size: MapSize

    public init(channels: Int, size: MapSize) { (self.channels, self.size) = (channels, size) }

    public init(channels: Int, scale: Scale = .one) { self.init(channels: channels, size: MapSize(scale)) }

    /// The same size with other channels.
    package func with(channels: Int) -> Shape { Shape(channels: channels, size: size) }

    /// The same channels at another size.
    package func with(size: MapSize) -> Shape { Shape(channels: channels, size: size) }

    public var description: String {
        let count = channels == 1 ? "1 channel" : "\(channels) channels"
        if size == .one { return count }
        return size.isFixed ? "\(count) of \(size)" : "\(count) at \(size)"
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
