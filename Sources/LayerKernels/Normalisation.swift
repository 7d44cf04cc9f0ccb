import Kernels
import VectorKernels

extension Worker {
    // MARK: Over the channels of a pixel

    /// (x − mean) / √(variance + ε) · scale + shift, with mean and variance over the channels of each pixel
    /// [Ba et al. 2016].
    package func layerNorm(
        _ source: FeatureMap, scale: BufferView, shift: BufferView, epsilon: Float, into target: FeatureMap
    ) {
        checkEqual(source, target)
        let channels = source.shape.channels
        divide(source.shape.pixels, smallest: smallestDivided / channels) { pixels in
            let start = pixels.lowerBound * channels
            kernels.layerNorm(
                pixels.count, channels, source.base + start, scale.base, shift.base, epsilon,
                target.base + start)
        }
    }

    package func layerNormGradient(
        _ source: FeatureMap, _ gradient: FeatureMap, scale: BufferView, epsilon: Float,
        into target: FeatureMap, accumulates: Bool
    ) {
        checkEqual(source, target)
        let channels = source.shape.channels
        divide(source.shape.pixels, smallest: smallestDivided / channels) { pixels in
            let start = pixels.lowerBound * channels
            kernels.layerNormGradient(
                pixels.count, channels, source.base + start, gradient.base + start, scale.base, epsilon,
                target.base + start, accumulates ? 1 : 0)
        }
    }

    /// Adds to the gradients of scale and shift, either of which may be left out.
    package func addLayerNormSums(
        _ source: FeatureMap, _ gradient: FeatureMap, epsilon: Float, scale: BufferView?, shift: BufferView?
    ) {
        let shape = source.shape
        let sums = sumsOverPixels(of: Self.oneImage(shape), terms: 2) { _, start, sums in
            kernels.layerNormSums(
                shape.width, shape.channels, source.base + start, gradient.base + start, epsilon, sums,
                sums + shape.channels)
        }
        for channel in share(of: shape.channels) {
            if let scale { scale.base[channel] += Float(sums[channel]) }
            if let shift { shift.base[channel] += Float(sums[shape.channels + channel]) }
        }
    }

    /// Floats of workspace for ``addLayerNormSums(_:_:epsilon:scale:shift:)``.
    package static func layerNormWorkspace(of shape: TensorShape) -> Int {
        sumsWorkspace(of: oneImage(shape), terms: 2)
    }

    /// The rows of all images as those of one.
    private static func oneImage(_ shape: TensorShape) -> TensorShape {
        TensorShape(
            batch: 1, height: shape.batch * shape.height, width: shape.width, channels: shape.channels)
    }

    // MARK: Over the pixels of an image

    /// (x − mean) / √(variance + ε) · scale + shift, with mean and variance over the pixels of each image,
    /// channel by channel [Ulyanov et al. 2016].
    package func instanceNorm(
        _ source: FeatureMap, scale: BufferView?, shift: BufferView?, epsilon: Float, into target: FeatureMap
    ) {
        let shape = source.shape
        let moments = momentsOverPixels(source, epsilon: epsilon)
        let (factors, offsets) = (moments.scratch(1), moments.scratch(2))
        forEachImage(of: shape) { image, pixels in
            for channel in 0..<shape.channels {
                let (mean, factor) = moments.of(image, channel)
                factors[channel] = Float(factor) * (scale?.base[channel] ?? 1)
                offsets[channel] = (shift?.base[channel] ?? 0) - Float(mean) * factors[channel]
            }
            scaleRows(source, pixels, scale: factors, shift: offsets, into: target, accumulates: false)
        }
    }

    /// Reads the input and the output's gradient g: with x̂ = (x − mean)·r,
    /// dx = r·scale·(g − mean(g) − x̂·mean(g·x̂)).
    package func instanceNormGradient(
        _ source: FeatureMap, _ gradient: FeatureMap, scale: BufferView?, epsilon: Float,
        into target: FeatureMap, accumulates: Bool
    ) {
        let shape = source.shape
        let moments = momentsOverPixels(source, epsilon: epsilon)
        let sums = gradientSums(source, gradient, moments)
        let area = Double(shape.height * shape.width)
        let (slopes, factors, offsets) = (moments.scratch(1), moments.scratch(2), moments.scratch(3))
        forEachImage(of: shape) { image, pixels in
            for channel in 0..<shape.channels {
                let (mean, factor) = moments.of(image, channel)
                let (plain, along) = sums.of(image, channel)
                let whole = factor * Double(scale?.base[channel] ?? 1)
                // r·s·g − x·(r²·s·along/n) + (mean·r²·s·along/n − r·s·plain/n), where along = Σ g·x̂.
                let pull = whole * factor * along / area
                slopes[channel] = Float(whole)
                factors[channel] = Float(-pull)
                offsets[channel] = Float(mean * pull - whole * plain / area)
            }
            scaleRows(gradient, pixels, scale: slopes, shift: offsets, into: target, accumulates: accumulates)
            offsets.update(repeating: 0, count: shape.channels)
            scaleRows(source, pixels, scale: factors, shift: offsets, into: target, accumulates: true)
        }
    }

