import Graph
import Operators

/// The size of a node's map as a file has it: `scale`, a fraction of the input's height and width; or, where
/// one fraction does not say it, `height` and `width`, each a numerator, a denominator and pixels beside the
/// fraction, with the numerator 0 for a side that does not depend on the input's.
struct SizeRecord: Equatable {
    typealias Key = GraphRecord.NodeRecord.Details.Key

    private enum Form: Equatable {
        case scale([Int])
        case sides(height: [Int], width: [Int])
    }

    private let form: Form

    init(_ size: MapSize) {
        if let scale = size.scale {
            form = .scale([scale.numerator, scale.denominator])
        } else {
            form = .sides(height: Self.numbers(size.height), width: Self.numbers(size.width))
        }
    }

    private static func numbers(_ extent: Extent) -> [Int] {
        [extent.scale?.numerator ?? 0, extent.scale?.denominator ?? 1, extent.offset]
    }

    init(from container: KeyedDecodingContainer<Key>) throws {
        if let scale = try container.decodeIfPresent([Int].self, forKey: "scale") {
            form = .scale(scale)
        } else {
            form = .sides(
                height: try container.decode([Int].self, forKey: "height"),
                width: try container.decode([Int].self, forKey: "width"))
        }
    }

    func encode(into container: inout KeyedEncodingContainer<Key>) throws {
        switch form {
        case .scale(let scale): try container.encode(scale, forKey: "scale")
        case .sides(let height, let width):
            try container.encode(height, forKey: "height")
            try container.encode(width, forKey: "width")
        }
    }

    /// The size, or nil where the numbers are none; no number may be beyond `limit`.
    func size(limit: Int) -> MapSize? {
        switch form {
        case .scale(let numbers):
            guard numbers.count == 2, let extent = Self.extent(numbers + [0], limit: limit),
                extent.scale != nil
            else { return nil }
            return MapSize(height: extent, width: extent)
        case .sides(let height, let width):
            guard let height = Self.extent(height, limit: limit), let width = Self.extent(width, limit: limit)
            else { return nil }
            return MapSize(height: height, width: width)
        }
    }

    private static func extent(_ numbers: [Int], limit: Int) -> Extent? {
        guard numbers.count == 3, (0...limit).contains(numbers[0]), (1...limit).contains(numbers[1]),
            (-limit...limit).contains(numbers[2])
        else { return nil }
        if numbers[0] == 0 { return numbers[2] > 0 ? .fixed(numbers[2]) : nil }
        return Extent(Scale(numbers[0], numbers[1]), offset: numbers[2])
    }
}
