import Diagnostics

/// What happens while files are restored.
public enum RestorationEvent: Sendable {
    /// After each tile.
    case progress(RestorationProgress)
    /// The tiles of an image cannot hold the network's receptive-field margin.
    case seams(RestoredFolder.Job, RestoredImage)
    /// An image is written without something of its source, which the text names.
    case loss(RestoredFolder.Job, String)
    /// One of several images cannot be restored; the others go on.
    case failure(Diagnostic)
}

/// How far the restoring of files is.
public struct RestorationProgress: Sendable {
    /// The file under way, from 1, of ``count``.
    public let file: Int
    public let count: Int
    public let name: String
    /// The fraction of all pixels that is done, 0…1.
    public let part: Double
    /// `nil` before the first tile.
    public let megapixelsPerSecond: Double?
    public let secondsLeft: Double?
}

/// What came of restoring files.
public struct RestorationSummary: Sendable {
    /// Images restored now.
    public internal(set) var restored = 0
    /// Images that an earlier run had restored with the same model and settings.
    public internal(set) var skipped = 0
    /// Images that could not be read or written; the others went on.
    public internal(set) var failed = 0
    public internal(set) var pixels = 0
    /// On the clock, reading and writing included.
    public internal(set) var seconds = 0.0
    /// Pieces that images went through the network in.
    public internal(set) var tiles = 0
    /// The largest difference between tiles where they meet; 0 where every image is what one piece would
    /// give.
    public internal(set) var largestSeam: Float = 0

    public var megapixels: Double { Double(pixels) / 1e6 }
}
