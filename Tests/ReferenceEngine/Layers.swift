// Each layer straight from its definition, without regard to speed. Weights are [out][in][row][column] for a
// convolution and [in][out][row][column] for a transposed one, as PyTorch has them.

extension Tensor {
    public func convolved(
        _ weights: [Double], bias: [Double], kernel: Int, stride: Int, padding: Int, height: Int, width: Int
    ) -> Tensor {
        Tensor(batch: batch, height: height, width: width, channels: bias.count) { image, y, x, out in
            var sum = bias[out]
            for v in 0..<kernel {
                for u in 0..<kernel {
                    for channel in 0..<channels {
                        sum +=
                            weights[((out * channels + channel) * kernel + v) * kernel + u]
                            * padded(image, y * stride + v - padding, x * stride + u - padding, channel)
                    }
                }
            }
            return sum
        }
    }

    public func transposeConvolved(
        _ weights: [Double], bias: [Double], kernel: Int, stride: Int, padding: Int, height: Int, width: Int
    ) -> Tensor {
        var result = Tensor(batch: batch, height: height, width: width, channels: bias.count) { bias[$3] }
        for image in 0..<batch {
            for y in 0..<self.height {
                for x in 0..<self.width {
                    for v in 0..<kernel {
                        for u in 0..<kernel {
                            let (toY, toX) = (y * stride + v - padding, x * stride + u - padding)
                            guard toY >= 0, toY < height, toX >= 0, toX < width else { continue }
                            for out in bias.indices {
                                for channel in 0..<channels {
                                    result[image, toY, toX, out] +=
                                        weights[((channel * bias.count + out) * kernel + v) * kernel + u]
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

    /// Bilinear with half-pixel centres and clamped edges.
    public func resized(height: Int, width: Int) -> Tensor {
        func position(_ index: Int, _ from: Int, _ to: Int) -> (Int, Int, Double) {
            let centre = min(
                max((Double(index) + 0.5) * Double(from) / Double(to) - 0.5, 0), Double(from - 1))
            let first = Int(centre.rounded(.down))
            return (first, min(first + 1, from - 1), centre - Double(first))
        }
        return Tensor(batch: batch, height: height, width: width, channels: channels) {
            image, y, x, channel in
            let (top, bottom, down) = position(y, self.height, height)
            let (left, right, across) = position(x, self.width, width)
            return (1 - down) * (1 - across) * self[image, top, left, channel]
                + (1 - down) * across * self[image, top, right, channel]
                + down * (1 - across) * self[image, bottom, left, channel]
                + down * across * self[image, bottom, right, channel]
        }
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

    public func mapped(_ operation: (Double) -> Double) -> Tensor {
        var result = self
        for index in values.indices { result.values[index] = operation(values[index]) }
        return result
    }

    public func combined(with other: Tensor, _ operation: (Double, Double) -> Double) -> Tensor {
        var result = self
        for index in values.indices { result.values[index] = operation(values[index], other.values[index]) }
        return result
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
