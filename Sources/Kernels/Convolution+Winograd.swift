import Foundation
import VectorKernels

/// Convolution of stride 1 with kernels of 3 or 5 by Winograd's minimal filtering [Lavin & Gray 2016], in tiles of 6 × 6
/// or 8 × 8. Multiplications per output and pair of channels: for a kernel of 3 (done directly: 9) 2.25 and 1.78, for one
/// of 5 (25) 9 and 4. Larger tiles reach further over the edges of small maps.
///
/// Tiles of all images are divided evenly over the threads, or where they are few the channels are, so that no thread
/// reads or sums more weights than its own. The way from coarse to fine is the same convolution with the kernel turned and
/// the channels exchanged. The weights' gradient is summed among the transforms; divided by tiles, apart for each thread
/// and put together in the order of the threads.
struct WinogradConvolution {
    let geometry: ConvolutionGeometry
    /// Pixels of a tile's side: 6 or 8.
    let tile: Int

    init(_ geometry: ConvolutionGeometry, tile: Int) {
        precondition(Self.suits(geometry), "Winograd's method is not for \(geometry)")
        precondition(tile == 6 || tile == 8, "there are no transforms for tiles of \(tile) × \(tile)")
        self.geometry = geometry
        self.tile = tile
    }

    static func suits(_ geometry: ConvolutionGeometry) -> Bool {
        geometry.stride == 1 && (geometry.kernel == 3 || geometry.kernel == 5)
    }

    /// Values of a tile and its transform.
    private var planes: Int { tile * tile }