    /// Adds to the gradients of scale and shift, either of which may be left out.
    package func addInstanceNormSums(
        _ source: FeatureMap, _ gradient: FeatureMap, epsilon: Float, scale: BufferView?, shift: BufferView?
    ) {
        let shape = source.shape
        let moments = momentsOverPixels(source, epsilon: epsilon)
        let sums = gradientSums(source, gradient, moments)
        for channel in share(of: shape.channels) {
            for image in 0..<shape.batch {
                let (plain, along) = sums.of(image, channel)
                if let scale { scale.base[channel] += Float(along) }
                if let shift { shift.base[channel] += Float(plain) }
            }
        }
    }

    package static func instanceNormWorkspace(of shape: TensorShape) -> Int {
        // The moments stay while the gradient is summed behind them.
        sumsWorkspace(of: shape, terms: 2) + 2 * AlignedMemory.aligned(shape.batch * 2 * shape.channels)
    }

    /// Mean and 1/√(variance + ε) of each image and channel, and room for values by channel.
    private struct PixelMoments {
        let values: UnsafeMutablePointer<Double>
        let channels: Int
        let scratch: (Int) -> UnsafeMutablePointer<Float>

        func of(_ image: Int, _ channel: Int) -> (mean: Double, factor: Double) {
            let place = values + image * 2 * channels + channel
            return (place[0], place[channels])
        }
    }

    private func momentsOverPixels(_ source: FeatureMap, epsilon: Float) -> PixelMoments {
        let shape = source.shape
        let (channels, area) = (shape.channels, Double(shape.height * shape.width))
        let count = shape.batch * 2 * channels
        // In every worker's own workspace, behind what the sums take: they are used while others are summed.
        let kept = UnsafeMutableRawPointer(
            workspace(atLeast: Self.instanceNormWorkspace(of: shape))
                + Self.sumsWorkspace(of: shape, terms: 2)
        ).assumingMemoryBound(to: Double.self)
        let sums = sumsOverPixels(of: shape, terms: 2) { _, start, sums in
            kernels.sumRows(shape.width, channels, source.base + start, nil, sums)
        }
        for index in 0..<count { kept[index] = sums[index] / area }
        wait()
        let means = channelValues(0, shape, terms: 2)
        var filled = -1
        let squares = sumsOverPixels(of: shape, terms: 2) { image, start, sums in
            if image != filled {
                for channel in 0..<channels { means[channel] = Float(kept[image * 2 * channels + channel]) }
                filled = image
            }
            kernels.sumSquaredDeviations(shape.width, channels, source.base + start, means, sums)
        }
        for image in 0..<shape.batch {
            for channel in 0..<channels {
                let place = image * 2 * channels + channel
                // The deviations are from the mean as a single rounds it.
                let rounding = kept[place] - Double(Float(kept[place]))
                let variance = squares[place] / area - rounding * rounding
                kept[place + channels] = 1 / (variance + Double(epsilon)).squareRoot()
            }
        }
        wait()
        return PixelMoments(values: kept, channels: channels) { channelValues($0, shape, terms: 2) }
    }

    private struct GradientSums {
        let values: UnsafeMutablePointer<Double>
        let moments: PixelMoments

        /// Σ g and Σ g·x̂.
        func of(_ image: Int, _ channel: Int) -> (plain: Double, along: Double) {
            let place = values + image * 2 * moments.channels + channel
            let (mean, factor) = moments.of(image, channel)
            return (place[0], (place[moments.channels] - mean * place[0]) * factor)
        }
    }

    private func gradientSums(
        _ source: FeatureMap, _ gradient: FeatureMap, _ moments: PixelMoments
    ) -> GradientSums {
        let shape = source.shape
        let sums = sumsOverPixels(of: shape, terms: 2) { _, start, sums in
            kernels.sumRows(shape.width, shape.channels, gradient.base + start, nil, sums)
            kernels.sumRows(
                shape.width, shape.channels, gradient.base + start, source.base + start,
                sums + shape.channels)
        }
        return GradientSums(values: sums, moments: moments)
    }

