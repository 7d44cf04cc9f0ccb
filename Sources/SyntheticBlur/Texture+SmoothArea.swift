import Data
import Foundation

extension Texture {
    /// The texture with one large smooth area, as a sky over a landscape or a wall behind a street.
    ///
    /// A straight line in a random direction cuts it off; the area has the mean colour of what it covers, and
    /// its brightness changes by up to a fifth from the line to the far end.
    /// - Parameter part: of the texture, from 0 to 1, that the area covers.
    func withSmoothArea(_ part: Double, source: RandomSource) -> Texture {
        guard part > 0 else { return self }
        var source = source
        let angle = source.uniform(0, 2 * .pi)
        let slope = Float(source.uniform(-0.2, 0.2))
        let direction = SIMD2(Float(cos(angle)), Float(sin(angle)))
        let distances = texels.indices.map { index in
            (SIMD2(Float(index % width), Float(index / width)) * direction).sum()
        }
        let sorted = distances.sorted()
        let covered = min(texels.count, Int((part * Double(texels.count)).rounded()))
        guard covered > 0 else { return self }
        let (line, end) = (sorted[texels.count - covered], sorted[texels.count - 1])
        // Of millions of texels, sums in single precision would round the last ones away.
        var sum = SIMD4<Double>.zero
        for (texel, distance) in zip(texels, distances) where distance >= line { sum += SIMD4<Double>(texel) }
        let colour = SIMD4<Float>(sum / Double(distances.count { $0 >= line }))
        var result = self
        for (index, distance) in distances.enumerated() {
            // Two texels, which are one pixel, from the one to the other.
            let coverage = max(0, min(1, (distance - line) / 2 + 0.5))
            guard coverage > 0 else { continue }
            let brightness = 1 + slope * (distance - line) / max(1, end - line)
            var area = (colour * SIMD4(brightness, brightness, brightness, 1))
            area.clamp(lowerBound: .zero, upperBound: .one)
            result.texels[index] = texels[index] * (1 - coverage) + area * coverage
        }
        return result
    }
}
