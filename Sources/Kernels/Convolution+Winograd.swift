import Foundation
import Machine
import VectorKernels

/// Convolution by Winograd's minimal filtering [Lavin & Gray 2016], in tiles of 6 × 6 or 8 × 8: of stride 1
/// with kernels of 3 or 5, and of stride 2 with kernels of 3 to 5, in tiles of 8 × 8.
///
/// Multiplications per output and pair of channels at stride 1: for a kernel of 3 (done directly: 9) 2.25 and
/// 1.78, for one of 5 (25) 9 and 4. A convolution of stride 2 is one of stride 1 over the four phases of its
/// input map, the pixels of even and odd rows and columns, each with a kernel of half the taps: 5.2 for
/// kernels of 3 (9) and 4 (16), 7.1 for one of 5 (25). Larger tiles reach further over the edges of small
/// maps.
///
/// Tiles of all images are divided evenly over the threads, or where they are few the channels are, so that
/// no thread reads or sums more weights than its own. The way from output to input is the same convolution
/// with the kernel turned and the channels exchanged. The weights' gradient is summed among the transforms;
/// divided by tiles, apart for each thread and put together in the order of the threads.
struct WinogradConvolution {
    let geometry: ConvolutionGeometry
    /// Pixels of a tile's side: 6 or 8.
    let tile: Int

    init(_ geometry: ConvolutionGeometry, tile: Int) {
        precondition(
            Self.suits(geometry, tile: tile), "no transforms to tiles of \(tile) × \(tile) for \(geometry)")
        self.geometry = geometry
        self.tile = tile
    }

    static func suits(_ geometry: ConvolutionGeometry, tile: Int) -> Bool {
        switch geometry.stride {
        case 1: (geometry.kernel == 3 || geometry.kernel == 5) && (tile == 6 || tile == 8)
        case 2: (3...5).contains(geometry.kernel) && tile == 8
        default: false
        }
    }

    /// Taps of the kernel's side, of the first phase's where there are some.
    private var taps: Int { geometry.kernel.dividedRoundingUp(by: geometry.stride) }

    /// Channels of the input map's phases together.
    private var inputDepth: Int { geometry.stride * geometry.stride * geometry.input.channels }

    /// Values of a tile and its transform.
    private var planes: Int { tile * tile }

