import Diagnostics
import Foundation
import Images

/// What stands where in a folder of pairs, without judging it: what ``Inspection`` looks through.
struct SetScan {
    /// A folder that holds blurred pictures beside sharp ones.
    struct Unit {
        /// `train/GOPR0372_07_00`; empty for the root.
        let path: String
        /// `train` or `test` where the set is divided.
        let split: String?
        /// Folders of blurred pictures, and the names in them.
        let blurred: [(folder: String, names: [String])]
        let sharpFolder: String
        let sharp: [String]

        var sequence: String { (path as NSString).lastPathComponent }

        func file(_ folder: String, _ name: String) -> String {
            path.isEmpty ? "\(folder)/\(name)" : "\(path)/\(folder)/\(name)"
        }
    }

    let layout: String
    let units: [Unit]

    /// - Throws: `layout-unknown` where nothing is found in any layout that is known, `cannot-read`.
    init(_ root: String) throws(Diagnostic) {
        let top = try Folder(root)
        var units: [Unit] = []
        var isDivided = false
        if let unit = try Self.unit(root, "", split: nil) { units.append(unit) }
        for name in top.folders {
            if let unit = try Self.unit(root, name, split: nil) { units.append(unit) }
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
            for inner in try Folder(top.file(name)).folders {
                if let unit = try Self.unit(root, "\(name)/\(inner)", split: name) {
                    units.append(unit)
                    isDivided = true
                }
            }
        }
        guard let first = units.first else { throw PairLayout.unknown(top) }
        let kind = first.sharpFolder == "target" ? "{input,target}" : "{blur,sharp}"
        let isFlat = units.allSatisfy { $0.path.isEmpty || $0.path == $0.split }
        layout = (isDivided ? "SPLIT/" : "") + (isFlat ? "" : "SEQUENCE/") + kind
        self.units = units
    }

    private static func unit(_ root: String, _ path: String, split: String?) throws(Diagnostic) -> Unit? {
        let folder = try Folder(path.isEmpty ? root : (root as NSString).appendingPathComponent(path))
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

/// The GoPro set as it was published [Nah, Kim & Lee 2017].
enum PublishedGoPro {
    static let pairs = ["train": 2103, "test": 1111]
    static let sequences = ["train": 22, "test": 11]
    /// Of the test sequences, nine have a hundred.
    static let oddTestSequences = [77, 134]

    /// Whether sequences are named as the set's are.
    static func isLike(_ units: [SetScan.Unit]) -> Bool {
        let named = units.count { $0.sequence.hasPrefix("GOPR") || $0.sequence.hasPrefix("GP") }
        return named > 0 && named == units.count
    }
}
