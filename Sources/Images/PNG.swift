import Diagnostics
import Files
import Foundation
import PNGShim

/// What a PNG file holds, from its first bytes.
public struct PNGHeader: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// As stored: 1, 2, 4, 8 or 16 a sample.
    public let bitDepth: Int
    /// After decoding, without alpha: 1 (grey) or 3.
    public let channels: Int
}

/// A decoded PNG file, and what decoding left out of it.
public struct DecodedPNG: Sendable {
    public let image: Image
    /// As stored: 1, 2, 4, 8 or 16 a sample.
    public let bitDepth: Int
    /// Whether transparency was dropped.
    public let hadAlpha: Bool
}

private enum Limit {
    /// Beyond any camera's picture; decoded, so many pixels in colour take 1.6 GB.
    static let pixels = 1 << 27
    /// The shim sets libpng the same.
    static let side = 1 << 20
    static let fileBytes = 1 << 30
    /// Deflate makes at most 1032 bytes of one [zlib's technical details], so a header that claims more than that for
    /// the file's size is lying, and no memory need be set aside to find out.
    static let expansion = 1032
}

/// Reads the PNG file at `path`: any bit depth, grey or colour; palettes are expanded, alpha is dropped.
/// - Throws: `not-png` (naming what it is instead), `truncated-png`, `corrupt-png`, `zero-sized-png`, `huge-png`, and
///   as `readFile` for what is missing, a folder or not to be read. Each names the file.
public func readPNG(_ path: String) throws(Diagnostic) -> DecodedPNG {
    try decodePNG(readFile(path, limit: Limit.fileBytes), named: path)
}

/// Reads only the header of the PNG file at `path`: its size, at the cost of one small read.
/// - Throws: as ``readPNG(_:)``, except for damage that lies beyond the header.
public func readPNGHeader(_ path: String) throws(Diagnostic) -> PNGHeader {
    // A device or a pipe would be read for ever, or swallow what it holds.
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path, reason: String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else {
        let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no ordinary file"
        throw .cannotRead(path, reason: "it is \(kind)")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
        throw .cannotRead(path, reason: String(cString: strerror(errno)))
    }
    defer { try? handle.close() }
    let bytes: [UInt8]
    do { bytes = Array(try handle.read(upToCount: 64) ?? Data()) } catch {
        throw .cannotRead(path, reason: String(cString: strerror(errno)))
    }
    return try parseHeader(bytes, fileBytes: Int(status.st_size), named: path)
}

/// Decodes a PNG file's bytes.
/// - Parameter name: what to call them in a diagnostic.
/// - Throws: as ``readPNG(_:)``.
public func decodePNG(_ bytes: [UInt8], named name: String) throws(Diagnostic) -> DecodedPNG {
    let header = try parseHeader(bytes, fileBytes: bytes.count, named: name)
    let sampleBytes = header.bitDepth == 16 ? 2 : 1
    var samples = [UInt8](repeating: 0, count: header.width * header.height * header.channels * sampleBytes)
    var info = acuity_png_info()
    var failure = acuity_png_failure()
    let status = samples.withUnsafeMutableBufferPointer { buffer in
        bytes.withUnsafeBufferPointer {
            acuity_png_decode($0.baseAddress, $0.count, buffer.baseAddress, buffer.count, &info, &failure)
        }
    }
    guard status == 0 else { throw .undecodable(name, failure) }
    let image =
        if info.sample_bytes == 2 {
            Image(
                width: header.width, height: header.height, channels: header.channels,
                pixels: samples.withUnsafeBytes { $0.bindMemory(to: UInt16.self).map { Float($0) / 65535 } })
        } else {
            Image(
                width: header.width, height: header.height, channels: header.channels, quantised: samples)
        }
    return DecodedPNG(image: image, bitDepth: header.bitDepth, hadAlpha: info.has_alpha != 0)
}

/// The picture as an 8-bit PNG file, clamped and rounded; equal pictures give equal bytes.
/// - Throws: `cannot-encode` for a side beyond a million pixels, or where memory runs out.
public func encodePNG(_ image: Image) throws(Diagnostic) -> [UInt8] {
    var encoded: UnsafeMutablePointer<UInt8>?
    var count = 0
    var failure = acuity_png_failure()
    guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
        throw Diagnostic("cannot-encode", "a picture of \(image.sizeText) is too large for a PNG file")
    }
    let status = image.quantised().withUnsafeBufferPointer {
        acuity_png_encode($0.baseAddress, width, height, Int32(image.channels), &encoded, &count, &failure)
    }
    defer { acuity_png_free(encoded) }
    guard status == 0 else {
        throw Diagnostic(
            "cannot-encode", "a picture of \(image.sizeText) cannot be encoded: \(failure.text)")
    }
    return Array(UnsafeBufferPointer(start: encoded, count: count))
}

/// Writes the picture to `path` as an 8-bit PNG file, whole or not at all.
/// - Throws: as ``encodePNG(_:)`` and `writeAtomically`.
public func writePNG(_ image: Image, to path: String) throws(Diagnostic) {
    try writeAtomically(encodePNG(image), to: path)
}

