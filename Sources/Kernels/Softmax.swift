import Foundation

extension Worker {
    /// Softmax over the channels of each pixel: e^(x − max) over the sum of these.
    package func softmax(_ source: FeatureMap, into target: FeatureMap) {
        checkEqual(source, target)
        let channels = source.shape.channels
        divide(source.shape.pixels, smallest: max(1, smallestDivided / channels)) { pixels in
            for pixel in pixels {
                let (values, result) = (source.base + pixel * channels, target.base + pixel * channels)
                // Of a NaN, which no comparison finds, the sum is one.
                var largest = values[0]
                for channel in 1..<max(1, channels) where values[channel] > largest {
                    largest = values[channel]
                }
                var sum: Float = 0
                for channel in 0..<channels {
                    result[channel] = expf(values[channel] - largest)
                    sum += result[channel]
                }
                for channel in 0..<channels { result[channel] /= sum }
            }
        }
    }

    /// The gradient with respect to a softmax's input, y · (g − Σ y · g), of its result y and the gradient g
    /// there.
    package func softmaxGradient(
        _ output: FeatureMap, _ gradient: FeatureMap, into target: FeatureMap, accumulates: Bool
    ) {
        checkEqual(output, target)
        checkEqual(gradient, target)
        let channels = output.shape.channels
        divide(output.shape.pixels, smallest: max(1, smallestDivided / channels)) { pixels in
            for pixel in pixels {
                let start = pixel * channels
                let (values, slopes, result) = (
                    output.base + start, gradient.base + start, target.base + start
                )
                var product: Float = 0
                for channel in 0..<channels { product += values[channel] * slopes[channel] }
                for channel in 0..<channels {
                    let slope = values[channel] * (slopes[channel] - product)
                    result[channel] = accumulates ? result[channel] + slope : slope
                }
            }
        }
    }
}
