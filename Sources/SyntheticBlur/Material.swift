import Data
import Foundation
import Images

/// What a surface looks like: two colours, a pattern between them, and how light falls on it. Linear light.
struct Material: Sendable {
    private enum Pattern {
        case plain
        case stripes(sharpness: Float)
        case checks(sharpness: Float)
        case noise
    }

    private let first: SIMD4<Float>
    private let second: SIMD4<Float>
    private let pattern: Pattern
    /// The map from texels to the pattern's own coordinates: a turn and a scale.
    private let turn: SIMD2<Float>
    private let offset: SIMD2<Float>
    /// How strongly grain changes the brightness, and at what scale.
    private let grain: Float
    private let grainScale: Float
    /// Change of brightness across one radius.
    private let slope: SIMD2<Float>
    /// How much darker the border is than the middle, as on round things.
    private let rim: Float
    private let radius: Float

    /// - Parameter colour: the main colour, in linear light.
    init(_ colour: SIMD4<Float>, palette: Palette, radius: Float, source: inout RandomSource) {
        self.radius = radius
        first = colour
        // Mostly a shade of the same colour, as wood or stone has; sometimes another one, as paint has.
        let other = palette.colour(&source)
        let shade = Float(source.uniform(0.3, 1.4))
        second = source.chance(0.7) ? first * SIMD4(shade, shade, shade, 1) : other
        let kind = source.uniform()
        let sharpness = Float(exp(source.uniform(log(1), log(12))))
        pattern =
            kind < 0.45
            ? .noise
            : kind < 0.65
                ? .plain : kind < 0.85 ? .stripes(sharpness: sharpness) : .checks(sharpness: sharpness)
        let angle = Float(source.uniform(0, 2 * .pi))
        // Periods from a few texels to the whole surface, all scales alike.
        let period = Float(exp(source.uniform(log(5), log(max(6, 1.2 * Double(radius))))))
        turn = SIMD2(cos(angle), sin(angle)) / period
        offset = SIMD2(Float(source.uniform(0, 256)), Float(source.uniform(0, 256)))
        grain = Float(0.5 * source.uniform())
        grainScale = Float(exp(source.uniform(log(0.5), log(6))))
        let light = source.uniform(0, 2 * .pi)
        let strength = Float(0.35 * source.uniform())
        slope = SIMD2(Float(cos(light)), Float(sin(light))) * (strength / max(1, radius))
        rim = source.chance(0.4) ? Float(source.uniform(0.1, 0.5)) : 0
    }

    /// Light from the surface at `point`, `depth` texels within its border; alpha 1.
    func light(at point: SIMD2<Float>, depth: Float) -> SIMD4<Float> {
        let x = turn.x * point.x - turn.y * point.y
        let y = turn.y * point.x + turn.x * point.y
        let noise = NoiseField.shared.value(point * grainScale + offset)
        let mix: Float
        switch pattern {
        case .plain: mix = 0
        case .stripes(let sharpness): mix = step(wave(x + 0.15 * noise), sharpness)
        case .checks(let sharpness): mix = step(wave(x) * wave(y), sharpness)
        case .noise: mix = max(0, min(1, 0.5 + 0.5 * NoiseField.shared.value(SIMD2(x, y) * 24 + offset)))
        }
        var brightness = max(0.15, 1 + grain * noise)
        brightness *= max(0.3, 1 + (slope * point).sum())
        brightness *= 1 - rim * max(0, 1 - depth / (0.4 * radius + 1))
        var light = (first + (second - first) * mix) * brightness
        light.clamp(lowerBound: .zero, upperBound: .one)
        light.w = 1
        return light
    }

    /// A triangle wave of period 1 between −1 and 1.
    private func wave(_ phase: Float) -> Float { 4 * abs(phase - (phase + 0.5).rounded(.down)) - 1 }

    private func step(_ value: Float, _ sharpness: Float) -> Float {
        max(0, min(1, 0.5 + 0.5 * value * sharpness))
    }
}

/// The colours of one scene: a few families that go together, under light of one tint.
struct Palette: Sendable {
    /// Ranges of hue in degrees, saturation and value.
    private typealias Family = (
        hue: ClosedRange<Double>, saturation: ClosedRange<Double>, value: ClosedRange<Double>
    )

    private static let families: [Family] = [
        (65...130, 0.25...0.65, 0.10...0.60),  // leaves and grass
        (15...45, 0.15...0.60, 0.10...0.65),  // earth and wood
        (0...360, 0.00...0.08, 0.05...0.45),  // asphalt and shadow
        (20...60, 0.02...0.15, 0.45...0.95),  // stone and plaster
        (195...225, 0.10...0.55, 0.45...0.95),  // sky and water
        (0...20, 0.40...0.80, 0.20...0.70),  // brick
        (10...35, 0.20...0.50, 0.50...0.95),  // skin
        (0...360, 0.10...0.50, 0.25...0.90),  // cloth
        (0...360, 0.60...0.95, 0.30...0.95),  // paint
    ]

    private let chosen: [Int]
    private let tint: SIMD4<Float>

    init(source: inout RandomSource) {
        let order = source.permutation(of: Self.families.count)
        // Every scene has something dark and something bright.
        chosen = Array(order.prefix(source.integer(in: 2...4))) + [2, 3]
        let warmth = Float(source.uniform(-0.15, 0.15))
        let exposure = Float(exp2(source.uniform(-0.9, 0.3)))
        tint = SIMD4(exposure * (1 + warmth), exposure, exposure * (1 - warmth), 1)
    }

    /// A colour in linear light, alpha 1.
    func colour(_ source: inout RandomSource) -> SIMD4<Float> {
        let family = Self.families[source.element(of: chosen)]
        let hue = source.uniform(family.hue.lowerBound, family.hue.upperBound)
        let saturation = source.uniform(family.saturation.lowerBound, family.saturation.upperBound)
        let value = source.uniform(family.value.lowerBound, family.value.upperBound)
        // From hue, saturation and value to red, green and blue [Smith 1978, in its closed form].
        func channel(_ shift: Double) -> Float {
            let k = (shift + hue / 60).truncatingRemainder(dividingBy: 6)
            return LinearLight.decode(Float(value - value * saturation * max(0, min(k, 4 - k, 1))))
        }
        return SIMD4(channel(5), channel(3), channel(1), 1) * tint
    }
}
