import Diagnostics
import Foundation
import Images

/// What one pair of files shows when it is opened.
struct PairInspection: Sendable {
    /// What is kept of two images of equal size, to compare with their neighbours.
    struct PairThumbnail: Sendable {
        let shift: Translation
        let blurred: Image
        let sharp: Image
    }

    let findings: [Inspection.Finding]
    let thumbnails: PairThumbnail?

    /// Longer side of the small images that are kept.
    private static let side = 96

    init(_ pair: Inspection.Pair, in root: String) {
        func open(_ file: String) -> Result<Image, Diagnostic> {
            Result { () throws(Diagnostic) in
                try readImageFile((root as NSString).appendingPathComponent(file)).image
            }
        }
        var findings: [Inspection.Finding] = []
        var images: [Image] = []
        for file in [pair.blurred, pair.sharp] {
            switch open(file) {
            case .success(let image): images.append(image)
            case .failure(let diagnostic):
                // It names the file by its whole path.
                findings.append(
                    .init(
                        problem: .unreadable,
                        text: diagnostic.message.replacing("\(root)/\(file)", with: file)))
            }
        }
        let seen =
            images.count == 2 ? Self.compare(images[0], images[1], of: pair) : (finding: nil, thumbnails: nil)
        self.findings = findings + [seen.finding].compactMap(\.self)
        thumbnails = seen.thumbnails
    }

    private static func compare(
        _ blurred: Image, _ sharp: Image, of pair: Inspection.Pair
    ) -> (finding: Inspection.Finding?, thumbnails: PairThumbnail?) {
        guard blurred.width == sharp.width, blurred.height == sharp.height else {
            let text = "\(pair.blurred) is \(blurred.sizeText) and its sharp image \(sharp.sizeText)"
            return (.init(problem: .unequal, text: text), nil)
        }
        guard blurred.colour != sharp.colour else {
            return (.init(problem: .identical, text: "\(pair.blurred) equals its sharp image"), nil)
        }
        let (left, right) = (blurred.luma, sharp.luma)
        let factor = max(1, max(left.width, left.height) / side)
        let thumbnails = PairThumbnail(
            shift: Translation(from: right, to: left), blurred: left.downsized(by: factor),
            sharp: right.downsized(by: factor))
        return (nil, thumbnails)
    }

    /// The offset, in places, between the sharp images of a sequence and those that the blurred ones are most
    /// like; `nil` where there is none, or nothing tells.
    static func numberOffset(of thumbnails: [PairThumbnail]) -> Int? {
        guard thumbnails.count >= 5, Set(thumbnails.map { [$0.sharp.width, $0.sharp.height] }).count == 1
        else {
            return nil
        }
        var errors: [Int: Double] = [:]
        for offset in -2...2 {
            let places = thumbnails.indices.filter { thumbnails.indices.contains($0 + offset) }
            let sum = places.reduce(0.0) {
                $0 + meanSquare(thumbnails[$1].blurred, thumbnails[$1 + offset].sharp)
            }
            errors[offset] = sum / Double(places.count)
        }
        guard let here = errors[0], let best = errors.min(by: { $0.value < $1.value }), best.key != 0,
            best.value < 0.7 * here
        else { return nil }
        return best.key
    }

    private static func meanSquare(_ left: Image, _ right: Image) -> Double {
        var sum = 0.0
        for index in left.pixels.indices {
            let difference = Double(left.pixels[index] - right.pixels[index])
            sum += difference * difference
        }
        return sum / Double(left.pixels.count)
    }
}
