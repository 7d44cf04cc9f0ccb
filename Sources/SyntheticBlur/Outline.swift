import Data
import Foundation

/// A shape around the origin, by its distance function: negative within, in texels.
enum Outline: Sendable {
    /// Half axes.
    case ellipse(SIMD2<Float>)
    /// Half sides and the radius of the corners.
    case box(SIMD2<Float>, corner: Float)
    /// The half-planes n·p ≤ d that it is the meeting of.
    case polygon([SIMD3<Float>])

    /// A random shape within a circle of `radius`: about as many round things as angular ones, and some
    /// bands.
    static func random(radius: Float, source: inout RandomSource) -> Outline {
        let flat = Float(source.uniform(0.35, 1))
        switch source.integer(in: 0...9) {
        case 0...2: return .ellipse(SIMD2(radius, radius * flat))
        case 3...4:
            let sides = SIMD2(1, flat) * (radius / (1 + flat * flat).squareRoot())
            return .box(sides, corner: sides.min() * Float(source.uniform(0, 0.8)))
        case 5:
            // A pole or a branch.
            return .box(
                SIMD2(radius * 0.99, radius * Float(source.uniform(0.04, 0.14))), corner: radius * 0.03)
        default: return polygon(radius: radius, corners: source.integer(in: 3...7), source: &source)
        }
    }

    /// A convex polygon whose corners lie on a circle of `radius`.
    private static func polygon(radius: Float, corners: Int, source: inout RandomSource) -> Outline {
        // Corners drawn one to a sector, so that they neither crowd nor leave the middle outside.
        let angles = (0..<corners).map { 2 * .pi * (Double($0) + source.uniform(0.1, 0.9)) / Double(corners) }
        return .polygon(
            angles.indices.map { index in
                let next = index + 1 < corners ? angles[index + 1] : angles[0] + 2 * .pi
                let (middle, half) = ((angles[index] + next) / 2, (next - angles[index]) / 2)
                return SIMD3(Float(cos(middle)), Float(sin(middle)), radius * Float(cos(half)))
            })
    }

    /// Distance to the border, negative within; for an ellipse to first order, which is exact at the border.
    @inline(__always)
    func distance(_ point: SIMD2<Float>) -> Float {
        switch self {
        case .ellipse(let axes):
            let scaled = point / axes
            let size = (scaled * scaled).sum().squareRoot()
            guard size > 0.01 else { return -axes.min() }
            let slope = scaled / axes
            return size * (size - 1) / (slope * slope).sum().squareRoot()
        case .box(let sides, let corner):
            let x = abs(point.x) - sides.x + corner
            let y = abs(point.y) - sides.y + corner
            let (outX, outY) = (max(x, 0), max(y, 0))
            return (outX * outX + outY * outY).squareRoot() + min(max(x, y), 0) - corner
        case .polygon(let planes):
            var farthest = -Float.infinity
            for plane in planes {
                farthest = max(farthest, plane.x * point.x + plane.y * point.y - plane.z)
            }
            return farthest
        }
    }
}
