import Diagnostics
import Files

/// An image as its file holds it, in 8 or 16 bits a sample: for code that reads many and uses them as they
/// are, since most of the time that reading takes beyond decompression goes into conversion to single
/// precision.
public struct QuantisedImage: Sendable, Equatable {
    /// As seen, like everything here: turned as the file's Exif block asks.
    public let width: Int
    public let height: Int
    /// 1 or 3, without opacity.
    public let channels: Int
    /// 2 for samples of 16 bits, 1 for all others.
    public let sampleBytes: Int
    /// [height][width][channels][sampleBytes], in the machine's order.
    public let samples: [UInt8]

    /// - Parameters:
    ///   - samples: in the order of the file, before any turning, as `header` is.
    ///   - orientation: how they are to be turned.
    init(_ samples: [UInt8], _ header: ImageHeader, _ orientation: Orientation) {
        let seen = header.oriented(orientation)
        (width, height, channels, sampleBytes) = (seen.width, seen.height, seen.channels, seen.sampleBytes)
        self.samples = orientation.applied(to: samples, width: header.width, height: header.height)
    }

    /// The samples in `sampleBytes` bytes each (2, or the image's own) and `channels` channels (3, or the
    /// image's own): 255 becomes 65,535, grey becomes R = G = B, and every value stays what it is.
    public func samples(in sampleBytes: Int, channels: Int) -> [UInt8] {
        precondition(
            channels == self.channels || channels == 3, "\(self.channels) channels cannot become \(channels)")
        let samples = samples(in: sampleBytes)
        guard channels > self.channels else { return samples }
        return [UInt8](unsafeUninitializedCapacity: 3 * samples.count) { wide, count in
            for start in stride(from: 0, to: samples.count, by: sampleBytes) {
                for _ in 0..<3 {
                    for byte in start..<start + sampleBytes {
                        wide[count] = samples[byte]
                        count += 1
                    }
                }
            }
        }
    }

    private func samples(in sampleBytes: Int) -> [UInt8] {
        precondition(
            sampleBytes == self.sampleBytes || sampleBytes == 2,
            "\(self.sampleBytes) bytes a sample cannot become \(sampleBytes)")
        guard sampleBytes > self.sampleBytes else { return samples }
        // 257 times the value: both of its bytes are the value.
        return [UInt8](unsafeUninitializedCapacity: 2 * samples.count) { wide, count in
            for sample in samples {
                wide[count] = sample
                wide[count + 1] = sample
                count += 2
            }
        }
    }
}

/// Reads the image at `path` as ``readImageFile(_:)`` does, and leaves its samples in the bits of the file.
/// - Parameter rows: how many from the top are wanted. Those below may be left zero, and damage in them
///   unnoticed, where that saves work.
/// - Throws: as ``readImageFile(_:)``.
public func readQuantisedImage(_ path: String, rows: Int = .max) throws(Diagnostic) -> QuantisedImage {
    let bytes = try readImageBytes(path)
    switch try format(of: bytes, fileBytes: bytes.count, named: path) {
    case .png:
        let file = try PNGSamples(bytes, rows: rows, named: path)
        return QuantisedImage(file.colours, file.header, file.orientation)
    case .jpeg:
        let (header, orientation, _, samples) = try decodeJPEGSamples(bytes, named: path)
        return QuantisedImage(samples, header, orientation)
    }
}
