import Foundation

/// SHA-256 of files that were read before, by what the system says of them: a set of gigabytes is read once,
/// and after that only asked whether it changed.
///
/// One text file for each root folder, in `$XDG_CACHE_HOME/acuity/hashes` (or `~/.cache/…`). It may be lost
/// or damaged at any time: then files are read again.
public struct HashCache: Sendable {
    /// What changes when a file does.
    struct State: Equatable, Sendable {
        let size: Int
        /// When its contents and when anything about it changed, in nanoseconds.
        let modified: Int
        let changed: Int
        let inode: UInt64

        /// `nil` where there is no such file, or it is too young: one that is written again within the
        /// clock's tick would look the same.
        init?(of path: String, now: Date = .now) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            func nanoseconds(_ time: timespec) -> Int {
                Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
            }
            size = Int(status.st_size)
            modified = nanoseconds(status.st_mtim)
            changed = nanoseconds(status.st_ctim)
            inode = UInt64(status.st_ino)
            guard now.timeIntervalSince1970 - Double(max(modified, changed)) / 1e9 > 2 else { return nil }
        }

        init?(_ fields: some Collection<Substring>) {
            let fields = Array(fields)
            guard fields.count == 4, let size = Int(fields[0]), let modified = Int(fields[1]),
                let changed = Int(fields[2]), let inode = UInt64(fields[3])
            else { return nil }
            (self.size, self.modified, self.changed, self.inode) = (size, modified, changed, inode)
        }

        var text: String { "\(size) \(modified) \(changed) \(inode)" }
    }

    private static let head = "acuity hashes 1"

    private let path: String?
    private var known: [String: (digest: String, state: State)] = [:]
    private var isChanged = false

    /// The cache of the files below `root`.
    /// - Parameter folder: where caches are kept; `nil` for the user's.
    init(root: String, in folder: String? = nil) {
        let place = URL(filePath: root).resolvingSymlinksInPath().standardizedFileURL.path
        path = (folder ?? CacheFolder.path.map { $0 + "/hashes" }).map { "\($0)/\(shortDigest(place))" }
        guard let path, let text = try? readText(path, limit: 1 << 28) else { return }
        known = Self.parse(text)
    }

    /// Lines `SHA-256 size modified changed inode name`; any other is passed over.
    static func parse(_ text: String) -> [String: (digest: String, state: State)] {
        var lines = text.split(separator: "\n")[...]
        guard lines.popFirst() == head[...] else { return [:] }
        var known: [String: (digest: String, state: State)] = [:]
        for line in lines {
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count == 6, fields[0].utf8.count == 64,
                fields[0].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
                let state = State(fields[1...4])
            else { continue }
            known[String(fields[5])] = (String(fields[0]), state)
        }
        return known
    }

    /// How many files a damaged or hostile cache would be believed to hold: for a fuzzer.
    public static func count(in text: String) -> Int { parse(text).count }

    /// The digest of the file, if it is what it was.
    func digest(of name: String, state: State?) -> String? {
        guard let state, let entry = known[name], entry.state == state else { return nil }
        return entry.digest
    }

    mutating func keep(_ digest: String, of name: String, state: State?) {
        guard let state, !name.contains(where: \.isNewline) else { return }
        known[name] = (digest, state)
        isChanged = true
    }

    /// Writes it, where there is anything new; that it cannot is no harm.
    func save() {
        guard isChanged, let path else { return }
        let lines = known.sorted { $0.key < $1.key }.map { name, entry in
            "\(entry.digest) \(entry.state.text) \(name)"
        }
        try? writeAtomically(([Self.head] + lines).joined(separator: "\n") + "\n", to: path)
    }
}
