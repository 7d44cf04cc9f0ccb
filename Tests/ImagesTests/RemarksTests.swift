import Diagnostics
import Foundation
import Images
import TestSupport
import Testing

/// What a file says of how its image is to be seen.
struct RemarksTests {
    private let photographs = URL(filePath: #filePath).appending(path: "../../../experiments/photographs")
        .standardizedFileURL

    @Test func `an image is turned, and its colour profile kept, as Pillow does`() throws {
        let images = try decodeOracle([PillowImage].self, "remarks.json")
        #expect(images.count == 16)
        for image in images {
            try image.check(
                oracle("remarks/\(image.name)"), rounding: image.name.hasSuffix("png") ? 0 : 1)
        }
    }

    @Test(arguments: ["profile.png", "grey-profile.png", "profile.jpg", "grey-profile.jpg"])
    func `a profile is written as it was read, and left out where it would not fit`(name: String) throws {
        let file = try readImageFile(oracle("remarks/\(name)"))
        let colours = file.colours
        let profile = try #require(colours.profile)
        func read(_ bytes: [UInt8]) throws -> ColourDescription {
            try decodeImage(bytes, named: "a").colours
        }
        let (image, channels) = (file.image, file.image.channels)
        #expect(try read(encodePNG(image, bits: 16, colours: colours)) == colours)
        #expect(try read(encodeJPEG(image, quality: 90, profile: profile)) == colours)
        let other = channels == 1 ? image.colour : image.luma
        #expect(try read(encodePNG(other, colours: colours)) == .none)
        #expect(try read(encodeJPEG(other, quality: 90, profile: profile)) == .none)
        for format in ImageFormat.allCases {
            #expect(colours.loss(in: format, channels: channels) == nil)
            #expect(
                colours.loss(in: format, channels: 4 - channels)
                    == "the source's colour profile, which is for \(channels == 1 ? "grey" : "coloured") pixels"
            )
        }
    }

    /// The profile that many programs have written for sRGB has mistakes that libpng knows, and would refuse
    /// to write.
    @Test(arguments: ["astronaut.png", "chelsea.png"])
    func `a profile that is known for its mistakes is kept`(name: String) throws {
        let file = try readImageFile(photographs.appending(path: name).path)
        #expect(file.colours.profile != nil)
        let written = try decodeImage(encodePNG(file.image, colours: file.colours), named: "a")
        #expect(written.colours == file.colours)
        #expect(written.image == file.image)
    }

    @Test func `a damaged profile does not keep an image from being written`() throws {
        var bytes = Array(try Data(contentsOf: URL(filePath: oracle("remarks/profile.jpg"))))
        // The number of tags stands behind the header of 128 bytes, in which `acsp` is at 36.
        let signature = try #require(bytes.firstRange(of: Array("acsp".utf8)))
        bytes[signature.lowerBound - 36 + 128] = 0x7F
        let file = try decodeImage(bytes, named: "a.jpg")
        #expect(file.colours.profile != nil)
        let written = try decodeImage(encodePNG(file.image, colours: file.colours), named: "a")
        #expect(written.image == file.image.rounded())
        #expect(written.colours == .none)
    }

    @Test func `an Exif block behind much else is found by the header alone`() throws {
        try withTemporaryFolder { folder in
            let plain = Array(try Data(contentsOf: URL(filePath: oracle("remarks/orientation6.png"))))
            // A private chunk, which nothing reads and whose checksum nothing asks for.
            let length = 1 << 19
            let chunk = [0, 8, 0, 0] + Array("acUI".utf8) + [UInt8](repeating: 7, count: length + 4)
            try Data(plain[..<33] + chunk + plain[33...]).write(to: URL(filePath: folder + "/long.png"))
            let header = try readImageHeader(folder + "/long.png")
            #expect(header.width == 5 && header.height == 9)
        }
    }

    @Test func `an Exif block behind the pixels is found by the header alone, however long they are`() throws
    {
        try withTemporaryFolder { folder in
            let late = Array(try Data(contentsOf: URL(filePath: oracle("remarks/late-orientation6.png"))))
            // A private chunk before the pixels, so that the first reading does not reach the file's end.
            let chunk = [0, 8, 0, 0] + Array("acUI".utf8) + [UInt8](repeating: 7, count: (1 << 19) + 4)
            let path = folder + "/long.png"
            try Data(late[..<33] + chunk + late[33...]).write(to: URL(filePath: path))
            #expect(try readImageHeader(path) == readImageFile(path).header)
            #expect(try readImageHeader(path).height == 9)
        }
    }

    @Test func `what only looks like an Exif block behind the pixels is none`() throws {
        let late = Array(try Data(contentsOf: URL(filePath: oracle("remarks/late-orientation6.png"))))
        let place = try #require(late.indices.last { late[$0...].starts(with: Array("eXIf".utf8)) })
        // A length that leads to no other chunk.
        for length in [0, 1, 25, 27, 255] as [UInt8] {
            var damaged = late
            damaged[place - 1] = length
            #expect(pngOrientation(damaged, end: damaged) == .asStored, "\(length)")
        }
        // Wherever among the bytes that are read it begins.
        for start in 0..<8 {
            #expect(pngOrientation(Array(late[..<8]), end: Array(late[start...])) == .turnedLeft)
        }
        // Within the pixels' own chunk, as compressed samples may happen to spell it.
        let type = try #require(late.indices.first { late[$0...].starts(with: Array("IDAT".utf8)) })
        var within = late
        within.replaceSubrange(type + 8..<type + 12, with: Array("eXIf".utf8))
        #expect(pngOrientation(within, end: within) == .turnedLeft)
    }

    @Test func `chunks that are damaged say nothing, wherever they are cut`() throws {
        let whole = Array(try Data(contentsOf: URL(filePath: oracle("remarks/profile-and-orientation.png"))))
        for place in 33..<whole.count {
            for value in [0, 0x7F, 0xFF] as [UInt8] {
                var damaged = whole
                damaged[place] = value
                _ = try? decodeImage(damaged, named: "a.png")
            }
            let found = diagnostic { () throws(Diagnostic) in
                _ = try decodeImage(Array(whole[..<place]), named: "a.png")
            }
            #expect(found?.code == "truncated-picture", "\(place)")
        }
    }
}
