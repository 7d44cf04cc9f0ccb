import Data
import Diagnostics
import Files
import Synchronization

/// How many bytes of decoded pairs are kept, and where.
public struct DecodedRoom: Sendable {
    /// That stay in memory once they were read.
    public let memory: Int
    /// The bytes of further pairs, which lie on the disk until the set goes away; what is beyond is decoded
    /// each time.
    public let disk: Int
    /// Where on the disk; `nil` for nowhere.
    package let folder: String?

    /// - Parameter folder: `nil` for the user's folder of caches.
    public init(memory: Int = 1 << 30, disk: Int = 0, in folder: String? = nil) {
        (self.memory, self.disk, self.folder) = (memory, disk, folder ?? CacheFolder.path)
    }
}

/// The decoded pairs of a set: the first that are drawn stay in memory, as many as fit, and those that come
/// after on the disk, in a file that is gone when the process is. A patch is then read from the disk by the
/// rows that it needs, which costs a hundredth of decoding its image.
///
/// Where a pair lies makes no difference to its values, so that neither budget has a part in what is trained.
final class DecodedPairs: Sendable {
    private struct Places {
        /// Made for the first pair that memory has no room for.
        var file: TemporaryFile?
        /// Where each pair begins in it.
        var starts: [Int: Int] = [:]
        var end = 0
        var trouble: Diagnostic?
    }

    private let memory: BoundedCache<QuantisedPair>
    /// Bytes that may lie on the disk.
    private let disk: Int
    private let folder: String?
    private let places = Mutex(Places())

    init(_ room: DecodedRoom) {
        memory = BoundedCache(budget: room.memory)
        (disk, folder) = (room.disk, room.folder)
    }

    /// What kept pairs from being put on the disk, where there was room for them by what was allowed.
    var trouble: Diagnostic? { places.withLock(\.trouble) }

    func holds(_ index: Int) -> Bool {
        memory.kept(at: index) != nil || places.withLock { $0.starts[index] != nil }
    }

    func hasRoom(for bytes: Int) -> Bool {
        memory.hasRoom(for: bytes)
            || folder != nil && places.withLock { $0.trouble == nil && $0.end + bytes <= disk }
    }

    /// A part of the pair at `index`; `nil` where it is not held.
    /// - Throws: `cannot-read` where the disk fails.
    func part(
        of index: Int, _ place: PatchPlace, size: ImageSize, sampleBytes: Int, named name: String
    ) throws(Diagnostic) -> Pair? {
        if let kept = memory.kept(at: index) { return kept.part(place, named: name) }
        let (found, start) = places.withLock { ($0.file, $0.starts[index]) }
        guard let file = found, let start else { return nil }
        // Whole rows lie together: one reading for each image.
        let row = size.width * size.channels * sampleBytes
        func rows(_ image: Int) throws(Diagnostic) -> [UInt8] {
            try file.read(
                row * place.height, at: start + image * row * size.height + row * place.y)
        }
        let strip = ImageSize(width: size.width, height: place.height, channels: size.channels)
        return QuantisedPair(size: strip, sampleBytes: sampleBytes, blurred: try rows(0), sharp: try rows(1))
            .part(PatchPlace(x: place.x, y: 0, width: place.width, height: place.height), named: name)
    }

    /// Keeps the pair where there is room for it. That the disk will not take it is told by ``trouble``: it
    /// is then decoded whenever it is drawn.
    func keep(_ pair: QuantisedPair, at index: Int) {
        if memory.keep(pair, at: index) { return }
        guard let folder else { return }
        let bytes = pair.byteCount
        do throws(Diagnostic) {
            let place = try places.withLock { (places) throws(Diagnostic) -> (TemporaryFile, Int)? in
                guard places.trouble == nil, places.starts[index] == nil, places.end + bytes <= disk else {
                    return nil
                }
                let file = if let file = places.file { file } else { try TemporaryFile(in: folder) }
                places.file = file
                defer { places.end += bytes }
                return (file, places.end)
            }
            guard let (file, start) = place else { return }
            try file.write(pair.blurred, at: start)
            try file.write(pair.sharp, at: start + pair.blurred.count)
            places.withLock { $0.starts[index] = start }
        } catch {
            places.withLock { $0.trouble = error }
        }
    }
}
