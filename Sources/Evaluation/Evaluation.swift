import Data
import Diagnostics
import Images
import Inference
import Machine

/// The definitions that scores are measured by.
public struct Metrics: Sendable, Hashable {
    /// Used only where ``scoring`` has no scores of its own.
    public var psnr: PSNRProfile
    /// Used only where ``scoring`` has no scores of its own.
    public var ssim: SSIMProfile
    /// How images are brought together before they are compared.
    public var scoring: ScoringProtocol

    public init(
        psnr: PSNRProfile = .eightBit, ssim: SSIMProfile = .gaussian, scoring: ScoringProtocol = .plain
    ) {
        self.psnr = psnr
        self.ssim = ssim
        self.scoring = scoring
    }

    /// What each is called: `8bit` and `gaussian`, or the protocol that both belong to.
    public var profiles: (psnr: String, ssim: String) {
        scoring.ownScores == nil ? (psnr.name, ssim.name) : (scoring.name, scoring.name)
    }

    /// A line for each, as a table's row carries them: `psnr 8bit`, `ssim gaussian`.
    public var names: [String] { ["psnr \(profiles.psnr)", "ssim \(profiles.ssim)"] }

    /// - Throws: `unequal-sizes`, `too-small`, and `not-aligned` by the protocol that aligns.
    public func scores(
        of image: Image, against reference: Image
    ) throws(Diagnostic) -> (psnr: Double, ssim: Double) {
        if let own = scoring.ownScores { return try own(image, reference) }
        return (
            try Images.psnr(image, against: reference, profile: psnr),
            try Images.ssim(image, against: reference, profile: ssim)
        )
    }
}

/// How like its reference an image is.
public struct ImageScore: Sendable, Equatable {
    public let name: String
    /// In dB; infinite where the two are equal.
    public let psnr: Double
    public let ssim: Double
}

/// How like their references images are: means over all of them.
///
/// An infinite PSNR (an image that equals its reference) would swallow every other: such images are left out
/// of the mean of the PSNR and counted in ``identical``; where all are, the mean is infinite.
public struct Scores: Sendable, Equatable {
    public let psnr: Double
    public let ssim: Double
    public let metrics: Metrics
    public let images: [ImageScore]
    /// Images that no mean counts.
    public let unscored: [UnscoredImage]

    /// Images that equal their references.
    public var identical: Int { images.count { $0.psnr == .infinity } }

    /// - Precondition: there is an image.
    public init(_ images: [ImageScore], unscored: [UnscoredImage] = [], metrics: Metrics) {
        psnr = meanOfFinite(images.map(\.psnr))
        ssim = mean(images.map(\.ssim))
        (self.metrics, self.images, self.unscored) = (metrics, images, unscored)
    }
}

/// How a data set was restored.
public struct RestorationScores: Sendable, Equatable {
    /// The scores of the network's results.
    public let restored: Scores
    /// The scores of the same images before restoration, which the network is to improve on.
    public let blurred: Scores
    /// Time in the network for all images, on the clock.
    public let seconds: Double

    /// What the network gains, in dB: the mean over the images of which both scores are finite.
    public var psnrGain: Double {
        let pairs = zip(restored.images, blurred.images).map { (after: $0.psnr, before: $1.psnr) }
        let finite = pairs.filter { $0.after.isFinite && $0.before.isFinite }
        // The difference of two infinite scores would be NaN.
        return mean(
            (finite.isEmpty ? pairs : finite).map { $0.after == $0.before ? 0 : $0.after - $0.before })
    }
    public var ssimGain: Double { restored.ssim - blurred.ssim }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The mean of those that are finite; of all, where none is.
func meanOfFinite(_ values: [Double]) -> Double {
    let finite = values.filter(\.isFinite)
    return finite.isEmpty ? mean(values) : mean(finite)
}

/// Runs a trained network over every pair of a dataset and scores what it makes: PSNR and SSIM of the result
/// on all channels of the image, and of the blurred image for comparison.
/// - Parameters:
///   - stop: ends the evaluation between two images.
///   - observe: called after each image with the images done and their number.
/// - Throws: `no-pictures`, `not-enough-memory`, `interrupted`; where no image can be scored, what is the
///   matter with the first, such as `too-small` where the metric's window does not fit into it, or what keeps
///   it from being read.
public func evaluate(
    _ restorer: Restorer, on dataset: any Dataset, metrics: Metrics = Metrics(),
    stop: StopFlag = StopFlag(),
    observe: (_ done: Int, _ count: Int) -> Void = { _, _ in }
) throws(Diagnostic) -> RestorationScores {
    guard dataset.count > 0 else {
        throw Diagnostic("no-pictures", "there is no image to score in \(dataset.description)")
    }
    try dataset.prepare(stop: stop)
    let secondsBefore = restorer.seconds
    var (restored, blurred): ([ImageScore], [ImageScore]) = ([], [])
    var unscored: [UnscoredImage] = []
    for index in 0..<dataset.count {
        try stop.check()
        do throws(Diagnostic) {
            let pair = try dataset.pair(at: index)
            // A network for colour makes a coloured image of a grey one.
            let result = try restorer.result(for: pair.blurred)
            let isColoured = result.channels == 3
            let scores = try score(
                [result, isColoured ? pair.blurred.colour : pair.blurred],
                against: isColoured ? pair.sharp.colour : pair.sharp, name: pair.name, metrics: metrics)
            restored.append(scores[0])
            blurred.append(scores[1])
        } catch {
            guard error.isOfOneImage else { throw error }
            unscored.append(UnscoredImage(name: dataset.name(at: index), reason: error))
        }
        observe(index + 1, dataset.count)
    }
    if restored.isEmpty, let first = unscored.first { throw first.reason }
    return RestorationScores(
        restored: Scores(restored, unscored: unscored, metrics: metrics),
        blurred: Scores(blurred, unscored: unscored, metrics: metrics),
        seconds: restorer.seconds - secondsBefore)
}

/// Scores images against one reference, at the same time because SSIM is costly.
private func score(
    _ images: [Image], against sharp: Image, name: String, metrics: Metrics
) throws(Diagnostic) -> [ImageScore] {
    try concurrentMap(images.count) { (index) throws(Diagnostic) in
        do throws(Diagnostic) {
            let (psnr, ssim) = try metrics.scores(of: images[index], against: sharp)
            return ImageScore(name: name, psnr: psnr, ssim: ssim)
        } catch {
            throw error.noted("in the pair \(name)")
        }
    }
}
