import Diagnostics
import Files
import Graph
import Machine
import Operators

/// A stretch of one side of an image that is run by itself, and what of its result counts.
package struct TileSpan: Hashable {
    package let start: Int
    package let length: Int
    /// Where its result comes in for that of the stretch before it; empty at a hard cut and at the image's
    /// beginning.
    package let fadeIn: Range<Int>
    /// Where it gives way to the stretch after it.
    package let fadeOut: Range<Int>

    package var kept: Range<Int> { fadeIn.lowerBound..<fadeOut.upperBound }

    /// What part of the result at `position` is this stretch's; those of two that overlap add up to 1.
    package func weight(at position: Int) -> Float {
        if fadeIn.contains(position) { return share(of: position, in: fadeIn) }
        if fadeOut.contains(position) { return 1 - share(of: position, in: fadeOut) }
        return kept.contains(position) ? 1 : 0
    }

    private func share(of position: Int, in fade: Range<Int>) -> Float {
        (Float(position - fade.lowerBound) + 0.5) / Float(fade.count)
    }

    /// One side in a single piece.
    static func whole(_ length: Int) -> [TileSpan] {
        [TileSpan(start: 0, length: length, fadeIn: 0..<0, fadeOut: length..<length)]
    }

    /// A side cut into the fewest stretches of one length, at most `longest`, that overlap by `overlap` at
    /// least; all begin and end at multiples of `multiple`.
    /// - Parameter margin: how far a cut shows, where the overlap holds that; results then change hands at
    ///   one place, where both are right. Otherwise they fade over the middle half of the overlap, where both
    ///   are least wrong.
    /// - Precondition: `length`, `longest` and `overlap` are multiples of `multiple`, and `overlap` is below
    ///   `longest`.
    package static func cut(
        _ length: Int, longest: Int, overlap: Int, multiple: Int, margin: ReceptiveFieldMargin?
    ) -> [TileSpan] {
        precondition(overlap < longest, "stretches of \(longest) cannot overlap by \(overlap)")
        guard length > longest else { return whole(length) }
        let count = (length - overlap).dividedRoundingUp(by: longest - overlap)
        // No longer than it takes.
        let size = (length + (count - 1) * overlap).dividedRoundingUp(by: count * multiple) * multiple
        let starts = (0..<count).map { ($0 * (length - size) / (count - 1)) / multiple * multiple }
        var fades: [Range<Int>] = [0..<0]
        for index in 1..<count {
            let shared = starts[index]..<starts[index - 1] + size
            if let margin {
                let (first, last) = (
                    shared.lowerBound + margin.leading, shared.upperBound - margin.trailing
                )
                precondition(
                    first <= last,
                    "margins of \(margin.leading) and \(margin.trailing) in an overlap of \(shared.count)")
                fades.append((first + last) / 2..<(first + last) / 2)
            } else {
                fades.append(shared.lowerBound + shared.count / 4..<shared.upperBound - shared.count / 4)
            }
        }
        fades.append(length..<length)
        return starts.indices.map {
            TileSpan(start: starts[$0], length: size, fadeIn: fades[$0], fadeOut: fades[$0 + 1])
        }
    }
}

