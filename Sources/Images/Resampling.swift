extension Image {
    /// Smaller by a whole `factor`: each pixel is the mean of the factor×factor pixels that it covers; a
    /// remainder at the right and the bottom that fills no pixel is left out.
    public func downsized(by factor: Int) -> Image {
        precondition(factor > 0 && factor <= width && factor <= height, "\(sizeText) by \(factor)")
        guard factor > 1 else { return self }
        var result = Image(width: width / factor, height: height / factor, channels: channels)
        let scale = 1 / Float(factor * factor)
        for y in 0..<result.height {
            for row in y * factor..<(y + 1) * factor {
                for x in 0..<result.width * factor {
                    let source = (row * width + x) * channels
                    let target = (y * result.width + x / factor) * channels
                    for channel in 0..<channels {
                        result.pixels[target + channel] += pixels[source + channel] * scale
                    }
                }
            }
        }
        return result
    }

    /// Resampled to `width`×`height`, not larger than this one: each pixel is the mean of the area that it
    /// covers, pixels at its border counted by their part in it. Neither rings nor aliases; what it averages
    /// should be light, so a photograph is decoded by ``LinearLight`` first.
    public func shrunk(toWidth width: Int, height: Int) -> Image {
        precondition(width <= self.width && height <= self.height, "\(sizeText) to \(width)×\(height)")
        guard width != self.width || height != self.height else { return self }
        let columns = (0..<width).map { Coverage(of: $0, among: width, source: self.width) }
        let rows = (0..<height).map { Coverage(of: $0, among: height, source: self.height) }
        var narrow = Image(width: width, height: self.height, channels: channels)
        for y in 0..<self.height {
            for (x, column) in columns.enumerated() {
                for (offset, weight) in column.weights.enumerated() {
                    let source = (y * self.width + column.first + offset) * channels
                    for channel in 0..<channels {
                        narrow.pixels[(y * width + x) * channels + channel] +=
                            weight * pixels[source + channel]
                    }
                }
            }
        }
        var result = Image(width: width, height: height, channels: channels)
        for (y, row) in rows.enumerated() {
            for (offset, weight) in row.weights.enumerated() {
                let source = (row.first + offset) * width * channels
                let target = y * width * channels
                for index in 0..<width * channels {
                    result.pixels[target + index] += weight * narrow.pixels[source + index]
                }
            }
        }
        return result
    }
}

extension Image {
    /// Resampled to `width`×`height`, not smaller than this one, by bilinear interpolation between pixel
    /// middles.
    public func enlarged(toWidth width: Int, height: Int) -> Image {
        precondition(width >= self.width && height >= self.height, "\(sizeText) to \(width)×\(height)")
        guard width != self.width || height != self.height else { return self }
        var result = Image(width: width, height: height, channels: channels)
        let columns = (0..<width).map { Neighbours(of: $0, among: width, source: self.width) }
        for y in 0..<height {
            let row = Neighbours(of: y, among: height, source: self.height)
            let (upper, lower) = (row.first * self.width, row.second * self.width)
            for (x, column) in columns.enumerated() {
                for channel in 0..<channels {
                    func value(_ row: Int, _ column: Int) -> Float {
                        pixels[(row + column) * channels + channel]
                    }
                    let top =
                        value(upper, column.first) * (1 - column.part) + value(upper, column.second)
                        * column.part
                    let bottom =
                        value(lower, column.first) * (1 - column.part) + value(lower, column.second)
                        * column.part
                    result.pixels[(y * width + x) * channels + channel] =
                        top * (1 - row.part) + bottom * row.part
                }
            }
        }
        return result
    }
}

/// The two source samples that one sample of a longer row lies between, and the second's part in it.
private struct Neighbours {
    let first: Int
    let second: Int
    let part: Float

    init(of index: Int, among count: Int, source: Int) {
        let place = (Double(index) + 0.5) * Double(source) / Double(count) - 0.5
        let clamped = min(Double(source - 1), max(0, place))
        first = Int(clamped)
        second = min(source - 1, first + 1)
        part = Float(clamped - Double(first))
    }
}

/// The source samples that one sample of a smaller row covers, and what part each has in it.
private struct Coverage {
    let first: Int
    let weights: [Float]

    init(of index: Int, among count: Int, source: Int) {
        let scale = Double(source) / Double(count)
        let start = Double(index) * scale
        let end = min(Double(source), start + scale)
        first = Int(start)
        let last = min(source - 1, Int(end.rounded(.up)) - 1)
        weights = (first...last).map { sample in
            Float((min(end, Double(sample + 1)) - max(start, Double(sample))) / scale)
        }
    }
}
