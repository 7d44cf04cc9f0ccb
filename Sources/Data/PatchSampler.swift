import Diagnostics
import Images
import Machine

/// Batches of patches for training: from a dataset's pairs in uniformly shuffled epochs, or independently by
/// the weights of joined ones, each cut at a uniformly random place and, where asked for, turned, mirrored
/// and mixed with others of its batch at random.
///
/// The n-th patch depends on the source's seed and n alone, a mixed one also on the others of its batch, so
/// ``drawn`` is all that a checkpoint needs to keep.
public struct PatchSampler: Sendable {
    public let dataset: any Dataset
    /// A patch's side, in pixels.
    public let patch: Int
    /// Patches to a batch.
    public let batch: Int
    public let colour: InputColour
    public let augmentation: Augmentation
    /// Patches drawn so far; set it to go on from there.
    public var drawn = 0
    private let source: RandomSource
    /// The order of the epoch that was drawn from last.
    private var shuffled: (epoch: Int, order: [Int])?

    /// - Precondition: there are images, and the patch fits into each.
    public init(
        _ dataset: any Dataset, patch: Int, batch: Int, colour: InputColour,
        augmentation: Augmentation = .geometric, source: RandomSource
    ) {
        precondition(dataset.count > 0 && patch > 0 && batch > 0)
        self.dataset = dataset
        self.patch = patch
        self.batch = batch
        self.colour = colour
        self.augmentation = augmentation
        self.source = source
    }

    /// Values in a batch: batch · patch · patch · channels.
    public var valueCount: Int { batch * patch * patch * colour.channels }

    /// How often every pair has been drawn, in whole.
    public var epoch: Int { drawn / dataset.count }

    /// Writes the next batch, [batch, patch, patch, channels] row-major, into two buffers of ``valueCount``
    /// values.
    ///
    /// Pairs that are at hand are cut one after the other, which costs less than handing them out; the others
    /// are read or made on all cores.
    /// - Throws: what keeps a pair from being read; nothing has been drawn then.
    public mutating func next(
        blurred: inout MutableSpan<Float>, sharp: inout MutableSpan<Float>
    ) throws(Diagnostic) {
        precondition(blurred.count == valueCount, "room for \(blurred.count) values, needs \(valueCount)")
        precondition(sharp.count == valueCount, "room for \(sharp.count) values, needs \(valueCount)")
        let pairs = (drawn..<drawn + batch).map { index(ofPatch: $0) }
        let size = valueCount / batch
        var missing: [Int] = []
        var mixes = [PatchMix?](repeating: nil, count: batch)
        for offset in 0..<batch {
            if dataset.isCached(pairs[offset]) {
                let (square, draw) = try cut(drawn + offset, from: pairs[offset])
                write(square, draw, into: &blurred, &sharp, at: offset * size)
                mixes[offset] = draw.mix
            } else {
                missing.append(offset)
            }
        }
        let (sampler, first, absent) = (self, drawn, missing)
        let squares = try concurrentMap(absent.count) { (place) throws(Diagnostic) in
            try sampler.cut(first + absent[place], from: pairs[absent[place]])
        }
        for (offset, (square, draw)) in zip(absent, squares) {
            write(square, draw, into: &blurred, &sharp, at: offset * size)
            mixes[offset] = draw.mix
        }
        mix(mixes, &blurred)
        mix(mixes, &sharp)
        drawn += batch
    }

    /// As ``next(blurred:sharp:)-(MutableSpan<Float>,_)``, into arrays of ``valueCount`` values.
    public mutating func next(blurred: inout [Float], sharp: inout [Float]) throws(Diagnostic) {
        var left = blurred.mutableSpan
        var right = sharp.mutableSpan
        try next(blurred: &left, sharp: &right)
    }

    // MARK: One patch

    /// The pair that a patch is cut from.
    private mutating func index(ofPatch number: Int) -> Int {
        if let joined = dataset as? JoinedPairs, joined.isWeighted {
            var source = source.split("part").split(number)
            return joined.draw(&source)
        }
        let (epoch, place) = number.quotientAndRemainder(dividingBy: dataset.count)
        if let shuffled, shuffled.epoch == epoch { return shuffled.order[place] }
        var shuffle = source.split("epoch").split(epoch)
        let order = shuffle.permutation(of: dataset.count)
        shuffled = (epoch, order)
        return order[place]
    }

