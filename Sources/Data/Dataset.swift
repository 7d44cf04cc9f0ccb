import Diagnostics
import Files
import Images
import Machine

/// A blurred image and the sharp one it should become: equal in size and channels.
public struct Pair: Sendable, Equatable {
    public let blurred: Image
    public let sharp: Image
    /// What to call it in a message or a file name: `scene-3`, `GOPR0372_07_00/000047`.
    public let name: String

    public init(blurred: Image, sharp: Image, name: String) {
        precondition(
            blurred.width == sharp.width && blurred.height == sharp.height
                && blurred.channels == sharp.channels,
            "\(blurred.sizeText)×\(blurred.channels) and \(sharp.sizeText)×\(sharp.channels)")
        self.blurred = blurred
        self.sharp = sharp
        self.name = name
    }

    package func part(_ place: PatchPlace) -> Pair {
        func cut(_ image: Image) -> Image {
            image.cropped(x: place.x, y: place.y, width: place.width, height: place.height)
        }
        return Pair(blurred: cut(blurred), sharp: cut(sharp), name: name)
    }
}

/// Width, height and channels of a dataset's images.
public struct ImageSize: Sendable, Hashable {
    public let width: Int
    public let height: Int
    public let channels: Int

    public init(width: Int, height: Int, channels: Int) {
        self.width = width
        self.height = height
        self.channels = channels
    }

    /// Bytes of a pair in 8 bits a sample.
    package var pairBytes: Int { 2 * width * height * channels }
}

/// Pairs in a fixed order, made or read when they are asked for; the same pair each time.
public protocol Dataset: Sendable {
    var count: Int { get }
    /// What it was made by: `scenes`, `photos` or `pairs`.
    var name: String { get }
    /// One line for a person: `64 scenes of 96×96, seed 1`.
    var description: String { get }
    /// The size of every pair's images, where they all have the same; `nil` where they differ.
    var imageSize: ImageSize? { get }
    /// The size of each pair's images, known without decoding them.
    func size(at index: Int) -> ImageSize
    func name(at index: Int) -> String
    /// The pair at `index` in 0..<count. May be called from several threads at once.
    /// - Throws: what keeps a file from being read, naming it; a dataset made on the spot never throws.
    func pair(at index: Int) throws(Diagnostic) -> Pair
    /// Whether parts of the pair at `index` are at hand without decoding or making anything.
    func isCached(_ index: Int) -> Bool
    /// The pixels at `place` of both images of the pair at `index`, at the least cost. As ``pair(at:)``,
    /// but that damage which lies elsewhere in a file may go unnoticed.
    func part(of index: Int, _ place: PatchPlace) throws(Diagnostic) -> Pair
    /// Lines that determine every pixel: kind and version, arguments, and each file's SHA-256.
    var manifest: String { get throws(Diagnostic) }
    /// Makes every pair ahead, on all cores, where pairs are made and kept; otherwise does nothing.
    /// - Parameters:
    ///   - stop: looked at between pairs.
    ///   - observe: called after each pair, from any thread, with the pairs made and how many there will be.
    /// - Throws: ``Diagnostic/stopped`` where it was stopped, and what keeps a pair from being read.
    func prepare(
        stop: StopFlag, observe: @Sendable (_ made: Int, _ count: Int) -> Void
    ) throws(Diagnostic)
    /// Hashes every file ahead, where there are any, so that ``manifest`` is there at once.
    /// - Parameter stop: looked at between files.
    /// - Throws: ``Diagnostic/stopped`` where it was stopped, and what keeps a file from being read.
    func hashFiles(stop: StopFlag) throws(Diagnostic)
}

extension Dataset {
    /// SHA-256 of the manifest, in hexadecimal: equal exactly where the pixels are.
    public var fingerprint: String {
        get throws(Diagnostic) { sha256(Array(try manifest.utf8)) }
    }

    public func prepare(
        stop: StopFlag, observe: @Sendable (_ made: Int, _ count: Int) -> Void
    ) throws(Diagnostic) {}

    public func prepare(stop: StopFlag = StopFlag()) throws(Diagnostic) {
        try prepare(stop: stop) { _, _ in }
    }

    public func hashFiles(stop: StopFlag) throws(Diagnostic) {}

    public func isCached(_ index: Int) -> Bool { false }

    public func part(of index: Int, _ place: PatchPlace) throws(Diagnostic) -> Pair {
        try pair(at: index).part(place)
    }
}
