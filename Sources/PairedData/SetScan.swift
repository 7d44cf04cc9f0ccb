import Diagnostics
import Foundation
import ImageFolders

/// What stands where in a folder of pairs, without judging it: what ``Inspection`` looks through.
package struct SetScan {
    /// A folder that holds blurred images beside sharp ones.
    package struct Unit {
        /// `train/GOPR0372_07_00`; empty for the root.
        package let path: String
        /// `train` or `test` where the set is divided.
        package let split: String?
        /// Folders of blurred images, and the names in them.
        package let blurred: [(folder: String, names: [String])]
        package let sharpFolder: String
        package let sharp: [String]
        /// Files by folder and name, where names are not those of files but what a published set's templates
        /// leave of them.
        package var stored: [String: String]?

        package var sequence: String { (path as NSString).lastPathComponent }

        package func file(_ folder: String, _ name: String) -> String {
            if let file = stored?["\(folder)/\(name)"] { return file }
            return path.isEmpty ? "\(folder)/\(name)" : "\(path)/\(folder)/\(name)"
        }

        /// Its blurred images of one folder with the sharp ones.
        package func partners(of names: [String], in folder: String) -> Partners {
            func files(_ names: [String], _ folder: String) -> FilesByStem {
                FilesByStem(
                    names, in: path.isEmpty ? folder : "\(path)/\(folder)", haveEndings: stored == nil)
            }
            return Partners(files(names, folder), files(sharp, sharpFolder))
        }

        /// A name without its ending.
        package func stem(of name: String) -> String { stored == nil ? FilesByStem.stem(of: name) : name }
    }

    package let layout: String
    package let units: [Unit]
    /// The published set that this one is laid out as.
    package let published: PublishedSet?
    /// The files of a published set that stand for one image, two by two in a sentence.
    package let clashes: [String]
    /// Folders that cannot be listed, each with the reason in a sentence: pairs may lie in them.
    package let unlisted: [String]

    package init(layout: String, units: [Unit], published: PublishedSet, clashes: [String]) {
        self.layout = layout
        self.units = units
        self.published = published
        self.clashes = clashes
        unlisted = []
    }

    private init(layout: String, units: [Unit], unlisted: [String]) {
        (self.layout, self.units, self.unlisted) = (layout, units, unlisted)
        published = nil
        clashes = []
    }

    /// - Throws: `layout-unknown` where nothing is found in any layout that is known, `cannot-read`.
    package init(_ root: String) throws(Diagnostic) {
        if let set = try PublishedSet.find(in: root) {
            self = try Self.published(set)
            return
        }
        var halves = HalvesScan(root: root)
        let top = try Folder(root)
        try halves.scan(top)
        guard let layout = halves.layout else {
            var diagnostic = PairLayout.unknown(top)
            diagnostic.notes += halves.unlisted
            throw diagnostic
        }
        self.init(layout: layout, units: halves.units, unlisted: halves.unlisted)
    }
}

/// Looks for folders with two halves: in the root, in the folders there, and in those of its splits.
private struct HalvesScan {
    let root: String
    private(set) var units: [SetScan.Unit] = []
    /// Folders that cannot be listed, each with the reason.
    private(set) var unlisted: [String] = []
    private var found: HalvesLayout?

    init(root: String) { self.root = root }

    /// `SPLIT/SEQUENCE/{blur,sharp}`, or what of it is there; `nil` where nothing was found.
    var layout: String? {
        found.map { layout in
            let isFlat = units.allSatisfy { $0.path.isEmpty || $0.path == $0.split }
            return (units.contains { $0.split != nil } ? "SPLIT/" : "") + (isFlat ? "" : "SEQUENCE/")
                + layout.pattern
        }
    }

    mutating func scan(_ top: Folder) throws(Diagnostic) {
        try add(top, "", split: nil)
        for name in top.folders {
            guard let folder = listing(name) else { continue }
            let isSplit = PairLayout.splits.contains(name)
            try add(folder, name, split: isSplit ? name : nil)
            guard isSplit else { continue }
            for inner in folder.folders {
                let path = "\(name)/\(inner)"
                if let folder = listing(path) { try add(folder, path, split: name) }
            }
        }
    }

    private mutating func listing(_ path: String) -> Folder? {
        let place = (root as NSString).appendingPathComponent(path)
        do throws(Diagnostic) { return try Folder(place) } catch {
            unlisted.append(error.message.replacing(place, with: path))
            return nil
        }
    }

    private mutating func add(_ folder: Folder, _ path: String, split: String?) throws(Diagnostic) {
        guard let (layout, blurred, hasSharp) = HalvesLayout.halves(in: folder) else { return }
        func names(_ name: String) throws(Diagnostic) -> [String] { try Folder(folder.file(name)).images }
        var halves: [(folder: String, names: [String])] = []
        for (_, name) in blurred { halves.append((name, try names(name))) }
        units.append(
            SetScan.Unit(
                path: path, split: split, blurred: halves, sharpFolder: layout.sharp,
                sharp: hasSharp ? try names(layout.sharp) : []))
        if found == nil { found = layout }
    }
}