    /// What was drawn for the patch of this number, and the square of its pair that it is made of.
    private func cut(_ number: Int, from index: Int) throws(Diagnostic) -> (square: Pair, draw: PatchDraw) {
        let draw = PatchDraw(
            augmentation, patch: patch, of: dataset.size(at: index),
            source: source.split("patch").split(number))
        let place = PatchPlace(x: draw.x, y: draw.y, width: patch, height: patch)
        return (try dataset.part(of: index, place), draw)
    }

    /// Writes both patches of a square, the blurred one with its noise.
    private func write(
        _ square: Pair, _ draw: PatchDraw, into blurred: inout MutableSpan<Float>,
        _ sharp: inout MutableSpan<Float>, at start: Int
    ) {
        write(
            square.blurred.pixels, draw, noise: draw.noise > 0 ? draw.noiseSource : nil, into: &blurred,
            at: start)
        write(square.sharp.pixels, draw, noise: nil, into: &sharp, at: start)
    }

    /// Writes a patch in its colours and turned as drawn.
    /// - Parameters:
    ///   - square: [patch, patch, 1 or 3], as it lies in its image.
    ///   - noise: `nil` for none.
    private func write(
        _ square: [Float], _ draw: PatchDraw, noise: RandomSource?, into values: inout MutableSpan<Float>,
        at start: Int
    ) {
        let isGrey = square.count == patch * patch
        let (first, across, down) = draw.steps(side: patch)
        let (red, green, blue) = (draw.channels[0], draw.channels[1], draw.channels[2])
        let square = square.span
        var next = start
        for row in 0..<patch {
            var place = first + row * down
            for _ in 0..<patch {
                var pixel: SIMD3<Float>
                if isGrey {
                    pixel = SIMD3(repeating: square[place])
                } else {
                    pixel = SIMD3(
                        square[3 * place + red], square[3 * place + green], square[3 * place + blue])
                    if draw.saturation != 1 { pixel = saturated(pixel, by: draw.saturation) }
                }
                switch colour {
                case .luma:
                    values[next] = isGrey ? pixel.x : 0.299 * pixel.x + 0.587 * pixel.y + 0.114 * pixel.z
                    next += 1
                case .rgb:
                    values[next] = pixel.x
                    values[next + 1] = pixel.y
                    values[next + 2] = pixel.z
                    next += 3
                }
                place += across
            }
        }
        guard var source = noise else { return }
        for index in stride(from: start, to: next, by: 2) {
            let (one, other) = source.gaussianPair()
            values[index] = min(max(values[index] + draw.noise * one, 0), 1)
            if index + 1 < next { values[index + 1] = min(max(values[index + 1] + draw.noise * other, 0), 1) }
        }
    }

    // MARK: Several patches

    /// Mixes patches of a batch with others of it, as they were before any was mixed. One alone has none.
    private func mix(_ mixes: [PatchMix?], _ values: inout MutableSpan<Float>) {
        guard batch > 1, mixes.contains(where: { $0 != nil }) else { return }
        let size = valueCount / batch
        let unmixed = values.span.withUnsafeBufferPointer { Array($0) }
        for (offset, mix) in mixes.enumerated() {
            guard let mix else { continue }
            let start = offset * size
            let other = mix.partner(of: offset, in: batch) * size
            switch mix.form {
            case .blend(let share):
                for index in 0..<size {
                    values[start + index] =
                        share * unmixed[start + index] + (1 - share) * unmixed[other + index]
                }
            case .paste(let square):
                let (columns, rows) = square.pixels(side: patch)
                let channels = colour.channels
                for row in rows {
                    let line = row * patch * channels
                    for index in line + columns.lowerBound * channels..<line + columns.upperBound * channels {
                        values[start + index] = unmixed[other + index]
                    }
                }
            }
        }
    }
}
