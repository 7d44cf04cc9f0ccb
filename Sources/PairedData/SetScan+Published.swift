import Diagnostics
import Foundation

extension SetScan {
    /// What is there of a published set: a unit for each sequence, its names the texts for the last `*`.
    static func published(_ set: PublishedSet) throws(Diagnostic) -> SetScan {
        let layout = set.layout
        var units: [Unit] = []
        let splits = try layout.isDividedByFolders ? set.presentSplits() : [""]
        /// Of sharp pictures that all parts share, those that are in none; `nil` before they are known.
        var unclaimed: [[String]: String]?
        var clashes: [String] = []
        func pictures(_ templates: [String], _ split: String) throws(Diagnostic) -> [PublishedSet.Picture] {
            let found = try set.distinctPictures(templates, split: split)
            clashes += found.clashes.map { "\($0) and \($1) stand for one picture" }
            return found.pictures
        }
        for split in splits {
            let sharp = try pictures([layout.sharp], split)
            let sharpFiles = Dictionary(
                sharp.map { ($0.key, $0.file) }, uniquingKeysWith: { first, _ in first })
            let isShared = layout.isDividedByFolders && !layout.sharp.contains("{split}")
            var blurred: [(folder: String, pictures: [PublishedSet.Picture])] = []
            for kind in layout.blurred {
                let found = try pictures(kind.templates, split)
                let folder = Self.half(kind.templates[0], split)
                // A kind that was not downloaded is no fault.
                if !found.isEmpty || kind.blur == .linear { blurred.append((folder, found)) }
            }
            let claimed = Set(blurred.flatMap { $0.pictures.map(\.key) })
            if isShared {
                unclaimed = (unclaimed ?? sharpFiles).filter { !claimed.contains($0.key) }
            }
            let mine = isShared ? sharp.filter { claimed.contains($0.key) } : sharp
            let sequences = Set((mine + blurred.flatMap(\.pictures)).map { Array($0.key.dropLast()) })
            let order = sequences.sorted { $0.lexicographicallyPrecedes($1) }
            let bySequence = Dictionary(grouping: mine) { Array($0.key.dropLast()) }
            let kinds = blurred.map { folder, pictures in
                (folder, Dictionary(grouping: pictures) { Array($0.key.dropLast()) })
            }
            let sharpFolder = Self.half(layout.sharp, split)
            for sequence in order {
                let sharp = bySequence[sequence] ?? []
                var stored = Self.stored(sharp, sharpFolder)
                var halves: [(folder: String, names: [String])] = []
                for (folder, pictures) in kinds {
                    let pictures = pictures[sequence] ?? []
                    stored.merge(Self.stored(pictures, folder)) { first, _ in first }
                    halves.append((folder, pictures.map(\.name)))
                }
                units.append(
                    Unit(
                        path: set.prefix + ((split.isEmpty ? [] : [split]) + sequence).joined(separator: "/"),
                        split: split.isEmpty ? nil : split, blurred: halves, sharpFolder: sharpFolder,
                        sharp: sharp.map(\.name), stored: stored))
            }
        }
        if let unclaimed, !unclaimed.isEmpty {
            let pictures = unclaimed.map { PublishedSet.Picture(key: $0.key, file: $0.value) }
                .sorted { $0.file < $1.file }
            let folder = Self.half(layout.sharp, "")
            units.append(
                Unit(
                    path: set.prefix + folder, split: nil,
                    blurred: [(splits.joined(separator: " or "), [])], sharpFolder: folder,
                    sharp: pictures.map(\.name), stored: Self.stored(pictures, folder)))
        }
        let blurredTemplates = layout.blurred.flatMap(\.templates)
        let text = (blurredTemplates + [layout.sharp]).map { $0.replacing("{split}", with: "SPLIT") }
        return SetScan(
            layout: "\(layout.name): \(text.joined(separator: ", "))", units: units, published: set,
            clashes: clashes)
    }

    /// The folder that tells blurred from sharp pictures: the last of a template that holds no `*` and is not
    /// the split alone.
    private static func half(_ template: String, _ split: String) -> String {
        let folders = template.split(separator: "/").dropLast().filter { !$0.contains("*") }
        let telling = folders.filter { $0 != "{split}" && $0 != "RGB" }.last ?? folders.last ?? "."
        return String(telling.replacing("{split}", with: split))
    }

    private static func stored(_ pictures: [PublishedSet.Picture], _ folder: String) -> [String: String] {
        Dictionary(
            pictures.map { ("\(folder)/\($0.name)", $0.file) }, uniquingKeysWith: { first, _ in first })
    }
}

extension PublishedSet.Picture {
    /// Its text for the last `*`.
    var name: String { key.last ?? file }
}
