import Diagnostics
import Files
import Foundation
import ImageFolders

/// A folder that is laid out as a published set is.
package struct PublishedSet {
    package let layout: PublishedLayout
    /// The folder that was named.
    package let root: String
    /// The set's folder below ``root``, with a `/` at its end; empty where it is that folder.
    package let prefix: String

    private var folder: String { prefix.isEmpty ? root : (root as NSString).appendingPathComponent(prefix) }

    /// The set that `root` is, or the only one that a folder in it is; `nil` where there is none. Folders
    /// below `root` that cannot be listed count as ones that hold nothing: they may belong to another layout.
    /// - Throws: `layout-ambiguous` where several folders are sets; `cannot-read` for `root` itself.
    package static func find(in root: String) throws(Diagnostic) -> PublishedSet? {
        let top = try Folder(root)
        if let layout = layout(of: root) { return PublishedSet(layout: layout, root: root, prefix: "") }
        let folders = top.folders
        let others = HalvesLayout.folders + PairLayout.splits
        guard !folders.contains(where: { others.contains($0) }) else { return nil }
        var found: [PublishedSet] = []
        for name in folders {
            if let layout = layout(of: top.file(name)) {
                found.append(PublishedSet(layout: layout, root: root, prefix: name + "/"))
            }
        }
        guard found.count < 2 else {
            let names = found.map { "`\($0.prefix.dropLast())`" }.joined(separator: " and ")
            throw Diagnostic(
                "layout-ambiguous", "\(root) holds several sets: \(names)",
                hint: "name the folder of one, as in \"\(top.file(String(found[0].prefix.dropLast())))\"")
        }
        return found.first
    }

    private static func layout(of folder: String) -> PublishedLayout? {
        for layout in PublishedLayout.all {
            for split in layout.isDividedByFolders ? layout.splits : [""] {
                let patterns = layout.blurred.flatMap(\.templates).map { Template($0, split: split) }
                guard Template(layout.sharp, split: split).hasMatch(in: folder) else { continue }
                if patterns.contains(where: { $0.hasMatch(in: folder) }) { return layout }
            }
        }
        return nil
    }

    // MARK: Images

    /// An image that fits a template.
    package struct ImageFile {
        /// The texts that `*` stands for.
        package let key: [String]
        /// Relative to the root.
        package let file: String
    }

    /// - Throws: `ambiguous-name` where two images have one key; `cannot-read`.
    package func images(_ templates: [String], split: String) throws(Diagnostic) -> [ImageFile] {
        let (images, clashes) = try distinctImages(templates, split: split)
        if let (first, second) = clashes.first {
            throw Diagnostic(
                "ambiguous-name", "\(first) and \(second) in \(root) stand for one image",
                hint: "move one of them away")
        }
        return images
    }

    /// The first image of each key, and the files of all that have the key of one before them, each beside
    /// the first.
    /// - Throws: `cannot-read`.
    package func distinctImages(
        _ templates: [String], split: String
    ) throws(Diagnostic) -> (images: [ImageFile], clashes: [(String, String)]) {
        var (images, clashes): ([ImageFile], [(String, String)]) = ([], [])
        var known: [[String]: String] = [:]
        for template in templates {
            for match in try Template(template, split: split).matches(in: folder) {
                let image = ImageFile(key: match.key, file: prefix + match.file)
                if let first = known[image.key] {
                    clashes.append((first, image.file))
                } else {
                    known[image.key] = image.file
                    images.append(image)
                }
            }
        }
        return (images, clashes)
    }

    /// Parts of the set whose folders are there.
    package func presentSplits() throws(Diagnostic) -> [String] {
        let top = try Folder(folder).folders
        var present: [String] = []
        for split in layout.splits {
            let isThere =
                layout.isDividedByFolders ? top.contains(split) : try !lists(of: split).isEmpty
            if isThere { present.append(split) }
        }
        return present
    }

    // MARK: Pairs

    /// - Throws: `split-needed`, `split-missing`, `folder-missing`, `partner-missing`, `list-missing`, and as
    ///   ``PairList``.
    package func pairs(split: String?, blur: Blur) throws(Diagnostic) -> [PairFiles] {
        let present = try presentSplits()
        guard let kind = layout.blurred.first(where: { $0.blur == blur }) else {
            let kinds = layout.blurred.map { "\"\($0.blur.rawValue)\"" }.joined(separator: " and ")
            throw Diagnostic(
                "folder-missing", "\(layout.name) has no \(blur.rawValue) blur", notes: ["it has \(kinds)"],
                hint: layout.blurred.count == 1 ? "leave `blur` out" : nil)
        }
        if split == nil, let first = present.first {
            let names = present.map { "`\($0)`" }.joined(separator: ", ")
            throw Diagnostic(
                "split-needed", "\(root) is divided as \(layout.name) is: there is \(names)",
                hint: "say which, as in split = \"\(first)\"")
        }
        if let split, !layout.splits.contains(split) {
            let names = layout.splits.map { "`\($0)`" }.joined(separator: ", ")
            throw Diagnostic(
                "split-missing", "\(root) has no part `\(split)`", notes: ["\(layout.name) has \(names)"])
        }
        if let split, !layout.isDividedByFolders {
            return try PairList(list(of: split), below: root, within: prefix).pairs
        }
        return try matched(kind.templates, split: split ?? "")
    }

    private func matched(_ templates: [String], split: String) throws(Diagnostic) -> [PairFiles] {
        let blurred = try images(templates, split: split)
        let sharp = try images([layout.sharp], split: split)
        guard !blurred.isEmpty else {
            throw Diagnostic(
                "folder-missing", "\(root) has no images \(shown(templates, split: split))",
                notes: ["\(layout.name) keeps its blurred images there"])
        }
        let partners = Dictionary(sharp.map { ($0.key, $0.file) }, uniquingKeysWith: { first, _ in first })
        let start = layout.isDividedByFolders && !split.isEmpty ? [split] : []
        var pairs: [PairFiles] = []
        for image in blurred {
            guard let partner = partners[image.key] else {
                throw lonely(image.file, shown([layout.sharp], split: split))
            }
            pairs.append(
                PairFiles(
                    blurred: image.file, sharp: partner,
                    name: (start + image.key).joined(separator: "/")))
        }
        // Sharp images of all parts may lie in one folder.
        guard layout.sharp.contains("{split}") || !layout.isDividedByFolders else { return pairs }
        let keys = Set(blurred.map(\.key))
        if let left = sharp.first(where: { !keys.contains($0.key) }) {
            throw lonely(left.file, shown(templates, split: split))
        }
        return pairs
    }

    private func lonely(_ file: String, _ partner: String) -> Diagnostic {
        Diagnostic(
            "partner-missing", "\((root as NSString).appendingPathComponent(file)) has no partner",
            notes: ["\(layout.name) keeps it as \(partner)"],
            hint: "`inspect` names all that is amiss in a set")
    }

    private func shown(_ templates: [String], split: String) -> String {
        templates.map { prefix + $0.replacing("{split}", with: split) }.joined(separator: " or ")
    }

    // MARK: Lists

    /// Files that list the pairs of `split`, in the set's folder and in the one that it lies in.
    package func lists(of split: String) throws(Diagnostic) -> [String] {
        let places = [folder, parentFolder(of: absolutePath(folder))]
        return places.flatMap { place in
            layout.lists.map {
                (place as NSString).appendingPathComponent($0.replacing("{split}", with: split))
            }
        }.filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// - Throws: `list-missing`; `ambiguous-name` where several lists are there and none alone begins with
    ///   the set's folder.
    private func list(of split: String) throws(Diagnostic) -> String {
        let found = try lists(of: split)
        let name = (absolutePath(folder) as NSString).lastPathComponent
        if found.count == 1 { return found[0] }
        var fitting: [String] = []
        for list in found where try PairList.lines(of: list).first?.sharp.hasPrefix(name + "/") == true {
            fitting.append(list)
        }
        if fitting.count == 1 { return fitting[0] }
        guard found.isEmpty else {
            throw Diagnostic(
                "ambiguous-name", "several lists could divide \(folder): \(found.joined(separator: ", "))",
                hint: "say which, as in list = \"\(found[0])\"")
        }
        let names = layout.lists.map { "`\($0.replacing("{split}", with: split))`" }.joined(separator: " or ")
        throw Diagnostic(
            "list-missing", "there is no list \(names) in \(folder) or beside it",
            notes: ["\(layout.name) is divided by lists, and they are published with it"],
            hint: "put it there, or name one: list = \"pairs.txt\"")
    }
}

private func absolutePath(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path(percentEncoded: false).trimmedSlash
}

extension String {
    fileprivate var trimmedSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}

/// A path in which `*` stands for any text of a name; the last name is an image's, without its ending.
struct Template {
    private let components: [String]

    init(_ text: String, split: String) {
        components = text.replacing("{split}", with: split).split(separator: "/").map(String.init)
    }

    /// Whether there is an image that fits; a folder that cannot be listed has none.
    func hasMatch(in folder: String) -> Bool { hasMatch(folder, 0) }

    private func hasMatch(_ folder: String, _ depth: Int) -> Bool {
        guard let names = try? entries(folder, depth) else { return false }
        guard depth < components.count - 1 else { return !names.isEmpty }
        return names.contains { hasMatch((folder as NSString).appendingPathComponent($0.name), depth + 1) }
    }

    /// In the order of their names; files relative to `folder`.
    /// - Throws: `cannot-read`.
    func matches(in folder: String) throws(Diagnostic) -> [(key: [String], file: String)] {
        var found: [(key: [String], file: String)] = []
        try collect(folder, 0, path: "", key: [], into: &found)
        return found
    }

    private func collect(
        _ folder: String, _ depth: Int, path: String, key: [String],
        into found: inout [(key: [String], file: String)]
    ) throws(Diagnostic) {
        for (name, text) in try entries(folder, depth) {
            guard depth < components.count - 1 else {
                found.append((key + text, path + name))
                continue
            }
            try collect(
                (folder as NSString).appendingPathComponent(name), depth + 1, path: "\(path)\(name)/",
                key: key + text, into: &found)
        }
    }

    /// What in `folder` fits the component at `depth`, and what `*` stands for there: images for the last,
    /// else folders.
    private func entries(
        _ folder: String, _ depth: Int
    ) throws(Diagnostic) -> [(name: String, text: [String])] {
        let component = components[depth]
        let isLast = depth == components.count - 1
        guard isLast || component.contains("*") else {
            let inner = (folder as NSString).appendingPathComponent(component)
            var status = stat()
            guard stat(inner, &status) == 0 else {
                // What may not be looked at could be a part of the set.
                guard errno == ENOENT || errno == ENOTDIR else { throw .cannotRead(inner, error: errno) }
                return []
            }
            return status.st_mode & S_IFMT == S_IFDIR ? [(component, [])] : []
        }
        let listing = try Folder(folder)
        return (isLast ? listing.images : listing.folders).compactMap { name in
            let stem = isLast ? (name as NSString).deletingPathExtension : name
            return Self.text(stem, component).map { (name: name, text: $0) }
        }
    }

    /// What `*` stands for in `name`, none where there is no `*`; `nil` where the name does not fit.
    private static func text(_ name: String, _ component: String) -> [String]? {
        guard let star = component.firstIndex(of: "*") else { return name == component ? [] : nil }
        let (start, end) = (component[..<star], component[component.index(after: star)...])
        guard name.count > start.count + end.count, name.hasPrefix(start), name.hasSuffix(end) else {
            return nil
        }
        return [String(name.dropFirst(start.count).dropLast(end.count))]
    }
}