    /// What a core has of the second cache for itself, in bytes; a megabyte at least, and where the system
    /// does not say.
    private static let secondCache = max(1 << 20, sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)))

    /// Tiles that go through the cache together: a multiple of the rows that a product's innermost loop
    /// takes, so many that their transforms on both sides fill a fifth of the second cache (measured: the
    /// whole of it is slower by up to a third). Weights that fill that cache alone are read anew for each
    /// block, so there it pays to read them less often (measured at 128 channels: 48 tiles are faster than 24
    /// by a tenth).
    private func block(_ source: Int, _ target: Int) -> Int {
        let room = Self.secondCache / 5 / (planes * 4 * (source + target))
        let least = planes * source * target * 4 > Self.secondCache ? 48 : 24
        return room >= 48 ? min(96, room / 48 * 48) : max(least, room / 12 * 12)
    }

    /// Tiles ahead of the one at hand whose pixels are fetched, where a map does not fit the second cache:
    /// some 1.5 KB of a map's line (measured: half of it comes too late, three times as much is gone again
    /// when it is wanted).
    private func lead(_ source: TensorShape, _ sourceStride: Int, _ target: TensorShape, _ targetStride: Int)
        -> Int
    {
        guard max(source.count, target.count) * MemoryLayout<Float>.stride > Self.secondCache else {
            return 0
        }
        let pixels = tile + 1 - taps
        let channels = max(sourceStride * source.channels, targetStride * target.channels)
        return max(1, 384 / (pixels * channels))
    }

    /// Whether a result goes past the caches: where it is so large that whoever reads it next finds it in
    /// none of them, and each pixel's channels fill cache lines. Otherwise a line is first read that is then
    /// overwritten (measured at 720 × 1280 × 32: the convolution takes a tenth less).
    private func streams(_ target: FeatureMap) -> Bool {
        let line = AlignedMemory.alignment * MemoryLayout<Float>.stride
        return target.count * MemoryLayout<Float>.stride > 32 << 20
            && target.shape.channels % AlignedMemory.alignment == 0
            && Int(bitPattern: target.base) % line == 0
    }

    private var convolutionShape: WinogradShape {
        shape(
            from: geometry.input, stride: geometry.stride, to: geometry.output, stride: 1,
            padding: geometry.padding)
    }

    private var transposedShape: WinogradShape {
        // The phases' first row that has a pixel at all; what of it lies outside is cropped.
        let skipped = geometry.padding / geometry.stride
        var shape = shape(
            from: geometry.output, stride: 1, to: geometry.input, stride: geometry.stride,
            padding: taps - 1 - skipped)
        guard geometry.stride > 1 else { return shape }
        shape.crop = geometry.padding - skipped * geometry.stride
        shape.gridHeight = (geometry.input.height - 1 + shape.crop) / geometry.stride + 1
        shape.gridWidth = (geometry.input.width - 1 + shape.crop) / geometry.stride + 1
        return shape
    }

    private func shape(
        from source: TensorShape, stride sourceStride: Int, to target: TensorShape, stride targetStride: Int,
        padding: Int
    ) -> WinogradShape {
        WinogradShape(
            batch: source.batch, inputHeight: source.height, inputWidth: source.width,
            inputChannels: source.channels, outputHeight: target.height, outputWidth: target.width,
            outputChannels: target.channels, inputStride: sourceStride, outputStride: targetStride,
            gridHeight: target.height, gridWidth: target.width, kernelSize: taps, tileSize: tile,
            padding: padding, crop: 0, blockTiles: block(inputDepth, geometry.output.channels),
            prefetchDistance: lead(source, sourceStride, target, targetStride), nonTemporal: 0)
    }

    private var weights: WinogradFilter {
        WinogradFilter(
            kernelSize: geometry.kernel, stride: geometry.stride, tileSize: tile,
            inputChannels: geometry.input.channels, outputChannels: geometry.output.channels)
    }

    var convolutionWeights: Int { winogradFilterSize(tile, inputDepth, geometry.output.channels) }

    var transposedWeights: Int { winogradFilterSize(tile, geometry.output.channels, inputDepth) }

    /// The transformed gradient of the weights, and the bias's.
    private var sums: Int {
        AlignedMemory.aligned(convolutionWeights) + AlignedMemory.aligned(geometry.output.channels)
    }

    /// Room for a block of tiles on both sides, or for some channels' weights on their way.
    var passingWorkspace: Int {
        withUnsafePointer(to: convolutionShape) { convolutionShape in
            withUnsafePointer(to: transposedShape) { transposedShape in
                max(
                    winogradWorkspaceSize(convolutionShape), winogradWorkspaceSize(transposedShape),
                    16 * taps * taps * inputDepth)
            }
        }
    }

    /// Room for the weights' gradient too: the sums and a block of tiles.
    var trainingWorkspace: Int {
        max(passingWorkspace, sums + withUnsafePointer(to: convolutionShape) { winogradWorkspaceSize($0) })
    }

    /// Multiplications of one of the three products, without those of the transforms.
    var multiplications: Int {
        withUnsafePointer(to: convolutionShape) {
            winogradTileCount($0) * planes * inputDepth * geometry.output.channels
        }
    }

    func convolve(
        _ input: FeatureMap, _ weights: BufferView, into output: FeatureMap, _ epilogue: Epilogue,
        on worker: Worker
    ) {
        convolve(convolutionShape, input, weights, into: output, epilogue, on: worker)
    }

    func convolveTransposed(
        _ output: FeatureMap, _ weights: BufferView, into input: FeatureMap, _ epilogue: Epilogue,
        on worker: Worker
    ) {
        convolve(transposedShape, output, weights, into: input, epilogue, on: worker)
    }

    private func convolve(
        _ shape: WinogradShape, _ source: FeatureMap, _ weights: BufferView, into target: FeatureMap,
        _ epilogue: Epilogue,
        on worker: Worker
    ) {
        precondition(!epilogue.accumulates || epilogue.residual == nil, "only one map can be added")
        let workspace = worker.workspace(atLeast: passingWorkspace)
        var shape = shape
        let added = epilogue.accumulates ? target : epilogue.residual
        let steps = VectorEpilogue(
            bias: epilogue.bias?.base, residual: added?.base, relu: epilogue.relu ? 1 : 0,
            mask: epilogue.mask?.base
        )
        let tiles = withUnsafePointer(to: shape) { winogradTileCount($0) }
        let channels = shape.outputStride * shape.outputStride * target.shape.channels
        // What all threads do alike then, the source's transform, against reading all weights.
        let unit = worker.channelUnit(of: channels, tiles: 2 * tiles)
        var share = worker.winogradShare(tiles: tiles, channels: channels, unit: unit)
        // A share that starts within a cache line fills none.
        shape.nonTemporal = streams(target) && share.firstChannel % AlignedMemory.alignment == 0 ? 1 : 0
        withUnsafePointer(to: shape) { shape in
            withUnsafePointer(to: steps) { steps in
                worker.kernels.winogradConvolution(
                    shape, source.base, weights.base, target.base, steps, &share, workspace)
            }
        }
    }

    func addWeightGradient(
        input: FeatureMap, output: FeatureMap, into gradient: BufferView, bias: BufferView?, on worker: Worker
    ) {
        let workspace = worker.workspace(atLeast: trainingWorkspace)
        let biasPlace = AlignedMemory.aligned(convolutionWeights)
        var weights = weights
        withUnsafePointer(to: convolutionShape) { shape in
            let tiles = winogradTileCount(shape)
            // What all threads do alike then, the gradient's transform, against writing all sums and adding
            // them up.
            let unit = worker.channelUnit(of: inputDepth, tiles: tiles / 2)
            var share = worker.winogradShare(tiles: tiles, channels: inputDepth, unit: unit)
            worker.kernels.winogradFilterGradient(
                shape, input.base, output.base, workspace, workspace + biasPlace, &share, workspace + sums)
            if unit != nil {
                let (first, last) = (share.firstChannel, share.lastChannel)
                var own = WinogradFilterSums(
                    start: workspace, parts: 1, partStride: 0, firstChannel: first, channels: last - first)
                worker.kernels.winogradFilterGradientTransform(&own, &weights, first, last, gradient.base)
                if worker.thread == 0 { add(workspace + biasPlace, to: bias) }
                return
            }
            // A thread without tiles has left sums of zeros.
            worker.wait()
            let all = worker.workspace(of: 0, atLeast: trainingWorkspace)
            let part = worker.share(of: inputDepth)
            var parts = WinogradFilterSums(
                start: all, parts: worker.threads, partStride: worker.workspaceStride, firstChannel: 0,
                channels: inputDepth)
            worker.kernels.winogradFilterGradientTransform(
                &parts, &weights, part.lowerBound, part.upperBound, gradient.base)
            guard worker.thread == 0 else { return }
            for thread in 0..<worker.threads {
                add(all + (thread * worker.workspaceStride + biasPlace), to: bias)
            }
        }
    }

    private func add(_ sums: UnsafePointer<Float>, to bias: BufferView?) {
        guard let bias else { return }
        for channel in 0..<bias.count { bias.base[channel] += sums[channel] }
    }

    func packForConvolution(_ stored: BufferView, into packed: BufferView, on worker: Worker) {
        let share = worker.share(of: inputDepth)
        var weights = weights
        worker.kernels.winogradFilterTransform(
            stored.base, &weights, share.lowerBound, share.upperBound, packed.base)
    }

    func packForTransposed(_ stored: BufferView, into packed: BufferView, on worker: Worker) {
        let share = worker.share(of: geometry.output.channels)
        var weights = weights
        worker.kernels.winogradRotatedFilterTransform(
            stored.base, &weights, share.lowerBound, share.upperBound, packed.base,
            worker.workspace(atLeast: passingWorkspace))
    }
}

extension Worker {
    /// Channels that threads take together where work is divided by them, or nil where it is better divided
    /// by tiles: where there are more tiles than channels, or fewer channels than a vector of eight for each
    /// thread.
    ///
    /// - Parameter tiles: weighed by what every thread then does as well as the others, against what it is
    ///   spared.
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
