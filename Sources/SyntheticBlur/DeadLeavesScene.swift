import Data
import Foundation

/// How one scene's surfaces look: paints backgrounds and objects of leaves from one palette.
struct DeadLeavesScene {
    private var source: RandomSource
    private let palette: Palette
    /// The image's shorter side, in texels.
    private let side: Float
    /// The smallest leaf's radius, in texels: from scenes full of detail to calm ones.
    private let smallest: Float
    /// Places, in parts of the painting, and the colour that small things around each of them share.
    private let regions: [(place: SIMD2<Float>, colour: SIMD4<Float>)]

    init(source: RandomSource, size: Int) {
        var source = source
        let palette = Palette(source: &source)
        side = Float(size) * Texture.density
        smallest = Float(exp(source.uniform(log(2), log(12))))
        regions = (0..<source.integer(in: 3...7)).map { _ in
            let place = SIMD2(Float(source.uniform()), Float(source.uniform()))
            return (place, palette.colour(&source))
        }
        self.palette = palette
        self.source = source
    }

    /// The colour of a leaf at `place`: a small one is mostly of its region's colour, as pebbles on a beach
    /// and leaves of a tree are; large ones are things of their own.
    private mutating func colour(at place: SIMD2<Float>, radius: Float) -> SIMD4<Float> {
        let any = palette.colour(&source)
        guard source.chance(0.92 - Double(radius / side)) else { return any }
        let region = regions.min { left, right in
            let (a, b) = (left.place - place, right.place - place)
            return (a * a).sum() < (b * b).sum()
        }
        let shade = Float(exp(0.45 * source.gaussian()))
        return ((region?.colour ?? any) * 0.8 + any * 0.2) * SIMD4(shade, shade, shade, 1)
    }

    /// A background of `width`×`height` pixels: leaves over one surface, under uneven light.
    mutating func background(width: Int, height: Int) -> Texture {
        let (columns, rows) = (width * Int(Texture.density), height * Int(Texture.density))
        var painting = DeadLeavesPainter(width: columns, height: rows)
        let centre = SIMD2(Float(columns), Float(rows)) / 2
        // Layers enough to hide most of what is behind them, which is what makes leaves of leaves.
        scatter(on: &painting, area: centre, coverage: source.uniform(1.2, 3.5), largest: 0.6 * side)
        let ground = Material(palette.colour(&source), palette: palette, radius: side / 2, source: &source)
        painting.fill(ground, around: centre)
        let angle = source.uniform(0, 2 * .pi)
        let slope = SIMD2(Float(cos(angle)), Float(sin(angle))) * (Float(source.uniform(0, 0.45)) / side)
        return painting.texture(slope: slope) { _ in 1 }
    }

    /// An object within a circle of `radius` pixels: one surface with smaller things on it, cut to a shape.
    mutating func object(radius: Double) -> Texture {
        let texels = Float(radius) * Texture.density
        // Two clear texels around, so that the interpolation at the border finds nothing.
        let half = Int(texels.rounded(.up)) + 2
        let outline = Outline.random(radius: texels, source: &source)
        var painting = DeadLeavesPainter(width: 2 * half, height: 2 * half)
        let centre = SIMD2(Float(half), Float(half))
        scatter(on: &painting, area: centre, coverage: source.uniform(0, 0.6), largest: 0.5 * texels)
        let surface = Material(palette.colour(&source), palette: palette, radius: texels, source: &source)
        painting.fill(surface, around: centre)
        return painting.texture(slope: .zero) { outline.coverage(at: $0 - centre) }
    }

    /// Puts leaves whose radii have the density r⁻³ all over the painting, until they have covered it
    /// `coverage` times.
    private mutating func scatter(
        on painting: inout DeadLeavesPainter, area half: SIMD2<Float>, coverage: Double, largest: Float
    ) {
        let least = min(smallest, largest / 2)
        var remaining = coverage * Double(4 * half.x * half.y)
        let (low, high) = (1 / (largest * largest), 1 / (least * least))
        while remaining > 0 {
            let radius = 1 / (high - Float(source.uniform()) * (high - low)).squareRoot()
            let centre = SIMD2(
                Float(source.uniform(0, 2 * Double(half.x))), Float(source.uniform(0, 2 * Double(half.y))))
            let outline = Outline.random(radius: radius, source: &source)
            let angle = Float(source.uniform(0, 2 * .pi))
            let colour = colour(at: centre / (2 * half), radius: radius)
            let material = Material(colour, palette: palette, radius: radius, source: &source)
            painting.add(outline, at: centre, angle: angle, radius: radius, material)
            remaining -= Double(radius * radius * 2.2)
        }
    }
}

extension Outline {
    /// The part of a texel at `point` that lies within, the border taken as straight.
    @inline(__always)
    func coverage(at point: SIMD2<Float>) -> Float { max(0, min(1, 0.5 - distance(point))) }
}

/// A texture painted from the front to the back: what is hidden is never worked out.
struct DeadLeavesPainter {
    private let width: Int
    private let height: Int
    private var texels: [SIMD4<Float>]
    /// What part of each texel still shows what is behind.
    private var open: [Float]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        texels = [SIMD4<Float>](repeating: .zero, count: width * height)
        open = [Float](repeating: 1, count: width * height)
    }

    /// Puts a shape behind all that has been painted.
    mutating func add(
        _ outline: Outline, at centre: SIMD2<Float>, angle: Float, radius: Float, _ material: Material
    ) {
        let turn = SIMD2(cos(angle), sin(angle))
        let rows = max(0, Int(centre.y - radius) - 1)..<min(height, Int(centre.y + radius) + 2)
        let columns = max(0, Int(centre.x - radius) - 1)..<min(width, Int(centre.x + radius) + 2)
        for y in rows {
            for x in columns where open[y * width + x] > 0.002 {
                let away = SIMD2(Float(x) + 0.5, Float(y) + 0.5) - centre
                let point = SIMD2(
                    turn.x * away.x + turn.y * away.y, turn.x * away.y - turn.y * away.x)
                let distance = outline.distance(point)
                guard distance < 0.5 else { continue }
                paint(y * width + x, min(1, 0.5 - distance), material.light(at: point, depth: -distance))
            }
        }
    }

    /// Fills what is still open.
    mutating func fill(_ material: Material, around centre: SIMD2<Float>) {
        for y in 0..<height {
            for x in 0..<width where open[y * width + x] > 0 {
                let point = SIMD2(Float(x) + 0.5, Float(y) + 0.5) - centre
                paint(y * width + x, 1, material.light(at: point, depth: .greatestFiniteMagnitude))
            }
        }
    }

    @inline(__always)
    private mutating func paint(_ index: Int, _ coverage: Float, _ light: SIMD4<Float>) {
        let part = open[index] * coverage
        texels[index] += light * part
        open[index] -= part
    }

    /// The painting cut to a mask, its brightness changing by `slope` a texel away from the middle.
    func texture(slope: SIMD2<Float>, mask: (SIMD2<Float>) -> Float) -> Texture {
        var result = texels
        let middle = SIMD2(Float(width), Float(height)) / 2
        for y in 0..<height {
            for x in 0..<width {
                let point = SIMD2(Float(x) + 0.5, Float(y) + 0.5)
                let brightness = max(0.3, 1 + (slope * (point - middle)).sum())
                var light = result[y * width + x] * brightness
                light.clamp(lowerBound: .zero, upperBound: .one)
                light.w = 1
                result[y * width + x] = light * mask(point)
            }
        }
        return Texture(width: width, height: height, texels: result)
    }
}
