import Diagnostics
import Files
import Foundation
import Images

/// Pairs of PNG or JPEG files: in GoPro's layout, `ROOT/{train,test}/SEQUENCE/{blur,blur_gamma,sharp}/NNNNNN.png`
/// [Nah, Kim & Lee 2017], or flat, `{blur,sharp}/` or `{input,target}/`, with or without a split above.
///
/// Opening it reads every file's header, so that a missing or unequal partner is found before a night's training;
/// a picture is decoded when it is used.
public struct PairedFolder: Dataset {
    public let path: String
    public let split: String?
    public let blur: Blur
    public let imageSize: PictureSize?
    private let files: [PairFiles]
    private let sizes: [PictureSize]
    private let hashes: HashedFiles
    private let cache: BoundedCache<CompactPair>
    /// Bytes of decoded pairs that may stay in memory.
    public let memory: Int

    /// - Parameters:
    ///   - split: the folder below `path`, `train` or `test`; `nil` where the set is not divided.
    ///   - memory: bytes of decoded pairs that stay in memory once they were read; the others are decoded each time.
    /// - Throws: `split-needed`, `split-missing`, `layout-unknown`, `folder-missing`, `no-pictures`, `partner-missing`,
    ///   `unequal-sizes`, and as `readPictureHeader`; each names the file or folder.
    public init(
        _ path: String, split: String? = nil, blur: Blur = .linear, memory: Int = 1 << 30
    ) throws(Diagnostic) {
        self.memory = memory
        cache = BoundedCache(budget: memory)
        self.path = path
        self.split = split
        self.blur = blur
        let files = try PairLayout(root: path, blur: blur).pairs(split: split)
        sizes = try concurrentMap(files.count) { (index) throws(Diagnostic) in
            try Self.size(of: files[index], in: path)
        }
        self.files = files
        imageSize = Set(sizes).count == 1 ? sizes[0] : nil
        hashes = HashedFiles(root: path, names: files.flatMap { [$0.blurred, $0.sharp] })
    }

    public var count: Int { files.count }

    /// Bytes that all pairs take once they are decoded, in 8 bits a sample.
    public var decodedBytes: Int { sizes.reduce(0) { $0 + $1.pairBytes } }

    public var name: String { "pairs" }

    public var description: String {
        let size = imageSize.map { " of \($0.width)×\($0.height)" } ?? ""
        let part = split.map { "/\($0)" } ?? ""
        return "\(count) pairs\(size) from \(path)\(part), \(blur.rawValue) blur"
    }

    public func size(at index: Int) -> PictureSize { sizes[index] }

    public func name(at index: Int) -> String { files[index].name }

    public func hashFiles(isStopped: @Sendable () -> Bool) throws(Diagnostic) {
        _ = try hashes.manifestLines(isStopped: isStopped)
    }

    public var manifest: String {
        get throws(Diagnostic) {
            let lines = ["pairs version 1", "count \(count)"] + (try hashes.manifestLines())
            return lines.joined(separator: "\n") + "\n"
        }
    }

    public func kept(at index: Int) -> CompactPair? { cache.kept(at: index) }

    public func pair(at index: Int) throws(Diagnostic) -> Pair {
        if let kept = cache.kept(at: index) { return kept.pair(named: name(at: index)) }
        let blurred = try decode(files[index].blurred, size: sizes[index])
        let sharp = try decode(files[index].sharp, size: sizes[index])
        let pair = Pair(blurred: blurred.image, sharp: sharp.image, name: name(at: index))
        // Kept in 8 bits, so only what has no more.
        if blurred.bitDepth <= 8, sharp.bitDepth <= 8, cache.hasRoom(for: sizes[index].pairBytes) {
            cache.keep(CompactPair(pair), at: index)
        }
        return pair
    }

    private func decode(_ file: String, size: PictureSize) throws(Diagnostic) -> Picture {
        let path = (path as NSString).appendingPathComponent(file)
        let decoded = try readPicture(path)
        let image = decoded.image
        guard PictureSize(width: image.width, height: image.height, channels: image.channels) == size else {
            throw Diagnostic(
                "file-changed", "\(path) has another size than when the set was opened",
                hint: "open the set again")
        }
        return decoded
    }

    private static func size(of files: PairFiles, in root: String) throws(Diagnostic) -> PictureSize {
        let blurredPath = (root as NSString).appendingPathComponent(files.blurred)
        let sharpPath = (root as NSString).appendingPathComponent(files.sharp)
        let (blurred, sharp) = (try readPictureHeader(blurredPath), try readPictureHeader(sharpPath))
        guard blurred.width == sharp.width, blurred.height == sharp.height, blurred.channels == sharp.channels
        else {
            func text(_ header: PictureHeader) -> String {
                "\(header.width)×\(header.height) in \(header.channels == 1 ? "grey" : "colour")"
            }
            throw Diagnostic(
                "unequal-sizes", "\(blurredPath) and its partner differ in size",
                notes: ["it is \(text(blurred)), and \(sharpPath) is \(text(sharp))"])
        }
        return PictureSize(width: blurred.width, height: blurred.height, channels: blurred.channels)
    }
}
