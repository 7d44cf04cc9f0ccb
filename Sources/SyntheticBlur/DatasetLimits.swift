import Diagnostics

/// What sets of images that are made on the spot can be asked for.
public enum DatasetLimits {
    public static let count = 1...1_000_000
    /// Width and height, in pixels.
    public static let side = 16...2048

    /// - Throws: `out-of-range`, naming the argument.
    static func check(count: Int, width: Int, height: Int) throws(Diagnostic) {
        try requireRange("count", count, Self.count)
        try requireRange(width == height ? "size" : "width", width, side)
        try requireRange("height", height, side)
    }
}
