import Diagnostics
import Foundation
import Images
import TestSupport
import Testing

struct JPEGTests {
    private let image = Image(
        width: 40, height: 24, channels: 3,
        pixels: (0..<40 * 24 * 3).map { index in
            let (x, y) = (index / 3 % 40, index / 120)
            return 0.5 + 0.4 * sin(Float(x * (index % 3 + 1)) / 9 + Float(y) / 7)
        })

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: oracle("jpeg/\(name).jpg"))))
    }

    private func found(_ bytes: [UInt8]) -> Diagnostic? {
        diagnostic { () throws(Diagnostic) in _ = try decodeImage(bytes, named: "a.jpg") }
    }

    @Test func `every kind of JPEG decodes to what Pillow finds, turned as its Exif block asks`() throws {
        let images = try decodeOracle([PillowImage].self, "jpeg.json")
        #expect(images.count == 19)
        for image in images {
            // Another release of the library may round another way.
            try image.check(oracle("jpeg/\(image.name).jpg"), rounding: 1)
        }
    }

    @Test func `quality says how far an image read again may be from the one written`() throws {
        for image in [self.image, self.image.luma] {
            var sizes: [Int] = []
            for (quality, bound) in [(30, 30.0), (75, 36), (95, 42), (100, 48)] {
                let bytes = try encodeJPEG(image, quality: quality)
                let read = try decodeImage(bytes, named: "a.jpg").image
                #expect(try psnr(read, against: image) > bound, "quality \(quality)")
                #expect(try encodeJPEG(image, quality: quality) == bytes)
                sizes.append(bytes.count)
            }
            #expect(sizes == sizes.sorted())
        }
    }

    @Test func `a file's ending decides the format it is written in`() throws {
        try withTemporaryFolder { folder in
            for (name, format) in [("a.JPG", ImageFormat.jpeg), ("a.jpeg", .jpeg), ("a.png", .png)] {
                try writeImage(image, to: "\(folder)/\(name)")
                #expect(try readImageFile("\(folder)/\(name)").header.format == format)
            }
            let unknown = diagnostic { () throws(Diagnostic) in
                try writeImage(image, to: folder + "/a.tiff")
            }
            #expect(unknown?.code == "unknown-format")
            // What a file is, its bytes say; its name does not matter for reading.
            try FileManager.default.moveItem(atPath: folder + "/a.JPG", toPath: folder + "/b.png")
            #expect(try readImageFile(folder + "/b.png").header.format == .jpeg)
        }
    }

    @Test(arguments: ["grey", "progressive", "restarts", "halved"])
    func `a file cut short anywhere is a diagnostic, never an image`(name: String) throws {
        let bytes = try bytes(name)
        for count in 1..<bytes.count {
            let found = found(Array(bytes[..<count]))
            #expect(
                found?.code == "truncated-picture",
                "\(count) of \(bytes.count) bytes: \(String(describing: found))")
        }
    }

    @Test func `a header cut short is told from one that is longer than the first read`() throws {
        try withTemporaryFolder { folder in
            // An application's own block of many segments before the image's size.
            let plain = try bytes("halved")
            let segment: [UInt8] = [0xFF, 0xE9, 0xFF, 0xFF] + [UInt8](repeating: 7, count: 0xFFFD)
            let long = plain[..<2] + (0..<6).flatMap { _ in segment } + plain[2...]
            try Data(long).write(to: URL(filePath: folder + "/long.jpg"))
            #expect(try readImageHeader(folder + "/long.jpg").width == 21)
            try Data(long[..<300_000]).write(to: URL(filePath: folder + "/cut.jpg"))
            let found = diagnostic { () throws(Diagnostic) in
                _ = try readImageHeader(folder + "/cut.jpg")
            }
            #expect(found?.code == "truncated-picture")
        }
    }

    @Test func `damage that libjpeg would fill with grey is a diagnostic`() throws {
        let whole = try bytes("full")
        let start = try #require(
            whole.indices.dropLast().first { whole[$0] == 0xFF && whole[$0 + 1] == 0xDA })
        var refused = 0
        for index in stride(from: start + 14, to: whole.count - 2, by: 5) {
            var damaged = whole
            damaged[index] = 0xFF
            damaged[index + 1] = 0xD9
            if found(damaged) != nil { refused += 1 }
        }
        // An end before its time is always found out.
        #expect(refused == stride(from: start + 14, to: whole.count - 2, by: 5).underestimatedCount)
    }

    @Test(arguments: [
        (60_000, 60_000, "huge-picture"), (10_000, 10_000, "truncated-picture"),
        (0, 13, "zero-sized-picture"),
    ])
    func `a header that lies about the size is refused before memory is set aside`(
        width: Int, height: Int, code: String
    ) throws {
        var bytes = try bytes("full")
        let frame = try #require(
            bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        for (offset, value) in [(5, height), (7, width)] {
            bytes[frame + offset] = UInt8(value >> 8)
            bytes[frame + offset + 1] = UInt8(value & 255)
        }
        #expect(found(bytes)?.code == code)
    }

    /// A grey file in arithmetic coding whose scans, of the blocks' means alone, hold no bytes. A decoder
    /// takes what is missing for zeros and so finds as many blocks as the header claims [ITU-T T.81, D.2.6].
    private func emptyScans(_ count: Int, width: Int, height: Int) -> [UInt8] {
        [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
            + [0xFF, 0xCA, 0, 11, 8, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8)]
            + [UInt8(width & 255), 1, 1, 0x11, 0]
            + (0..<count).flatMap { _ in [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0] as [UInt8] } + [0xFF, 0xD9]
    }

    @Test func `a few bytes that stand for hours of decoding are refused`() {
        let whole = emptyScans(1, width: 11_000, height: 11_000)
        let claim = message { () throws(Diagnostic) in _ = try decodeImage(whole, named: "a.jpg") }
        #expect(
            claim == """
                error[truncated-picture]: a.jpg claims to be 11000×11000 pixels, more than its 96 bytes can hold
                   = hint: copy or download it again

                """)
        let again = emptyScans(500, width: 1_000, height: 1_000)
        let scans = message { () throws(Diagnostic) in _ = try decodeImage(again, named: "a.jpg") }
        #expect(
            scans == """
                error[corrupt-picture]: a.jpg comes to its 1000×1000 pixels in more scans than its 5086 bytes can fill
                   = hint: copy or download it again; if it is as it was written, convert it to PNG

                """)
    }

    @Test(arguments: [(1, 4_000), (10, 1_000), (500, 64)])
    func `a large image with nothing in it, and a small one in many scans, are read`(
        scans: Int, width: Int
    ) throws {
        let bytes = emptyScans(scans, width: width, height: width)
        #expect(try decodeImage(bytes, named: "a.jpg").image.width == width)
    }

    @Test func `an image in printing inks is refused by that name`() throws {
        let found = found(try bytes("inks"))
        #expect(found?.code == "unsupported-picture")
        #expect(found?.message.contains("printing inks (CMYK)") == true)
    }

    @Test func `an Exif block that is damaged says nothing, wherever it is cut`() {
        let block: [UInt8] = [
            0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
        ]
        #expect(Orientation(exif: block) == .turnedLeft)
        for count in 0..<20 { #expect(Orientation(exif: Array(block[..<count])) == .asStored) }
        for index in 0..<20 {
            for value in [0, 0x4D, 0xFF] as [UInt8] {
                var damaged = block
                damaged[index] = value
                _ = Orientation(exif: damaged)
            }
        }
    }
}