    /// What a core has of the second cache for itself, in bytes; a megabyte at least, and where the system does not say.
    private static let secondCache = max(1 << 20, sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)))

    /// Tiles that go through the cache together: a multiple of the rows that a product's innermost loop takes, so many that
    /// their transforms on both sides fill a fifth of the second cache (measured: the whole of it is slower by up to
    /// a third). Weights that fill that cache alone are read anew for each block, so there it pays to read them less often
    /// (measured at 128 channels: 48 tiles are faster than 24 by a tenth).
    private func block(_ source: Int, _ target: Int) -> Int {
        let room = Self.secondCache / 5 / (planes * 4 * (source + target))
        let least = planes * source * target * 4 > Self.secondCache ? 48 : 24
        return room >= 48 ? min(96, room / 48 * 48) : max(least, room / 12 * 12)
    }

    /// Tiles ahead of the one at hand whose pixels are fetched, where a map does not fit the second cache: some 1.5 KB of a
    /// map's line (measured: half of it comes too late, three times as much is gone again when it is wanted).
    private func lead(_ source: Extent, _ target: Extent) -> Int {
        guard max(source.count, target.count) * MemoryLayout<Float>.stride > Self.secondCache else {
            return 0
        }
        let pixels = tile + 1 - geometry.kernel
        return max(1, 384 / (pixels * max(source.channels, target.channels)))
    }

    /// Whether a result goes past the caches: where it is so large that whoever reads it next finds it in none of them, and
    /// each pixel's channels fill cache lines. Otherwise a line is first read that is then overwritten (measured at
    /// 720 × 1280 × 32: the convolution takes a tenth less).
    private func streams(_ target: Map) -> Bool {
        let line = Memory.alignment * MemoryLayout<Float>.stride
        return target.count * MemoryLayout<Float>.stride > 32 << 20
            && target.extent.channels % Memory.alignment == 0 && Int(bitPattern: target.base) % line == 0
    }

    private func shape(from source: Extent, to target: Extent, padding: Int) -> WinogradShape {
        WinogradShape(
            batch: source.batch, sourceHeight: source.height, sourceWidth: source.width,
            sourceChannels: source.channels, targetHeight: target.height, targetWidth: target.width,
            targetChannels: target.channels, kernel: geometry.kernel, points: tile, padding: padding,
            block: block(source.channels, target.channels), lead: lead(source, target),
            streams: 0)
    }

    private var gathering: WinogradShape {
        shape(from: geometry.fine, to: geometry.coarse, padding: geometry.padding)
    }

    private var spreading: WinogradShape {
        shape(from: geometry.coarse, to: geometry.fine, padding: geometry.kernel - 1 - geometry.padding)
    }

    private static func padded(_ channels: Int) -> Int { (channels + 3) / 4 * 4 }

    var gatheringWeights: Int {
        planes * geometry.fine.channels * Self.padded(geometry.coarse.channels)
    }

    var spreadingWeights: Int {
        planes * geometry.coarse.channels * Self.padded(geometry.fine.channels)
    }

    /// The transformed gradient of the weights, and the bias's.
    private var sums: Int { Memory.aligned(gatheringWeights) + Memory.aligned(geometry.coarse.channels) }

    /// Room for the sums and a block of tiles on both sides, or for some channels' weights on their way.
    var scratch: Int {
        withUnsafePointer(to: gathering) { gathering in
            withUnsafePointer(to: spreading) { spreading in
                max(
                    sums + winogradScratch(gathering), winogradScratch(spreading),
                    16 * geometry.kernel * geometry.kernel * geometry.fine.channels)
            }
        }
    }

    /// Multiplications of one of the three products, without those of the transforms.
    func multiplications(from source: Extent, to target: Extent) -> Int {
        withUnsafePointer(to: shape(from: source, to: target, padding: 0)) {
            winogradTiles($0) * planes * source.channels * target.channels
        }
    }

    func gather(_ fine: Map, _ weights: Floats, into coarse: Map, _ finish: Finish, on worker: Worker) {
        convolve(gathering, fine, weights, into: coarse, finish, on: worker)
    }

    func spread(_ coarse: Map, _ weights: Floats, into fine: Map, _ finish: Finish, on worker: Worker) {
        convolve(spreading, coarse, weights, into: fine, finish, on: worker)
    }

    private func convolve(
        _ shape: WinogradShape, _ source: Map, _ weights: Floats, into target: Map, _ finish: Finish,
        on worker: Worker
    ) {
        precondition(!finish.accumulates || finish.residual == nil, "only one map can be added")
        let scratch = worker.scratch(atLeast: self.scratch)
        var shape = shape
        shape.streams = streams(target) ? 1 : 0
        let added = finish.accumulates ? target : finish.residual
        let steps = VectorFinish(
            bias: finish.bias?.base, residual: added?.base, relu: finish.relu ? 1 : 0, mask: finish.mask?.base
        )
        withUnsafePointer(to: shape) { shape in
            withUnsafePointer(to: steps) { steps in
                let tiles = winogradTiles(shape)
                // What all threads do alike then, the source's transform, against reading all weights.
                let unit = worker.channelUnit(of: target.extent.channels, tiles: 2 * tiles)
                var share = worker.winogradShare(tiles: tiles, channels: target.extent.channels, unit: unit)
                worker.kernels.convolve(
                    shape, source.base, weights.base, target.base, steps, &share, scratch)
            }
        }
    }

    func addWeightGradient(
        fine: Map, coarse: Map, into gradient: Floats, bias: Floats?, on worker: Worker
    ) {
        let scratch = worker.scratch(atLeast: self.scratch)
        let (channels, out) = (geometry.fine.channels, geometry.coarse.channels)
        let biasPlace = Memory.aligned(gatheringWeights)
        withUnsafePointer(to: gathering) { shape in
            let tiles = winogradTiles(shape)
            // What all threads do alike then, the gradient's transform, against writing all sums and adding them up.
            let unit = worker.channelUnit(of: channels, tiles: tiles / 2)
            var share = worker.winogradShare(tiles: tiles, channels: channels, unit: unit)
            worker.kernels.weightGradient(
                shape, fine.base, coarse.base, scratch, scratch + biasPlace, &share, scratch + sums)
            if unit != nil {
                let rows = share.lastChannel - share.firstChannel
                worker.kernels.restoreGradient(
                    scratch, 1, 0, tile, geometry.kernel, rows, out, 0, rows,
                    gradient.base + share.firstChannel * out, channels * out)
                if worker.thread == 0 { add(scratch + biasPlace, to: bias) }
                return
            }
            // A thread without tiles has left sums of zeros.
            worker.wait()
            let all = worker.scratch(of: 0, atLeast: self.scratch)
            let part = worker.share(of: channels)
            worker.kernels.restoreGradient(
                all, worker.threads, worker.scratchStride, tile, geometry.kernel, channels, out,
                part.lowerBound, part.upperBound, gradient.base, channels * out)
            guard worker.thread == 0 else { return }
            for thread in 0..<worker.threads {
                add(all + (thread * worker.scratchStride + biasPlace), to: bias)
            }
        }
    }

    private func add(_ sums: UnsafePointer<Float>, to bias: Floats?) {
        guard let bias else { return }
        for channel in 0..<bias.count { bias.base[channel] += sums[channel] }
    }

    func packForGathering(_ weights: Floats, into packed: Floats, on worker: Worker) {
        let share = worker.share(of: geometry.fine.channels)
        worker.kernels.transformWeights(
            weights.base, tile, geometry.kernel, geometry.fine.channels, geometry.coarse.channels,
            share.lowerBound,
            share.upperBound, packed.base)
    }

    func packForSpreading(_ weights: Floats, into packed: Floats, on worker: Worker) {
        let share = worker.share(of: geometry.coarse.channels)
        worker.kernels.transformTurnedWeights(
            weights.base, tile, geometry.kernel, geometry.fine.channels, geometry.coarse.channels,
            share.lowerBound,
            share.upperBound, packed.base, worker.scratch(atLeast: scratch))
    }
}

extension Worker {
    /// Channels that threads take together where work is divided by them, or nil where it is better divided by tiles: where
    /// there are more tiles than channels, or fewer channels than a vector of eight for each thread.
    ///
    /// - Parameter tiles: weighed by what every thread then does as well as the others, against what it is spared.
    fileprivate func channelUnit(of channels: Int, tiles: Int) -> Int? {
        guard threads > 1, tiles < channels else { return nil }
        return [16, 8].first { channels >= $0 * threads && channels % $0 == 0 }
    }

    fileprivate func winogradShare(tiles: Int, channels: Int, unit: Int?) -> WinogradShare {
        guard let unit else {
            let range = share(of: tiles)
            return WinogradShare(
                firstTile: range.lowerBound, lastTile: range.upperBound, firstChannel: 0,
                lastChannel: channels)
        }
        let range = share(of: channels / unit)
        return WinogradShare(
            firstTile: 0, lastTile: tiles, firstChannel: range.lowerBound * unit,
            lastChannel: range.upperBound * unit)
    }
}
