import Diagnostics
import Foundation
import Images
import TestSupport
import Testing

private struct Format: Decodable {
    let name: String
    let width: Int
    let height: Int
    let channels: Int
    let bitDepth: Int
    let values: [Float]
    let alpha: [Float]?
}

private func worst(_ image: Image, _ values: [Float]) -> Float {
    guard image.pixels.count == values.count else { return .infinity }
    return zip(image.pixels, values).map { abs($0 - $1) }.max() ?? .infinity
}

struct PNGTests {
    private let image = Image(
        width: 7, height: 5, channels: 3, pixels: (0..<105).map { Float($0 * 37 % 256) / 255 })

    @Test func `every format of PNG decodes to the values it was made of`() throws {
        let formats = try decodeOracle([Format].self, "formats.json")
        #expect(formats.count == 19)
        for format in formats {
            let decoded = try readImageFile(oracle("formats/\(format.name).png"))
            let header = ImageHeader(
                format: .png, width: format.width, height: format.height, bitDepth: format.bitDepth,
                channels: format.channels)
            #expect(decoded.header == header, "\(format.name)")
            #expect(try readImageHeader(oracle("formats/\(format.name).png")) == header, "\(format.name)")
            #expect(worst(decoded.image, format.values) < 1e-6, "\(format.name)")
            #expect((decoded.alpha == nil) == (format.alpha == nil), "\(format.name)")
            if let alpha = decoded.alpha, let expected = format.alpha {
                #expect(worst(alpha, expected) < 1e-6, "\(format.name)")
            }
        }
    }

    @Test(arguments: [8, 16])
    func `colours and transparency come back as they were written, in as many bits`(bits: Int) throws {
        let step = bits == 8 ? Float(255) : 65535
        let alpha = Image(width: 7, height: 5, channels: 1, pixels: (0..<35).map { Float($0 * 7) / step })
        for image in [self.image, self.image.luma] {
            let read = try decodeImage(encodePNG(image, alpha: alpha, bits: bits), named: "a.png")
            #expect(worst(read.image, image.pixels) <= 0.5001 / step)
            #expect(read.alpha == alpha && read.bitDepth == bits)
        }
    }

    @Test(arguments: ["formats", "remarks", "jpeg"])
    func `as it is stored an image is what it is otherwise, turned and without opacity`(set: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: oracle(set))
        for name in names where name != "inks.jpg" {
            let path = oracle("\(set)/\(name)")
            let (file, found) = (try readImageFile(path), try readQuantisedImage(path))
            let image = file.image
            let wide = found.samples(in: 2, channels: found.channels)
            let values = (0..<wide.count / 2).map {
                Float(wide.span.bytes.unsafeLoadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) / 65535
            }
            #expect(found.width == image.width && found.height == image.height, "\(name)")
            #expect(found.channels == image.channels && values == image.pixels, "\(name)")
            #expect(found.sampleBytes == (file.bitDepth == 16 ? 2 : 1), "\(name)")
            if found.sampleBytes == 1 { #expect(found.samples == image.quantised(), "\(name)") }
        }
    }

    @Test func `an image written and read again is the image rounded to 8 bits`() throws {
        try withTemporaryFolder { folder in
            for image in [self.image, self.image.luma] {
                let path = folder + "/new/picture.png"
                try writePNG(image, to: path)
                #expect(try readImageFile(path).image == image.rounded())
            }
        }
    }

    @Test func `values beyond the range and no numbers are written as the nearest there is`() throws {
        let odd = Image(
            width: 5, height: 1, channels: 1, pixels: [-1, 2, .nan, .infinity, 0.4999 / 255])
        #expect(try decodeImage(encodePNG(odd), named: "odd").image.pixels == [0, 1, 0, 1, 0])
    }

    @Test func `equal images give equal bytes`() throws {
        #expect(try encodePNG(image) == encodePNG(image))
    }