/// How an image goes through a network: in one piece or in tiles, which bounds the memory.
package struct Tiling: Equatable {
    /// Channels that run together where each is an image of its own.
    package let batch: Int
    package let columns: [TileSpan]
    package let rows: [TileSpan]
    /// Whether every kept pixel is what it would be in one piece.
    package let isExact: Bool

    package var count: Int { columns.count * rows.count }
    /// Pixels that are run, those that overlap counted each time.
    package var work: Int { columns.reduce(0) { $0 + $1.length } * rows.reduce(0) { $0 + $1.length } }

    /// The most pixels that exact tiles may run for each pixel of the image.
    private static let mostWork = 4
    /// Tiles to a row that are tried.
    private static let mostColumns = 12

    /// Width and height of the image, grown to the network's multiples, and what a network needs.
    package struct Demand {
        package let width: Int
        package let height: Int
        /// Channels of the image that run one by one.
        package let planes: Int
        package let multiple: Int
        /// Nil where each pixel of the result depends on the whole image, so that no tiles are exact.
        package let margin: ReceptiveFieldMargin?
        /// Bytes that a batch of images of a height and width takes.
        package let bytes: (_ batch: Int, _ height: Int, _ width: Int) throws(Diagnostic) -> Int

        package init(
            width: Int, height: Int, planes: Int, multiple: Int, margin: ReceptiveFieldMargin?,
            bytes: @escaping (_ batch: Int, _ height: Int, _ width: Int) throws(Diagnostic) -> Int
        ) {
            self.width = width
            self.height = height
            self.planes = planes
            self.multiple = multiple
            self.margin = margin
            self.bytes = bytes
        }
    }

    static func whole(_ demand: Demand, batch: Int) -> Tiling {
        Tiling(
            batch: batch, columns: TileSpan.whole(demand.width), rows: TileSpan.whole(demand.height),
            isExact: true)
    }

    /// The way through `budget` bytes that is least work: in one piece if that fits; else in tiles whose
    /// overlap holds the whole margin, unless they would be run more than four times over; else in tiles that
    /// overlap by a quarter.
    /// - Parameter taken: bytes that the image and its result take beside those, for a message.
    /// - Throws: `not-enough-memory` where not even the smallest tile fits; what `bytes` throws.
    package init(_ demand: Demand, budget: Int, taken: Int = 0) throws(Diagnostic) {
        for batch in Set([demand.planes, 1]).sorted(by: >)
        where try demand.bytes(batch, demand.height, demand.width) <= budget {
            self = .whole(demand, batch: batch)
            return
        }
        let fit = try Fit(demand, budget: budget)
        var exact: Tiling?
        var fading: (tiling: Tiling, overlap: Int)?
        for count in 1...Self.mostColumns where count * demand.multiple <= demand.width {
            if let tiling = try Self.exact(demand, columns: count, fit), tiling.work < exact?.work ?? .max {
                exact = tiling
            }
            if let (tiling, overlap) = try Self.fading(demand, columns: count, fit),
                overlap > fading?.overlap ?? -1
            {
                fading = (tiling, overlap)
            }
        }
        if let exact, exact.work <= Self.mostWork * demand.width * demand.height {
            self = exact
        } else if let fading {
            self = fading.tiling
        } else {
            let smallest = try demand.bytes(1, demand.multiple, demand.multiple)
            throw .budgetTooSmall(budget, smallest: smallest, taken: taken)
        }
    }

    private init(batch: Int, columns: [TileSpan], rows: [TileSpan], isExact: Bool) {
        self.batch = batch
        self.columns = columns
        self.rows = rows
        self.isExact = isExact
    }

    private static func exact(_ demand: Demand, columns count: Int, _ fit: Fit) throws(Diagnostic) -> Tiling?
    {
        guard let margin = demand.margin else { return nil }
        let multiple = demand.multiple
        let overlap = max(0, margin.leading + margin.trailing).roundedUp(toMultipleOf: multiple)
        func cut(_ length: Int, _ longest: Int) -> [TileSpan]? {
            guard longest >= length || longest > overlap else { return nil }
            return TileSpan.cut(
                length, longest: longest, overlap: min(overlap, longest - multiple), multiple: multiple,
                margin: margin)
        }
        let width = longest(demand.width, count: count, overlap: overlap, multiple)
        guard width <= demand.width, let columns = cut(demand.width, width),
            let height = try fit.height(forWidth: columns[0].length), let rows = cut(demand.height, height)
        else { return nil }
        return Tiling(batch: 1, columns: columns, rows: rows, isExact: true)
    }

    /// - Returns: the tiling and the smaller of its overlaps.
    private static func fading(
        _ demand: Demand, columns count: Int, _ fit: Fit
    ) throws(Diagnostic) -> (Tiling, overlap: Int)? {
        let multiple = demand.multiple
        func overlap(_ longest: Int) -> Int { longest / 4 / multiple * multiple }
        // Stretches that overlap by a quarter of themselves: length = (count − (count − 1) / 4) · stretch.
        let width = (4 * demand.width).dividedRoundingUp(by: (3 * count + 1) * multiple) * multiple
        guard let height = try fit.height(forWidth: min(width, demand.width)) else { return nil }
        func cut(_ length: Int, _ longest: Int) -> [TileSpan] {
            TileSpan.cut(length, longest: longest, overlap: overlap(longest), multiple: multiple, margin: nil)
        }
        let (columns, rows) = (cut(demand.width, width), cut(demand.height, height))
        guard let fitting = try fit.height(forWidth: columns[0].length), fitting >= rows[0].length else {
            return nil
        }
        let overlaps = [(columns, width), (rows, height)].filter { $0.0.count > 1 }.map { overlap($0.1) }
        return (
            Tiling(batch: 1, columns: columns, rows: rows, isExact: false), overlaps.min() ?? .max
        )
    }

    /// The length of `count` stretches that overlap and make up a side.
    private static func longest(_ side: Int, count: Int, overlap: Int, _ multiple: Int) -> Int {
        (side + (count - 1) * overlap).dividedRoundingUp(by: count * multiple) * multiple
    }
}

/// The highest tile of a width that fits a budget, by few plans: memory grows nearly as the pixels do.
private struct Fit {
    private let demand: Tiling.Demand
    private let budget: Int
    private let base: Double
    private let perPixel: Double

    init(_ demand: Tiling.Demand, budget: Int) throws(Diagnostic) {
        self.demand = demand
        self.budget = budget
        let (small, large) = (4 * demand.multiple, 8 * demand.multiple)
        let (first, second) = (try demand.bytes(1, small, small), try demand.bytes(1, large, large))
        perPixel = max(1, Double(second - first) / Double(large * large - small * small))
        base = Double(first) - perPixel * Double(small * small)
    }

    /// - Returns: a multiple of the network's, at most the image's height; `nil` where none fits.
    func height(forWidth width: Int) throws(Diagnostic) -> Int? {
        let multiple = demand.multiple
        // What is too much by the estimate may fit all the same, so it starts a little above.
        let estimate = (Double(budget) - base) / perPixel / Double(width) * 1.1
        guard estimate >= 0 else { return nil }
        var height = Int(min(estimate, Double(demand.height))) / multiple * multiple
        while height > 0, try demand.bytes(1, height, width) > budget {
            height -= max(multiple, height / 32 / multiple * multiple)
        }
        return height > 0 ? height : nil
    }
}

extension Diagnostic {
    fileprivate static func budgetTooSmall(_ budget: Int, smallest: Int, taken: Int) -> Diagnostic {
        Diagnostic(
            notEnoughMemoryCode,
            "\(MemorySize(smallest)) are needed for the smallest tile of an image, and "
                + "\(MemorySize(budget)) are left for it",
            notes: taken > 0 ? ["the image and its result take \(MemorySize(taken)) of `memory`"] : [],
            hint: "allow more by `memory`, or use a narrower network")
    }
}
