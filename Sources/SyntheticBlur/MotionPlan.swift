import Data
import Foundation

/// Where something stands in each sub-frame, relative to the middle one.
struct Path: Sendable {
    /// In pixels; zero in the middle sub-frame.
    var shifts: [SIMD2<Double>]
    /// In radians; zero in the middle sub-frame.
    var turns: [Double]

    /// The greatest distance between any two of the shifts.
    var reach: Double {
        var longest = 0.0
        for (index, first) in shifts.enumerated() {
            for second in shifts[index...] {
                let way = first - second
                longest = max(longest, (way * way).sum())
            }
        }
        return longest.squareRoot()
    }

    /// A smooth random way and turn, as a hand makes within the exposure of some frames of high-speed video.
    /// - Parameters:
    ///   - reach: the greatest distance between two shifts, in pixels.
    ///   - turn: the greatest difference between two turns, in radians.
    static func random(frames: Int, reach: Double, turn: Double, source: inout RandomSource) -> Path {
        let across = Wander(source: &source)
        let down = Wander(source: &source)
        let around = Wander(source: &source)
        let angle = source.uniform(0, 2 * .pi)
        // A way that is longer one way than the other: a shake has a direction.
        let flatness = source.uniform(0.15, 1)
        var path = Path(shifts: [], turns: [])
        for frame in 0..<frames {
            let time = Double(frame - frames / 2) / Wander.framesPerSecond
            let (a, b) = (across.position(at: time), down.position(at: time) * flatness)
            path.shifts.append(SIMD2(a * cos(angle) - b * sin(angle), a * sin(angle) + b * cos(angle)))
            path.turns.append(around.position(at: time))
        }
        let (way, swing) = (path.reach, (path.turns.max() ?? 0) - (path.turns.min() ?? 0))
        path.scale(shifts: way > 0 ? reach / way : 0, turns: swing > 0 ? turn / swing : 0)
        return path
    }

    mutating func scale(shifts factor: Double, turns turnFactor: Double) {
        for index in shifts.indices { shifts[index] *= factor }
        for index in turns.indices { turns[index] *= turnFactor }
    }
}

/// One coordinate of a hand's way through time; 0 at time 0, the middle of the exposure.
///
/// Sway and tremor: oscillations between 1 and 12 Hz, whose displacement falls as 1/f². At 240 frames a
/// second, as the GoPro images were taken, 7 to 13 frames last 25 to 50 ms, in which such a way bends but
/// little: the middle frame lies near the middle of the blur, as it does in high-speed video.
private struct Wander {
    static let framesPerSecond = 240.0
    private static let frequencies = 1.0...12.0

    private let oscillations: [(size: Double, speed: Double, phase: Double)]

    init(source: inout RandomSource) {
        let (low, high) = (log(Self.frequencies.lowerBound), log(Self.frequencies.upperBound))
        oscillations = (0..<4).map { _ in
            let frequency = exp(source.uniform(low, high))
            return (
                source.gaussian() / (frequency * frequency), 2 * .pi * frequency, source.uniform(0, 2 * .pi)
            )
        }
    }

    /// - Parameter time: in seconds.
    func position(at time: Double) -> Double {
        oscillations.reduce(0) { $0 + $1.size * (sin($1.speed * time + $1.phase) - sin($1.phase)) }
    }
}

/// What moves in one image and how, drawn before anything is painted: scenes and photographs share it.
struct MotionPlan {
    /// An object before the background: where its middle stands in the middle sub-frame, and how it moves.
    struct Placement {
        /// The radius of the circle that holds the object, in pixels.
        let radius: Double
        let centre: SIMD2<Double>
        let angle: Double
        /// How far it follows the camera: what is near moves more on the image than what is far.
        let parallax: Double
        let own: Path
    }

    let frames: Int
    /// Objects before the background, moving on their own or standing still.
    let placedCount: Int
    /// Pixels that the background needs beyond each side of the image.
    let margin: Int

    private let width: Int
    private let height: Int
    /// The longest way that anything may move during this exposure, in pixels.
    private let reach: Double
    private let camera: Path
    private let stillCount: Int
    private var placed = 0
    private var source: RandomSource

    init(_ exposure: MotionBlurSettings, width: Int, height: Int, source: RandomSource) {
        self.source = source
        self.width = width
        self.height = height
        let odd = exposure.oddFrames
        frames = self.source.element(of: odd)
        reach =
            odd[odd.count - 1] == 1
            ? 0 : exposure.motion * Double(frames - 1) / Double(odd[odd.count - 1] - 1)
        // One image in six is taken from a tripod, where only the objects move.
        let held = self.source.chance(1.0 / 6) ? self.source.uniform(0, 0.08) : self.source.uniform(0.25, 1)
        let effort = held * exposure.shake
        let rolling = self.source.uniform(0, 0.3)
        let corner = Double(width * width + height * height).squareRoot() / 2
        camera = Path.random(
            frames: frames, reach: reach * effort * (1 - rolling), turn: reach * effort * rolling / corner,
            source: &self.source)
        stillCount = exposure.objects == 0 ? 0 : self.source.integer(in: 0...2)
        placedCount = exposure.objects + stillCount
        margin = Self.margin(for: exposure)
    }

