import Diagnostics
import Files
import Foundation
import Machine
import PNGShim

/// Deflate makes at most 1032 bytes of one [zlib's technical details], so a header that claims more than that
/// for the file's size is lying, and no memory need be set aside to find out.
private let mostExpansion = 1032

func decodePNG(_ bytes: [UInt8], named name: String) throws(Diagnostic) -> ImageFile {
    let file = try PNGSamples(bytes, named: name)
    let header = file.header
    let values: [Float] =
        if file.sampleBytes == 2 {
            file.samples.withUnsafeBytes { $0.bindMemory(to: UInt16.self).map { Float($0) / 65535 } }
        } else {
            file.samples.map { Float($0) / 255 }
        }
    func image(_ channels: Int, _ values: [Float]) -> Image {
        Image(width: header.width, height: header.height, channels: channels, pixels: values)
            .oriented(file.orientation)
    }
    let (colours, opacities) = file.hasAlpha ? parted(values, channels: header.channels) : (values, nil)
    return ImageFile(
        image: image(header.channels, colours), alpha: opacities.map { image(1, $0) },
        header: header.oriented(file.orientation), colours: file.colourDescription)
}

/// A PNG file's samples as they are stored.
struct PNGSamples {
    /// Before any turning.
    let header: ImageHeader
    let orientation: Orientation
    let colourDescription: ColourDescription
    let hasAlpha: Bool
    /// 2 for samples of 16 bits, which then lie in the machine's order.
    let sampleBytes: Int
    /// Rows from the top, the channels and the opacity interleaved.
    let samples: [UInt8]

    /// - Parameter rows: of the image as stored, how many from the top are wanted; those below may be left
    ///   zero.
    init(_ bytes: [UInt8], rows: Int = .max, named name: String) throws(Diagnostic) {
        header = try parsePNGHeader(bytes, fileBytes: bytes.count, named: name)
        orientation = pngOrientation(bytes, end: bytes)
        var samples: [UInt8] = []
        // Once for what the image holds, with every chunk that says so; then for its pixels.
        let (info, profile) = try decode(bytes, into: &samples, rows: rows, named: name)
        hasAlpha = info.has_alpha != 0
        sampleBytes = Int(info.sample_bytes)
        let each = header.channels + (hasAlpha ? 1 : 0)
        // The samples, and as numbers twice: as they are stored, and without opacity or turned.
        let count = header.width * header.height * each
        try MachineMemory.check(count * (sampleBytes + 8), for: "the image \(name)")
        samples = [UInt8](repeating: 0, count: count * sampleBytes)
        // A turned image's rows are not the stored one's.
        _ = try decode(
            bytes, into: &samples, rows: orientation == .asStored ? rows : .max, named: name)
        self.samples = samples
        colourDescription = ColourDescription(
            profile: profile, chunks: PNGPreamble(bytes).colourChunks)
    }

    /// Without the opacity.
    var colours: [UInt8] {
        guard hasAlpha else { return samples }
        return parted(samples, channels: header.channels * sampleBytes, opacity: sampleBytes).colours
    }
}

/// Reads what the file says of itself, and the samples where there is room for any.
private func decode(
    _ bytes: [UInt8], into samples: inout [UInt8], rows: Int, named name: String
) throws(Diagnostic) -> (info: acuity_png_info, profile: ColourProfile?) {
    var info = acuity_png_info()
    var failure = acuity_png_failure()
    let status = samples.withUnsafeMutableBufferPointer { buffer in
        bytes.withUnsafeBufferPointer {
            acuity_png_decode(
                $0.baseAddress, $0.count, buffer.isEmpty ? nil : buffer.baseAddress, buffer.count, rows,
                &info, &failure)
        }
    }
    defer { acuity_png_free(info.profile) }
    guard status == 0 else {
        // libpng may read beyond a damaged length, or give up on a damaged chunk with another reason: the
        // checksum is what tells damage from a file that was cut short or written wrongly.
        if let chunk = firstDamagedChunk(bytes) {
            throw .corruptImage(
                name, .png, reason: "the checksum (CRC) of its chunk `\(chunk)` is not that of its bytes")
        }
        if endsWithoutPixels(bytes) {
            throw .corruptImage(
                name, .png, reason: "it holds no pixels: no `IDAT` chunk stands before its end")
        }
        throw failure.truncated != 0
            ? .truncatedImage(name, .png, bytes: bytes.count)
            : .corruptImage(name, .png, reason: "libpng says: \(failure.text)")
    }
    let profile = ColourProfile([UInt8](UnsafeBufferPointer(start: info.profile, count: info.profile_count)))
    return (info, profile)
}

