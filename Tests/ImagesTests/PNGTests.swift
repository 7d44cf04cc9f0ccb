import Diagnostics
import Foundation
import Images
import Testing

private struct Format: Decodable {
    let name: String
    let width: Int
    let height: Int
    let channels: Int
    let bitDepth: Int
    let hadAlpha: Bool
    let values: [Float]
}

struct PNGTests {
    private let picture = Image(
        width: 7, height: 5, channels: 3, pixels: (0..<105).map { Float($0 * 37 % 256) / 255 })

    @Test func `every format of PNG decodes to the values it was made of`() throws {
        let formats = try decodeOracle([Format].self, "formats.json")
        #expect(formats.count == 18)
        for format in formats {
            let decoded = try readPNG(oracle("formats/\(format.name).png"))
            #expect(
                decoded.image.width == format.width && decoded.image.height == format.height, "\(format.name)"
            )
            #expect(decoded.image.channels == format.channels, "\(format.name)")
            #expect(decoded.bitDepth == format.bitDepth, "\(format.name)")
            #expect(decoded.hadAlpha == format.hadAlpha, "\(format.name)")
            try #require(decoded.image.pixels.count == format.values.count, "\(format.name)")
            let worst = zip(decoded.image.pixels, format.values).map { abs($0 - $1) }.max() ?? 1
            #expect(worst < 1e-6, "\(format.name)")
            let header = try readPNGHeader(oracle("formats/\(format.name).png"))
            #expect(header.width == format.width && header.height == format.height, "\(format.name)")
            #expect(
                header.bitDepth == format.bitDepth && header.channels == format.channels, "\(format.name)")
        }
    }

    @Test func `a picture written and read again is the picture rounded to 8 bits`() throws {
        try withTemporaryFolder { folder in
            for image in [picture, picture.luma] {
                let path = folder + "/new/picture.png"
                try writePNG(image, to: path)
                #expect(try readPNG(path).image == image.rounded())
            }
        }
    }

    @Test func `values beyond the range and no numbers are written as the nearest there is`() throws {
        let odd = Image(
            width: 5, height: 1, channels: 1, pixels: [-1, 2, .nan, .infinity, 0.4999 / 255])
        #expect(try decodePNG(encodePNG(odd), named: "odd").image.pixels == [0, 1, 0, 1, 0])
    }

    @Test func `equal pictures give equal bytes`() throws {
        #expect(try encodePNG(picture) == encodePNG(picture))
    }

    @Test func `a file cut short anywhere is a diagnostic, never a picture`() throws {
        let bytes = try encodePNG(picture)
        for count in 1..<bytes.count {
            let found = diagnostic { () throws(Diagnostic) in
                _ = try decodePNG(Array(bytes[..<count]), named: "a.png")
            }
            #expect(found?.code == "truncated-png", "\(count) of \(bytes.count) bytes")
            #expect(found?.message.contains("a.png") == true)
        }
    }

    @Test func `any byte changed in a critical chunk is found out`() throws {
        let bytes = try encodePNG(picture)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            let found = diagnostic { () throws(Diagnostic) in _ = try decodePNG(damaged, named: "a.png") }
            #expect(found != nil, "byte \(index)")
        }
    }

    @Test func `a wrong checksum is called damage`() throws {
        var bytes = try encodePNG(picture)
        bytes[bytes.count - 20] ^= 0xFF
        let found = diagnostic { () throws(Diagnostic) in _ = try decodePNG(bytes, named: "a.png") }
        #expect(found?.code == "corrupt-png")
        #expect(found?.message == "a.png is a damaged PNG file")
    }

    @Test(arguments: [
        (0, 5, "zero-sized-png"), (7, 0, "zero-sized-png"), (0xFFFF_FFFF, 0xFFFF_FFFF, "huge-png"),
        (100_000, 100_000, "huge-png"), (2_000_000, 1, "huge-png"), (10_000, 10_000, "truncated-png"),
        (7, 50, "corrupt-png"),
    ])
    func `a header that lies about the size is refused before memory is set aside`(
        width: UInt32, height: UInt32, code: String
    ) throws {
        let bytes = lyingHeader(try encodePNG(picture), width: width, height: height)
        let found = diagnostic { () throws(Diagnostic) in _ = try decodePNG(bytes, named: "a.png") }
        #expect(found?.code == code)
    }

    @Test(
        arguments: [
            ([0xFF, 0xD8, 0xFF, 0xE0], "a JPEG file"), (Array("GIF89a".utf8), "a GIF file"),
            (Array("BM6543".utf8), "a BMP file"), ([0x49, 0x49, 0x2A, 0, 8], "a TIFF file"),
            (Array("RIFF....WEBPVP8 ".utf8), "a WebP file"), (Array("# a script\n".utf8), "a text file"),
            ([], "an empty file"), ([1, 2, 3, 0, 200], "a file of another kind"),
        ] as [([UInt8], String)])
    func `what is no PNG file is called what it is`(bytes: [UInt8], kind: String) {
        let found = diagnostic { () throws(Diagnostic) in _ = try decodePNG(bytes, named: "photo.png") }
        #expect(found?.code == "not-png")
        #expect(found?.message == "photo.png is no PNG file but \(kind)")
    }

    @Test func `a missing file, a folder and an unwritable place are diagnostics that name them`() throws {
        try withTemporaryFolder { folder in
            let missing = folder + "/none.png"
            let asFolder = "cannot read \(folder): it is a folder"
            #expect(diagnostic { () throws(Diagnostic) in _ = try readPNG(missing) }?.code == "cannot-read")
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try readPNGHeader(missing) }?.code == "cannot-read")
            #expect(diagnostic { () throws(Diagnostic) in _ = try readPNG(folder) }?.message == asFolder)
            #expect(
                diagnostic { () throws(Diagnostic) in _ = try readPNGHeader(folder) }?.message == asFolder)
            try writePNG(picture, to: folder + "/a.png")
            let found = diagnostic { () throws(Diagnostic) in
                try writePNG(picture, to: folder + "/a.png/b.png")
            }
            #expect(found?.code == "cannot-write")
        }
    }
}
