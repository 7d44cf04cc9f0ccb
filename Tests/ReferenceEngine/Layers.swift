import Layers
import Operators

// Each layer straight from its definition, without regard to speed. Weights are [out][in][row][column] for a
// convolution and [in][out][row][column] for a transposed one, as PyTorch has them.

extension Tensor {
    /// - Parameter size: of the result.
    package func convolved(
        _ weights: [Double], bias: [Double]?, channels: Int, _ window: ConvolutionWindow,
        size: (height: Int, width: Int)
    ) -> Tensor {
        let inputs = self.channels / window.groups
        let outputs = channels / window.groups
        return Tensor(batch: batch, height: size.height, width: size.width, channels: channels) {
            image, y, x, out in
            var sum = bias?[out] ?? 0
            for v in 0..<window.kernelHeight {
                for u in 0..<window.kernelWidth {
                    let row = y * window.stride + v * window.dilation - window.verticalPadding
                    let column = x * window.stride + u * window.dilation - window.horizontalPadding
                    for channel in 0..<inputs {
                        let place = (out * inputs + channel) * window.kernelHeight + v
                        sum +=
                            weights[place * window.kernelWidth + u]
                            * padded(image, row, column, out / outputs * inputs + channel)
                    }
                }
            }
            return sum
        }
    }

    package func transposeConvolved(
        _ weights: [Double], bias: [Double]?, channels: Int, _ window: ConvolutionWindow,
        size: (height: Int, width: Int)
    ) -> Tensor {
        let (kernel, stride, padding) = (window.kernelHeight, window.stride, window.verticalPadding)
        var result = Tensor(batch: batch, height: size.height, width: size.width, channels: channels) {
            bias?[$3] ?? 0
        }
        for image in 0..<batch {
            for y in 0..<self.height {
                for x in 0..<self.width {
                    for v in 0..<kernel {
                        for u in 0..<kernel {
                            let (toY, toX) = (y * stride + v - padding, x * stride + u - padding)
                            guard toY >= 0, toY < size.height, toX >= 0, toX < size.width else { continue }
                            for out in 0..<channels {
                                for channel in 0..<self.channels {
                                    result[image, toY, toX, out] +=
                                        weights[((channel * channels + out) * kernel + v) * kernel + u]
                                        * self[image, y, x, channel]
                                }
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    /// With a square kernel.
    public func convolved(
        _ weights: [Double], bias: [Double], kernel: Int, stride: Int, padding: Int, height: Int, width: Int
    ) -> Tensor {
        let operation = Convolution(channels: bias.count, kernel: kernel, stride: stride, padding: padding)
        return convolved(
            weights, bias: bias, channels: bias.count, operation.window, size: (height, width))
    }

    public func transposeConvolved(
        _ weights: [Double], bias: [Double], kernel: Int, stride: Int, padding: Int, height: Int, width: Int
    ) -> Tensor {
        let operation = TransposedConvolution(
            channels: bias.count, kernel: kernel, stride: stride, padding: padding)
        return transposeConvolved(
            weights, bias: bias, channels: bias.count, operation.window, size: (height, width))
    }

    /// Bilinear.
    public func resized(height: Int, width: Int) -> Tensor {
        resized(height: height, width: width, .bilinear)
    }

    /// Each pixel of the result from the pixels around its place in the source, clamped at the edges.
    package func resized(height: Int, width: Int, _ mode: Resize.Mode) -> Tensor {
        let rows = (0..<height).map { Self.parts($0, from: self.height, to: height, mode) }
        let columns = (0..<width).map { Self.parts($0, from: self.width, to: width, mode) }
        return Tensor(batch: batch, height: height, width: width, channels: channels) {
            image, y, x, channel in
            rows[y].reduce(0) { sum, row in
                columns[x].reduce(sum) {
                    $0 + row.part * $1.part * self[image, row.place, $1.place, channel]
                }
            }
        }
    }

    private static func parts(_ index: Int, from: Int, to: Int, _ mode: Resize.Mode) -> [(
        place: Int, part: Double
    )] {
        let centre = (Double(index) + 0.5) * Double(from) / Double(to) - 0.5
        let places: [Int]
        let part: (Double) -> Double
        switch mode {
        case .nearest: return [(min(index * from / to, from - 1), 1)]
        case .bilinear:
            places = [0, 1].map { Int(centre.rounded(.down)) + $0 }
            part = { 1 - $0 }
        case .bicubic:
            places = (-1...2).map { Int(centre.rounded(.down)) + $0 }
            // Keys' kernel with a = −0.75.
            part = { $0 <= 1 ? (1.25 * $0 - 2.25) * $0 * $0 + 1 : ((3.75 - 0.75 * $0) * $0 - 6) * $0 + 3 }
        }
        return places.map { (min(max($0, 0), from - 1), part(abs(centre - Double($0)))) }
    }

    public func downsized(by factor: Int) -> Tensor {
        Tensor(batch: batch, height: height / factor, width: width / factor, channels: channels) {
            image, y, x, channel in
            var sum = 0.0
            for v in 0..<factor {
                for u in 0..<factor { sum += self[image, y * factor + v, x * factor + u, channel] }
            }
            return sum / Double(factor * factor)
        }
    }

    public func pixelShuffled(by factor: Int) -> Tensor {
        Tensor(
            batch: batch, height: height * factor, width: width * factor,
            channels: channels / (factor * factor)
        ) { image, y, x, channel in
            self[
                image, y / factor, x / factor, (channel * factor + y % factor) * factor + x % factor
            ]
        }
    }

    public func pixelUnshuffled(by factor: Int) -> Tensor {
        Tensor(
            batch: batch, height: height / factor, width: width / factor,
            channels: channels * factor * factor
        ) { image, y, x, channel in
            self[
                image, y * factor + channel / factor % factor, x * factor + channel % factor,
                channel / (factor * factor)]
        }
    }

    public func mapped(_ operation: (Double) -> Double) -> Tensor {
        var result = self
        for index in values.indices { result.values[index] = operation(values[index]) }
        return result
    }

    /// Value by value; what has one channel, row or column is repeated along it.
    public func combined(with other: Tensor, _ operation: (Double, Double) -> Double) -> Tensor {
        func value(_ map: Tensor, _ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Double {
            map[
                image, map.height == 1 ? 0 : y, map.width == 1 ? 0 : x, map.channels == 1 ? 0 : channel]
        }
        return Tensor(
            batch: batch, height: max(height, other.height), width: max(width, other.width),
            channels: max(channels, other.channels)
        ) { operation(value(self, $0, $1, $2, $3), value(other, $0, $1, $2, $3)) }
    }

    public static func concatenated(_ parts: [Tensor]) -> Tensor {
        let places = parts.flatMap { part in (0..<part.channels).map { (part, $0) } }
        let first = parts[0]
        return Tensor(
            batch: first.batch, height: first.height, width: first.width, channels: places.count
        ) { image, y, x, channel in places[channel].0[image, y, x, places[channel].1] }
    }

    public func sliced(_ range: Range<Int>) -> Tensor {
        Tensor(batch: batch, height: height, width: width, channels: range.count) {
            self[$0, $1, $2, range.lowerBound + $3]
        }
    }
}
