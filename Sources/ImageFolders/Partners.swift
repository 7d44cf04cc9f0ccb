import Diagnostics
import Foundation

/// Images by their names without endings.
///
/// Names are equal where their letters are, however accents are encoded in them (Unicode's canonical
/// equivalence, which is that of `String`): programs on macOS write them decomposed, most others composed.
package struct FilesByStem: Sendable {
    /// Relative to ``folder``.
    package let files: [String]
    package let folder: String
    private let haveEndings: Bool
    private let index: [String: String]
    /// Files that have the name of one before them, each beside the first.
    private let clashes: [(first: String, other: String)]

    /// - Parameter haveEndings: whether `files` are named with their endings; else a dot in them is a letter
    ///   as any.
    package init(_ files: [String], in folder: String, haveEndings: Bool = true) {
        var index: [String: String] = [:]
        var clashes: [(first: String, other: String)] = []
        for file in files {
            let stem = haveEndings ? Self.stem(of: file) : file
            if let first = index[stem] {
                clashes.append((first, file))
            } else {
                index[stem] = file
            }
        }
        (self.files, self.folder, self.haveEndings) = (files, folder, haveEndings)
        (self.index, self.clashes) = (index, clashes)
    }

    package static func stem(of file: String) -> String { (file as NSString).deletingPathExtension }

    /// The stem of one of ``files``.
    package func stem(of file: String) -> String { haveEndings ? Self.stem(of: file) : file }

    package func file(withStem stem: String) -> String? { index[stem] }

    package func path(of file: String) -> String { (folder as NSString).appendingPathComponent(file) }

    /// A sentence for each file that has the name of one before it, which leaves its partner unknown.
    package var clashTexts: [String] {
        clashes.map { first, other in
            let isSpelledAlike = stem(of: first).utf8.elementsEqual(stem(of: other).utf8)
            let difference = isSpelledAlike ? "their ending" : "how their accented letters are encoded"
            return "\(first) and \(other) in \(folder) differ only by \(difference)"
        }
    }

    /// - Throws: `ambiguous-name`, naming two files of one name.
    package func requireDistinct() throws(Diagnostic) {
        guard let text = clashTexts.first else { return }
        throw Diagnostic("ambiguous-name", text, hint: "move one of them away")
    }
}

/// The files of two folders that are partners: those whose names are equal without their endings.
package struct Partners: Sendable {
    package struct Match: Sendable {
        package let left: String
        package let right: String
        /// The left one's name without its ending.
        package let stem: String
    }

    /// In the order of the left files.
    package let matches: [Match]
    /// Files without a partner.
    package let lonelyLeft: [String]
    package let lonelyRight: [String]
    private let left: FilesByStem
    private let right: FilesByStem

    package init(_ left: FilesByStem, _ right: FilesByStem) {
        (self.left, self.right) = (left, right)
        matches = left.files.compactMap { file in
            let stem = left.stem(of: file)
            return right.file(withStem: stem).map { Match(left: file, right: $0, stem: stem) }
        }
        lonelyLeft = left.files.filter { right.file(withStem: left.stem(of: $0)) == nil }
        lonelyRight = right.files.filter { left.file(withStem: right.stem(of: $0)) == nil }
    }

    /// Names that several files have, a sentence for each file but the first of its name.
    package var clashTexts: [String] { left.clashTexts + right.clashTexts }

    /// ``matches``, where every file has its one partner.
    /// - Throws: `ambiguous-name`, and `partner-missing` with `hint`, naming the files.
    package func requireWhole(hint: String? = nil) throws(Diagnostic) -> [Match] {
        try left.requireDistinct()
        try right.requireDistinct()
        for (lonely, side, other) in [(lonelyLeft, left, right), (lonelyRight, right, left)] {
            guard let file = lonely.first else { continue }
            throw Diagnostic(
                "partner-missing", "\(side.path(of: file)) has no partner",
                notes: ["there is no image `\(side.stem(of: file))` below \(other.folder)"],
                hint: hint)
        }
        return matches
    }
}
