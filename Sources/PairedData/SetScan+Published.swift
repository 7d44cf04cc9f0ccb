import Diagnostics
import Foundation

extension SetScan {
    /// What is there of a published set: a unit for each sequence, its names the texts for the last `*`.
    static func published(_ set: PublishedSet) throws(Diagnostic) -> SetScan {
        var scan = PublishedScan(set: set)
        let splits = try set.layout.isDividedByFolders ? set.presentSplits() : [""]
        for split in splits { try scan.add(split) }
        scan.addUnclaimed(of: splits)
        let templates = set.layout.blurred.flatMap(\.templates) + [set.layout.sharp]
        let text = templates.map { $0.replacing("{split}", with: "SPLIT") }.joined(separator: ", ")
        return SetScan(
            layout: "\(set.layout.name): \(text)", units: scan.units, published: set, clashes: scan.clashes)
    }
}

/// Collects the sequences of a published set, split by split.
private struct PublishedScan {
    private typealias Images = [PublishedSet.ImageFile]

    let set: PublishedSet
    private(set) var units: [SetScan.Unit] = []
    /// Files that stand for one image, two by two in a sentence.
    private(set) var clashes: [String] = []
    /// The sharp images, of those that all splits share, that no split has a blurred image of; `nil` before
    /// any split was looked at.
    private var unclaimed: [[String]: String]?

    init(set: PublishedSet) { self.set = set }

    private var layout: PublishedLayout { self.set.layout }

    /// Whether one folder holds the sharp images of all splits.
    private var isSharpShared: Bool { layout.isDividedByFolders && !layout.sharp.contains("{split}") }

    /// Adds the sequences of a split; of the whole set, where lists divide it and `split` is empty.
    mutating func add(_ split: String) throws(Diagnostic) {
        let sharp = try images([layout.sharp], split)
        var blurred: [(folder: String, images: Images)] = []
        for kind in layout.blurred {
            let found = try images(kind.templates, split)
            // A kind that was not downloaded is no fault.
            if !found.isEmpty || kind.blur == .linear {
                blurred.append((Self.half(kind.templates[0], split), found))
            }
        }
        var own = sharp
        if isSharpShared {
            let claimed = Set(blurred.flatMap { $0.images.map(\.key) })
            let files = Dictionary(sharp.map { ($0.key, $0.file) }, uniquingKeysWith: { first, _ in first })
            unclaimed = (unclaimed ?? files).filter { !claimed.contains($0.key) }
            own = sharp.filter { claimed.contains($0.key) }
        }
        addSequences(of: split, sharp: own, blurred)
    }

    private mutating func addSequences(
        of split: String, sharp: Images, _ blurred: [(folder: String, images: Images)]
    ) {
        func bySequence(_ images: Images) -> [[String]: Images] {
            Dictionary(grouping: images) { Array($0.key.dropLast()) }
        }
        let sharpFolder = Self.half(layout.sharp, split)
        let sharpImages = bySequence(sharp)
        let kinds = blurred.map { ($0.folder, bySequence($0.images)) }
        let sequences = Set(sharpImages.keys).union(kinds.flatMap { $0.1.keys })
        for sequence in sequences.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let sharp = sharpImages[sequence] ?? []
            var stored = Self.stored(sharp, sharpFolder)
            var halves: [(folder: String, names: [String])] = []
            for (folder, images) in kinds {
                let images = images[sequence] ?? []
                stored.merge(Self.stored(images, folder)) { first, _ in first }
                halves.append((folder, images.map(\.name)))
            }
            units.append(
                SetScan.Unit(
                    path: set.prefix + ((split.isEmpty ? [] : [split]) + sequence).joined(separator: "/"),
                    split: split.isEmpty ? nil : split, blurred: halves, sharpFolder: sharpFolder,
                    sharp: sharp.map(\.name), stored: stored))
        }
    }

    /// Adds the sharp images that belong to no split, as a unit of their own.
    mutating func addUnclaimed(of splits: [String]) {
        guard let unclaimed, !unclaimed.isEmpty else { return }
        let images = unclaimed.map { PublishedSet.ImageFile(key: $0.key, file: $0.value) }
            .sorted { $0.file < $1.file }
        let folder = Self.half(layout.sharp, "")
        units.append(
            SetScan.Unit(
                path: set.prefix + folder, split: nil,
                blurred: [(splits.joined(separator: " or "), [])], sharpFolder: folder,
                sharp: images.map(\.name), stored: Self.stored(images, folder)))
    }

    private mutating func images(_ templates: [String], _ split: String) throws(Diagnostic) -> Images {
        let found = try set.distinctImages(templates, split: split)
        clashes += found.clashes.map { "\($0) and \($1) stand for one image" }
        return found.images
    }

    /// The folder that tells blurred from sharp images: the last of a template that holds no `*` and is not
    /// the split alone.
    private static func half(_ template: String, _ split: String) -> String {
        let folders = template.split(separator: "/").dropLast().filter { !$0.contains("*") }
        let telling = folders.filter { $0 != "{split}" && $0 != "RGB" }.last ?? folders.last ?? "."
        return String(telling.replacing("{split}", with: split))
    }

    private static func stored(_ images: [PublishedSet.ImageFile], _ folder: String) -> [String: String] {
        Dictionary(
            images.map { ("\(folder)/\($0.name)", $0.file) }, uniquingKeysWith: { first, _ in first })
    }
}

extension PublishedSet.ImageFile {
    /// Its text for the last `*`.
    var name: String { key.last ?? file }
}
