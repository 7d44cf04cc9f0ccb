import Data
import Diagnostics
import Files
import Foundation
import Images
import Machine

/// The motion of ``Scenes`` over still photographs, so that every pixel is a real one: the background is a
/// part of one, and the objects that move before it are cut out of others.
///
/// Reads the PNG and JPEG files of one folder (not of folders within it); grey ones become colour. A
/// photograph is made smaller by two at least where its size allows, which takes away the softness of a
/// camera's own pixels; one that does not hold the image and its motion even at full size is left out.
public struct Photos: Dataset {
    /// Raised with every change to what a seed gives.
    private static let version = 2

    public let folder: String
    public let count: Int
    public let seed: Int
    public let exposure: MotionBlurSettings
    private let size: ImageSize
    private let album: PhotoTextures
    private let hashes: HashedFiles
    private let cache = BoundedCache<QuantisedPair>()

    /// - Throws: `out-of-range`, naming the argument; `no-pictures` and `photos-too-small`, naming the
    ///   folder; for a file that is no image or whose header is damaged, as `readImageHeader`.
    public init(
        folder: String, count: Int, width: Int, height: Int, seed: Int,
        exposure: MotionBlurSettings = MotionBlurSettings()
    ) throws(Diagnostic) {
        try DatasetLimits.check(count: count, width: width, height: height)
        try exposure.check(width: width, height: height)
        self.folder = folder
        self.count = count
        self.seed = seed
        self.exposure = exposure
        size = ImageSize(width: width, height: height, channels: 3)
        let margin = MotionPlan.margin(for: exposure)
        album = try PhotoTextures(folder: folder, width: width + 2 * margin, height: height + 2 * margin)
        hashes = HashedFiles(root: folder, names: album.names)
    }

    public var name: String { "photos" }

    public var description: String {
        "\(count) \(count == 1 ? "image" : "images") of \(size.width)×\(size.height) from "
            + "\(album.names.count) \(album.names.count == 1 ? "photograph" : "photographs") in \(folder), seed \(seed)"
            + exposure.peculiarities
    }

    public var imageSize: ImageSize? { size }

    public func size(at index: Int) -> ImageSize { size }

    public func name(at index: Int) -> String { "photo-\(index + 1)" }

    public func hashFiles(stop: StopFlag) throws(Diagnostic) {
        _ = try hashes.manifestLines(stop: stop)
    }

    /// Names only the photographs that are used.
    public var manifest: String {
        get throws(Diagnostic) {
            let lines =
                [
                    "photos version \(Self.version)", "count \(count)", "size \(size.width)×\(size.height)",
                    "seed \(seed)",
                ]
                + exposure.manifestLines + (try hashes.manifestLines())
            return lines.joined(separator: "\n") + "\n"
        }
    }

    public func isCached(_ index: Int) -> Bool { cache.kept(at: index) != nil }

    public func pair(at index: Int) throws(Diagnostic) -> Pair {
        try compact(index).pair(named: name(at: index))
    }

    public func part(of index: Int, _ place: PatchPlace) throws(Diagnostic) -> Pair {
        try compact(index).part(place, named: name(at: index))
    }

    private func compact(_ index: Int) throws(Diagnostic) -> QuantisedPair {
        precondition(index >= 0 && index < count, "pair \(index) of \(count)")
        return try cache.value(at: index) { () throws(Diagnostic) in try render(index) }
    }

    public func prepare(
        stop: StopFlag, observe: @Sendable (_ made: Int, _ count: Int) -> Void
    ) throws(Diagnostic) {
        try cache.prepare(count, size: size, stop: stop, observe: observe) {
            (index) throws(Diagnostic) in
            try render(index)
        }
    }

    private var root: RandomSource { RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("photos") }

    private func render(_ index: Int) throws(Diagnostic) -> QuantisedPair {
        let source = root.split(index)
        return try scene(index, source).exposed(noise: exposure.noise, source: source.split("noise"))
    }

    private func scene(_ index: Int, _ source: RandomSource) throws(Diagnostic) -> Scene {
        var motion = MotionPlan(
            exposure, width: size.width, height: size.height, source: source.split("motion"))
        var choice = source.split("photographs")
        // Each photograph comes once before any comes twice.
        let photographs = album.names.count
        var rounds = root.split("rounds").split(index / photographs)
        let main = rounds.permutation(of: photographs)[index % photographs]
        let background = try album.background(main, source: &choice)
            .withSmoothArea(exposure.smooth, source: source.split("smooth"))
        var layers = [motion.background(background)]
        for _ in 0..<motion.placedCount {
            let placement = motion.nextPlacement()
            let other =
                photographs == 1 ? main : (main + choice.integer(in: 1...photographs - 1)) % photographs
            let object = try album.object(other, radius: placement.radius, source: &choice)
            layers.append(motion.layer(object, placement))
        }
        return Scene(width: size.width, height: size.height, frames: motion.frames, layers: layers)
    }
}
