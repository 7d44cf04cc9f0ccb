import Data
import Diagnostics
import Files
import Foundation
import Images
import Machine

/// Pairs of PNG or JPEG files: in GoPro's layout,
/// `ROOT/{train,test}/SEQUENCE/{blur,blur_gamma,sharp}/NNNNNN.png` [Nah, Kim & Lee 2017], or flat,
/// `{blur,sharp}/` or `{input,target}/`, with or without a split above; as one of ``PublishedLayout/all``; or
/// those that a ``PairList`` names.
///
/// Opening it reads every file's header, so that a missing or unequal partner is found before a night's
/// training; an image is decoded when it is used.
public struct PairedFolder: Dataset {
    public let path: String
    public let split: String?
    /// The file that names the pairs.
    public let list: String?
    public let blur: Blur
    public let imageSize: ImageSize?
    private let files: [PairFiles]
    private let sizes: [ImageSize]
    /// The bytes of a sample in the wider image of each pair.
    private let sampleBytes: [Int]
    private let hashes: HashedFiles
    private let decoded: DecodedPairs
    public let room: DecodedRoom

    /// - Parameters:
    ///   - split: the part of the set, such as `train` or `test`; `nil` where it is not divided.
    ///   - list: a file that names the pairs: in `path`, beside it, or a path; then `split` and `blur` say
    ///     nothing.
    /// - Throws: `split-needed`, `split-missing`, `layout-unknown`, `folder-missing`, `no-pictures`,
    ///   `partner-missing`, `unequal-sizes`, what ``PublishedSet`` and ``PairList`` throw, and as
    ///   `readImageHeader`; each names the file or folder.
    public init(
        _ path: String, split: String? = nil, list: String? = nil, blur: Blur = .linear,
        room: DecodedRoom = DecodedRoom()
    ) throws(Diagnostic) {
        self.room = room
        decoded = DecodedPairs(room)
        self.path = path
        self.split = split
        self.blur = blur
        self.list = list
        let files =
            if let list {
                try PairList(PairList.find(list, for: path), below: path).pairs
            } else {
                try PairLayout(root: path, blur: blur).pairs(split: split)
            }
        let headers = try concurrentMap(files.count) { (index) throws(Diagnostic) in
            try Self.header(of: files[index], in: path)
        }
        sizes = headers.map(\.size)
        sampleBytes = headers.map(\.sampleBytes)
        self.files = files
        imageSize = Set(sizes).count == 1 ? sizes[0] : nil
        hashes = HashedFiles(root: path, names: files.flatMap { [$0.blurred, $0.sharp] })
    }

    public var count: Int { files.count }

    /// Bytes that all pairs take once they are decoded.
    public var decodedBytes: Int { sizes.indices.reduce(0) { $0 + bytes(of: $1) } }

    private func bytes(of index: Int) -> Int { sizes[index].pairBytes * sampleBytes[index] }

    public var name: String { "pairs" }

    public var description: String {
        let size = imageSize.map { " of \($0.width)×\($0.height)" } ?? ""
        let part = split.map { "/\($0)" } ?? ""
        if let list { return "\(count) pairs\(size) from \(path) by \(list)" }
        return "\(count) pairs\(size) from \(path)\(part), \(blur.rawValue) blur"
    }

    public func size(at index: Int) -> ImageSize { sizes[index] }

    public func name(at index: Int) -> String { files[index].name }

    public func hashFiles(stop: StopFlag) throws(Diagnostic) {
        _ = try hashes.manifestLines(stop: stop)
    }

    public var manifest: String {
        get throws(Diagnostic) {
            let lines = ["pairs version 1", "count \(count)"] + (try hashes.manifestLines())
            return lines.joined(separator: "\n") + "\n"
        }
    }

    public func isCached(_ index: Int) -> Bool { decoded.holds(index) }

    /// What kept decoded pairs from being put on the disk.
    public var diskTrouble: Diagnostic? { decoded.trouble }

    public func pair(at index: Int) throws(Diagnostic) -> Pair {
        let size = sizes[index]
        return try part(of: index, PatchPlace(x: 0, y: 0, width: size.width, height: size.height))
    }

    public func part(of index: Int, _ place: PatchPlace) throws(Diagnostic) -> Pair {
        let (size, sampleBytes, name) = (sizes[index], sampleBytes[index], name(at: index))
        if let held = try decoded.part(of: index, place, size: size, sampleBytes: sampleBytes, named: name) {
            return held
        }
        let isKept = decoded.hasRoom(for: bytes(of: index))
        // Of an image that is not kept, what lies below the part need not be decoded.
        let rows = isKept ? size.height : place.y + place.height
        func samples(_ file: String) throws(Diagnostic) -> [UInt8] {
            let path = (path as NSString).appendingPathComponent(file)
            let image = try readQuantisedImage(path, rows: rows)
            guard image.sampleBytes <= sampleBytes, image.width == size.width,
                image.height == size.height, image.channels <= size.channels
            else {
                throw Diagnostic(
                    "file-changed", "\(path) has another size or depth than when the set was opened",
                    hint: "open the set again")
            }
            return image.samples(in: sampleBytes, channels: size.channels)
        }
        let pair = QuantisedPair(
            size: size, sampleBytes: sampleBytes, blurred: try samples(files[index].blurred),
            sharp: try samples(files[index].sharp))
        if isKept { decoded.keep(pair, at: index) }
        return pair.part(place, named: name)
    }

    private static func header(
        of files: PairFiles, in root: String
    ) throws(Diagnostic) -> (size: ImageSize, sampleBytes: Int) {
        let blurredPath = (root as NSString).appendingPathComponent(files.blurred)
        let sharpPath = (root as NSString).appendingPathComponent(files.sharp)
        let (blurred, sharp) = (try readImageHeader(blurredPath), try readImageHeader(sharpPath))
        guard blurred.width == sharp.width, blurred.height == sharp.height else {
            throw Diagnostic(
                "unequal-sizes", "\(blurredPath) and its partner differ in size",
                notes: [
                    "it is \(blurred.width)×\(blurred.height), and \(sharpPath) is "
                        + "\(sharp.width)×\(sharp.height)"
                ])
        }
        // One of the two may be stored as grey, which is a colour too: R = G = B.
        return (
            ImageSize(
                width: blurred.width, height: blurred.height,
                channels: max(blurred.channels, sharp.channels)),
            max(blurred.sampleBytes, sharp.sampleBytes)
        )
    }
}
