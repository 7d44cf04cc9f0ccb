import Diagnostics
import Foundation
import PictureFolders

/// What stands where in a folder of pairs, without judging it: what ``Inspection`` looks through.
package struct SetScan {
    /// A folder that holds blurred pictures beside sharp ones.
    package struct Unit {
        /// `train/GOPR0372_07_00`; empty for the root.
        package let path: String
        /// `train` or `test` where the set is divided.
        package let split: String?
        /// Folders of blurred pictures, and the names in them.
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

        /// Its blurred pictures of one folder with the sharp ones.
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
    /// Of a published set, files that stand for one picture, two by two in a sentence.
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

    /// - Throws: `layout-unknown` where nothing is found in any layout that is known, `cannot-read`.
    package init(_ root: String) throws(Diagnostic) {
        if let set = try PublishedSet.find(in: root) {
            self = try Self.published(set)
            return
        }
        let top = try Folder(root)
        var units: [Unit] = []
        var unlisted: [String] = []
        func listing(_ path: String) -> Folder? {
            let place = (root as NSString).appendingPathComponent(path)
            do throws(Diagnostic) { return try Folder(place) } catch {
                unlisted.append(error.message.replacing(place, with: path))
                return nil
            }
        }
        var isDivided = false
        if let unit = try Self.unit(top, "", split: nil) { units.append(unit) }
        for name in top.folders {
            guard let folder = listing(name) else { continue }
            if let unit = try Self.unit(folder, name, split: nil) { units.append(unit) }
            guard PairLayout.splits.contains(name) else { continue }
            if !units.isEmpty, units[units.count - 1].path == name {
                // Flat below the split.
                let flat = units.removeLast()
                units.append(
                    Unit(
                        path: flat.path, split: name, blurred: flat.blurred, sharpFolder: flat.sharpFolder,
                        sharp: flat.sharp))
                isDivided = true
            }
            for inner in folder.folders {
                guard let folder = listing("\(name)/\(inner)") else { continue }
                if let unit = try Self.unit(folder, "\(name)/\(inner)", split: name) {
                    units.append(unit)
                    isDivided = true
                }
            }
        }
        guard let first = units.first else {
            var mistake = PairLayout.unknown(top)
            mistake.notes += unlisted
            throw mistake
        }
        let kind = first.sharpFolder == "target" ? "{input,target}" : "{blur,sharp}"
        let isFlat = units.allSatisfy { $0.path.isEmpty || $0.path == $0.split }
        layout = (isDivided ? "SPLIT/" : "") + (isFlat ? "" : "SEQUENCE/") + kind
        self.units = units
        published = nil
        clashes = []
        self.unlisted = unlisted
    }

    private static func unit(_ folder: Folder, _ path: String, split: String?) throws(Diagnostic) -> Unit? {
        let folders = folder.folders
        let known = Blur.allCases.map(\.folder) + ["input"]
        let blurred = known.filter { folders.contains($0) }
        let sharp = ["sharp", "target"].first { folders.contains($0) }
        guard !blurred.isEmpty || sharp != nil else { return nil }
        func names(_ name: String) throws(Diagnostic) -> [String] { try Folder(folder.file(name)).pictures }
        var found: [(folder: String, names: [String])] = []
        for name in blurred { found.append((name, try names(name))) }
        let sharpNames = try sharp.map { name throws(Diagnostic) in try names(name) }
        return Unit(
            path: path, split: split, blurred: found,
            sharpFolder: sharp ?? (blurred == ["input"] ? "target" : "sharp"), sharp: sharpNames ?? [])
    }
}