/// Checks what can be checked before libpng sees the bytes and memory is set aside [PNG specification, 5.2 and 11.2.2].
private func parseHeader(_ bytes: [UInt8], fileBytes: Int, named name: String) throws(Diagnostic) -> PNGHeader
{
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    guard bytes.starts(with: signature) else {
        if bytes.count < signature.count, !bytes.isEmpty, signature.starts(with: bytes) {
            throw .truncatedPNG(name, bytes: fileBytes)
        }
        throw .notPNG(name, found: format(of: bytes))
    }
    guard bytes.count >= 33 else { throw .truncatedPNG(name, bytes: fileBytes) }
    func word(at offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard word(at: 8) == 13, Array(bytes[12..<16]) == Array("IHDR".utf8) else {
        throw .corruptPNG(name, reason: "it does not begin with an IHDR chunk")
    }
    let (width, height) = (word(at: 16), word(at: 20))
    let bitDepth = Int(bytes[24])
    let samples: [UInt8: Int] = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]
    guard let stored = samples[bytes[25]], [1, 2, 4, 8, 16].contains(bitDepth) else {
        throw .corruptPNG(name, reason: "its header names colour type \(bytes[25]) at \(bitDepth) bits")
    }
    guard width > 0, height > 0 else {
        throw Diagnostic(
            "zero-sized-png", "\(name) is a PNG picture of \(width)×\(height) pixels: there is nothing in it")
    }
    // Each side is below 2³², so the product is divided rather than formed.
    guard height <= Limit.pixels / width, max(width, height) <= Limit.side else {
        throw Diagnostic(
            "huge-png", "\(name) claims to be \(width)×\(height) pixels",
            notes: ["at most \(Limit.pixels) pixels are read, and \(Limit.side) along a side"],
            hint: "crop it, or check that the file is not damaged")
    }
    let rowBytes = (width * stored * bitDepth + 7) / 8 + 1
    guard rowBytes * height / Limit.expansion <= fileBytes else {
        throw Diagnostic(
            "truncated-png",
            "\(name) claims to be \(width)×\(height) pixels, more than its \(fileBytes) bytes can hold",
            hint: "copy or download it again")
    }
    let isColour = bytes[25] == 2 || bytes[25] == 3 || bytes[25] == 6
    return PNGHeader(width: width, height: height, bitDepth: bitDepth, channels: isColour ? 3 : 1)
}

/// What bytes that are no PNG file seem to be, for a message.
private func format(of bytes: [UInt8]) -> String {
    func text(_ range: Range<Int>) -> String {
        bytes.count >= range.upperBound ? String(decoding: bytes[range], as: UTF8.self) : ""
    }
    if bytes.isEmpty { return "an empty file" }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "a JPEG file" }
    if text(0..<4) == "GIF8" { return "a GIF file" }
    if text(0..<2) == "BM" { return "a BMP file" }
    if bytes.starts(with: [0x49, 0x49, 0x2A, 0]) || bytes.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
        return "a TIFF file"
    }
    if text(0..<4) == "RIFF", text(8..<12) == "WEBP" { return "a WebP file" }
    if text(4..<8) == "ftyp" {
        if text(8..<10) == "av" { return "an AVIF file" }
        return ["heic", "heix", "mif1", "msf1"].contains(text(8..<12)) ? "a HEIC file" : "a video"
    }
    if text(0..<4) == "%PDF" { return "a PDF file" }
    if bytes.starts(with: [0x1F, 0x8B]) { return "a gzip archive" }
    if text(0..<2) == "PK" { return "a ZIP archive" }
    if text(0..<2) == "P5" || text(0..<2) == "P6" { return "a PNM file" }
    let isText = bytes.prefix(512).allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 10 || $0 == 13 }
    return isText ? "a text file" : "a file of another kind"
}

extension acuity_png_failure {
    fileprivate var text: String {
        withUnsafeBytes(of: reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Diagnostic {
    fileprivate static func undecodable(_ name: String, _ failure: acuity_png_failure) -> Diagnostic {
        failure.truncated != 0 ? .truncatedPNG(name, bytes: nil) : .corruptPNG(name, reason: failure.text)
    }

    fileprivate static func truncatedPNG(_ name: String, bytes: Int?) -> Diagnostic {
        Diagnostic(
            "truncated-png", "\(name) is cut short: it ends before the picture does",
            notes: bytes.map { ["it holds \($0) bytes"] } ?? [], hint: "copy or download it again")
    }

    fileprivate static func corruptPNG(_ name: String, reason: String) -> Diagnostic {
        Diagnostic(
            "corrupt-png", "\(name) is a damaged PNG file", notes: ["libpng says: \(reason)"],
            hint: "copy or download it again")
    }

    fileprivate static func notPNG(_ name: String, found: String) -> Diagnostic {
        let convertible = ["JPEG", "GIF", "BMP", "TIFF", "WebP", "AVIF", "HEIC", "PNM"].contains {
            found.contains($0)
        }
        return Diagnostic(
            "not-png", "\(name) is no PNG file but \(found)",
            hint: convertible ? "convert it first; only PNG files are read" : nil)
    }
}