    @Test func `a file cut short anywhere is a diagnostic, never an image`() throws {
        let bytes = try encodePNG(image)
        for count in 1..<bytes.count {
            let found = diagnostic { () throws(Diagnostic) in
                _ = try decodeImage(Array(bytes[..<count]), named: "a.png")
            }
            #expect(found?.code == "truncated-picture", "\(count) of \(bytes.count) bytes")
            #expect(found?.message.contains("a.png") == true)
        }
    }

    @Test func `any byte changed in a critical chunk is found out`() throws {
        let bytes = try encodePNG(image)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            let found = diagnostic { () throws(Diagnostic) in _ = try decodeImage(damaged, named: "a.png") }
            #expect(found != nil, "byte \(index)")
        }
    }

    @Test func `a wrong checksum is called damage`() throws {
        var bytes = try encodePNG(image)
        bytes[bytes.count - 20] ^= 0xFF
        let found = diagnostic { () throws(Diagnostic) in _ = try decodeImage(bytes, named: "a.png") }
        #expect(found?.code == "corrupt-picture")
        #expect(found?.message == "a.png is a damaged PNG file")
    }

    @Test(arguments: [
        (0, 5, "zero-sized-picture"), (7, 0, "zero-sized-picture"),
        (0xFFFF_FFFF, 0xFFFF_FFFF, "huge-picture"),
        (100_000, 100_000, "huge-picture"), (2_000_000, 1, "huge-picture"),
        (10_000, 10_000, "truncated-picture"),
        (7, 50, "corrupt-picture"),
    ])
    func `a header that lies about the size is refused before memory is set aside`(
        width: UInt32, height: UInt32, code: String
    ) throws {
        let bytes = lyingHeader(try encodePNG(image), width: width, height: height)
        let found = diagnostic { () throws(Diagnostic) in _ = try decodeImage(bytes, named: "a.png") }
        #expect(found?.code == code)
    }

    @Test(
        arguments: [
            ([0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20], "a JPEG 2000 file"), (Array("GIF89a".utf8), "a GIF file"),
            (Array("BM6543".utf8), "a BMP file"), ([0x49, 0x49, 0x2A, 0, 8], "a TIFF or raw file"),
            (Array("RIFF....WEBPVP8 ".utf8), "a WebP file"), (Array("# a script\n".utf8), "a text file"),
            ([], "an empty file"), ([1, 2, 3, 0, 200], "a file of another kind"),
        ] as [([UInt8], String)])
    func `what is no image that is read is called what it is`(bytes: [UInt8], kind: String) {
        let found = diagnostic { () throws(Diagnostic) in _ = try decodeImage(bytes, named: "photo.png") }
        #expect(found?.code == "unknown-picture")
        #expect(found?.message == "photo.png is not a PNG or JPEG file but \(kind)")
    }

    @Test func `a missing file, a folder and an unwritable place are diagnostics that name them`() throws {
        try withTemporaryFolder { folder in
            let missing = folder + "/none.png"
            let asFolder = "cannot read \(folder): it is a folder"
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try readImageFile(missing) }?.code == "cannot-read")
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try readImageHeader(missing) }?.code
                    == "cannot-read")
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try readImageFile(folder) }?.message == asFolder)
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try readImageHeader(folder) }?.message == asFolder
            )
            try writePNG(image, to: folder + "/a.png")
            let found = diagnostic { () throws(Diagnostic) in
                try writePNG(image, to: folder + "/a.png/b.png")
            }
            #expect(found?.code == "cannot-write")
        }
    }

    @Test(arguments: ["IHDR", "IDAT"])
    func `a damaged chunk of a PNG file is named by its checksum`(chunk: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: oracle("formats/rgb8.png"))))
        let name = try #require(bytes.firstRange(of: Array(chunk.utf8)))
        bytes[name.upperBound + 9] ^= 1
        let path = folder.appending(path: "a.png").path
        try Data(bytes).write(to: URL(filePath: path))
        do throws(Diagnostic) {
            _ = try readImageFile(path)
            Issue.record("a damaged image was read")
        } catch {
            #expect(error.notes == ["the checksum (CRC) of its chunk `\(chunk)` is not that of its bytes"])
        }
    }
}
