import Machine

/// An image: `height` rows from the top, each `width` pixels of 1 (grey) or 3 (red, green, blue) interleaved
/// values.
///
/// Values are nominally 0…1 and gamma-encoded as in a file (sRGB-like); arithmetic on light goes through
/// ``LinearLight``. Nothing clamps them until they are written or measured.
public struct Image: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public let channels: Int
    /// `height * width * channels` values; the value of channel `c` at (x, y) is at `(y * width + x) *
    /// channels + c`.
    public internal(set) var pixels: [Float]

    public init(width: Int, height: Int, channels: Int, pixels: [Float]) {
        precondition(width > 0 && height > 0, "an image of \(width)×\(height)")
        precondition(channels == 1 || channels == 3, "\(channels) channels, must be 1 or 3")
        precondition(
            pixels.count == width * height * channels,
            "\(pixels.count) values for \(width)×\(height)×\(channels)")
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    public init(width: Int, height: Int, channels: Int, filledWith value: Float = 0) {
        self.init(
            width: width, height: height, channels: channels,
            pixels: [Float](repeating: value, count: width * height * channels))
    }

    public subscript(x: Int, y: Int, channel: Int) -> Float {
        get { pixels[(y * width + x) * channels + channel] }
        set { pixels[(y * width + x) * channels + channel] = newValue }
    }

    /// `480×320`, for a message.
    public var sizeText: String { "\(width)×\(height)" }
}

extension Image {
    /// The `width`×`height` pixels whose top left corner is (x, y); must lie within the image.
    public func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
        precondition(
            x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height,
            "\(width)×\(height) at (\(x), \(y)) of \(sizeText)")
        var result: [Float] = []
        result.reserveCapacity(width * height * channels)
        for row in y..<y + height {
            let start = (row * self.width + x) * channels
            result += pixels[start..<start + width * channels]
        }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }

    /// Left and right exchanged.
    public func flippedHorizontally() -> Image { oriented(.mirrored) }

    /// Top and bottom exchanged.
    public func flippedVertically() -> Image { oriented(.flipped) }

    /// Turned clockwise by `turns` right angles (any integer).
    public func turned(quarterTurns turns: Int) -> Image {
        switch ((turns % 4) + 4) % 4 {
        case 1: oriented(.turnedLeft)
        case 2: oriented(.upsideDown)
        case 3: oriented(.turnedRight)
        default: self
        }
    }

    /// Sides grown at the right and the bottom to multiples of `multiple`, by repeating the last column and
    /// row.
    public func padded(toMultipleOf multiple: Int) -> Image {
        precondition(multiple > 0, "a multiple of \(multiple)")
        let paddedWidth = width.roundedUp(toMultipleOf: multiple)
        let paddedHeight = height.roundedUp(toMultipleOf: multiple)
        guard paddedWidth != width || paddedHeight != height else { return self }
        let grown = rearranged(
            pixels, width: width, height: height, into: (paddedWidth, paddedHeight)
        ) { (min($0, width - 1), min($1, height - 1)) }
        return Image(width: paddedWidth, height: paddedHeight, channels: channels, pixels: grown)
    }
}

/// The samples of an image of another size, whose pixel (x, y) is the one at `source(x, y)` of `samples`: as
/// many of them to a pixel as there are for `width`×`height`.
func rearranged<Sample>(
    _ samples: [Sample], width: Int, height: Int, into size: (width: Int, height: Int),
    from source: (Int, Int) -> (x: Int, y: Int)
) -> [Sample] {
    let channels = samples.count / (width * height)
    return [Sample](unsafeUninitializedCapacity: size.width * size.height * channels) { result, count in
        for y in 0..<size.height {
            for x in 0..<size.width {
                let place = source(x, y)
                let start = (place.y * width + place.x) * channels
                for channel in 0..<channels {
                    result.initializeElement(at: count, to: samples[start + channel])
                    count += 1
                }
            }
        }
    }
}

extension Image {
    /// One channel as a grey image.
    public func channel(_ index: Int) -> Image {
        precondition(index >= 0 && index < channels, "channel \(index) of \(channels)")
        guard channels > 1 else { return self }
        var result = [Float](repeating: 0, count: width * height)
        for pixel in 0..<result.count { result[pixel] = pixels[pixel * channels + index] }
        return Image(width: width, height: height, channels: 1, pixels: result)
    }

    /// A colour image of three grey ones of one size.
    public init(red: Image, green: Image, blue: Image) {
        precondition([red, green, blue].allSatisfy { $0.channels == 1 }, "planes must be grey")
        precondition(
            [green, blue].allSatisfy { $0.width == red.width && $0.height == red.height },
            "\(red.sizeText), \(green.sizeText) and \(blue.sizeText)")
        var merged = [Float](repeating: 0, count: red.pixels.count * 3)
        for pixel in 0..<red.pixels.count {
            merged[pixel * 3] = red.pixels[pixel]
            merged[pixel * 3 + 1] = green.pixels[pixel]
            merged[pixel * 3 + 2] = blue.pixels[pixel]
        }
        self.init(width: red.width, height: red.height, channels: 3, pixels: merged)
    }

    /// Luma of the encoded values, 0.299 R + 0.587 G + 0.114 B [ITU-R BT.601]; a grey image is its own.
    public var luma: Image {
        guard channels == 3 else { return self }
        var result = [Float](repeating: 0, count: width * height)
        for pixel in 0..<result.count {
            let start = pixel * 3
            result[pixel] = 0.299 * pixels[start] + 0.587 * pixels[start + 1] + 0.114 * pixels[start + 2]
        }
        return Image(width: width, height: height, channels: 1, pixels: result)
    }

    /// Three equal channels of a grey image; a colour image as it is.
    public var colour: Image {
        channels == 3 ? self : Image(red: self, green: self, blue: self)
    }

    /// Values clamped to 0…1 and rounded to 8 bits, halves upwards: what a file holds and what metrics
    /// measure.
    ///
    /// A value that is no number becomes 0, so that a network that diverged scores badly instead of trapping.
    public func quantised() -> [UInt8] {
        pixels.map { value in
            let scaled = value * 255 + 0.5
            return scaled >= 255 ? 255 : scaled >= 1 ? UInt8(scaled) : 0
        }
    }

    /// Values clamped to 0…1 and rounded to 16 bits; what is no number becomes 0.
    func quantised16() -> [UInt16] {
        pixels.map { value in
            let scaled = value * 65535 + 0.5
            return scaled >= 65535 ? 65535 : scaled >= 1 ? UInt16(scaled) : 0
        }
    }

    /// The image of 8-bit samples, each divided by 255.
    public init(width: Int, height: Int, channels: Int, quantised samples: [UInt8]) {
        self.init(
            width: width, height: height, channels: channels, pixels: samples.map { Float($0) / 255 })
    }

    /// This image as it will read back from an 8-bit file.
    public func rounded() -> Image {
        Image(width: width, height: height, channels: channels, quantised: quantised())
    }
}
