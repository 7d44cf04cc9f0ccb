import Images

/// A pair as 8-bit samples: a quarter of an `Image`'s memory, and exactly what it was rounded to.
struct CompactPair: Weighed {
    let size: PictureSize
    let blurred: [UInt8]
    let sharp: [UInt8]

    /// Eight-bit samples as they stand for values of 0…1.
    private static let values = (0...255).map { Float($0) / 255 }

    var byteCount: Int { blurred.count + sharp.count }

    func pair(named name: String) -> Pair {
        part(PatchPlace(x: 0, y: 0, width: size.width, height: size.height), named: name)
    }

    func part(_ place: PatchPlace, named name: String) -> Pair {
        Pair(blurred: image(blurred, place), sharp: image(sharp, place), name: name)
    }

    private func image(_ samples: [UInt8], _ place: PatchPlace) -> Image {
        let (samples, table) = (samples.span, Self.values.span)
        let row = place.width * size.channels
        let pixels = [Float](unsafeUninitializedCapacity: row * place.height) { values, count in
            for line in place.y..<place.y + place.height {
                let start = (line * size.width + place.x) * size.channels
                for sample in start..<start + row {
                    values[count] = table[Int(samples[sample])]
                    count += 1
                }
            }
        }
        return Image(width: place.width, height: place.height, channels: size.channels, pixels: pixels)
    }
}

/// Which pixels of a picture a patch is cut from: the top left corner, and a size.
public struct PatchPlace: Sendable, Equatable {
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}
