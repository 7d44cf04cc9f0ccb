import Data
import Diagnostics
import Foundation
import Images

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

    /// Pictures that equal their references.
    public var identical: Int { pictures.count { $0.psnr == .infinity } }

    /// - Precondition: there is a picture.
    public init(_ pictures: [ComparedPicture], metrics: Metrics) {
        psnr = meanOfFinite(pictures.map(\.psnr))
        ssim = mean(pictures.map(\.ssim))
        self.metrics = metrics
        self.pictures = pictures
    }
}

/// Scores each picture below one folder against the one of its name below another, or one file against another.
///
/// Names are matched without their endings, folders within folders too; transparency is not compared.
/// - Parameters:
///   - isStopped: asked between pictures, whether to give up.
/// - Throws: `no-pictures`, `partner-missing`, `ambiguous-name`, `unequal-sizes`, what keeps a picture from being read,
///   and ``Diagnostic/stoppedPreparing`` where it was stopped.
public func comparePictures(
    _ path: String, with reference: String, metrics: Metrics = Metrics(),
    isStopped: @Sendable () -> Bool = { false }
) throws(Diagnostic) -> ComparedPictures {
    let pairs = try PicturePairs(path, reference).pairs
    let scores = try concurrentMap(pairs.count, isStopped: isStopped) { (index) throws(Diagnostic) in
        let pair = pairs[index]
        let (image, target) = (try readPicture(pair.left).image, try readPicture(pair.right).image)
        do throws(Diagnostic) {
            return try comparePictures(image, with: target, named: pair.name, metrics: metrics)
        } catch {
            var mistake = error
            mistake.notes.append("in \(pair.left) and \(pair.right)")
            throw mistake
        }
    }
    return ComparedPictures(scores, metrics: metrics)
}

/// Scores one picture against its reference.
/// - Throws: `unequal-sizes`, `too-small`.
public func comparePictures(
    _ image: Image, with reference: Image, named name: String, metrics: Metrics
) throws(Diagnostic) -> ComparedPicture {
    ComparedPicture(
        name: name, psnr: try psnr(image, against: reference, profile: metrics.psnr),
        ssim: try ssim(image, against: reference, profile: metrics.ssim))
}
