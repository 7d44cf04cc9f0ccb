import Diagnostics
import Files
import Foundation

/// The formats that images are read from and written in.
public enum ImageFormat: String, Sendable, CaseIterable {
    case png = "PNG"
    case jpeg = "JPEG"

    /// Endings of file names, without the point; the first is the usual one.
    public var endings: [String] {
        switch self {
        case .png: ["png"]
        case .jpeg: ["jpg", "jpeg"]
        }
    }

    /// The format that a file's name says it has; `nil` where it names none of these.
    public init?(ofFile path: String) {
        let ending = (path as NSString).pathExtension.lowercased()
        guard let format = Self.allCases.first(where: { $0.endings.contains(ending) }) else { return nil }
        self = format
    }

    /// Whether a file's name says that it is an image of a format that is neither read nor written.
    public static func isOther(_ path: String) -> Bool {
        otherEndings.contains((path as NSString).pathExtension.lowercased())
    }

    private static let otherEndings: Set<String> = [
        "avif", "bmp", "cr2", "cr3", "dng", "exr", "gif", "heic", "heif", "jp2", "jxl", "nef", "orf", "pgm",
        "ppm",
        "psd", "raf", "raw", "rw2", "tga", "tif", "tiff", "webp",
    ]
}

/// What the header of an image file says.
public struct ImageHeader: Sendable, Equatable {
    public let format: ImageFormat
    /// As seen: turned as the file's Exif block asks.
    public let width: Int
    public let height: Int
    /// As stored: 8 in a JPEG file, 1, 2, 4, 8 or 16 in a PNG file.
    public let bitDepth: Int
    /// After decoding, without alpha: 1 (grey) or 3.
    public let channels: Int

    public init(format: ImageFormat, width: Int, height: Int, bitDepth: Int, channels: Int) {
        self.format = format
        self.width = width
        self.height = height
        self.bitDepth = bitDepth
        self.channels = channels
    }

    /// Bytes that a sample takes once it is decoded.
    public var sampleBytes: Int { bitDepth > 8 ? 2 : 1 }

    /// The header of the image as it is to be seen.
    func oriented(_ orientation: Orientation) -> ImageHeader {
        ImageHeader(
            format: format, width: orientation.isSideways ? height : width,
            height: orientation.isSideways ? width : height, bitDepth: bitDepth, channels: channels)
    }
}

/// An image file, decoded: the image, and what the file says beside it.
public struct ImageFile: Sendable {
    public let image: Image
    /// How opaque each pixel is, 0…1: a grey image of equal size; `nil` where the file says nothing of it.
    ///
    /// Kept apart, for no network restores it: colours are what they are under it, and not multiplied by it.
    public let alpha: Image?
    public let header: ImageHeader
    /// What its colours mean, as far as the file says so.
    public let colours: ColourDescription

    public var bitDepth: Int { header.bitDepth }
}

/// How an image is written.
public struct ImageQuality: Sendable, Equatable {
    /// The bits of each sample in a PNG file: 8 or 16.
    public var bits: Int
    /// The quality of a JPEG file: 1 (smallest) to 100 (best).
    public var jpeg: Int

    public static let jpegRange = 1...100

    public init(bits: Int = 8, jpeg: Int = 95) {
        precondition(bits == 8 || bits == 16, "\(bits) bits, must be 8 or 16")
        precondition(Self.jpegRange.contains(jpeg), "JPEG quality \(jpeg)")
        self.bits = bits
        self.jpeg = jpeg
    }
}

enum ImageLimit {
    /// The most pixels, beyond any camera's image; decoded in colour they take 1.6 GB.
    static let pixels = 1 << 27
    /// The longest side of a PNG image; the shim sets libpng the same. A JPEG header has room for 65,535.
    static let side = 1 << 20
    static let fileBytes = 1 << 30
}

/// Reads the image at `path`, whatever its name: PNG of any bit depth, JPEG; grey or colour. Palettes are
/// expanded, transparency is kept apart, the image is turned as its Exif block asks. What the file says of
/// its colours is not applied but kept: values are those that stand in the file.
/// - Throws: `unknown-picture` (naming what it is instead), `unsupported-picture`, `truncated-picture`,
///   `corrupt-picture`, `zero-sized-picture`, `huge-picture`, and as `readFile` for what is missing, a folder
///   or not to be read. Each names the file.
public func readImageFile(_ path: String) throws(Diagnostic) -> ImageFile {
    try decodeImage(readImageBytes(path), named: path)
}

/// The bytes of the file at `path`, whether or not they are an image's.
/// - Throws: as `readFile`, and `cannot-read` for what is no ordinary file: a device or a pipe would be read
///   for ever.
public func readImageBytes(_ path: String) throws(Diagnostic) -> [UInt8] {
    try requireOrdinaryFile(path)
    return try readFile(path, limit: ImageLimit.fileBytes)
}