    // MARK: Lengths

    /// x / max(‖x‖, ε), with the norm over the pixels of each image, channel by channel.
    package func normaliseOverPixels(_ source: FeatureMap, epsilon: Float, into target: FeatureMap) {
        let shape = source.shape
        let sums = sumsOverPixels(of: shape, terms: 1) { _, start, sums in
            kernels.sumRows(shape.width, shape.channels, source.base + start, source.base + start, sums)
        }
        let (factors, offsets) = (channelValues(0, shape, terms: 1), channelValues(1, shape, terms: 1))
        offsets.update(repeating: 0, count: shape.channels)
        forEachImage(of: shape) { image, pixels in
            for channel in 0..<shape.channels {
                let length = sums[image * shape.channels + channel].squareRoot()
                factors[channel] = Float(1 / max(length, Double(epsilon)))
            }
            scaleRows(source, pixels, scale: factors, shift: offsets, into: target, accumulates: false)
        }
    }

    /// Reads the input and the output's gradient g: dx = g/‖x‖ − x·Σ(g·x)/‖x‖³; only the first term where ε
    /// is larger than the norm.
    package func normaliseOverPixelsGradient(
        _ source: FeatureMap, _ gradient: FeatureMap, epsilon: Float, into target: FeatureMap,
        accumulates: Bool
    ) {
        let shape = source.shape
        let channels = shape.channels
        let sums = sumsOverPixels(of: shape, terms: 2) { _, start, sums in
            kernels.sumRows(shape.width, channels, source.base + start, source.base + start, sums)
            kernels.sumRows(
                shape.width, channels, source.base + start, gradient.base + start, sums + channels)
        }
        let (slopes, factors) = (channelValues(0, shape, terms: 2), channelValues(1, shape, terms: 2))
        let zeros = channelValues(2, shape, terms: 2)
        zeros.update(repeating: 0, count: channels)
        forEachImage(of: shape) { image, pixels in
            for channel in 0..<channels {
                let place = sums + image * 2 * channels + channel
                let length = place[0].squareRoot()
                let isLong = length > Double(epsilon)
                slopes[channel] = Float(1 / max(length, Double(epsilon)))
                factors[channel] = isLong ? Float(-place[channels] / (length * length * length)) : 0
            }
            scaleRows(gradient, pixels, scale: slopes, shift: zeros, into: target, accumulates: accumulates)
            scaleRows(source, pixels, scale: factors, shift: zeros, into: target, accumulates: true)
        }
    }

    /// x / max(‖x‖, ε), with the norm over the channels of each pixel.
    package func normaliseOverChannels(_ source: FeatureMap, epsilon: Float, into target: FeatureMap) {
        forEachPixel(source, source, target) { channels, values, _, place in
            var square: Float = 0
            for channel in 0..<channels { square += values[channel] * values[channel] }
            let factor = 1 / max(square.squareRoot(), epsilon)
            for channel in 0..<channels { place[channel] = values[channel] * factor }
        }
    }

    /// As ``normaliseOverPixelsGradient(_:_:epsilon:into:accumulates:)``, over channels.
    package func normaliseOverChannelsGradient(
        _ source: FeatureMap, _ gradient: FeatureMap, epsilon: Float, into target: FeatureMap,
        accumulates: Bool
    ) {
        forEachPixel(source, gradient, target) { channels, values, slopes, place in
            var (square, along): (Float, Float) = (0, 0)
            for channel in 0..<channels {
                square += values[channel] * values[channel]
                along += values[channel] * slopes[channel]
            }
            let length = square.squareRoot()
            let factor = 1 / max(length, epsilon)
            let pull = length > epsilon ? along * factor * factor * factor : 0
            for channel in 0..<channels {
                let slope = slopes[channel] * factor - values[channel] * pull
                place[channel] = accumulates ? place[channel] + slope : slope
            }
        }
    }

    @inline(__always)
    private func forEachPixel(
        _ source: FeatureMap, _ gradient: FeatureMap, _ target: FeatureMap,
        _ body: (
            Int, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>
        ) -> Void
    ) {
        checkEqual(source, target)
        checkEqual(gradient, target)
        let channels = source.shape.channels
        divide(source.shape.pixels, smallest: smallestDivided / channels) { pixels in
            for pixel in pixels {
                let start = pixel * channels
                body(channels, source.base + start, gradient.base + start, target.base + start)
            }
        }
    }
}
