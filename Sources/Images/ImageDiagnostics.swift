import Diagnostics

/// Formats that common programs turn into one that is read.
private let convertible = [
    "GIF", "BMP", "TIFF", "WebP", "AVIF", "HEIC", "PNM", "JPEG 2000", "JPEG XL",
]

extension Diagnostic {
    static func unknownImage(_ name: String, found: String) -> Diagnostic {
        let isImage = convertible.contains { found.contains($0) }
        return Diagnostic(
            "unknown-picture", "\(name) is not a PNG or JPEG file but \(found)",
            hint: isImage ? "convert it first, best to PNG" : "check that it is the file you meant")
    }

    static func truncatedImage(_ name: String, _ format: ImageFormat, bytes: Int? = nil) -> Diagnostic {
        Diagnostic(
            "truncated-picture", "\(name) is cut short: it ends before the image does",
            notes: bytes.map { ["it holds \($0) bytes of a \(format.rawValue) file"] } ?? [],
            hint: "copy or download it again")
    }

    static func corruptImage(_ name: String, _ format: ImageFormat, reason: String) -> Diagnostic {
        Diagnostic(
            "corrupt-picture", "\(name) is a damaged \(format.rawValue) file", notes: [reason],
            hint: "copy or download it again")
    }

    static func zeroSizedImage(_ name: String, _ format: ImageFormat, width: Int, height: Int)
        -> Diagnostic
    {
        Diagnostic(
            "zero-sized-picture",
            "\(name) is a \(format.rawValue) image of \(width)×\(height) pixels: there is nothing in it",
            hint: "it may have been damaged: copy or make it again")
    }

    static func hugeImage(_ name: String, width: Int, height: Int) -> Diagnostic {
        Diagnostic(
            "huge-picture", "\(name) claims to be \(width)×\(height) pixels",
            notes: [
                "at most \(ImageLimit.pixels) pixels are read, and \(ImageLimit.side) along a side"
            ],
            hint: "crop it, or check that the file is not damaged")
    }

    static func lyingHeader(_ name: String, width: Int, height: Int, fileBytes: Int) -> Diagnostic {
        Diagnostic(
            "truncated-picture",
            "\(name) claims to be \(width)×\(height) pixels, more than its \(fileBytes) bytes can hold",
            hint: "copy or download it again")
    }

    /// A path whose ending names no format that is written.
    public static func unknownFormat(_ path: String) -> Diagnostic {
        Diagnostic(
            "unknown-format",
            "images are written as PNG or JPEG, and \"\(path)\" does not end with .png, .jpg or .jpeg")
    }

    /// As ``cannotEncode(_:_:reason:)``, where it was to be written to.
    func writing(_ path: String) -> Diagnostic {
        Diagnostic(code, message, notes: notes + ["it was to be written to \(path)"], hint: hint)
    }

    static func cannotEncode(_ image: Image, _ format: ImageFormat, reason: String) -> Diagnostic {
        Diagnostic(
            "cannot-encode",
            "an image of \(image.sizeText) cannot be written as \(format.rawValue): \(reason)"
        )
    }
}
