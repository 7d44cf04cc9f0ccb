import Diagnostics
import Images

/// Batches of patches for training: from a dataset's pairs in uniformly shuffled epochs, each cut at a uniformly random
/// place and, where asked for, turned and mirrored at random.
///
/// The n-th patch depends on the source's seed and n alone, so ``drawn`` is all that a checkpoint needs to keep.
public struct PatchSampler: Sendable {
    /// Which channels a network sees.
    public enum Colour: String, Sendable, Codable, CaseIterable {
        /// One: BT.601 luma of the encoded values.
        case luma
        /// Three; a grey picture gives three equal ones.
        case rgb

        public var channels: Int {
            switch self {
            case .luma: 1
            case .rgb: 3
            }
        }
    }

    public let dataset: any Dataset
    /// A patch's side, in pixels.
    public let patch: Int
    /// Patches to a batch.
    public let batch: Int
    public let colour: Colour
    /// Whether patches are turned by quarter turns and mirrored, all eight ways alike.
    public let augments: Bool
    /// Patches drawn so far; set it to go on from there.
    public var drawn = 0
    private let source: RandomSource

    /// - Throws: `patch-too-large`, naming the smallest picture that it does not fit.
    public init(
        _ dataset: any Dataset, patch: Int, batch: Int, colour: Colour, augments: Bool = true,
        source: RandomSource
    ) throws(Diagnostic) {
        try requireRange("patch", Double(patch), 1, 65536)
        try requireRange("batch", Double(batch), 1, 65536)
        let indices = dataset.imageSize == nil ? 0..<dataset.count : 0..<min(1, dataset.count)
        let smallest = indices.min { left, right in
            let (a, b) = (dataset.size(at: left), dataset.size(at: right))
            return min(a.width, a.height) < min(b.width, b.height)
        }
        guard let smallest else { throw Diagnostic("empty-dataset", "the dataset holds no pictures") }
        let size = dataset.size(at: smallest)
        guard patch <= min(size.width, size.height) else {
            throw Diagnostic(
                "patch-too-large", "a patch of \(patch)×\(patch) does not fit into the pictures",
                notes: ["\(dataset.name(at: smallest)) is \(size.width)×\(size.height)"],
                hint: "use patch = \(min(size.width, size.height)) or less")
        }
        self.dataset = dataset
        self.patch = patch
        self.batch = batch
        self.colour = colour
        self.augments = augments
        self.source = source
    }

    /// Values in a batch: batch · patch · patch · channels.
    public var valueCount: Int { batch * patch * patch * colour.channels }

    /// How often every pair has been drawn, in whole.
    public var epoch: Int { drawn / dataset.count }

    /// Writes the next batch, [batch, patch, patch, channels] row-major, into two buffers of ``valueCount`` values.
    /// - Throws: what keeps a pair from being read; nothing has been drawn then.
    public mutating func next(
        blurred: inout MutableSpan<Float>, sharp: inout MutableSpan<Float>
    ) throws(Diagnostic) {
        precondition(blurred.count == valueCount, "room for \(blurred.count) values, needs \(valueCount)")
        precondition(sharp.count == valueCount, "room for \(sharp.count) values, needs \(valueCount)")
        let patches = try nextPatches()
        let size = valueCount / batch
        for (index, patch) in patches.enumerated() {
            for value in 0..<size {
                blurred[index * size + value] = patch.blurred.pixels[value]
                sharp[index * size + value] = patch.sharp.pixels[value]
            }
        }
    }

    /// As ``next(blurred:sharp:)-(MutableSpan<Float>,_)``, into arrays of ``valueCount`` values.
    public mutating func next(blurred: inout [Float], sharp: inout [Float]) throws(Diagnostic) {
        var left = blurred.mutableSpan
        var right = sharp.mutableSpan
        try next(blurred: &left, sharp: &right)
    }

    /// The next batch as pairs, made on all cores.
    public mutating func nextPatches() throws(Diagnostic) -> [Pair] {
        let first = drawn
        // The shuffles of the epochs that this batch reaches into, made once rather than by each patch.
        let epochs = first / dataset.count...(first + batch - 1) / dataset.count
        let orders = epochs.map { epoch in
            var shuffle = source.split("epoch").split(epoch)
            return shuffle.permutation(of: dataset.count)
        }
        let sampler = self
        let patches = try concurrentMap(batch) { (offset) throws(Diagnostic) in
            let number = first + offset
            let order = orders[number / sampler.dataset.count - epochs.lowerBound]
            return try sampler.patch(number, of: sampler.dataset.pair(at: order[number % order.count]))
        }
        drawn += batch
        return patches
    }

    private func patch(_ number: Int, of pair: Pair) throws(Diagnostic) -> Pair {
        var source = source.split("patch").split(number)
        let x = source.integer(in: 0...pair.sharp.width - patch)
        let y = source.integer(in: 0...pair.sharp.height - patch)
        let turns = augments ? source.integer(in: 0...3) : 0
        let isMirrored = augments && source.chance(0.5)
        func cut(_ image: Image) -> Image {
            var part = image.cropped(x: x, y: y, width: patch, height: patch)
            switch colour {
            case .luma: part = part.luma
            case .rgb: part = part.colour
            }
            part = part.turned(quarterTurns: turns)
            return isMirrored ? part.flippedHorizontally() : part
        }
        return Pair(blurred: cut(pair.blurred), sharp: cut(pair.sharp), name: pair.name)
    }
}
