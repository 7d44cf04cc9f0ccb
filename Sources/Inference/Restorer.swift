import Diagnostics
import Engine
import Files
import Graph
import Images
import Machine
import Operators

/// How results of tiles that overlap differ where one gives way to the other, in values of 0…1.
public struct SeamDifference: Sendable, Equatable {
    public private(set) var largest: Float = 0
    private var squares = 0.0
    private var count = 0

    /// √ of the mean square.
    public var typical: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }

    mutating func add(_ difference: Float) {
        // Written so that not-a-number wins, and shows.
        if !(abs(difference) <= largest) { largest = abs(difference) }
        squares += Double(difference * difference)
        count += 1
    }
}

/// Runs a trained network on whole images of any size.
///
/// An image is grown at the right and the bottom, by repeating its edge, to what the network's strides
/// divide, and the result is cropped back. One that needs more memory than is allowed goes through in tiles
/// that overlap (``Tiling``). One execution is kept, so that images or tiles of one size in a row take its
/// memory once.
public final class Restorer {
    private let model: TrainedModel
    private let threads: Int
    private let memory: MemorySize
    private let isEnsemble: Bool
    private var kept: (height: Int, width: Int, batch: Int, execution: Execution)?
    private let margin: ReceptiveFieldMargin?
    /// Time in the network, on the clock; without reading and scoring.
    package private(set) var seconds = 0.0
    /// The differences at the seams of the last image; `nil` where it is what one piece would give.
    private var seams: SeamDifference?

    /// - Parameters:
    ///   - memory: for everything that one image takes, its pixels before and after included.
    ///   - isEnsemble: whether ``result(for:)`` is the mean over an image's eight flips and turns.
    public init(
        _ model: TrainedModel, threads: Int, memory: MemorySize = .free, isEnsemble: Bool = false
    ) {
        (self.model, self.threads) = (model, threads)
        (self.memory, self.isEnsemble) = (memory, isEnsemble)
        margin = model.graph.margin
    }

    /// The result that is scored, not clamped: the network's last output for the whole image, or the mean of
    /// the ensemble's.
    /// - Throws: `not-enough-memory`.
    package func result(for image: Image) throws(Diagnostic) -> Image {
        isEnsemble ? try selfEnsemble(image) : try whole(image)
    }

    /// The network's last output for an image: as it is, not clamped. A network for one channel is applied
    /// to each of an image's channels by itself; one for three channels takes a grey image as a coloured
    /// one.
    /// - Throws: `not-enough-memory`.
    package func whole(_ image: Image) throws(Diagnostic) -> Image {
        let image = input(image)
        return try run(image, .whole(demand(image), batch: planes(of: image)), stop: StopFlag())
    }

    /// As ``whole(_:)``, within the budget of memory: in tiles where it takes them.
    /// - Parameters:
    ///   - stop: looked at between tiles.
    ///   - observe: called after each tile with the part that is done, 0…1.
    /// - Throws: `not-enough-memory` where not even the smallest tile fits; `interrupted`.
    public func callAsFunction(
        _ image: Image, stop: StopFlag = StopFlag(), observe: (Double) -> Void = { _ in }
    ) throws(Diagnostic) -> RestoredImage {
        let before = seconds
        let image = input(image)
        let taken = 2 * image.pixels.count * MemoryLayout<Float>.stride
        let tiling = try Tiling(demand(image), budget: max(0, memory.bytes - taken), taken: taken)
        let restored = try run(image, tiling, stop: stop, observe: observe)
        return RestoredImage(image: restored, tiles: tiling.count, seams: seams, seconds: seconds - before)
    }

    private func input(_ image: Image) -> Image {
        switch model.colour {
        case .luma: image
        case .rgb: image.colour
        }
    }

    /// How many inputs of the network an image becomes: one for each channel, or one for all.
    private func planes(of image: Image) -> Int {
        switch model.colour {
        case .luma: image.channels
        case .rgb: 1
        }
    }

    private func demand(_ image: Image) -> Tiling.Demand {
        let (graph, threads) = (model.graph, threads)
        let size = graph.paddedSize(height: image.height, width: image.width)
        return Tiling.Demand(
            width: size.width, height: size.height, planes: planes(of: image),
            multiple: graph.sizeMultiple, margin: margin
        ) { batch, height, width throws(Diagnostic) in
            try Plan(
                graph, InputSize(batch: batch, height: height, width: width), purpose: .inference,
                threads: threads
            ).peakBytes
        }
    }

