import Diagnostics
import Foundation
import Machine

/// Files that determine a result, and their SHA-256, worked out once and only when asked for; files that did
/// not change since an earlier run are not read again.
package final class HashedFiles: Sendable {
    private let root: String
    private let names: [String]
    private let cacheFolder: String?
    private let digests = OnceValue<[String]>()

    /// - Parameters:
    ///   - names: relative to `root`, which is no part of the manifest: data may be moved.
    ///   - cacheFolder: where digests are kept from run to run; `nil` for the user's cache.
    package init(root: String, names: [String], cacheFolder: String? = nil) {
        self.root = root
        self.names = names
        self.cacheFolder = cacheFolder
    }

    /// `SHA-256 NAME` of each file, in the order given.
    /// - Throws: `cannot-read`, naming the file; ``Diagnostic/stopped``.
    package func manifestLines(stop: StopFlag = StopFlag()) throws(Diagnostic) -> [String] {
        zip(try allDigests(stop: stop), names).map { "\($0) \($1)" }
    }

    /// The SHA-256 of each file, in the order given.
    package func allDigests(stop: StopFlag = StopFlag()) throws(Diagnostic) -> [String] {
        try digests.value { () throws(Diagnostic) in
            var cache = HashCache(root: root, in: cacheFolder)
            let before = cache
            let found = try concurrentMap(names.count, stop: stop) { (index) throws(Diagnostic) in
                let path = (root as NSString).appendingPathComponent(names[index])
                // Asked before it is read: a change in between then shows the next time.
                let state = HashCache.State(of: path)
                if let known = before.digest(of: names[index], state: state) { return (known, state) }
                let digest = try sha256(ofFile: path, stop: stop)
                return (digest, state)
            }
            for (name, (digest, state)) in zip(names, found)
            where before.digest(of: name, state: state) == nil {
                cache.keep(digest, of: name, state: state)
            }
            cache.save()
            return found.map(\.0)
        }
    }
}
