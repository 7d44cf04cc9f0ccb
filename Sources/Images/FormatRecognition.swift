import Diagnostics
import Foundation

/// The format that a file's first bytes show.
/// - Throws: `unknown-picture`, saying what they seem to be instead; `truncated-picture` for the beginning of
///   a signature; `corrupt-picture` for a PNG file with a damaged one.
func format(of bytes: [UInt8], fileBytes: Int, named name: String) throws(Diagnostic) -> ImageFormat {
    for (format, signature) in signatures {
        if bytes.starts(with: signature) { return format }
        if bytes.count == fileBytes, bytes.count < signature.count, !bytes.isEmpty,
            signature.starts(with: bytes)
        {
            throw .truncatedImage(name, format, bytes: fileBytes)
        }
    }
    if isPNGWithoutSignature(bytes) { throw .damagedSignature(name, Array(bytes[..<8])) }
    throw .unknownImage(name, found: kind(of: bytes))
}

private let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
private let signatures: [(ImageFormat, [UInt8])] = [(.png, pngSignature), (.jpeg, [0xFF, 0xD8, 0xFF])]

/// Whether the bytes are those of a PNG file but for some of the first eight, which are made so that a
/// transfer as text, of seven bits or with other line ends, is found out [PNG specification, third edition,
/// 5.2].
private func isPNGWithoutSignature(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 16 else { return false }
    let isNamed = bytes[0] & 0x7F == 0x09 && bytes[1..<4].elementsEqual("PNG".utf8)
    return isNamed || bytes[12..<16].elementsEqual("IHDR".utf8)
}

/// What bytes that are no image of a known format seem to be, for a message.
private func kind(of bytes: [UInt8]) -> String {
    func text(_ range: Range<Int>) -> String {
        bytes.count >= range.upperBound ? String(decoding: bytes[range], as: UTF8.self) : ""
    }
    if bytes.isEmpty { return "an empty file" }
    if text(0..<4) == "GIF8" { return "a GIF file" }
    if text(0..<2) == "BM" { return "a BMP file" }
    if bytes.starts(with: [0x49, 0x49, 0x2A, 0]) || bytes.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
        // Many cameras' raw files are of this kind too.
        return "a TIFF or raw file"
    }
    if text(0..<4) == "RIFF", text(8..<12) == "WEBP" { return "a WebP file" }
    if text(4..<8) == "ftyp" {
        if text(8..<10) == "av" { return "an AVIF file" }
        return ["heic", "heix", "mif1", "msf1"].contains(text(8..<12)) ? "a HEIC file" : "a video"
    }
    if bytes.starts(with: [0, 0, 0, 12]), text(4..<6) == "jP" { return "a JPEG 2000 file" }
    if bytes.starts(with: [0xFF, 0x0A]) || bytes.starts(with: [0, 0, 0, 12]) && text(4..<7) == "JXL" {
        return "a JPEG XL file"
    }
    if text(0..<4) == "%PDF" { return "a PDF file" }
    if bytes.starts(with: [0x1F, 0x8B]) { return "a gzip archive" }
    if text(0..<2) == "PK" { return "a ZIP archive" }
    if text(0..<2) == "P5" || text(0..<2) == "P6" { return "a PNM file" }
    let isText = bytes.prefix(512).allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 10 || $0 == 13 }
    return isText ? "a text file" : "a file of another kind"
}

extension Diagnostic {
    fileprivate static func damagedSignature(_ name: String, _ found: [UInt8]) -> Diagnostic {
        func text(_ bytes: [UInt8]) -> String {
            bytes.map { String(format: "%02X", $0) }.joined(separator: " ")
        }
        return Diagnostic(
            "corrupt-picture", "\(name) is a damaged PNG file",
            notes: ["it begins with \(text(found)), where every PNG file begins with \(text(pngSignature))"],
            hint: "copy or download it again, and not as text, which changes such bytes")
    }
}
