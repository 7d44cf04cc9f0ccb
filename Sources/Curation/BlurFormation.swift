import Diagnostics
import Files
import Foundation
import ImageFolders
import Images
import Machine
import PairedData

/// How a folder's blur was formed, found by forming it anew from the source frames.
struct BlurFormation {
    let text: String
    let finding: Inspection.Finding?

    /// Pairs of each sequence that are tried.
    private static let tried = 2
    /// The numbers of frames that sets were made with, and some around them.
    private static let windows = Array(stride(from: 3, through: 25, by: 2))
    /// A mean of 8-bit frames, rounded, is this near itself if it is the right one; another mean is not.
    private static let enough = 45.0
    /// And this much nearer than means of the other kind, of encoded values or of light: frames of a scene
    /// that stands still, or has no edges, have the same mean either way.
    private static let nearer = 1.0

    /// The mean that is most like a blurred image.
    private struct Match {
        let curve: Curve
        let frames: Int
        let psnr: Double
        /// The PSNR of the other kind's best match.
        let other: Double

        var isTold: Bool { psnr > other + nearer }
    }

    private enum Curve: CaseIterable {
        case plain, power, sRGB

        var curve: FrameBlur.Curve {
            switch self {
            case .plain: .linear
            case .power: .power(2.2)
            case .sRGB: .sRGB
            }
        }

        var text: String {
            switch self {
            case .plain: "mean of the frames as encoded"
            case .power: "mean of light by a power of 2.2"
            case .sRGB: "mean of light by the sRGB curve"
            }
        }
    }

    /// - Parameter frames: a folder of folders of frames, named and divided as the set's sequences are.
    /// - Throws: `frames-missing` where there are none for any sequence; what keeps them from being read.
    static func derive(
        _ scan: SetScan, root: String, frames: String, stop: StopFlag
    ) throws(Diagnostic) -> [BlurFormation] {
        var results: [BlurFormation] = []
        var isAnyThere = false
        for unit in scan.units {
            guard let folder = frameFolder(of: unit, in: frames) else { continue }
            isAnyThere = true
            let source = try Folder(folder)
            let numberings = numberings(of: source.images)
            for (kind, names) in unit.blurred {
                try stop.check()
                let chosen = [names.count / 3, 2 * names.count / 3].prefix(tried).filter { $0 < names.count }
                var matches: [Match] = []
                for place in Set(chosen).sorted() {
                    guard let middle = number(in: unit.stem(of: names[place])) else { continue }
                    let blurred = try readImageFile(
                        (root as NSString).appendingPathComponent(unit.file(kind, names[place]))
                    ).image.colour
                    var found: [Match] = []
                    for numbered in numberings {
                        if let match = try best(blurred, around: middle, numbered, source) {
                            found.append(match)
                        }
                    }
                    if let match = found.max(by: { $0.psnr < $1.psnr }) { matches.append(match) }
                }
                if let result = judge(matches, unit: unit, kind: kind) { results.append(result) }
            }
        }
        guard isAnyThere else {
            throw Diagnostic(
                "frames-missing", "\(frames) has no frames for any of the set's sequences",
                notes: ["looked for folders such as \(frames)/\(scan.units[0].path)"])
        }
        return results
    }

    private static func frameFolder(of unit: SetScan.Unit, in frames: String) -> String? {
        [unit.path, unit.sequence].lazy.map { (frames as NSString).appendingPathComponent($0) }
            .first { ((try? isFolder($0)) ?? false) && ((try? Folder($0).images.isEmpty) == false) }
    }

    /// What a pair's number may mean: the number in a frame's name, as in the GoPro set, or its place,
    /// counted from 1, which is all that frames of a video have.
    private static func numberings(of names: [String]) -> [[Int: String]] {
        let byName = Dictionary(
            names.compactMap { name in number(in: FilesByStem.stem(of: name)).map { ($0, name) } },
            uniquingKeysWith: { first, _ in first })
        let byPlace = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0 + 1, $1) })
        return byName == byPlace ? [byPlace] : [byName, byPlace]
    }

    /// The last run of digits in a name without its ending.
    private static func number(in stem: String) -> Int? {
        let digits = stem.reversed().drop { !$0.isASCII || !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
        return Int(String(digits.reversed()))
    }

    /// The window and curve whose mean is most like a blurred image.
    private static func best(
        _ blurred: Image, around middle: Int, _ numbered: [Int: String], _ source: Folder
    ) throws(Diagnostic) -> Match? {
        // Of means of encoded values, and of light.
        var plain: (curve: Curve, frames: Int, psnr: Double)?
        var light: (curve: Curve, frames: Int, psnr: Double)?
        var best: Match? {
            let kinds = [plain, light].compactMap(\.self).sorted { $0.psnr > $1.psnr }
            guard let first = kinds.first else { return nil }
            let other = kinds.dropFirst().first?.psnr ?? 0
            return Match(curve: first.curve, frames: first.frames, psnr: first.psnr, other: other)
        }
        // Sums grow outwards from the middle, so that each frame is read once.
        var sums: [Curve: [Double]] = [:]
        for window in [1] + windows {
            for number in Set([middle - window / 2, middle + window / 2]) {
                guard let name = numbered[number] else { return best }
                let frame = try readImageFile(source.file(name)).image.colour
                guard frame.pixels.count == blurred.pixels.count else { return best }
                for curve in Curve.allCases {
                    var sum = sums[curve] ?? [Double](repeating: 0, count: frame.pixels.count)
                    for index in sum.indices { sum[index] += Double(curve.curve.light(frame.pixels[index])) }
                    sums[curve] = sum
                }
            }
            guard window > 1 else { continue }
            for curve in Curve.allCases {
                let mean = (sums[curve] ?? []).map { curve.curve.encoded(Float($0 / Double(window))) }
                let image = Image(
                    width: blurred.width, height: blurred.height, channels: blurred.channels, pixels: mean)
                let likeness = try psnr(image, against: blurred)
                switch curve {
                case .plain: if likeness > plain?.psnr ?? 0 { plain = (curve, window, likeness) }
                case .power, .sRGB: if likeness > light?.psnr ?? 0 { light = (curve, window, likeness) }
                }
            }
        }
        return best
    }

    private static func judge(
        _ matches: [Match], unit: SetScan.Unit, kind: String
    ) -> BlurFormation? {
        let told = matches.filter { $0.isTold && $0.psnr > enough }
        guard let first = (told.isEmpty ? matches : told).max(by: { $0.psnr < $1.psnr }) else { return nil }
        let place = unit.path.isEmpty ? kind : "\(unit.path)/\(kind)"
        guard first.psnr > enough else {
            return BlurFormation(
                text: String(
                    format: "\(place): no mean of its frames (the nearest: \(first.curve.text), "
                        + "\(first.frames) frames, %.1f dB)", first.psnr), finding: nil)
        }
        guard first.isTold else {
            return BlurFormation(
                text: "\(place): a mean of its frames, which are too alike to tell of which kind",
                finding: nil)
        }
        let counts = Set(told.map(\.frames)).sorted().map(String.init).joined(separator: " and ")
        let text = "\(place): \(first.curve.text), \(counts) frames"
        let isPlain = first.curve == .plain
        let isMislabelled =
            switch HalvesLayout.sequence.blur(ofFolder: kind) {
            case .linear: !isPlain
            case .gamma: isPlain
            case .jpeg, nil: false
            }
        return BlurFormation(
            text: text,
            finding: isMislabelled
                ? .init(
                    problem: .formation, text: "\(place) is the \(first.curve.text), not what its name says")
                : nil)
    }
}
