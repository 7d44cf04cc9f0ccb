import Diagnostics
import Files
import Foundation
import Machine

extension FrameBlur {
    /// A digest of the frames that pairs are made of: of a video's bytes, or of every file below a folder and
    /// its name there.
    /// - Parameter cacheFolder: where hashes are kept from call to call; `nil` for the user's cache.
    /// - Throws: `cannot-read`, ``Diagnostic/stopped``.
    package static func digest(
        of source: String, cacheFolder: String? = nil, stop: StopFlag = StopFlag()
    ) throws(Diagnostic) -> String {
        guard try isFolder(source) else {
            // Below the folder that it lies in, so that the cache of hashes has a name for it. What pairs are
            // made of does not depend on that name.
            let folder = parentFolder(of: source)
            let files = HashedFiles(
                root: folder.isEmpty ? "." : folder, names: [(source as NSString).lastPathComponent],
                cacheFolder: cacheFolder)
            return shortDigest(try files.allDigests(stop: stop).map { $0 + " " }.joined())
        }
        let names = ((try? FileManager.default.subpathsOfDirectory(atPath: source)) ?? []).sorted().filter {
            (try? isFolder("\(source)/\($0)")) == false
        }
        let files = HashedFiles(root: source, names: names, cacheFolder: cacheFolder)
        return shortDigest(try files.manifestLines(stop: stop).joined(separator: "\n"))
    }
}
