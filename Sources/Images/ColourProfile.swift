/// A colour profile as it stands in an image file: what the numbers of its colours mean [ICC.1:2022].
public struct ColourProfile: Sendable, Equatable {
    public let bytes: [UInt8]
    /// The channels of the images that it can belong to: 1 or 3.
    let channels: Int

    /// `nil` for bytes that are no profile, or one of printing inks.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 128, bytes[0..<4].reduce(0, { $0 << 8 | Int($1) }) == bytes.count,
            bytes[36..<40].elementsEqual("acsp".utf8)
        else { return nil }
        switch String(decoding: bytes[16..<20], as: UTF8.self) {
        case "GRAY": channels = 1
        case "RGB ": channels = 3
        default: return nil
        }
        self.bytes = bytes
    }
}

/// Lends the bytes of a profile and their number to C; a null pointer where there is none that fits the
/// image.
func withBytes<Result>(
    of profile: ColourProfile?, for image: Image, _ body: (UnsafePointer<UInt8>?, Int) -> Result
) -> Result {
    guard let profile, profile.channels == image.channels else { return body(nil, 0) }
    return profile.bytes.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
}
