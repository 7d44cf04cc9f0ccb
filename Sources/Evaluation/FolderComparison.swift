import Data
import Diagnostics
import Foundation
import Images
import Machine
import PictureFolders

/// How alike one picture and its reference are.
public struct ComparedPicture: Sendable, Equatable {
    public let name: String
    /// In dB; infinite where the two are equal.
    public let psnr: Double
    public let ssim: Double
}

/// How alike the pictures of two folders are: means over pictures, of PSNR without those that are identical.
public struct ComparedPictures: Sendable, Equatable {
    public let psnr: Double
    public let ssim: Double
    public let metrics: Metrics
    public let pictures: [ComparedPicture]
    /// Pictures that no mean counts.
    public let unscored: [UnscoredPicture]

    /// Pictures that equal their references.
    public var identical: Int { pictures.count { $0.psnr == .infinity } }

    /// - Precondition: there is a picture.
    public init(_ pictures: [ComparedPicture], unscored: [UnscoredPicture] = [], metrics: Metrics) {
        psnr = meanOfFinite(pictures.map(\.psnr))
        ssim = mean(pictures.map(\.ssim))
        self.metrics = metrics
        self.pictures = pictures
        self.unscored = unscored
    }
}

/// Scores each picture below one folder against the one of its name below another, or one file against
/// another.
///
/// Names are matched without their endings, folders within folders too; transparency is not compared.
/// - Parameters:
///   - stop: looked at between pictures.
/// - Throws: `no-pictures`, `partner-missing`, `ambiguous-name`, ``Diagnostic/stopped`` where it was
///   stopped; where no picture can be scored, what is the matter with the first: `unequal-sizes`,
///   `too-small`, or what keeps it from being read.
public func comparePictures(
    _ path: String, with reference: String, metrics: Metrics = Metrics(),
    stop: StopFlag = StopFlag()
) throws(Diagnostic) -> ComparedPictures {
    let pairs = try PicturePairs(path, reference).pairs
    let outcomes = try concurrentMap(pairs.count, stop: stop) { (index) throws(Diagnostic) in
        do throws(Diagnostic) {
            return Result<ComparedPicture, Diagnostic>.success(try compare(pairs[index], metrics))
        } catch {
            guard error.isOfOnePicture else { throw error }
            return .failure(error)
        }
    }
    var (scores, unscored): ([ComparedPicture], [UnscoredPicture]) = ([], [])
    for (pair, outcome) in zip(pairs, outcomes) {
        switch outcome {
        case .success(let score): scores.append(score)
        case .failure(let reason): unscored.append(UnscoredPicture(name: pair.name, reason: reason))
        }
    }
    if scores.isEmpty, let first = unscored.first { throw first.reason }
    return ComparedPictures(scores, unscored: unscored, metrics: metrics)
}

private func compare(_ pair: PicturePairs.Pair, _ metrics: Metrics) throws(Diagnostic) -> ComparedPicture {
    let (image, target) = (try readPicture(pair.left).image, try readPicture(pair.right).image)
    do throws(Diagnostic) {
        return try comparePictures(image, with: target, named: pair.name, metrics: metrics)
    } catch {
        var mistake = error
        mistake.notes.append("in \(pair.left) and \(pair.right)")
        throw mistake
    }
}

/// Scores one picture against its reference; where one is grey and the other in colour, the grey one counts
/// as R = G = B.
/// - Throws: `unequal-sizes`, `too-small`, `not-aligned`.
public func comparePictures(
    _ image: Image, with reference: Image, named name: String, metrics: Metrics
) throws(Diagnostic) -> ComparedPicture {
    let isMixed = image.channels != reference.channels
    let (image, reference) = isMixed ? (image.colour, reference.colour) : (image, reference)
    let scores = try metrics.scores(of: image, against: reference)
    return ComparedPicture(name: name, psnr: scores.psnr, ssim: scores.ssim)
}
