import Diagnostics
import Files
import Foundation
import Images
import TestSupport
import Testing

/// What pypng finds in a file of PngSuite, or pngtest of libpng refuses it for.
private struct SuiteFile: Decodable, CustomTestStringConvertible {
    let name: String
    let pngtest: String?
    let width: Int?
    let height: Int?
    let bitDepth: Int?
    let channels: Int?
    let hasAlpha: Bool?
    /// SHA-256 of the samples, opacity among them, in one byte each or, of 16 bits, two, the higher first.
    let samples: String?
    let gamma: Int?
    let chromaticities: [Int]?

    var testDescription: String { name }

    static let all = (try? decodeOracle([SuiteFile].self, "pngsuite.json")) ?? []
}

/// Willem van Schaik's files, one of each kind of PNG file and one of each kind of damage.
struct PngSuiteTests {
    @Test func `the suite is whole, and every file of it has its row`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: oracle("pngsuite"))
            .filter { $0.hasSuffix(".png") }
        #expect(names.sorted() == SuiteFile.all.map(\.name))
        #expect(SuiteFile.all.count { $0.pngtest == nil } == 160)
        #expect(Self.refusals.map(\.name) == SuiteFile.all.filter { $0.pngtest != nil }.map(\.name))
    }

    @Test(arguments: SuiteFile.all.filter { $0.pngtest == nil })
    fileprivate func `a file that libpng reads holds what pypng finds in it`(_ file: SuiteFile) throws {
        let path = oracle("pngsuite/\(file.name)")
        let image = try readImageFile(path)
        let header = ImageHeader(
            format: .png, width: try #require(file.width), height: try #require(file.height),
            bitDepth: try #require(file.bitDepth), channels: try #require(file.channels))
        #expect(image.header == header)
        #expect(try readImageHeader(path) == header)
        #expect((image.alpha != nil) == file.hasAlpha)
        #expect(sha256(samples(of: image)) == file.samples)
        #expect(words(.gamma, of: image) == file.gamma.map { [$0] })
        #expect(words(.chromaticities, of: image) == file.chromaticities)
    }

    /// Each pixel's colour and opacity, in as many bytes as they are stored in.
    private func samples(of file: ImageFile) -> [UInt8] {
        let (image, scale) = (file.image, file.bitDepth == 16 ? Float(65535) : 255)
        var bytes: [UInt8] = []
        func add(_ value: Float) {
            let sample = Int((value * scale).rounded())
            if file.bitDepth == 16 { bytes.append(UInt8(sample >> 8)) }
            bytes.append(UInt8(sample & 0xFF))
        }
        for pixel in 0..<image.width * image.height {
            for channel in 0..<image.channels { add(image.pixels[pixel * image.channels + channel]) }
            if let alpha = file.alpha { add(alpha.pixels[pixel]) }
        }
        return bytes
    }

    private func words(_ kind: PNGColourChunk.Kind, of image: ImageFile) -> [Int]? {
        image.colours.chunks.first { $0.kind == kind }.map { chunk in
            stride(from: 0, to: chunk.data.count, by: 4).map { place in
                chunk.data[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            }
        }
    }

    private static let signature = "where every PNG file begins with 89 50 4E 47 0D 0A 1A 0A"
    private static let asText = ", and not as text, which changes such bytes"
    private static let refusals: [(name: String, note: String, hint: String)] = [
        ("xc1n0g08.png", "its header names colour type 1 at 8 bits", ""),
        ("xc9n2c08.png", "its header names colour type 9 at 8 bits", ""),
        ("xcrn0g04.png", "it begins with 89 50 4E 47 0D 0D 1A 0D, \(signature)", asText),
        ("xcsn0g01.png", "the checksum (CRC) of its chunk `IDAT` is not that of its bytes", ""),
        ("xd0n2c08.png", "its header names colour type 2 at 0 bits", ""),
        ("xd3n2c08.png", "its header names colour type 2 at 3 bits", ""),
        ("xd9n2c08.png", "its header names colour type 2 at 99 bits", ""),
        ("xdtn0g01.png", "it holds no pixels: no `IDAT` chunk stands before its end", ""),
        ("xhdn0g08.png", "the checksum (CRC) of its chunk `IHDR` is not that of its bytes", ""),
        ("xlfn0g04.png", "it begins with 89 50 4E 47 0A 0A 1A 0A, \(signature)", asText),
        ("xs1n0g01.png", "it begins with 09 50 4E 47 0D 0A 1A 0A, \(signature)", asText),
        ("xs2n0g01.png", "it begins with 89 51 4E 47 0D 0A 1A 0A, \(signature)", asText),
        ("xs4n0g01.png", "it begins with 89 50 4E 67 0D 0A 1A 0A, \(signature)", asText),
        ("xs7n0g01.png", "it begins with 89 50 4E 47 0D 0A 20 0A, \(signature)", asText),
    ]

    @Test(arguments: refusals)
    func `a file that libpng refuses is refused by its name, and for what is the matter with it`(
        name: String, note: String, hint: String
    ) throws {
        let path = oracle("pngsuite/\(name)")
        let expected = Diagnostic(
            "corrupt-picture", "\(path) is a damaged PNG file", notes: [note],
            hint: "copy or download it again" + hint)
        #expect(diagnostic { () throws(Diagnostic) in _ = try readImageFile(path) } == expected)
        #expect(diagnostic { () throws(Diagnostic) in _ = try readQuantisedImage(path) } == expected)
    }
}