    private func run(
        _ image: Image, _ tiling: Tiling, stop: StopFlag, observe: (Double) -> Void = { _ in }
    ) throws(Diagnostic) -> Image {
        let planes = planes(of: image)
        // The result and one copy of it.
        try MachineMemory.check(
            2 * image.pixels.count * MemoryLayout<Float>.stride,
            for: "the restored image of \(image.sizeText)")
        var result = Canvas(image, measuresSeams: !tiling.isExact)
        var done = 0
        let steps = tiling.count * (planes / tiling.batch)
        for rows in tiling.rows {
            for columns in tiling.columns {
                for first in stride(from: 0, to: planes, by: tiling.batch) {
                    try stop.check()
                    let execution = try execution(
                        batch: tiling.batch, height: rows.length, width: columns.length)
                    // The channels of `image` that each input of the batch takes.
                    let channelsOfEach = image.channels / planes
                    let channels = (0..<tiling.batch).map {
                        (first + $0) * channelsOfEach..<(first + $0 + 1) * channelsOfEach
                    }
                    let watch = Stopwatch()
                    execution.withInput { image.copy(columns, rows, channels, into: &$0) }
                    execution.forward()
                    execution.withOutput(model.graph.outputs.count - 1) {
                        result.add($0, columns, rows, channels)
                    }
                    seconds += watch.seconds
                    done += 1
                    observe(Double(done) / Double(steps))
                }
            }
        }
        seams = tiling.isExact ? nil : result.seams
        return result.image
    }

    private func execution(batch: Int, height: Int, width: Int) throws(Diagnostic) -> Execution {
        if let kept, (kept.height, kept.width, kept.batch) == (height, width, batch) { return kept.execution }
        // Given back before the next is made, so that two large ones are never there at once.
        kept = nil
        let execution = try Execution(
            model.graph, InputSize(batch: batch, height: height, width: width), purpose: .inference,
            threads: threads)
        execution.load(model.weights)
        kept = (height, width, batch, execution)
        return execution
    }
}

extension Image {
    /// Writes a tile's channels, [batch][height][width][channels], the image's edge repeated beyond it.
    fileprivate func copy(
        _ columns: TileSpan, _ rows: TileSpan, _ channels: [Range<Int>], into target: inout MutableSpan<Float>
    ) {
        var next = 0
        for range in channels {
            for y in rows.start..<rows.start + rows.length {
                let row = min(y, height - 1) * width
                for x in columns.start..<columns.start + columns.length {
                    let pixel = (row + min(x, width - 1)) * self.channels
                    for channel in range {
                        target[next] = pixels[pixel + channel]
                        next += 1
                    }
                }
            }
        }
    }
}

/// The image that the results of tiles are put together into.
private struct Canvas {
    private let width: Int
    private let height: Int
    private let channels: Int
    private let measuresSeams: Bool
    private var values: [Float]
    private(set) var seams = SeamDifference()

    init(_ like: Image, measuresSeams: Bool) {
        width = like.width
        height = like.height
        channels = like.channels
        values = [Float](repeating: 0, count: like.pixels.count)
        self.measuresSeams = measuresSeams
    }

    var image: Image { Image(width: width, height: height, channels: channels, pixels: values) }

    /// - Parameter output: [batch][height][width][channels] of a tile.
    mutating func add(
        _ output: Swift.Span<Float>, _ columns: TileSpan, _ rows: TileSpan, _ channels: [Range<Int>]
    ) {
        let across = columns.kept.clamped(to: 0..<width)
        let weights = across.map { columns.weight(at: $0) }
        for (image, range) in channels.enumerated() {
            for y in rows.kept.clamped(to: 0..<height) {
                let down = rows.weight(at: y)
                let line = (image * rows.length + y - rows.start) * columns.length - columns.start
                for x in across {
                    let weight = down * weights[x - across.lowerBound]
                    for (offset, channel) in range.enumerated() {
                        let value = output[(line + x) * range.count + offset]
                        let place = (y * width + x) * self.channels + channel
                        if measuresSeams, rows.fadeIn.contains(y) != columns.fadeIn.contains(x),
                            weight > 0.25,
                            weight < 0.75, rows.isBeforeFading(y), columns.isBeforeFading(x)
                        {
                            // What stands there is the other tile's part alone.
                            seams.add(values[place] / (1 - weight) - value)
                        }
                        values[place] += weight * value
                    }
                }
            }
        }
    }
}

extension TileSpan {
    /// Whether the stretch after this one has no part in `position`.
    fileprivate func isBeforeFading(_ position: Int) -> Bool { position < fadeOut.lowerBound }
}

/// An image restored, and how.
public struct RestoredImage: Sendable {
    /// The restored image, of the blurred one's size, its values not clamped; grey for a grey image where the
    /// network is for luma.
    public let image: Image
    /// Pieces that it went through the network in.
    public let tiles: Int
    /// How tiles differ where they meet; `nil` where the result is what a single piece would give.
    public let seams: SeamDifference?
    /// Time in the network, on the clock.
    public let seconds: Double
}

extension TrainedModel {
    /// The image that the network makes of a blurred one: of its size, its values not clamped; grey for a
    /// grey image where the network is for luma.
    /// - Throws: `not-enough-memory`.
    public func deblur(_ image: Image, threads: Int) throws(Diagnostic) -> Image {
        try Restorer(self, threads: threads).whole(image)
    }
}
