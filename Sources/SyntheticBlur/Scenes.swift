import Data
import Diagnostics
import Images
import Machine

/// Scenes made on the spot, blurred as high-speed video is averaged: nothing to download, any number of them.
///
/// A scene is an image of occluding leaves ("dead leaves", whose sizes follow a power law as those of things
/// in photographs do [Lee, Mumford & Huang 2001]), seen by a camera that moves and turns, with objects before
/// it that move on their own. Its sub-frames are rendered with sub-pixel motion in linear light; their mean
/// is the blurred image, the middle one the sharp. Colour, 8-bit values.
public struct Scenes: Dataset {
    /// Raised with every change to what a seed gives, so that an old fingerprint never names new images.
    private static let version = 2

    public let count: Int
    public let seed: Int
    public let exposure: MotionBlurSettings
    private let size: ImageSize
    private let cache = BoundedCache<QuantisedPair>()

    /// - Throws: `out-of-range`, naming the argument.
    public init(
        count: Int, width: Int, height: Int, seed: Int, exposure: MotionBlurSettings = MotionBlurSettings()
    ) throws(Diagnostic) {
        try DatasetLimits.check(count: count, width: width, height: height)
        try exposure.check(width: width, height: height)
        self.count = count
        self.seed = seed
        self.exposure = exposure
        size = ImageSize(width: width, height: height, channels: 3)
    }

    public var name: String { "scenes" }

    public var description: String {
        "\(count) \(count == 1 ? "scene" : "scenes") of \(size.width)×\(size.height), seed \(seed)\(exposure.peculiarities)"
    }

    public var imageSize: ImageSize? { size }

    public func size(at index: Int) -> ImageSize { size }

    public func name(at index: Int) -> String { "scene-\(index + 1)" }

    public var manifest: String {
        // `count` is no argument of any one scene, but decides which there are.
        let lines =
            [
                "scenes version \(Self.version)", "count \(count)", "size \(size.width)×\(size.height)",
                "seed \(seed)",
            ]
            + exposure.manifestLines
        return lines.joined(separator: "\n") + "\n"
    }

    public func isCached(_ index: Int) -> Bool { cache.kept(at: index) != nil }

    public func pair(at index: Int) throws(Diagnostic) -> Pair {
        // A scene, its light added up, and the pair as numbers.
        try MachineMemory.check(
            16 * size.width * size.height * MemoryLayout<Float>.stride,
            for: "a scene of \(size.width)×\(size.height)")
        return compact(index).pair(named: name(at: index))
    }

    public func part(of index: Int, _ place: PatchPlace) -> Pair {
        compact(index).part(place, named: name(at: index))
    }

    private func compact(_ index: Int) -> QuantisedPair {
        precondition(index >= 0 && index < count, "pair \(index) of \(count)")
        if let kept = cache.kept(at: index) { return kept }
        let made = render(index)
        cache.keep(made, at: index)
        return made
    }

    public func prepare(
        stop: StopFlag, observe: @Sendable (_ made: Int, _ count: Int) -> Void
    ) throws(Diagnostic) {
        try cache.prepare(count, size: size, stop: stop, observe: observe) { render($0) }
    }

    private func source(_ index: Int) -> RandomSource {
        RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("scenes").split(index)
    }

    private func render(_ index: Int) -> QuantisedPair {
        scene(index).exposed(noise: exposure.noise, source: source(index).split("noise"))
    }

    /// The sub-frames of the scene at `index`, in linear light.
    package func linearFrames(at index: Int) -> [Image] {
        let scene = scene(index)
        return (0..<scene.frames).map { scene.linearImage(frame: $0) }
    }

    private func scene(_ index: Int) -> Scene {
        let source = source(index)
        var motion = MotionPlan(
            exposure, width: size.width, height: size.height, source: source.split("motion"))
        var look = DeadLeavesScene(source: source.split("look"), size: min(size.width, size.height))
        let margin = motion.margin
        let background = look.background(width: size.width + 2 * margin, height: size.height + 2 * margin)
            .withSmoothArea(exposure.smooth, source: source.split("smooth"))
        var layers = [motion.background(background)]
        for _ in 0..<motion.placedCount {
            let placement = motion.nextPlacement()
            layers.append(motion.layer(look.object(radius: placement.radius), placement))
        }
        return Scene(width: size.width, height: size.height, frames: motion.frames, layers: layers)
    }
}
