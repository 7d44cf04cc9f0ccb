import Diagnostics
import Files
import Foundation
import Machine
import PairedData
import Synchronization

/// What is wrong with a folder of pairs, and what it is: every file is opened, every pair looked at.
public struct Inspection: Sendable {
    public enum Problem: String, Sendable, CaseIterable {
        /// An image without its partner.
        case missing
        /// Two files of one name: which of them is the partner is not known.
        case ambiguous
        /// A file that cannot be decoded, or a folder that cannot be listed.
        case unreadable
        /// Partners of different sizes.
        case unequal
        /// The blurred image equals the sharp one.
        case identical
        /// One image stands in several pairs.
        case duplicate
        /// Blurred and sharp images do not lie on each other, or belong to other numbers.
        case shifted
        /// Other numbers of pairs than were published.
        case counts
        /// A folder's blur is not formed as its name says.
        case formation
    }

    public struct Finding: Sendable, Equatable {
        public let problem: Problem
        /// One sentence, the files named relative to the set.
        public let text: String
    }

    /// `SPLIT/SEQUENCE/{blur,sharp}`, or a published set's name and templates.
    public let layout: String
    /// Pairs by folder that holds them: `train/GOPR0372_07_00`.
    public let sequences: [(name: String, pairs: Int)]
    /// Folders of blurred images: `blur`, `blur_gamma`.
    public let blurFolders: [String]
    public let findings: [Finding]
    /// How blur was formed, for each of ``blurFolders`` that could be derived anew: `blur_gamma: mean of
    /// light, 11 frames`.
    public let formation: [String]
    /// `SHA-256  NAME` of every image, as `sha256sum -c` reads it.
    public let manifest: String

    public var pairs: Int { sequences.reduce(0) { $0 + $1.pairs } }
    /// SHA-256 of the manifest.
    public var fingerprint: String { sha256(Array(manifest.utf8)) }

    /// - Parameters:
    ///   - frames: the folder of the source frames, divided into the same sequences; `nil` to derive no blur.
    ///   - stop: looked at between pairs.
    ///   - observe: called after each pair, from any thread, with the pairs done and their number.
    /// - Throws: `layout-unknown`; `cannot-read` for the set's own folder and those that hold its images;
    ///   ``Diagnostic/stopped``.
    public init(
        _ root: String, frames: String? = nil, stop: StopFlag = StopFlag(),
        observe: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) throws(Diagnostic) {
        let scan = try SetScan(root)
        var findings = scan.unlisted.map { Finding(problem: .unreadable, text: $0) }
        findings += scan.clashes.map { Finding(problem: .ambiguous, text: $0) }
        findings += try Self.partners(scan) + Self.counts(scan) + scan.publishedFindings()
        let pairs = Self.pairs(scan)
        let done = Counter()
        let looks = try concurrentMap(pairs.count, stop: stop) { (index) throws(Diagnostic) in
            let look = PairInspection(pairs[index], in: root)
            observe(done.next(), pairs.count)
            return look
        }
        findings += looks.flatMap(\.findings)
        findings += Self.shifts(pairs, looks)
        let files = Self.files(scan)
        let readable = files.filter { FileManager.default.isReadableFile(atPath: "\(root)/\($0)") }
        let digests = try HashedFiles(root: root, names: readable).allDigests(stop: stop)
        findings += Self.duplicates(zip(readable, digests), splits: Self.sharpFiles(scan))
        var formation: [String] = []
        if let frames {
            let derived = try BlurFormation.derive(scan, root: root, frames: frames, stop: stop)
            formation = derived.map(\.text)
            findings += derived.compactMap(\.finding)
        }
        layout = scan.layout
        sequences = scan.units.map { unit in
            let pairs = unit.blurred.map { unit.partners(of: $0.names, in: $0.folder).matches.count }
            return (unit.path, pairs.max() ?? 0)
        }
        blurFolders = Set(scan.units.flatMap { $0.blurred.map(\.folder) }).sorted()
        self.formation = formation
        // A sharp image with two blurred ones is looked at twice.
        var told: Set<String> = []
        self.findings = findings.filter { told.insert($0.text).inserted }
        manifest = zip(digests, readable).map { "\($0)  \($1)\n" }.joined()
    }

    // MARK: What needs no image

    private static func partners(_ scan: SetScan) -> [Finding] {
        var findings: [Finding] = []
        for unit in scan.units {
            for (folder, names) in unit.blurred {
                let partners = unit.partners(of: names, in: folder)
                findings += partners.clashTexts.map { Finding(problem: .ambiguous, text: $0) }
                findings += partners.lonelyLeft.map {
                    Finding(
                        problem: .missing,
                        text: "\(unit.file(folder, $0)) has no partner in \(unit.sharpFolder)")
                }
                findings += partners.lonelyRight.map {
                    Finding(
                        problem: .missing,
                        text: "\(unit.file(unit.sharpFolder, $0)) has no partner in \(folder)")
                }
            }
            if unit.blurred.isEmpty {
                findings.append(
                    Finding(problem: .missing, text: "\(unit.path) has no folder of blurred images"))
            }
        }
        return findings
    }

