extension Image {
    /// Images of equal height from left to right on white; in colour if any of them is.
    public static func row(_ images: [Image], gap: Int) -> Image {
        let isColour = images.contains { $0.channels == 3 }
        let parts = isColour ? images.map(\.colour) : images
        let width = parts.reduce(gap * (parts.count - 1)) { $0 + $1.width }
        let channels = isColour ? 3 : 1
        var pixels: [Float] = []
        pixels.reserveCapacity(width * parts[0].height * channels)
        for y in 0..<parts[0].height {
            for (index, part) in parts.enumerated() {
                if index > 0 { pixels += repeatElement(1, count: gap * channels) }
                let start = y * part.width * channels
                pixels += part.pixels[start..<start + part.width * channels]
            }
        }
        return Image(width: width, height: parts[0].height, channels: channels, pixels: pixels)
    }
}
