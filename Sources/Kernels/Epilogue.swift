/// What a convolution does to its sums before it stores them.
package struct Epilogue {
    /// Added to every pixel; one value a channel.
    package var bias: BufferView?
    /// A map of the same shape, added after the bias.
    package var residual: FeatureMap?
    /// Negative values become 0.
    package var relu: Bool
    /// A map of the same shape: where it is not positive, 0 is stored. A ReLU's output masks its gradient so.
    package var mask: FeatureMap?
    /// Adds to what the target holds instead of replacing it.
    package var accumulates: Bool

    package init(
        bias: BufferView? = nil, residual: FeatureMap? = nil, relu: Bool = false, mask: FeatureMap? = nil,
        accumulates: Bool = false
    ) {
        self.bias = bias
        self.residual = residual
        self.relu = relu
        self.mask = mask
        self.accumulates = accumulates
    }

    /// The same epilogue for kernels that store a product before they apply it: a residual that is the target
    /// itself is added to instead.
    func inPlace(of target: FeatureMap) -> Epilogue {
        guard residual?.base == target.base else { return self }
        precondition(!accumulates, "only one map can be added")
        var epilogue = self
        epilogue.residual = nil
        epilogue.accumulates = true
        return epilogue
    }

    var isPlain: Bool { bias == nil && residual == nil && !relu && mask == nil }
}

// What follows a product while its tile is still in cache. Bias is repeated over a strip of pixels, so that
// the loop over it is long and straight however few the channels.

/// Pixels of a strip.
let stripPixels = 64

func stripFloats(channels: Int) -> Int { AlignedMemory.aligned(stripPixels * channels) }

func fillStrip(_ strip: UnsafeMutablePointer<Float>, _ bias: BufferView) {
    for pixel in 0..<stripPixels {
        for channel in 0..<bias.count { strip[pixel &* bias.count &+ channel] = bias.base[channel] }
    }
}

/// Finishes `count` pixels that lie one after the other in the target, from pixel `start` on.
func applyEpilogue(
    _ values: UnsafeMutablePointer<Float>, at start: Int, count: Int, channels: Int,
    strip: UnsafeMutablePointer<Float>, _ epilogue: Epilogue
) {
    if epilogue.isPlain { return }
    let residual = epilogue.residual.map { $0.base + start * channels }
    var done = 0
    while done < count {
        let length = min(stripPixels, count - done) * channels
        let target = values + done * channels
        if epilogue.bias != nil {
            for index in 0..<length { target[index] += strip[index] }
        }
        if let residual {
            let source = residual + done * channels
            for index in 0..<length { target[index] += source[index] }
        }
        if epilogue.relu { rectify(target, length) }
        if let mask = epilogue.mask { keep(target, where: mask.base + (start + done) * channels, length) }
        done += stripPixels
    }
}

@inline(__always)
private func rectify(_ target: UnsafeMutablePointer<Float>, _ length: Int) {
    // Written so that NaN stays NaN: a network that has gone wrong must show it.
    for index in 0..<length { target[index] = target[index] < 0 ? 0 : target[index] }
}

@inline(__always)
private func keep(_ target: UnsafeMutablePointer<Float>, where mask: UnsafePointer<Float>, _ length: Int) {
    for index in 0..<length { target[index] = mask[index] > 0 ? target[index] : 0 }
}

/// Finishes grid pixels whose places in the target lie a pitch apart, reading them from `products`.
func storeStrided(
    _ products: UnsafeMutablePointer<Float>, _ window: Window, pixels: Range<Int>, into target: FeatureMap,
    _ epilogue: Epilogue
) {
    let channels = target.shape.channels
    let gridSize = window.gridHeight &* window.gridWidth
    var source = products
    for pixel in pixels {
        let image = pixel / gridSize
        let y = (pixel &- image &* gridSize) / window.gridWidth
        let x = pixel &- image &* gridSize &- y &* window.gridWidth
        let row = image &* target.shape.height &+ y &* window.pitch &+ window.row
        let place = (row &* target.shape.width &+ x &* window.pitch &+ window.column) &* channels
        let values = target.base + place
        if epilogue.accumulates {
            for channel in 0..<channels { values[channel] += source[channel] }
        } else {
            for channel in 0..<channels { values[channel] = source[channel] }
        }
        if let bias = epilogue.bias?.base {
            for channel in 0..<channels { values[channel] += bias[channel] }
        }
        if let residual = epilogue.residual.map({ $0.base + place }) {
            for channel in 0..<channels { values[channel] += residual[channel] }
        }
        if epilogue.relu { rectify(values, channels) }
        if let mask = epilogue.mask { keep(values, where: mask.base + place, channels) }
        source += channels
    }
}
