import Data
import Diagnostics
import Foundation
import ImageFolders
import Images
import Machine

/// The photographs of a folder that are large enough, and textures cut from them.
struct PhotoTextures: Sendable {
    let names: [String]
    private let folder: String
    /// Pixels that a background must hold across and down.
    private let width: Int
    private let height: Int
    private let sizes: [ImageSize]
    private let photographs = BoundedCache<Photograph>()

    /// - Parameters:
    ///   - width: what a background must hold across, in pixels.
    ///   - height: what it must hold down, in pixels.
    /// - Throws: `no-pictures`, `photos-too-small`, and as `readImageHeader`.
    init(folder: String, width: Int, height: Int) throws(Diagnostic) {
        let listing = try Folder(folder)
        let images = try listing.requireImages()
        let headers = try concurrentMap(images.count) { (index) throws(Diagnostic) in
            try readImageHeader(listing.file(images[index]))
        }
        let fitting = images.indices.filter { headers[$0].width >= width && headers[$0].height >= height }
        guard !fitting.isEmpty else {
            let notes = zip(images, headers).prefix(8).map { "\($0) is \($1.width)×\($1.height)" }
            throw Diagnostic(
                "photos-too-small",
                "no photograph in \(folder) holds \(width)×\(height) pixels, the image's size and its motion on each side",
                notes: notes, hint: "use larger photographs, or a smaller `size` or `motion`")
        }
        self.folder = folder
        self.width = width
        self.height = height
        names = fitting.map { images[$0] }
        sizes = fitting.map {
            ImageSize(width: headers[$0].width, height: headers[$0].height, channels: headers[$0].channels)
        }
    }

    /// A part of photograph `index` that fills the image and its margins.
    func background(_ index: Int, source: inout RandomSource) throws(Diagnostic) -> Texture {
        let size = sizes[index]
        let largest = min(Double(size.width) / Double(width), Double(size.height) / Double(height))
        // Photograph pixels to a pixel of the image: two or more make it sharp, four show enough of it.
        let scale = largest <= 2 ? largest : source.uniform(2, min(largest, 4))
        let part = try cut(
            index, width: Int(Double(width) * scale), height: Int(Double(height) * scale), source: &source)
        return texture(
            part, width: width * Int(Texture.density), height: height * Int(Texture.density))
    }

    /// A piece of photograph `index` in a random shape within a circle of `radius` pixels.
    func object(_ index: Int, radius: Double, source: inout RandomSource) throws(Diagnostic) -> Texture {
        let texels = Float(radius) * Texture.density
        let side = 2 * (Int(texels.rounded(.up)) + 2)
        let outline = Outline.random(radius: texels, source: &source)
        let available = min(sizes[index].width, sizes[index].height)
        let part = try cut(index, width: min(side, available), height: min(side, available), source: &source)
        var result = texture(part, width: side, height: side)
        let centre = SIMD2(Float(side), Float(side)) / 2
        for y in 0..<side {
            for x in 0..<side {
                let point = SIMD2(Float(x) + 0.5, Float(y) + 0.5) - centre
                result.texels[y * side + x] *= outline.coverage(at: point)
            }
        }
        return result
    }

    /// A random part of photograph `index`, in linear light, mirrored half of the time.
    private func cut(
        _ index: Int, width: Int, height: Int, source: inout RandomSource
    ) throws(Diagnostic) -> Image {
        let photograph = try photographs.value(at: index) { () throws(Diagnostic) in try read(index) }
        let x = source.integer(in: 0...photograph.width - width)
        let y = source.integer(in: 0...photograph.height - height)
        let part = photograph.linearPart(x: x, y: y, width: width, height: height)
        return source.chance(0.5) ? part.flippedHorizontally() : part
    }

    private func read(_ index: Int) throws(Diagnostic) -> Photograph {
        let path = (folder as NSString).appendingPathComponent(names[index])
        let image = try readImageFile(path).image
        guard image.width == sizes[index].width, image.height == sizes[index].height else {
            throw Diagnostic(
                "file-changed", "\(path) has another size than when the folder was opened",
                hint: "open the folder again")
        }
        return Photograph(image)
    }

    private func texture(_ part: Image, width: Int, height: Int) -> Texture {
        let isLarger = part.width >= width && part.height >= height
        let fitted =
            isLarger
            ? part.shrunk(toWidth: width, height: height)
            : part.enlarged(toWidth: max(width, part.width), height: max(height, part.height))
                .shrunk(toWidth: width, height: height)
        let texels = (0..<width * height).map { index in
            SIMD4(fitted.pixels[index * 3], fitted.pixels[index * 3 + 1], fitted.pixels[index * 3 + 2], 1)
        }
        return Texture(width: width, height: height, texels: texels)
    }
}

/// A decoded photograph: colour, 8 bits a sample.
private struct Photograph: ByteSized {
    let width: Int
    let height: Int
    private let samples: [UInt8]

    init(_ image: Image) {
        width = image.width
        height = image.height
        samples = image.colour.quantised()
    }

    var byteCount: Int { samples.count }

    func linearPart(x: Int, y: Int, width: Int, height: Int) -> Image {
        var light: [Float] = []
        light.reserveCapacity(width * height * 3)
        for row in y..<y + height {
            let start = (row * self.width + x) * 3
            for sample in samples[start..<start + width * 3] { light.append(LinearLight.table[Int(sample)]) }
        }
        return Image(width: width, height: height, channels: 3, pixels: light)
    }
}