    private static func counts(_ scan: SetScan) -> [Finding] {
        guard PublishedGoPro.isLike(scan.units) else { return [] }
        var findings: [Finding] = []
        for split in PairLayout.splits {
            let units = scan.units.filter { $0.split == split }
            guard !units.isEmpty, let expected = PublishedGoPro.pairs[split],
                let sequences = PublishedGoPro.sequences[split]
            else { continue }
            let count = units.reduce(0) { $0 + $1.sharp.count }
            if count != expected || units.count != sequences {
                findings.append(
                    Finding(
                        problem: .counts,
                        text: "\(split) has \(count) pairs in \(units.count) sequences; "
                            + "the GoPro set has \(expected) in \(sequences)"))
            }
            guard split == "test" else { continue }
            var odd = PublishedGoPro.oddTestSequences
            for unit in units where unit.sharp.count != 100 {
                if let place = odd.firstIndex(of: unit.sharp.count) {
                    odd.remove(at: place)
                } else {
                    findings.append(
                        Finding(
                            problem: .counts,
                            text:
                                "\(unit.path) has \(unit.sharp.count) pairs; the GoPro set's test sequences "
                                + "have 100, but for one of 134 and one of 77"))
                }
            }
        }
        return findings
    }

    /// Every image file, in the order of units.
    private static func files(_ scan: SetScan) -> [String] {
        scan.units.flatMap { unit in
            unit.blurred.flatMap { folder, names in names.map { unit.file(folder, $0) } }
                + unit.sharp.map { unit.file(unit.sharpFolder, $0) }
        }
    }

    /// The files of sharp images, and the parts of the set that each is in.
    private static func sharpFiles(_ scan: SetScan) -> [String: Set<String>] {
        var splits: [String: Set<String>] = [:]
        for unit in scan.units {
            for name in unit.sharp {
                let file = unit.file(unit.sharpFolder, name)
                var parts = splits[file] ?? []
                if let split = unit.split { parts.insert(split) }
                splits[file] = parts
            }
        }
        return splits
    }

    /// - Parameters:
    ///   - files: with their hashes.
    ///   - splits: as ``sharpFiles(_:)`` gives them; a blurred image that equals its partner is found as
    ///     such.
    private static func duplicates(
        _ files: some Sequence<(String, String)>, splits: [String: Set<String>]
    ) -> [Finding] {
        Dictionary(grouping: files.filter { splits[$0.0] != nil }, by: \.1).values.filter { $0.count > 1 }
            .map { $0.map(\.0) }.sorted { $0[0] < $1[0] }
            .map { all in
                // A file that belongs to several parts of a set is there several times.
                var seen: Set<String> = []
                let names = all.filter { seen.insert($0).inserted }
                let leaks = Set(names.flatMap { splits[$0] ?? [] }).isSuperset(of: PairLayout.splits)
                let more = names.count > 3 ? " and \(names.count - 3) more" : ""
                return Finding(
                    problem: .duplicate,
                    text: names.prefix(3).joined(separator: ", ") + more
                        + (names.count == 1 ? " stands in several pairs" : " are one image")
                        + (leaks ? ", and it is both trained on and tested on" : ""))
            }
    }

    // MARK: What images show

    /// Two files that are a pair by name.
    struct Pair: Sendable {
        let unit: Int
        let folder: String
        let blurred: String
        let sharp: String
    }

    private static func pairs(_ scan: SetScan) -> [Pair] {
        scan.units.enumerated().flatMap { index, unit in
            unit.blurred.flatMap { folder, names in
                unit.partners(of: names, in: folder).matches.map {
                    Pair(
                        unit: index, folder: folder, blurred: unit.file(folder, $0.left),
                        sharp: unit.file(unit.sharpFolder, $0.right))
                }
            }
        }
    }

    /// Pairs whose images lie apart, and sequences whose numbers do.
    private static func shifts(_ pairs: [Pair], _ looks: [PairInspection]) -> [Finding] {
        var findings: [Finding] = []
        let sequences = Dictionary(grouping: pairs.indices) { "\(pairs[$0].unit) \(pairs[$0].folder)" }
        for indices in sequences.values.sorted(by: { $0[0] < $1[0] }) {
            let place = parentFolder(of: pairs[indices[0]].blurred)
            let seen = indices.compactMap { looks[$0].thumbnails }
            if let offset = PairInspection.numberOffset(of: seen) {
                findings.append(
                    Finding(
                        problem: .shifted,
                        text: "\(place): the blurred images belong to the sharp ones \(abs(offset)) "
                            + "\(offset < 0 ? "before" : "after") theirs"))
                continue
            }
            let (x, y) = (median(seen.map(\.shift.dx)), median(seen.map(\.shift.dy)))
            let common = (x * x + y * y).squareRoot()
            if seen.count >= 5, common > 2 {
                findings.append(
                    Finding(
                        problem: .shifted,
                        text: String(
                            format: "\(place): blurred and sharp images lie %.1f pixels apart (%.1f, %.1f)",
                            common, x, y)))
                continue
            }
            for index in indices {
                guard let shift = looks[index].thumbnails?.shift, shift.length > 8 else { continue }
                findings.append(
                    Finding(
                        problem: .shifted,
                        text: String(
                            format: "\(pairs[index].blurred) lies %.1f pixels from its sharp image",
                            shift.length)))
            }
        }
        return findings
    }
}

/// Counts from any thread.
private final class Counter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
