/// A projective map of the plane: (x, y) goes to ((h₀x + h₁y + h₂) ÷ d, (h₃x + h₄y + h₅) ÷ d), d = h₆x + h₇y
/// + 1, in pixels whose centres are whole numbers.
public struct Homography: Sendable, Equatable {
    /// The matrix by rows, without the last value, which is 1.
    public var values: [Double]

    public init(values: [Double]) {
        precondition(values.count == 8, "\(values.count) values, must be 8")
        self.values = values
    }

    public static let identity = Homography(values: [1, 0, 0, 0, 1, 0, 0, 0])

    public func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let scale = 1 / (values[6] * x + values[7] * y + 1)
        return (
            (values[0] * x + values[1] * y + values[2]) * scale,
            (values[3] * x + values[4] * y + values[5]) * scale
        )
    }

    /// The farthest that a corner of a `width`×`height` image lies from where `other` puts it, in pixels.
    public func distance(from other: Homography, width: Int, height: Int) -> Double {
        var farthest = 0.0
        for (x, y) in [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)] {
            let (mine, its) = (self(Double(x), Double(y)), other(Double(x), Double(y)))
            let (dx, dy) = (mine.x - its.x, mine.y - its.y)
            // Written so that not-a-number wins.
            let distance = (dx * dx + dy * dy).squareRoot()
            if !(distance <= farthest) { farthest = distance }
        }
        return farthest
    }
}

extension Image {
    /// The image that has at (x, y) what this one has at `map`(x, y), and where that lies within this one.
    ///
    /// As OpenCV's `warpPerspective` with `WARP_INVERSE_MAP`, `INTER_CUBIC` and `BORDER_REFLECT`, which
    /// published scores were made with: cubic convolution [Keys 1981] with a = −0.75, places rounded to 1/32
    /// of a pixel, and beyond the border the image mirrored with its edge repeated. A place belongs to the
    /// image if it does once it is rounded to a whole pixel.
    package func warped(by map: Homography) -> (image: Image, isInside: [Bool]) {
        let steps = 32.0
        let kernels = (0..<Int(steps)).map { Self.cubicWeights(at: Float($0) / Float(steps)) }
        var result = Image(width: width, height: height, channels: channels)
        var isInside = [Bool](repeating: false, count: width * height)
        for y in 0..<height {
            for x in 0..<width {
                let place = map(Double(x), Double(y))
                guard let column = Int(exactly: (place.x * steps).rounded(.toNearestOrEven)),
                    let row = Int(exactly: (place.y * steps).rounded(.toNearestOrEven))
                else { continue }
                let nearest = (
                    place.x.rounded(.toNearestOrEven), place.y.rounded(.toNearestOrEven)
                )
                isInside[y * width + x] =
                    nearest.0 >= 0 && nearest.1 >= 0 && nearest.0 < Double(width)
                    && nearest.1 < Double(height)
                let (across, down) = (kernels[column & 31], kernels[row & 31])
                for channel in 0..<channels {
                    var sum: Float = 0
                    for j in 0..<4 {
                        let line = mirrored((row >> 5) + j - 1, height) * width
                        var part: Float = 0
                        for i in 0..<4 {
                            let source = line + mirrored((column >> 5) + i - 1, width)
                            part += across[i] * pixels[source * channels + channel]
                        }
                        sum += down[j] * part
                    }
                    result.pixels[(y * width + x) * channels + channel] = sum
                }
            }
        }
        return (result, isInside)
    }

    /// The weights of the four samples around a place that lies `offset` (0..<1) behind the second one.
    private static func cubicWeights(at offset: Float) -> [Float] {
        let a: Float = -0.75
        func near(_ d: Float) -> Float { ((a + 2) * d - (a + 3)) * d * d + 1 }
        func far(_ d: Float) -> Float { ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
        let weights = [far(offset + 1), near(offset), near(1 - offset)]
        return weights + [1 - weights[0] - weights[1] - weights[2]]
    }
}

/// The place of 0..<`count` that `place` is, mirrored at both ends with the edge repeated: …1 0 | 0 1 2….
private func mirrored(_ place: Int, _ count: Int) -> Int {
    if place >= 0 && place < count { return place }
    let period = 2 * count
    let wrapped = ((place % period) + period) % period
    return wrapped < count ? wrapped : period - 1 - wrapped
}
