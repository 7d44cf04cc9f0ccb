import Diagnostics
import Foundation
import JPEGShim
import Machine

/// A block of 8×8 pixels costs one bit at least where codes are Huffman's, so a header that claims more
/// blocks than this for each of the file's bytes is lying, and no memory need be set aside to find out.
private let mostBlocksPerByte = 8

/// How many blocks may be decoded, each counted as often as a scan comes to it.
///
/// Progressive files come to each block about eight times; libjpeg's of an empty image come to 21 blocks
/// for each byte. A later scan may pass over a block for nothing, and where codes are arithmetic any scan
/// may: 300 damaged bytes asked for 85 million pixels, and 500 scans of them would take an hour. What is
/// allowed besides is an empty image of 16 million grey pixels, or at 2.4 µs for the dearest blocks of
/// arithmetic codes half a second.
private func mostBlocks(fileBytes: Int) -> Int { 1 << 18 + 8 * mostBlocksPerByte * fileBytes }

/// The header of a JPEG file, from its first bytes.
/// - Throws: `truncated-picture` where they end before it does; `unsupported-picture`, `corrupt-picture`,
///   `zero-sized-picture`, `huge-picture`.
func parseJPEGHeader(_ bytes: [UInt8], fileBytes: Int, named name: String) throws(Diagnostic) -> ImageHeader {
    var nothing: [UInt8] = []
    let (header, orientation, _) = try decode(bytes, into: &nothing, fileBytes: fileBytes, named: name)
    return header.oriented(orientation)
}

func decodeJPEG(_ bytes: [UInt8], named name: String) throws(Diagnostic) -> ImageFile {
    let (header, orientation, profile, samples) = try decodeJPEGSamples(bytes, named: name)
    let image = Image(
        width: header.width, height: header.height, channels: header.channels, quantised: samples)
    return ImageFile(
        image: image.oriented(orientation), alpha: nil, header: header.oriented(orientation),
        colours: ColourDescription(profile: profile))
}

/// A JPEG file's samples as they are stored; the header is of the image before any turning, too.
func decodeJPEGSamples(_ bytes: [UInt8], named name: String) throws(Diagnostic) -> (
    header: ImageHeader, orientation: Orientation, profile: ColourProfile?, samples: [UInt8]
) {
    var samples: [UInt8] = []
    let (header, orientation, profile) = try decode(
        bytes, into: &samples, fileBytes: bytes.count, named: name)
    // The samples, and as numbers twice: as they are stored, and turned.
    let count = header.width * header.height * header.channels
    try MachineMemory.check(9 * count, for: "the image \(name)")
    samples = [UInt8](repeating: 0, count: count)
    _ = try decode(bytes, into: &samples, fileBytes: bytes.count, named: name)
    return (header, orientation, profile, samples)
}

/// Reads the header, and the samples where there is room for any.
private func decode(
    _ bytes: [UInt8], into samples: inout [UInt8], fileBytes: Int, named name: String
) throws(Diagnostic) -> (header: ImageHeader, orientation: Orientation, profile: ColourProfile?) {
    var info = acuity_jpeg_info()
    var failure = acuity_jpeg_failure()
    let status = samples.withUnsafeMutableBufferPointer { buffer in
        bytes.withUnsafeBufferPointer {
            acuity_jpeg_decode(
                $0.baseAddress, $0.count, mostBlocks(fileBytes: fileBytes),
                buffer.isEmpty ? nil : buffer.baseAddress, buffer.count, &info, &failure)
        }
    }
    defer {
        acuity_jpeg_free(info.exif)
        acuity_jpeg_free(info.profile)
    }
    let (width, height) = (Int(info.width), Int(info.height))
    guard status == 0 else { throw diagnostic(of: failure, info, fileBytes: fileBytes, named: name) }
    guard height <= ImageLimit.pixels / width else {
        throw .hugeImage(name, width: width, height: height)
    }
    let claimed = width * height / 64
    let most =
        info.is_arithmetic != 0 ? mostBlocks(fileBytes: fileBytes) : mostBlocksPerByte * fileBytes
    guard claimed <= most else {
        throw .lyingHeader(name, width: width, height: height, fileBytes: fileBytes)
    }
    let exif = [UInt8](UnsafeBufferPointer(start: info.exif, count: info.exif_count))
    let orientation = Orientation(exif: exif)
    let header = ImageHeader(
        format: .jpeg, width: width, height: height, bitDepth: 8, channels: Int(info.channels))
    let profile = ColourProfile([UInt8](UnsafeBufferPointer(start: info.profile, count: info.profile_count)))
    return (header, orientation, profile)
}

private func diagnostic(
    of failure: acuity_jpeg_failure, _ info: acuity_jpeg_info, fileBytes: Int, named name: String
) -> Diagnostic {
    let (width, height) = (Int(info.width), Int(info.height))
    return switch failure.trouble {
    case acuity_jpeg_truncated: .truncatedImage(name, .jpeg, bytes: fileBytes)
    case acuity_jpeg_empty: .zeroSizedImage(name, .jpeg, width: width, height: height)
    case acuity_jpeg_unsupported: .unsupportedJPEG(name, reason: failure.text)
    case acuity_jpeg_laborious: .laboriousJPEG(name, width: width, height: height, fileBytes: fileBytes)
    default: .corruptImage(name, .jpeg, reason: "libjpeg says: \(failure.text)")
    }
}

/// The image as a JPEG file, clamped and rounded, colour at full resolution; equal images give equal
/// bytes.
/// - Parameters:
///   - quality: 1 (smallest) to 100 (best).
///   - profile: what its colours mean; left out where it is for another number of channels.
/// - Throws: `cannot-encode` for a side beyond 65,500 pixels, or where memory runs out.
public func encodeJPEG(
    _ image: Image, quality: Int, profile: ColourProfile? = nil
) throws(Diagnostic) -> [UInt8] {
    precondition(ImageQuality.jpegRange.contains(quality), "JPEG quality \(quality)")
    guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
        throw .cannotEncode(image, .jpeg, reason: "it is too large")
    }
    var encoded: UnsafeMutablePointer<UInt8>?
    var count: CUnsignedLong = 0
    var failure = acuity_jpeg_failure()
    let status = image.quantised().withUnsafeBufferPointer { samples in
        withBytes(of: profile, for: image) {
            acuity_jpeg_encode(
                samples.baseAddress, width, height, Int32(image.channels), Int32(quality), $0, $1, &encoded,
                &count, &failure)
        }
    }
    defer { acuity_jpeg_free(encoded) }
    guard status == 0 else { throw .cannotEncode(image, .jpeg, reason: failure.text) }
    return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
}

extension acuity_jpeg_failure {
    fileprivate var text: String {
        withUnsafeBytes(of: reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Diagnostic {
    fileprivate static func unsupportedJPEG(_ name: String, reason: String) -> Diagnostic {
        Diagnostic(
            "unsupported-picture",
            "\(name) is a JPEG file of a kind that is not read: printing inks (CMYK), more than 8 bits, or lossless",
            notes: ["libjpeg says: \(reason)"], hint: "convert it to PNG in its colours of the screen (RGB)")
    }

    fileprivate static func laboriousJPEG(
        _ name: String, width: Int, height: Int, fileBytes: Int
    ) -> Diagnostic {
        Diagnostic(
            "corrupt-picture",
            "\(name) comes to its \(width)×\(height) pixels in more scans than its \(fileBytes) bytes can fill",
            hint: "copy or download it again; if it is as it was written, convert it to PNG")
    }
}
