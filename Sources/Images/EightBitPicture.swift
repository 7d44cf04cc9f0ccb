import Diagnostics
import Files

/// A picture as its file holds it, where that is no more than 8 bits a sample: for those who read many and use them as
/// they are, since most of the time that a picture takes beyond its decompression goes into numbers of single precision.
public struct EightBitPicture: Sendable, Equatable {
    /// As seen, like everything here: turned as the file's Exif block asks.
    public let width: Int
    public let height: Int
    /// 1 or 3, without opacity.
    public let channels: Int
    /// [height][width][channels]
    public let samples: [UInt8]

    /// - Parameters:
    ///   - samples: as they are stored, and so the header.
    ///   - orientation: how they are to be turned.
    init(_ samples: [UInt8], _ header: PictureHeader, _ orientation: Orientation) {
        let seen = header.oriented(orientation)
        (width, height, channels) = (seen.width, seen.height, seen.channels)
        self.samples = orientation.applied(to: samples, width: header.width, height: header.height)
    }
}

/// As ``readPicture(_:)``, in 8 bits.
/// - Parameter rows: how many from the top are wanted. Those below may be left zero, and damage in them unnoticed, where that
///   saves work.
/// - Returns: `nil` for a picture of more than 8 bits.
/// - Throws: as ``readPicture(_:)``.
public func readEightBitPicture(_ path: String, rows: Int = .max) throws(Diagnostic) -> EightBitPicture? {
    try requireOrdinaryFile(path)
    let bytes = try readFile(path, limit: PictureLimit.fileBytes)
    switch try format(of: bytes, fileBytes: bytes.count, named: path) {
    case .png:
        let header = try parsePNGHeader(bytes, fileBytes: bytes.count, named: path)
        guard header.bitDepth <= 8 else { return nil }
        let file = try PNGSamples(bytes, rows: rows, named: path)
        return EightBitPicture(file.colours, header, file.orientation)
    case .jpeg:
        let (header, orientation, _, samples) = try decodeJPEGSamples(bytes, named: path)
        return EightBitPicture(samples, header, orientation)
    }
}
