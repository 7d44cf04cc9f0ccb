import Images

/// A pair in as many bytes a sample as its files have: a quarter of an `Image`'s memory, or half, and exactly
/// what it was rounded to.
package struct QuantisedPair: ByteSized {
    package let size: ImageSize
    /// 1, or 2 in the machine's order.
    package let sampleBytes: Int
    package let blurred: [UInt8]
    package let sharp: [UInt8]

    package init(size: ImageSize, sampleBytes: Int = 1, blurred: [UInt8], sharp: [UInt8]) {
        self.size = size
        self.sampleBytes = sampleBytes
        self.blurred = blurred
        self.sharp = sharp
    }

    /// Eight-bit samples as they stand for values of 0…1.
    private static let values = (0...255).map { Float($0) / 255 }

    package var byteCount: Int { blurred.count + sharp.count }

    package func pair(named name: String) -> Pair {
        part(PatchPlace(x: 0, y: 0, width: size.width, height: size.height), named: name)
    }

    package func part(_ place: PatchPlace, named name: String) -> Pair {
        Pair(blurred: image(blurred, place), sharp: image(sharp, place), name: name)
    }

    private func image(_ samples: [UInt8], _ place: PatchPlace) -> Image {
        let (samples, table) = (samples.span, Self.values.span)
        let row = place.width * size.channels
        let pixels = [Float](unsafeUninitializedCapacity: row * place.height) { values, count in
            for line in place.y..<place.y + place.height {
                let start = (line * size.width + place.x) * size.channels
                if sampleBytes == 1 {
                    for sample in start..<start + row {
                        values[count] = table[Int(samples[sample])]
                        count += 1
                    }
                } else {
                    let bytes = samples.bytes
                    for sample in start..<start + row {
                        let value = bytes.unsafeLoadUnaligned(fromByteOffset: 2 * sample, as: UInt16.self)
                        values[count] = Float(value) / 65535
                        count += 1
                    }
                }
            }
        }
        return Image(width: place.width, height: place.height, channels: size.channels, pixels: pixels)
    }
}

/// Which pixels of an image a patch is cut from: the top left corner, and a size.
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
