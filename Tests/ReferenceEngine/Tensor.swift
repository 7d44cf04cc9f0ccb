/// A feature map in Double, [batch][height][width][channel], for reference computations only.
public struct Tensor: Sendable, Equatable {
    public let batch: Int
    public let height: Int
    public let width: Int
    public let channels: Int
    public var values: [Double]

    public init(batch: Int, height: Int, width: Int, channels: Int, values: [Double]? = nil) {
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
        let count = batch * height * width * channels
        self.values = values ?? [Double](repeating: 0, count: count)
        precondition(self.values.count == count, "\(self.values.count) values for \(count)")
    }

    /// What each pixel's channels are, from the pixel and the channel.
    public init(
        batch: Int, height: Int, width: Int, channels: Int,
        _ value: (_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Double
    ) {
        self.init(batch: batch, height: height, width: width, channels: channels)
        var index = 0
        for image in 0..<batch {
            for y in 0..<height {
                for x in 0..<width {
                    for channel in 0..<channels {
                        values[index] = value(image, y, x, channel)
                        index += 1
                    }
                }
            }
        }
    }

    public func index(_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int {
        ((image * height + y) * width + x) * channels + channel
    }

    public subscript(_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Double {
        get { values[index(image, y, x, channel)] }
        set { values[index(image, y, x, channel)] = newValue }
    }

    /// Zero outside the map.
    public func padded(_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Double {
        y >= 0 && y < height && x >= 0 && x < width ? self[image, y, x, channel] : 0
    }
}

/// Fills a place of the engine's, in single precision.
public func copy(_ values: [Double], into span: inout MutableSpan<Float>) {
    precondition(span.count == values.count, "\(values.count) values for a place of \(span.count)")
    for index in values.indices { span[index] = Float(values[index]) }
}