    /// Three more than the motion, for the interpolation and the background's own sub-pixel offset.
    static func margin(for exposure: MotionBlurSettings) -> Int { Int(exposure.motion.rounded(.up)) + 3 }

    /// The next object, from the farthest to the nearest; those that stand still come first.
    mutating func nextPlacement() -> Placement {
        let isStill = placed < stillCount
        placed += 1
        let side = Double(min(width, height))
        let radius = max(3, side * 0.06 * pow(5, source.uniform()))
        let centre = SIMD2(
            source.uniform(-0.05, 1.05) * Double(width), source.uniform(-0.05, 1.05) * Double(height))
        let parallax = source.uniform(0.9, 1.5)
        let spin = isStill ? 0 : source.uniform(0, 0.15) * reach
        var own = Path.random(
            frames: frames, reach: isStill ? 0 : reach * source.uniform(0.2, 1), turn: spin / radius,
            source: &source)
        // Seen from the camera, both ways add up, and rolling and spinning come on top.
        var seen = own
        for frame in 0..<frames { seen.shifts[frame] += camera.shifts[frame] * parallax }
        let swing = (camera.turns.max() ?? 0) - (camera.turns.min() ?? 0)
        let fromMiddle = centre - SIMD2(Double(width), Double(height)) / 2
        let allowed = max(0, reach - spin - swing * ((fromMiddle * fromMiddle).sum().squareRoot() + radius))
        let factor = seen.reach > allowed ? allowed / seen.reach : 1
        own.scale(shifts: factor, turns: 1)
        return Placement(
            radius: radius, centre: centre, angle: source.uniform(0, 2 * .pi), parallax: parallax * factor,
            own: own)
    }

    /// The background's layer; its texture shows ``margin`` pixels more on each side than the image.
    mutating func background(_ texture: Texture) -> Layer {
        // Without an offset the sharp frame would be the texture's own texels, sharper than every other
        // frame.
        let offset = SIMD2(source.uniform(-0.5, 0.5), source.uniform(-0.5, 0.5))
        let origin = SIMD2(Double(-margin), Double(-margin)) + offset
        let poses = (0..<frames).map { frame in
            Layer.Pose(
                toTexture: map(frame: frame, parallax: 1, origin: origin, angle: 0, texturePoint: .zero),
                columns: 0..<width, rows: 0..<height)
        }
        return Layer(texture: texture, poses: poses, isEndless: true)
    }

    /// An object's layer; the middle of its texture is the object's.
    func layer(_ texture: Texture, _ placement: Placement) -> Layer {
        let middle = SIMD2(Double(texture.width), Double(texture.height)) / 2
        let poses = (0..<frames).map { frame in
            let position = placement.centre + placement.own.shifts[frame]
            let onImage = seen(position, frame: frame, parallax: placement.parallax)
            return Layer.Pose(
                toTexture: map(
                    frame: frame, parallax: placement.parallax, origin: position,
                    angle: placement.angle + placement.own.turns[frame], texturePoint: middle),
                columns: pixels(around: onImage.x, placement.radius, width),
                rows: pixels(around: onImage.y, placement.radius, height))
        }
        return Layer(texture: texture, poses: poses, isEndless: false)
    }

    private func pixels(around centre: Double, _ radius: Double, _ count: Int) -> Range<Int> {
        let low = max(0, min(count, Int((centre - radius - 2).rounded(.down))))
        let high = max(low, min(count, Int((centre + radius + 2).rounded(.up))))
        return low..<high
    }

    /// Where a point of the world is on the image.
    private func seen(_ point: SIMD2<Double>, frame: Int, parallax: Double) -> SIMD2<Double> {
        let middle = SIMD2(Double(width), Double(height)) / 2
        return rotated(point - middle, by: camera.turns[frame]) + middle + camera.shifts[frame] * parallax
    }

    /// The map from the image to a texture whose point `texturePoint` lies at `origin` in the world, turned
    /// by `angle`.
    private func map(
        frame: Int, parallax: Double, origin: SIMD2<Double>, angle: Double, texturePoint: SIMD2<Double>
    ) -> Affine {
        let density = Double(Texture.density)
        let turn = -(camera.turns[frame] + angle)
        let fixed = seen(origin, frame: frame, parallax: parallax)
        let moved = texturePoint - rotated(fixed, by: turn) * density
        return Affine(
            xx: Float(density * cos(turn)), xy: Float(-density * sin(turn)), yx: Float(density * sin(turn)),
            yy: Float(density * cos(turn)), x0: Float(moved.x), y0: Float(moved.y))
    }

    private func rotated(_ point: SIMD2<Double>, by angle: Double) -> SIMD2<Double> {
        let (cosine, sine) = (cos(angle), sin(angle))
        return SIMD2(cosine * point.x - sine * point.y, sine * point.x + cosine * point.y)
    }
}
