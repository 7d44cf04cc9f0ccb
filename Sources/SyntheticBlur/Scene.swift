import Data
import Images

/// A colour texture in linear light, its alpha multiplied in, at ``density`` texels to a pixel.
///
/// Twice the image's resolution, because each look-up interpolates: at the image's own the sharp frame
/// would be as soft as the interpolation, and a detector of softness would have found the answer without
/// deblurring.
struct Texture: Sendable {
    static let density: Float = 2

    let width: Int
    let height: Int
    /// Red, green, blue and coverage; `height` rows from the top.
    var texels: [SIMD4<Float>]

    init(width: Int, height: Int, texels: [SIMD4<Float>]) {
        precondition(texels.count == width * height, "\(texels.count) texels for \(width)×\(height)")
        self.width = width
        self.height = height
        self.texels = texels
    }
}

/// A map of the plane: (x, y) to (xx·x + xy·y + x0, yx·x + yy·y + y0).
struct Affine: Sendable {
    var xx: Float
    var xy: Float
    var yx: Float
    var yy: Float
    var x0: Float
    var y0: Float
}

/// One texture and where it stands in each sub-frame.
struct Layer: Sendable {
    /// Where a layer stands in one sub-frame.
    struct Pose: Sendable {
        /// The map from pixels to texels, corners at whole numbers.
        let toTexture: Affine
        /// The pixels that it may touch.
        let columns: Range<Int>
        let rows: Range<Int>
    }

    let texture: Texture
    let poses: [Pose]
    /// Whether the texture goes on past its border, as a background does, or ends there.
    let isEndless: Bool
}

/// Layers from the farthest to the nearest, over an exposure of `frames` sub-frames.
struct Scene: Sendable {
    let width: Int
    let height: Int
    let frames: Int
    let layers: [Layer]

    var middle: Int { frames / 2 }

    /// Sub-frame `frame` in linear light: each layer over those behind it [Porter & Duff 1984].
    func linearFrame(_ frame: Int) -> [SIMD4<Float>] {
        var canvas = [SIMD4<Float>](repeating: .zero, count: width * height)
        for layer in layers { layer.draw(frame: frame, on: &canvas, width: width) }
        return canvas
    }

    func linearImage(frame: Int) -> Image {
        Image(
            width: width, height: height, channels: 3,
            pixels: linearFrame(frame).flatMap { [$0.x, $0.y, $0.z] })
    }

    /// The mean of all sub-frames and the middle one, encoded and rounded to 8 bits.
    /// - Parameter noise: standard deviation, in levels of 255, of what is added to the blurred image.
    func exposed(noise: Double, source: RandomSource) -> QuantisedPair {
        var sum = [SIMD4<Float>](repeating: .zero, count: width * height)
        var sharp: [UInt8] = []
        for frame in 0..<frames {
            let light = linearFrame(frame)
            for index in 0..<sum.count { sum[index] += light[index] }
            if frame == middle { sharp = encoded(light, scale: 1) { 0 } }
        }
        var source = source
        let blurred = encoded(sum, scale: 1 / Float(frames)) {
            noise > 0 ? Float(source.gaussian() * noise / 255) : 0
        }
        return QuantisedPair(
            size: ImageSize(width: width, height: height, channels: 3), blurred: blurred, sharp: sharp)
    }

    private func encoded(_ light: [SIMD4<Float>], scale: Float, noise: () -> Float) -> [UInt8] {
        var pixels = [Float](repeating: 0, count: light.count * 3)
        for index in 0..<light.count {
            for channel in 0..<3 {
                pixels[index * 3 + channel] = LinearLight.encode(light[index][channel] * scale) + noise()
            }
        }
        return Image(width: width, height: height, channels: 3, pixels: pixels).quantised()
    }
}

extension Layer {
    /// Draws over `canvas`: a pixel is the mean of four look-ups, one in the middle of each of its quarters.
    fileprivate func draw(frame: Int, on canvas: inout [SIMD4<Float>], width: Int) {
        let pose = poses[frame]
        let map = pose.toTexture
        let texels = texture.texels.span
        var pixels = canvas.mutableSpan
        for y in pose.rows {
            for x in pose.columns {
                // A texel's value stands at its middle, hence the half.
                let u = map.xx * (Float(x) + 0.5) + map.xy * (Float(y) + 0.5) + map.x0 - 0.5
                let v = map.yx * (Float(x) + 0.5) + map.yy * (Float(y) + 0.5) + map.y0 - 0.5
                let (du, dv) = ((map.xx + map.xy) / 4, (map.yx + map.yy) / 4)
                let (eu, ev) = ((map.xx - map.xy) / 4, (map.yx - map.yy) / 4)
                var sum = texture.value(texels, u + du, v + dv, isEndless: isEndless)
                sum += texture.value(texels, u - du, v - dv, isEndless: isEndless)
                sum += texture.value(texels, u + eu, v + ev, isEndless: isEndless)
                sum += texture.value(texels, u - eu, v - ev, isEndless: isEndless)
                sum *= 0.25
                pixels[y * width + x] = sum + pixels[y * width + x] * (1 - sum.w)
            }
        }
    }
}

extension Texture {
    /// Bilinear interpolation at (u, v), whole numbers being the texels' middles.
    @inline(__always)
    fileprivate func value(
        _ texels: borrowing Span<SIMD4<Float>>, _ u: Float, _ v: Float, isEndless: Bool
    ) -> SIMD4<Float> {
        let left = u.rounded(.down)
        let top = v.rounded(.down)
        var x = Int(left)
        var y = Int(top)
        var (a, b) = (u - left, v - top)
        if x < 0 || y < 0 || x >= width - 1 || y >= height - 1 {
            guard isEndless else { return .zero }
            (a, b) = (x < 0 ? 0 : x >= width - 1 ? 1 : a, y < 0 ? 0 : y >= height - 1 ? 1 : b)
            (x, y) = (max(0, min(width - 2, x)), max(0, min(height - 2, y)))
        }
        let start = y * width + x
        let upper = texels[start] * (1 - a) + texels[start + 1] * a
        let lower = texels[start + width] * (1 - a) + texels[start + width + 1] * a
        return upper * (1 - b) + lower * b
    }
}
