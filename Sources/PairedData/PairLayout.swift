import Diagnostics
import Files
import Foundation
import ImageFolders

/// Which of a set's blurred images to use.
public enum Blur: String, Sendable, CaseIterable {
    /// `blur`: the mean of the frames as encoded.
    case linear
    /// `blur_gamma`: the mean of the frames in linear light.
    case gamma
    /// `blur_jpeg`: the mean as REDS stores it besides, compressed.
    case jpeg
}

/// The two files of a pair, relative to the root of their set.
package struct PairFiles: Sendable {
    package let blurred: String
    package let sharp: String
    package let name: String
}

/// Finds the pairs of a folder in one of the layouts that sets are published in.
package struct PairLayout {
    package static let splits = ["train", "test"]
    private static let known =
        "looked for " + HalvesLayout.all.map(\.words).joined(separator: ", for ")
        + ", for folders that hold such a pair, and for "
        + PublishedLayout.all.map(\.name).joined(separator: ", ")

    package let root: String
    package let blur: Blur

    /// - Throws: a diagnostic that names what is missing: the split, the layout, a folder, an image's
    ///   partner.
    package func pairs(split: String?) throws(Diagnostic) -> [PairFiles] {
        if let set = try PublishedSet.find(in: root) { return try set.pairs(split: split, blur: blur) }
        let top = try Folder(root)
        let present = Self.splits.filter { top.folders.contains($0) }
        guard let split else {
            if let pairs = try flat(top, prefix: "") { return pairs }
            guard present.isEmpty else {
                throw Diagnostic(
                    "split-needed", "\(root) holds \(present.map { "`\($0)`" }.joined(separator: " and "))",
                    hint: "say which, as in split = \"\(present[0])\"")
            }
            return try sequences(top, prefix: "")
        }
        guard top.folders.contains(split) else {
            let exists =
                present.isEmpty
                ? "neither `train` nor `test` is there"
                : "there is " + present.map { "`\($0)`" }.joined(separator: " and ")
            throw Diagnostic(
                "split-missing", "\(root) has no folder `\(split)`", notes: [exists],
                hint: present.isEmpty ? "leave `split` out if the set is not divided" : nil)
        }
        let folder = try Folder(top.file(split))
        if let pairs = try flat(folder, prefix: split) { return pairs }
        return try sequences(folder, prefix: split)
    }

    /// The pairs of two halves in `folder`; `nil` where no half of any layout is there.
    private func flat(_ folder: Folder, prefix: String) throws(Diagnostic) -> [PairFiles]? {
        guard let (layout, blurred, hasSharp) = HalvesLayout.halves(in: folder) else { return nil }
        guard let wanted = layout.blurred.first(where: { $0.blur == blur })?.folder else {
            throw Diagnostic(
                "folder-missing",
                "\(folder.path) has `\(layout.blurred[0].folder)` and `\(layout.sharp)` but no folder "
                    + "of the blur \"\(blur.rawValue)\"",
                hint: "leave `blur` out: sets in this layout hold one kind of blur")
        }
        guard blurred.contains(where: { $0.blur == blur }) else {
            throw Diagnostic(
                "folder-missing", "\(folder.path) has no folder `\(wanted)`",
                hint: blurred.first.map { "it has `\($0.folder)`: use blur = \"\($0.blur.rawValue)\"" })
        }
        guard hasSharp else {
            throw Diagnostic("folder-missing", "\(folder.path) has no folder `\(layout.sharp)`")
        }
        return try match(folder, wanted, layout.sharp, prefix: prefix)
    }

    /// The pairs of folders in `folder`, each with two halves.
    private func sequences(_ folder: Folder, prefix: String) throws(Diagnostic) -> [PairFiles] {
        var pairs: [PairFiles] = []
        for name in folder.folders {
            let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
            // A folder that holds no images of either kind (notes, a checksum's folder) is no sequence.
            if let found = try flat(Folder(folder.file(name)), prefix: path) { pairs += found }
        }
        guard !pairs.isEmpty else {
            throw Self.unknown(folder)
        }
        return pairs
    }

    /// A folder in which no pairs are to be found.
    package static func unknown(_ folder: Folder) -> Diagnostic {
        let content = folder.names.isEmpty ? "it is empty" : "it holds " + listing(folder.names)
        return Diagnostic(
            "layout-unknown", "\(folder.path) holds no pairs in a layout that is known",
            notes: [known, content])
    }

    private static func listing(_ names: [String]) -> String {
        names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
    }

    /// Pairs files of one name in two folders of `folder`, whatever their endings.
    private func match(
        _ folder: Folder, _ blurred: String, _ sharp: String, prefix: String
    ) throws(Diagnostic) -> [PairFiles] {
        let left = try Folder(folder.file(blurred))
        let right = try Folder(folder.file(sharp))
        let partners = Partners(
            FilesByStem(try left.requireImages(), in: left.path),
            FilesByStem(try right.requireImages(), in: right.path))
        let start = prefix.isEmpty ? "" : prefix + "/"
        return try partners.requireWhole(hint: "`inspect` names all that is amiss in a set").map {
            PairFiles(
                blurred: "\(start)\(blurred)/\($0.left)", sharp: "\(start)\(sharp)/\($0.right)",
                name: start + $0.stem)
        }
    }
}
