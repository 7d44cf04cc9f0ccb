import Diagnostics
import Files
import Foundation

/// A text file that lists pairs, a line each: the sharp image, then the blurred one, as the lists of
/// RealBlur, RSBlur and SRN's GoPro do; a tab between them where names hold spaces, else spaces.
///
/// Names begin at the set's folder or at one above it: leading folders that are not there are left out, the
/// same number on every line.
package struct PairList {
    package struct Line {
        package let number: Int
        package let sharp: String
        package let blurred: String
    }

    package let pairs: [PairFiles]

    /// - Parameters:
    ///   - root: what the pairs' files are relative to.
    ///   - within: a folder below `root`, with a `/` at its end, that names may begin at as well.
    /// - Throws: `cannot-read`, `list-malformed`, `list-file-missing`, `list-repeats`, `no-pictures`, each
    ///   with the line.
    package init(_ path: String, below root: String, within prefix: String = "") throws(Diagnostic) {
        let lines = try Self.lines(of: path)
        guard let first = lines.first else {
            throw Diagnostic("no-pictures", "\(path) lists no pairs", notes: ["it is empty"])
        }
        let start = try ListStart(path, first, below: root, or: prefix)
        var seen: [String: Int] = [:]
        pairs = try lines.map { line throws(Diagnostic) in
            let (sharp, blurred) = (try start.file(line.sharp, line), try start.file(line.blurred, line))
            if let other = seen.updateValue(line.number, forKey: "\(sharp)\t\(blurred)") {
                throw Diagnostic(
                    "list-repeats", "\(path): lines \(other) and \(line.number) are one pair",
                    notes: ["it would count twice"], hint: "leave one of them out")
            }
            return PairFiles(
                blurred: blurred, sharp: sharp, name: (blurred as NSString).deletingPathExtension)
        }
    }

    /// The file that `list` names: in the folder `root`, beside it, or a path of its own.
    /// - Throws: `cannot-read` where there is none, `ambiguous-name` where there are several.
    package static func find(_ list: String, for root: String) throws(Diagnostic) -> String {
        let above = URL(filePath: root).standardizedFileURL.deletingLastPathComponent()
        let places =
            list.hasPrefix("/")
            ? [list]
            : [
                (root as NSString).appendingPathComponent(list),
                above.appending(path: list).path(percentEncoded: false), list,
            ]
        var found: [(path: String, real: String)] = []
        for place in places where FileManager.default.fileExists(atPath: place) {
            let real = URL(filePath: place).resolvingSymlinksInPath().path(percentEncoded: false)
            if !found.contains(where: { $0.real == real }) { found.append((place, real)) }
        }
        guard found.count < 2 else {
            throw Diagnostic(
                "ambiguous-name", "there are several lists: \(found.map(\.path).joined(separator: " and "))",
                hint: "name one by its whole path: list = \"\(found[0].real)\"")
        }
        guard let only = found.first else {
            throw .cannotRead(list, reason: "there is no such file in \(root), beside it or by this path")
        }
        return only.path
    }

    /// - Throws: `cannot-read`; `list-malformed` for a line that is not two names below a folder.
    package static func lines(of path: String) throws(Diagnostic) -> [Line] {
        guard let text = String(validating: try readFile(path, limit: 1 << 28), as: UTF8.self) else {
            throw Diagnostic("list-malformed", "\(path) is no text in UTF-8")
        }
        var lines: [Line] = []
        let all = text.trimmingPrefix("\u{FEFF}").split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in all.enumerated() {
            let isTabbed = line.contains("\t")
            let names = line.split { isTabbed ? $0 == "\t" : $0 == " " }
                .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            guard !names.isEmpty else { continue }
            func refuse(_ why: String) -> Diagnostic {
                Diagnostic(
                    "list-malformed", "\(path), line \(index + 1): \(why)",
                    notes: ["the line is: \(line.prefix(80))"],
                    hint:
                        "a line holds the sharp image and then the blurred one; a tab between them lets names hold spaces"
                )
            }
            guard names.count == 2 else {
                throw refuse("\(names.count) name\(names.count == 1 ? "" : "s") instead of two")
            }
            for name in names where name.hasPrefix("/") || name.split(separator: "/").contains("..") {
                throw refuse("`\(name)` does not lie below the set's folder")
            }
            let parts = names.map { $0.split(separator: "/").filter { $0 != "." }.joined(separator: "/") }
            lines.append(Line(number: index + 1, sharp: parts[0], blurred: parts[1]))
        }
        return lines
    }
}

/// Where the names of a list begin.
private struct ListStart {
    private let list: String
    private let root: String
    /// What stands before each name: empty, or a folder with a `/` at its end.
    private let prefix: String
    /// Leading folders of each name that are left out.
    private let dropped: Int

    /// Finds where the first name of a list is there: below `root` or below `root` and `prefix`, with as few
    /// leading folders left out as can be.
    /// - Throws: `list-file-missing`.
    init(
        _ list: String, _ first: PairList.Line, below root: String, or prefix: String
    ) throws(Diagnostic) {
        let depth = first.sharp.split(separator: "/").count
        for dropped in 0..<depth {
            for start in ["", prefix] {
                guard let name = Self.shortened(first.sharp, by: dropped),
                    Self.exists(start + name, in: root)
                else { continue }
                (self.list, self.root, self.prefix, self.dropped) = (list, root, start, dropped)
                return
            }
        }
        throw Diagnostic(
            "list-file-missing", "\(list), line \(first.number): there is no \(first.sharp) in \(root)",
            notes: ["nor is there with its leading folders left out"],
            hint: "name the folder that the list's names begin at")
    }

    /// The file that a name of a line stands for, relative to the root.
    /// - Throws: `list-file-missing`.
    func file(_ name: String, _ line: PairList.Line) throws(Diagnostic) -> String {
        guard let file = Self.shortened(name, by: dropped), Self.exists(prefix + file, in: root) else {
            throw Diagnostic(
                "list-file-missing", "\(list), line \(line.number): there is no \(name) in \(root)")
        }
        return prefix + file
    }

    private static func exists(_ file: String, in root: String) -> Bool {
        FileManager.default.fileExists(atPath: (root as NSString).appendingPathComponent(file))
    }

    private static func shortened(_ name: String, by count: Int) -> String? {
        let parts = name.split(separator: "/")
        return parts.count > count ? parts.dropFirst(count).joined(separator: "/") : nil
    }
}
