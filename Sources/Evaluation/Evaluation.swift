import Data
import Diagnostics
import Images
import Inference
import Machine
import Synchronization

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

/// How one picture was restored.
public struct PictureScore: Sendable, Equatable {
    public let name: String
    /// Of the network's result against the sharp picture, in dB; infinite where they are equal.
    public let psnr: Double
    public let ssim: Double
    /// The same for the blurred picture as it was: what the network is to improve on.
    public let psnrBlurred: Double
    public let ssimBlurred: Double
}

/// How a dataset was restored: means over its pictures.
///
/// An infinite PSNR (a picture that equals its reference) would swallow every other: such pictures are left
/// out of the mean of that PSNR and counted in ``identical`` or ``identicalBlurred``; where all are, the mean
/// is infinite.
public struct Scores: Sendable, Equatable {
    public let psnr: Double
    public let ssim: Double
    public let psnrBlurred: Double
    public let ssimBlurred: Double
    public let metrics: Metrics
    public let pictures: [PictureScore]
    /// Pictures that no mean counts.
    public let unscored: [UnscoredPicture]
    /// Time in the network for all pictures, on the clock.
    public let seconds: Double

    /// What the network gains on the blurred pictures, in dB: the mean over the pictures of which both scores
    /// are finite.
    public var psnrGain: Double {
        let gains = pictures.map { $0.psnr == $0.psnrBlurred ? 0 : $0.psnr - $0.psnrBlurred }
        let finite = zip(pictures, gains).filter { $0.0.psnr.isFinite && $0.1.isFinite }.map(\.1)
        return mean(finite.isEmpty ? gains : finite)
    }
    public var ssimGain: Double { ssim - ssimBlurred }
    public var images: Int { pictures.count }
    /// Pictures that the network restored exactly.
    public var identical: Int { pictures.count { $0.psnr == .infinity } }
    /// Pictures whose blurred form equals the sharp one.
    public var identicalBlurred: Int { pictures.count { $0.psnrBlurred == .infinity } }

    init(
        _ pictures: [PictureScore], unscored: [UnscoredPicture] = [], metrics: Metrics, seconds: Double
    ) {
        psnr = meanOfFinite(pictures.map(\.psnr))
        psnrBlurred = meanOfFinite(pictures.map(\.psnrBlurred))
        ssim = mean(pictures.map(\.ssim))
        ssimBlurred = mean(pictures.map(\.ssimBlurred))
        self.metrics = metrics
        self.pictures = pictures
        self.unscored = unscored
        self.seconds = seconds
    }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The mean of those that are finite; of all, where none is.
func meanOfFinite(_ values: [Double]) -> Double {
    let finite = values.filter(\.isFinite)
    return finite.isEmpty ? mean(values) : mean(finite)
}

/// Runs a trained network over every pair of a dataset and scores what it makes: PSNR and SSIM of the result
/// on all channels of the picture, and of the blurred picture for comparison.
/// - Parameters:
///   - stop: ends the evaluation between two pictures.
///   - observe: called after each picture with the pictures done and their number.
/// - Throws: `no-pictures`, `not-enough-memory`, `interrupted`; where no picture can be scored, what is the
///   matter with the first, such as `too-small` where the metric's window does not fit into it, or what keeps
///   it from being read.
public func evaluate(
    _ restorer: Restorer, on dataset: any Dataset, metrics: Metrics = Metrics(),
    stop: StopFlag = StopFlag(),
    observe: (_ done: Int, _ count: Int) -> Void = { _, _ in }
) throws(Diagnostic) -> Scores {
    guard dataset.count > 0 else {
        throw Diagnostic("no-pictures", "there is no picture to score in \(dataset.description)")
    }
    try dataset.prepare(stop: stop)
    var pictures: [PictureScore] = []
    var unscored: [UnscoredPicture] = []
    for index in 0..<dataset.count {
        try stop.check()
        do throws(Diagnostic) {
            let pair = try dataset.pair(at: index)
            // A network for colour makes a coloured picture of a grey one.
            let result = try restorer.result(for: pair.blurred)
            let isColoured = result.channels == 3
            pictures.append(
                try score(
                    result, blurred: isColoured ? pair.blurred.colour : pair.blurred,
                    sharp: isColoured ? pair.sharp.colour : pair.sharp, name: pair.name, metrics: metrics))
        } catch {
            guard error.isOfOnePicture else { throw error }
            unscored.append(UnscoredPicture(name: dataset.name(at: index), reason: error))
        }
        observe(index + 1, dataset.count)
    }
    if pictures.isEmpty, let first = unscored.first { throw first.reason }
    return Scores(pictures, unscored: unscored, metrics: metrics, seconds: restorer.seconds)
}

/// The four numbers of a picture, the dear SSIMs at the same time.
private func score(
    _ result: Image, blurred: Image, sharp: Image, name: String, metrics: Metrics
) throws(Diagnostic) -> PictureScore {
    let images = [result, blurred]
    let outcomes = Mutex<[Result<(psnr: Double, ssim: Double), Diagnostic>?]>([nil, nil])
    concurrently(images.count) { index in
        let outcome = Result { () throws(Diagnostic) in
            try metrics.scores(of: images[index], against: sharp)
        }
        outcomes.withLock { $0[index] = outcome }
    }
    let found = try outcomes.withLock { $0 }.map { (value) throws(Diagnostic) in
        do throws(Diagnostic) {
            return try value?.get() ?? (.nan, .nan)
        } catch {
            var mistake = error
            mistake.notes.append("in the pair \(name)")
            throw mistake
        }
    }
    return PictureScore(
        name: name, psnr: found[0].psnr, ssim: found[0].ssim, psnrBlurred: found[1].psnr,
        ssimBlurred: found[1].ssim)
}
