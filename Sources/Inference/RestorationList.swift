import Diagnostics
import Files
import Foundation

/// What an output folder's files were made from and by: lines `SHA-256-of-source maker SHA-256-of-file name`.
final class RestorationList {
    /// What stands where an image is to be written.
    enum Standing {
        /// Nothing, or a file that another model or another source was made into.
        case toBeMade
        /// Just the file that would be written.
        case asMade
    }

    /// What is known of one name.
    private struct Entry {
        /// Source and maker, as last.
        var made = ""
        /// Hashes of all that was ever written under it.
        var files: Set<String> = []
    }

    private let path: String
    private let folder: String
    private let maker: String
    private var entries: [String: Entry] = [:]
    private var text = ""

    /// - Throws: `cannot-read` where there is a list that cannot be read.
    init(in folder: String, maker: String) throws(Diagnostic) {
        self.folder = folder
        self.maker = maker
        path = (folder as NSString).appendingPathComponent(RestoredFolder.listName)
        guard FileManager.default.fileExists(atPath: path) else { return }
        text = try readText(path, limit: 1 << 28)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard parts.count == 4 else { continue }
            note(parts[3], made: "\(parts[0]) \(parts[1])", parts[2])
        }
    }

    private func note(_ name: String, made: String, _ file: String) {
        entries[name, default: Entry()].made = made
        entries[name, default: Entry()].files.insert(file)
    }

    /// - Throws: `overwrites-another` for a file that was not written here, or was changed since: nothing is
    ///   lost by a mistaken folder.
    func standing(_ job: RestoredFolder.Job, _ digest: String) throws(Diagnostic) -> Standing {
        guard FileManager.default.fileExists(atPath: job.target) else { return .toBeMade }
        guard let entry = entries[job.name], try entry.files.contains(sha256(ofFile: job.target)) else {
            throw .overwritesAnother(job.target, wasOurs: entries[job.name] != nil)
        }
        return entry.made == "\(digest) \(maker)" ? .asMade : .toBeMade
    }

    func add(_ job: RestoredFolder.Job, _ digest: String, _ file: String) throws(Diagnostic) {
        // A name that a line cannot hold is nobody's the next time.
        guard !job.name.contains(where: \.isNewline) else { return }
        note(job.name, made: "\(digest) \(maker)", file)
        text += "\(digest) \(maker) \(file) \(job.name)\n"
        try writeAtomically(text, to: path)
    }
}

extension Diagnostic {
    fileprivate static func overwritesAnother(_ path: String, wasOurs: Bool) -> Diagnostic {
        Diagnostic(
            "overwrites-another",
            wasOurs
                ? "\(path) was changed since it was restored, and is not written over"
                : "\(path) is there already and was not written by Acuity; it is not written over",
            hint: "move it away, or write into another folder")
    }
}