/// The image as a PNG file of 8 or 16 bits a sample, clamped and rounded; equal images give equal bytes.
/// - Parameters:
///   - alpha: how opaque each pixel is, as a grey image of equal size.
///   - colours: what its colours mean; its profile is left out where it is for another number of channels.
/// - Throws: `cannot-encode` for a side beyond a million pixels, or where memory runs out.
public func encodePNG(
    _ image: Image, alpha: Image? = nil, bits: Int = 8, colours: ColourDescription = .none
) throws(Diagnostic) -> [UInt8] {
    precondition(bits == 8 || bits == 16, "\(bits) bits, must be 8 or 16")
    guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
        throw .cannotEncode(image, .png, reason: "it is too large")
    }
    let channels = Int32(image.channels + (alpha == nil ? 0 : 1))
    var encoded: UnsafeMutablePointer<UInt8>?
    var count = 0
    var failure = acuity_png_failure()
    let chunks = colours.chunks(forChannels: image.channels).flatMap(\.bytes)
    func encode(_ samples: UnsafeRawBufferPointer) -> Int32 {
        withBytes(of: colours.profile, for: image) { profile, profileCount in
            chunks.withUnsafeBufferPointer {
                acuity_png_encode(
                    samples.baseAddress?.assumingMemoryBound(to: UInt8.self), width, height, channels,
                    Int32(bits / 8), profile, profileCount, $0.baseAddress, $0.count, &encoded, &count,
                    &failure)
            }
        }
    }
    let status =
        if bits == 16 {
            interleaved(image.quantised16(), alpha?.quantised16(), channels: image.channels)
                .withUnsafeBytes(encode)
        } else {
            interleaved(image.quantised(), alpha?.quantised(), channels: image.channels)
                .withUnsafeBytes(encode)
        }
    defer { acuity_png_free(encoded) }
    guard status == 0 else { throw .cannotEncode(image, .png, reason: failure.text) }
    return Array(UnsafeBufferPointer(start: encoded, count: count))
}

/// Writes the image to `path` as an 8-bit PNG file, whole or not at all.
/// - Throws: as ``encodePNG(_:alpha:bits:colours:)`` and `writeAtomically`.
public func writePNG(_ image: Image, to path: String) throws(Diagnostic) {
    try writeAtomically(encodePNG(image), to: path)
}

/// Each pixel's colour followed by its opacity.
private func interleaved<Sample>(_ colours: [Sample], _ alpha: [Sample]?, channels: Int) -> [Sample] {
    guard let alpha else { return colours }
    precondition(
        alpha.count * channels == colours.count, "\(alpha.count) opacities for \(colours.count) samples")
    var result: [Sample] = []
    result.reserveCapacity(colours.count + alpha.count)
    for (pixel, opacity) in alpha.enumerated() {
        result += colours[pixel * channels..<(pixel + 1) * channels]
        result.append(opacity)
    }
    return result
}

/// The inverse of ``interleaved(_:_:channels:)``.
/// - Parameters:
///   - channels: how many elements the colour of each pixel takes.
///   - opacity: how many its opacity takes.
private func parted<Element>(
    _ samples: [Element], channels: Int, opacity: Int = 1
) -> (colours: [Element], opacities: [Element]?) {
    var colours: [Element] = []
    var opacities: [Element] = []
    let pixels = samples.count / (channels + opacity)
    colours.reserveCapacity(pixels * channels)
    opacities.reserveCapacity(pixels * opacity)
    for pixel in stride(from: 0, to: samples.count, by: channels + opacity) {
        colours += samples[pixel..<pixel + channels]
        opacities += samples[pixel + channels..<pixel + channels + opacity]
    }
    return (colours, opacities)
}

/// Checks what can be checked before libpng sees the bytes and memory is set aside [PNG specification, 5.2
/// and 11.2.2].
/// - Returns: the image as stored, before any turning that its Exif block asks for.
func parsePNGHeader(_ bytes: [UInt8], fileBytes: Int, named name: String) throws(Diagnostic) -> ImageHeader {
    guard bytes.count >= 33 else { throw .truncatedImage(name, .png, bytes: fileBytes) }
    guard word(bytes, at: 8) == 13, Array(bytes[12..<16]) == Array("IHDR".utf8) else {
        throw .corruptImage(name, .png, reason: "it does not begin with an IHDR chunk")
    }
    let (width, height) = (word(bytes, at: 16), word(bytes, at: 20))
    let bitDepth = Int(bytes[24])
    let samples: [UInt8: Int] = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]
    guard let stored = samples[bytes[25]], [1, 2, 4, 8, 16].contains(bitDepth) else {
        throw .corruptImage(
            name, .png, reason: "its header names colour type \(bytes[25]) at \(bitDepth) bits")
    }
    guard width > 0, height > 0 else { throw .zeroSizedImage(name, .png, width: width, height: height) }
    // Each side is below 2³², so the product is divided rather than formed.
    guard height <= ImageLimit.pixels / width, max(width, height) <= ImageLimit.side else {
        throw .hugeImage(name, width: width, height: height)
    }
    let rowBytes = (width * stored * bitDepth + 7) / 8 + 1
    guard rowBytes * height / mostExpansion <= fileBytes else {
        throw .lyingHeader(name, width: width, height: height, fileBytes: fileBytes)
    }
    let isColour = bytes[25] == 2 || bytes[25] == 3 || bytes[25] == 6
    return ImageHeader(
        format: .png, width: width, height: height, bitDepth: bitDepth, channels: isColour ? 3 : 1)
}

extension acuity_png_failure {
    fileprivate var text: String {
        withUnsafeBytes(of: reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
