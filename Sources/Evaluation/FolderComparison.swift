import Data
import Diagnostics
import Foundation
import ImageFolders
import Images
import Machine

/// Scores each image below one folder against the one of its name below another, or one file against
/// another.
///
/// Names are matched without their endings, folders within folders too; transparency is not compared.
/// - Parameters:
///   - stop: looked at between images.
/// - Throws: `no-pictures`, `partner-missing`, `ambiguous-name`, ``Diagnostic/stopped`` where it was
///   stopped; where no image can be scored, what is the matter with the first: `unequal-sizes`,
///   `too-small`, or what keeps it from being read.
public func compareImages(
    _ path: String, with reference: String, metrics: Metrics = Metrics(),
    stop: StopFlag = StopFlag()
) throws(Diagnostic) -> Scores {
    let pairs = try ImagePairs(path, reference).pairs
    let outcomes = try concurrentMap(pairs.count, stop: stop) { (index) throws(Diagnostic) in
        do throws(Diagnostic) {
            return Result<ImageScore, Diagnostic>.success(try compare(pairs[index], metrics))
        } catch {
            guard error.isOfOneImage else { throw error }
            return .failure(error)
        }
    }
    var (scores, unscored): ([ImageScore], [UnscoredImage]) = ([], [])
    for (pair, outcome) in zip(pairs, outcomes) {
        switch outcome {
        case .success(let score): scores.append(score)
        case .failure(let reason): unscored.append(UnscoredImage(name: pair.name, reason: reason))
        }
    }
    if scores.isEmpty, let first = unscored.first { throw first.reason }
    return Scores(scores, unscored: unscored, metrics: metrics)
}

private func compare(_ pair: ImagePairs.Pair, _ metrics: Metrics) throws(Diagnostic) -> ImageScore {
    let (image, target) = (try readImageFile(pair.left).image, try readImageFile(pair.right).image)
    do throws(Diagnostic) {
        return try compareImages(image, with: target, named: pair.name, metrics: metrics)
    } catch {
        throw error.noted("in \(pair.left) and \(pair.right)")
    }
}

/// Scores one image against its reference; where one is grey and the other in colour, the grey one counts
/// as R = G = B.
/// - Throws: `unequal-sizes`, `too-small`, `not-aligned`.
public func compareImages(
    _ image: Image, with reference: Image, named name: String, metrics: Metrics
) throws(Diagnostic) -> ImageScore {
    let isMixed = image.channels != reference.channels
    let (image, reference) = isMixed ? (image.colour, reference.colour) : (image, reference)
    let scores = try metrics.scores(of: image, against: reference)
    return ImageScore(name: name, psnr: scores.psnr, ssim: scores.ssim)
}