/// Decodes the bytes of an image file.
/// - Parameter name: what to call them in a diagnostic.
/// - Throws: as ``readImageFile(_:)``.
public func decodeImage(_ bytes: [UInt8], named name: String) throws(Diagnostic) -> ImageFile {
    switch try format(of: bytes, fileBytes: bytes.count, named: name) {
    case .png: try decodePNG(bytes, named: name)
    case .jpeg: try decodeJPEG(bytes, named: name)
    }
}

/// Reads only the header of the image at `path`: its size, at the cost of a small read.
/// - Throws: as ``readImageFile(_:)``, except for damage that lies beyond the header.
public func readImageHeader(_ path: String) throws(Diagnostic) -> ImageHeader {
    let fileBytes = try requireOrdinaryFile(path)
    // A JPEG's size, and a PNG's first pixels, stand behind its Exif block and colour profile: most often
    // nothing, or a few kilobytes, seldom more than a quarter of a megabyte.
    for count in [64, 1 << 12, 1 << 18, ImageLimit.fileBytes] {
        let bytes = try firstBytes(of: path, count: count)
        switch try format(of: bytes, fileBytes: fileBytes, named: path) {
        case .png:
            let stored = try parsePNGHeader(bytes, fileBytes: fileBytes, named: path)
            let preamble = PNGPreamble(bytes)
            guard preamble.isWhole || bytes.count == fileBytes else { continue }
            let end = bytes.count == fileBytes ? bytes : try lastBytes(of: path, count: pngEndBytes)
            return stored.oriented(pngOrientation(bytes, end: end))
        case .jpeg:
            // Too few bytes look like a file cut short, until all of them have been read.
            guard bytes.count == fileBytes || count > 64 else { continue }
            do throws(Diagnostic) {
                return try parseJPEGHeader(bytes, fileBytes: fileBytes, named: path)
            } catch  where error.code == "truncated-picture" && bytes.count < fileBytes {
                continue
            }
        }
    }
    throw .truncatedImage(path, .jpeg)
}

/// Writes the image to `path`, whole or not at all, in the format that the path's ending names; clamped, and
/// rounded to as many bits as `quality` says.
/// - Parameters:
///   - alpha: how opaque each pixel is; a JPEG file has no place for it.
///   - colours: what its colours mean, of which as much is written as
///     ``ColourDescription/loss(in:channels:)`` says.
/// - Throws: `unknown-format` where the ending names none, `cannot-encode` for what the format cannot hold,
///   and as `writeAtomically`.
public func writeImage(
    _ image: Image, alpha: Image? = nil, colours: ColourDescription = .none, to path: String,
    quality: ImageQuality = ImageQuality()
) throws(Diagnostic) {
    let bytes = try encodeImage(image, alpha: alpha, colours: colours, for: path, quality: quality)
    try writeAtomically(bytes, to: path)
}

/// The bytes of the file that ``writeImage(_:alpha:colours:to:quality:)`` writes.
/// - Throws: `unknown-format`, `cannot-encode`.
public func encodeImage(
    _ image: Image, alpha: Image? = nil, colours: ColourDescription = .none, for path: String,
    quality: ImageQuality = ImageQuality()
) throws(Diagnostic) -> [UInt8] {
    guard let format = ImageFormat(ofFile: path) else { throw .unknownFormat(path) }
    do throws(Diagnostic) {
        switch format {
        case .png: return try encodePNG(image, alpha: alpha, bits: quality.bits, colours: colours)
        case .jpeg: return try encodeJPEG(image, quality: quality.jpeg, profile: colours.profile)
        }
    } catch { throw error.writing(path) }
}

/// A device or a pipe would be read for ever, or swallow what it holds.
/// - Returns: the file's size in bytes.
@discardableResult
func requireOrdinaryFile(_ path: String) throws(Diagnostic) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path, error: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw status.st_mode & S_IFMT == S_IFDIR
            ? .itIsAFolder(path) : .cannotRead(path, reason: "it is no ordinary file")
    }
    return Int(status.st_size)
}

private func firstBytes(of path: String, count: Int) throws(Diagnostic) -> [UInt8] {
    try bytes(of: path) { Array(try $0.read(upToCount: count) ?? Data()) }
}

private func lastBytes(of path: String, count: Int) throws(Diagnostic) -> [UInt8] {
    try bytes(of: path) { file in
        let end = try file.seekToEnd()
        try file.seek(toOffset: end - min(end, UInt64(count)))
        return Array(try file.read(upToCount: count) ?? Data())
    }
}

private func bytes(of path: String, _ read: (FileHandle) throws -> [UInt8]) throws(Diagnostic) -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path) else {
        throw .cannotRead(path, error: errno)
    }
    defer { try? handle.close() }
    do { return try read(handle) } catch {
        throw .cannotRead(path, error: errno)
    }
}
