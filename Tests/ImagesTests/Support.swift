import Diagnostics
import Files
import Foundation
import Images
import Testing

/// A file beside the oracle's script.
func oracle(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Oracles").appending(path: name).path
}

func decodeOracle<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: oracle(name))))
}

/// What Pillow finds in an image's file, as the oracles' scripts write it.
struct PillowImage: Decodable {
    let name: String
    let width: Int
    let height: Int
    let channels: Int
    let samples: [UInt8]
    let alpha: [UInt8]?
    /// SHA-256 of the colour profile.
    let profile: String?

    /// Holds the file against it.
    /// - Parameter rounding: how far samples may lie apart.
    func check(_ path: String, rounding: Int) throws {
        let decoded = try readImageFile(path)
        let image = decoded.image
        #expect(image.width == width && image.height == height, "\(name)")
        #expect(image.channels == channels, "\(name)")
        let worst = zip(image.quantised(), samples).map { abs(Int($0) - Int($1)) }.max()
        #expect(try #require(worst) <= rounding, "\(name)")
        #expect(decoded.alpha?.quantised() == alpha, "\(name)")
        #expect(decoded.colours.profile.map { sha256($0.bytes) } == profile, "\(name)")
        #expect(try readImageHeader(path) == decoded.header, "\(name)")
    }
}

/// The bytes of a PNG file with its header's width and height exchanged for others, its checksum right for
/// them.
func lyingHeader(_ bytes: [UInt8], width: UInt32, height: UInt32) -> [UInt8] {
    var result = bytes
    for (offset, value) in [(16, width), (20, height)] {
        for byte in 0..<4 { result[offset + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * byte)) }
    }
    var crc = ~UInt32(0)
    for byte in result[12..<29] {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    for byte in 0..<4 { result[29 + byte] = UInt8(truncatingIfNeeded: ~crc >> (24 - 8 * byte)) }
    return result
}
