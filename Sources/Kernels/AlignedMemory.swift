import Foundation
import Machine

/// Height and width in pixels, channels innermost, images outermost: the shape of a map laid out as NHWC.
public struct TensorShape: Hashable, Sendable, CustomStringConvertible {
    public let batch: Int
    public let height: Int
    public let width: Int
    public let channels: Int

    public init(batch: Int, height: Int, width: Int, channels: Int) {
        precondition(
            batch > 0 && height > 0 && width > 0 && channels > 0,
            "a map of \(batch)×\(height)×\(width)×\(channels) holds nothing")
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Pixels of all images together.
    public var pixels: Int { batch * height * width }
    /// Values of all images together.
    public var count: Int { pixels * channels }

    public var description: String { "\(batch)×\(height)×\(width)×\(channels)" }
}

/// A feature map somewhere in an ``AlignedMemory``, which must outlive it. Only kernels look inside.
package struct FeatureMap {
    package let base: UnsafeMutablePointer<Float>
    package let shape: TensorShape

    package var count: Int { shape.count }
    /// The same values without their shape.
    package var floats: BufferView { BufferView(base: base, count: shape.count) }
}

/// A run of values somewhere in an ``AlignedMemory``, which must outlive it: a parameter, its gradient, or
/// all of them.
package struct BufferView {
    package let base: UnsafeMutablePointer<Float>
    package let count: Int
}

/// What the system does not give.
package enum Shortage: Error, Equatable {
    case memory(bytes: Int)
    case threads(Int)
}

/// Single-precision memory that starts on a cache line, filled with zeros, and frees itself.
package struct AlignedMemory: ~Copyable {
    /// Floats in a cache line; a place that starts at a multiple of it shares no line with its neighbour.
    package static let alignment = 16

    private static let largePage = 2 << 20

    package let base: UnsafeMutablePointer<Float>
    package let count: Int
    /// As the system gave it.
    private let block: UnsafeMutableRawPointer

    /// - Throws: where the system gives no more memory.
    package init(count: Int) throws(Shortage) {
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        let isLarge = bytes >= Self.largePage
        let alignment = isLarge ? Self.largePage : Self.alignment * MemoryLayout<Float>.stride
        // The system gives much memory page by page, zeros, when it is first written: what is freed until
        // then, such as the weights that are to be laid into it, does not add to the most that the process
        // has.
        guard let block = calloc(1, bytes + alignment) else { throw .memory(bytes: bytes) }
        self.block = block
        let raw = block.alignedUp(toMultipleOf: alignment)
        // A convolution reads and writes in dozens of places at once, more than a processor has translations
        // for pages of 4 KB at hand. Where the system grants no large pages, it runs as well, only slower.
        if isLarge { madvise(raw, bytes / Self.largePage * Self.largePage, MADV_HUGEPAGE) }
        base = raw.bindMemory(to: Float.self, capacity: count)
        self.count = count
    }

    deinit { free(block) }

    package func map(at offset: Int, _ shape: TensorShape) -> FeatureMap {
        precondition(
            offset >= 0 && offset + shape.count <= count,
            "a map of \(shape.count) at \(offset) reaches out of a memory of \(count)")
        return FeatureMap(base: base + offset, shape: shape)
    }

    package func floats(at offset: Int, count: Int) -> BufferView {
        precondition(
            offset >= 0 && count >= 0 && offset + count <= self.count,
            "\(count) values at \(offset) reach out of a memory of \(self.count)")
        return BufferView(base: base + offset, count: count)
    }

    /// All of it.
    package var floats: BufferView { BufferView(base: base, count: count) }

    /// Fills everything with NaN, so that whatever is read before it is written shows.
    package func poison() { base.update(repeating: .nan, count: count) }

    /// The least count of floats, at least `count`, that ends on a cache line.
    package static func aligned(_ count: Int) -> Int { count.roundedUp(toMultipleOf: alignment) }
}

extension BufferView {
    /// Lends the values; the span must not leave `body`.
    package func withSpan<Result, Failure: Error>(
        _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeBufferPointer(start: base, count: count).span)
    }

    /// Lends the values for change; the span must not leave `body`.
    package func withMutableSpan<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = UnsafeMutableBufferPointer(start: base, count: count).mutableSpan
        return try body(&span)
    }

    package func copy() -> [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

    package func assign(_ values: [Float]) {
        precondition(values.count == count, "\(values.count) values for a place of \(count)")
        values.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { base.update(from: start, count: count) }
        }
    }
}
