import Kernels
import VectorKernels

extension Worker {
    /// Values of shape [channel][row][column] as a map that is the same for every image.
    package func repeatValues(_ values: BufferView, into target: FeatureMap) {
        let shape = target.shape
        checkValues(values, shape)
        divide(shape.pixels, smallest: smallestDivided / shape.channels) { pixels in
            let area = shape.height * shape.width
            for pixel in pixels {
                for channel in 0..<shape.channels {
                    target.base[pixel * shape.channels + channel] = values.base[channel * area + pixel % area]
                }
            }
        }
    }

    /// The adjoint of ``repeatValues(_:into:)``, added to what `values` hold.
    package func addRepeatedValues(_ gradient: FeatureMap, into values: BufferView) {
        let shape = gradient.shape
        checkValues(values, shape)
        let area = shape.height * shape.width
        for index in share(of: values.count) {
            let (channel, pixel) = (index / area, index % area)
            for image in 0..<shape.batch {
                values.base[index] += gradient.base[(image * area + pixel) * shape.channels + channel]
            }
        }
    }

    private func checkValues(_ values: BufferView, _ shape: TensorShape) {
        precondition(
            values.count == shape.height * shape.width * shape.channels, "\(values.count) values for \(shape)"
        )
    }

    // MARK: Slopes

    /// x where it is positive, slope · x elsewhere, with a slope for each channel or one for all.
    package func parametricReLU(_ source: FeatureMap, slopes: BufferView, into target: FeatureMap) {
        checkEqual(source, target)
        forEachValue(of: source.shape, slopes) { index, slope in
            let value = source.base[index]
            target.base[index] = value > 0 ? value : slope * value
        }
    }

    package func parametricReLUGradient(
        _ source: FeatureMap, _ gradient: FeatureMap, slopes: BufferView, into target: FeatureMap,
        accumulates: Bool
    ) {
        checkEqual(source, target)
        forEachValue(of: source.shape, slopes) { index, slope in
            let value = gradient.base[index] * (source.base[index] > 0 ? 1 : slope)
            target.base[index] = accumulates ? target.base[index] + value : value
        }
    }

    /// Adds to the gradient of each slope: x · g where x is not positive. Workspace is that of
    /// ``sumsWorkspace(of:terms:)`` with one term.
    package func addSlopeGradient(_ source: FeatureMap, _ gradient: FeatureMap, into slopes: BufferView) {
        let shape = source.shape
        let sums = sumsOverPixels(of: shape, terms: 1) { _, start, sums in
            var (values, slope) = (source.base + start, gradient.base + start)
            for _ in 0..<shape.width {
                for channel in 0..<shape.channels {
                    sums[channel] += min(values[channel], 0) * slope[channel]
                }
                values += shape.channels
                slope += shape.channels
            }
        }
        for index in share(of: slopes.count) {
            var sum = 0.0
            for image in 0..<shape.batch {
                for channel in slopes.count == 1 ? 0..<shape.channels : index..<index + 1 {
                    sum += sums[image * shape.channels + channel]
                }
            }
            slopes.base[index] += Float(sum)
        }
    }

    @inline(__always)
    private func forEachValue(
        of shape: TensorShape, _ slopes: BufferView, _ body: (_ index: Int, _ slope: Float) -> Void
    ) {
        precondition(
            slopes.count == 1 || slopes.count == shape.channels, "\(slopes.count) slopes for \(shape)")
        if slopes.count == 1 {
            let slope = slopes.base[0]
            divide(shape.count, smallest: smallestDivided) { range in
                for index in range { body(index, slope) }
            }
            return
        }
        divide(shape.pixels, smallest: smallestDivided / shape.channels) { pixels in
            for pixel in pixels {
                for channel in 0..<shape.channels {
                    body(pixel * shape.channels + channel, slopes.base[channel])
                }
            }
        }
    }
}
