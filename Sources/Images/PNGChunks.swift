import PNGShim

/// What stands in a PNG file between its header and its pixels, where an Exif block and what colours mean
/// have their places [PNG specification, third edition, 5.6].
struct PNGPreamble {
    /// Empty where there is none.
    private(set) var exif: [UInt8] = []
    /// Those that say what colours mean, apart from a profile; the first of each type, if it stands before
    /// the palette and is whole.
    private(set) var colourChunks: [PNGColourChunk] = []
    /// Whether the bytes reach as far as the pixels, or are no chunks any more.
    private(set) var isWhole = false

    /// - Parameter bytes: a file's first.
    init(_ bytes: [UInt8]) {
        var place = 33
        var isBeforePalette = true
        while place + 8 <= bytes.count {
            let length = word(bytes, at: place)
            let type = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            guard type != "IDAT", type != "IEND", length <= Int(Int32.max) else {
                isWhole = true
                return
            }
            guard length <= bytes.count - place - 8 else { return }
            if type == "eXIf", exif.isEmpty { exif = Array(bytes[place + 8..<place + 8 + length]) }
            if type == "PLTE" { isBeforePalette = false }
            if isBeforePalette, let kind = PNGColourChunk.Kind(rawValue: type),
                !colourChunks.contains(where: { $0.kind == kind }), hasChecksum(bytes, chunkAt: place),
                let chunk = PNGColourChunk(kind, Array(bytes[place + 8..<place + 8 + length]))
            {
                colourChunks.append(chunk)
            }
            place += length + 12
        }
    }
}

/// How many of a file's last bytes are searched for an Exif block behind its pixels: whatever a JPEG file may
/// hold of Exif, which is where most of it comes from, and texts beside it.
let pngEndBytes = 1 << 17

/// How a PNG file's image is to be seen. Its Exif block stands before the pixels or behind them [PNG
/// specification, third edition, 11.3.4.7]. The chunks of pixels between are not followed, which would mean
/// to read most of each file of a set only to learn its images' sizes: a block behind them is known by that
/// the chunks from it on lead to IEND.
/// - Parameters:
///   - bytes: the file's first.
///   - end: its last ``pngEndBytes``, or more.
package func pngOrientation(_ bytes: [UInt8], end: [UInt8]) -> Orientation {
    let early = PNGPreamble(bytes).exif
    guard early.isEmpty else { return Orientation(exif: early) }
    let end = end.count > pngEndBytes ? Array(end.suffix(pngEndBytes)) : end
    let (span, name) = (end.span, [0x65, 0x58, 0x49, 0x66] as [UInt8])
    // One in four bytes is looked at, for one of the four letters of `eXIf` must stand there.
    for place in stride(from: 4, to: span.count, by: 4) {
        let letter: Int
        switch span[place] {
        case 0x65: letter = 0
        case 0x58: letter = 1
        case 0x49: letter = 2
        case 0x66: letter = 3
        default: continue
        }
        let start = place - letter
        guard start >= 4, start + 4 <= span.count, end[start..<start + 4].elementsEqual(name),
            let data = dataLeadingToEnd(end, at: start - 4)
        else { continue }
        return Orientation(exif: data)
    }
    return .asStored
}

/// The data of the chunk at `start`, where the chunks from there on follow one another up to IEND.
private func dataLeadingToEnd(_ bytes: [UInt8], at start: Int) -> [UInt8]? {
    var place = start
    while place + 12 <= bytes.count {
        let length = word(bytes, at: place)
        guard length <= bytes.count - place - 12 else { return nil }
        if bytes[place + 4..<place + 8].elementsEqual("IEND".utf8) {
            return length == 0 ? Array(bytes[start + 8..<start + 8 + word(bytes, at: start)]) : nil
        }
        place += length + 12
    }
    return nil
}

/// The type of the first chunk whose checksum is not that of its bytes; `nil` where there is none up to the
/// end of `bytes`, or up to where no chunk stands any more.
func firstDamagedChunk(_ bytes: [UInt8]) -> String? {
    var place = 8
    while place + 12 <= bytes.count {
        let length = word(bytes, at: place)
        let type = bytes[place + 4..<place + 8]
        let isLetters = type.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        guard isLetters, length <= bytes.count - place - 12 else { return nil }
        if !hasChecksum(bytes, chunkAt: place) { return String(decoding: type, as: UTF8.self) }
        place += length + 12
    }
    return nil
}

/// Whether the chunk at `place` stands whole in `bytes`, with the checksum of its type and data behind it.
private func hasChecksum(_ bytes: [UInt8], chunkAt place: Int) -> Bool {
    let length = word(bytes, at: place)
    guard length <= bytes.count - place - 12 else { return false }
    let checksum = bytes[(place + 4)...].withUnsafeBufferPointer {
        acuity_png_checksum($0.baseAddress, length + 4)
    }
    return Int(checksum) == word(bytes, at: place + 8 + length)
}

/// Whether the chunks lead to IEND, and none of them holds pixels.
func endsWithoutPixels(_ bytes: [UInt8]) -> Bool {
    var place = 8
    while place + 12 <= bytes.count {
        let length = word(bytes, at: place)
        let type = bytes[place + 4..<place + 8]
        if type.elementsEqual("IEND".utf8) { return true }
        guard !type.elementsEqual("IDAT".utf8), length <= bytes.count - place - 12 else { return false }
        place += length + 12
    }
    return false
}

/// Four bytes, the highest first.
func word(_ bytes: [UInt8], at offset: Int) -> Int {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
}
