import Diagnostics
import Foundation
import Images
import TestSupport
import Testing

private let gammaOne: [UInt8] = [0, 1, 0x86, 0xA0]
private let gammaOfSRGB: [UInt8] = [0, 0, 0xB1, 0x8F]

/// Numbers of a cHRM chunk: x and y of white, red, green and blue.
private func chromaticities(_ values: [Int]) -> [UInt8] {
    values.flatMap { value in [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) } }
}
private let ofSRGB = chromaticities([31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000])
/// Adobe RGB (1998), whose green lies elsewhere.
private let ofAdobe = chromaticities([31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000])

/// What a PNG file says of its colours, of bytes and back.
struct ColourDescriptionTests {
    private let plain: [UInt8]
    init() throws { plain = Array(try Data(contentsOf: URL(filePath: oracle("formats/rgb8.png")))) }

    private func chunk(_ type: String, _ data: [UInt8], isDamaged: Bool = false) -> [UInt8] {
        var crc = ~UInt32(0)
        for byte in Array(type.utf8) + data {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        crc = isDamaged ? crc : ~crc
        return [0, 0, 0, UInt8(data.count)] + Array(type.utf8) + data
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: crc >> $0) }
    }

    /// The image with these chunks behind its header.
    private func file(_ chunks: [UInt8]...) -> [UInt8] { plain[..<33] + chunks.flatMap { $0 } + plain[33...] }

    /// The chunks before the pixels, by a walk of its own.
    private func chunks(in bytes: [UInt8]) -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        var place = 33
        while true {
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let type = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            guard type != "IDAT" else { return found }
            found[type] = Array(bytes[place + 8..<place + 8 + length])
            place += length + 12
        }
    }

    private func colours(_ bytes: [UInt8]) throws -> ColourDescription {
        try decodeImage(bytes, named: "a.png").colours
    }

    @Test(arguments: [8, 16])
    func `what a file says of its colours is written as it was read, to the bit`(bits: Int) throws {
        let sets: [[String: [UInt8]]] = [
            ["gAMA": gammaOne], ["gAMA": gammaOfSRGB, "cHRM": ofAdobe], ["sRGB": [1]],
            ["sRGB": [0], "gAMA": gammaOfSRGB, "cHRM": ofSRGB],
            ["cICP": [9, 16, 0, 1], "mDCV": [UInt8](1...24), "cLLI": [UInt8](1...8), "gAMA": gammaOne],
        ]
        for set in sets {
            let read = try decodeImage(
                file(set.sorted { $0.key < $1.key }.flatMap { chunk($0.key, $0.value) }), named: "a.png")
            for image in [read.image, read.image.luma] {
                let written = try encodePNG(image, bits: bits, colours: read.colours)
                #expect(chunks(in: written) == set)
                #expect(try colours(written) == read.colours)
            }
            // The values stay what they are.
            #expect(read.image == (try decodeImage(plain, named: "a.png").image))
        }
    }

    @Test func `what is not whole, not well-formed or not in its place says nothing`() throws {
        for bytes in [
            file(chunk("gAMA", gammaOne, isDamaged: true)), file(chunk("gAMA", [0, 0, 0, 0])),
            file(chunk("gAMA", [0x80, 0, 0, 0])), file(chunk("gAMA", [1, 2, 3])),
            file(chunk("cHRM", Array(ofSRGB.dropLast()))), file(chunk("sRGB", [4])),
            file(chunk("cICP", [1, 13, 1, 1])), file(chunk("PLTE", [1, 2, 3]), chunk("gAMA", gammaOne)),
            plain.dropLast(12) + chunk("gAMA", gammaOne) + plain.suffix(12),
        ] {
            #expect(try colours(bytes) == .none)
        }
        // The first of a kind counts.
        let two = try colours(file(chunk("gAMA", gammaOfSRGB), chunk("gAMA", gammaOne)))
        #expect(two.chunks.map(\.data) == [gammaOfSRGB])
    }

    @Test func `a profile behind other chunks is kept, and counts before sRGB`() throws {
        let withProfile = Array(try Data(contentsOf: URL(filePath: oracle("remarks/profile.png"))))
        // Values that libpng finds odd, too.
        let odd = chromaticities([31270, 32900, 0, 0, 0, 0, 0, 0])
        for before in [[chunk("sRGB", [0])], [chunk("cHRM", odd)], [chunk("gAMA", gammaOne)]] {
            let file = try decodeImage(
                withProfile[..<33] + before.flatMap { $0 } + withProfile[33...], named: "a.png")
            #expect(file.colours.profile != nil)
            let written = try encodePNG(file.image, colours: file.colours)
            #expect(try colours(written).profile == file.colours.profile)
            #expect(chunks(in: written)["sRGB"] == nil)
        }
    }

    @Test func `what a JPEG file has no place for is called by its name, unless it is taken for granted`()
        throws
    {
        func loss(_ chunks: [UInt8]...) throws -> String? {
            let colours = try colours(file(chunks.flatMap { $0 }))
            #expect(colours.loss(in: .png, channels: 3) == nil)
            return colours.loss(in: .jpeg, channels: 3)
        }
        func text(_ names: String) -> String {
            "what the source says of its colours (\(names)), which JPEG has no place for"
        }
        #expect(try loss() == nil)
        #expect(try loss(chunk("gAMA", gammaOne)) == text("`gAMA`"))
        #expect(try loss(chunk("gAMA", gammaOfSRGB)) == nil)
        #expect(try loss(chunk("gAMA", gammaOfSRGB), chunk("cHRM", ofSRGB)) == nil)
        #expect(try loss(chunk("cHRM", ofAdobe), chunk("gAMA", gammaOfSRGB)) == text("`gAMA` and `cHRM`"))
        #expect(try loss(chunk("sRGB", [0]), chunk("gAMA", gammaOne)) == nil)
        #expect(try loss(chunk("cICP", [12, 13, 0, 1]), chunk("sRGB", [0])) == text("`cICP`"))
        #expect(try loss(chunk("cICP", [1, 13, 0, 1]), chunk("gAMA", gammaOne)) == nil)
    }
}
