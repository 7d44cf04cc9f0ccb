import Data
import Diagnostics
import Dispatch
import Images
import Synchronization

/// The definitions that scores are measured by.
public struct Metrics: Sendable, Hashable {
    public var psnr: PSNRProfile
    public var ssim: SSIMProfile

    public init(psnr: PSNRProfile = .eightBit, ssim: SSIMProfile = .gaussian) {
        self.psnr = psnr
        self.ssim = ssim
    }

    /// A line for each, as a table's row carries them: `psnr 8bit`, `ssim gaussian`.
    public var names: [String] { ["psnr \(psnr.rawValue)", "ssim \(ssim.rawValue)"] }
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
/// An infinite PSNR (a picture that equals its reference) would swallow every other: such pictures are left out of the
/// mean of that PSNR and counted in ``identical`` or ``identicalBlurred``; where all are, the mean is infinite.
public struct Scores: Sendable, Equatable {
    public let psnr: Double
    public let ssim: Double
    public let psnrBlurred: Double
    public let ssimBlurred: Double
    public let metrics: Metrics
    public let pictures: [PictureScore]
    /// Time in the network for all pictures, on the clock.
    public let seconds: Double

    public var images: Int { pictures.count }
    /// Pictures that the network restored exactly.
    public var identical: Int { pictures.count { $0.psnr == .infinity } }
    /// Pictures whose blurred form equals the sharp one.
    public var identicalBlurred: Int { pictures.count { $0.psnrBlurred == .infinity } }

    init(_ pictures: [PictureScore], metrics: Metrics, seconds: Double) {
        psnr = meanOfFinite(pictures.map(\.psnr))
        psnrBlurred = meanOfFinite(pictures.map(\.psnrBlurred))
        ssim = mean(pictures.map(\.ssim))
        ssimBlurred = mean(pictures.map(\.ssimBlurred))
        self.metrics = metrics
        self.pictures = pictures
        self.seconds = seconds
    }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The mean of those that are finite; of all, where none is.
func meanOfFinite(_ values: [Double]) -> Double {
    let finite = values.filter(\.isFinite)
    return finite.isEmpty ? mean(values) : mean(finite)
}

/// Runs a trained network over every pair of a dataset and scores what it makes: PSNR and SSIM of the result on
/// all channels of the picture, and of the blurred picture for comparison.
/// - Parameters:
///   - isEnsemble: whether each picture is restored by self-ensemble, from its eight flips and turns.
///   - stop: ends the evaluation between two pictures.
///   - observe: called after each picture with the pictures done and their number.
/// - Returns: `nil` where it was stopped.
/// - Throws: `no-pictures`, `too-small` for a picture that the metric's window does not fit into, and what keeps a
///   picture from being read.
public func evaluate(
    _ model: TrainedModel, on dataset: any Dataset, threads: Int, metrics: Metrics = Metrics(),
    isEnsemble: Bool = false, stop: StopFlag? = nil,
    observe: (_ done: Int, _ count: Int) -> Void = { _, _ in }
) throws(Diagnostic) -> Scores? {
    guard dataset.count > 0 else {
        throw Diagnostic("no-pictures", "there is no picture to score in \(dataset.description)")
    }
    try dataset.prepare(isStopped: { stop?.isRequested == true })
    let infer = Inference(model, threads: threads)
    var pictures: [PictureScore] = []
    for index in 0..<dataset.count {
        guard stop?.isRequested != true else { return nil }
        let pair = try dataset.pair(at: index)
        // A network for colour makes a coloured picture of a grey one.
        let result = isEnsemble ? try infer.selfEnsemble(pair.blurred) : try infer(pair.blurred)
        let isColoured = result.channels == 3
        pictures.append(
            try score(
                result, blurred: isColoured ? pair.blurred.colour : pair.blurred,
                sharp: isColoured ? pair.sharp.colour : pair.sharp, name: pair.name, metrics: metrics))
        observe(index + 1, dataset.count)
    }
    return Scores(pictures, metrics: metrics, seconds: infer.seconds)
}

/// The four numbers of a picture, the dear SSIMs at the same time.
private func score(
    _ result: Image, blurred: Image, sharp: Image, name: String, metrics: Metrics
) throws(Diagnostic) -> PictureScore {
    let images = [result, blurred]
    let similarities = Mutex<[Result<Double, Diagnostic>?]>([nil, nil])
    DispatchQueue.concurrentPerform(iterations: images.count) { index in
        let similarity = Result { () throws(Diagnostic) in
            try ssim(images[index], against: sharp, profile: metrics.ssim)
        }
        similarities.withLock { $0[index] = similarity }
    }
    let found = try similarities.withLock { $0 }.map { (value) throws(Diagnostic) in try value?.get() ?? .nan
    }
    return PictureScore(
        name: name, psnr: try psnr(result, against: sharp, profile: metrics.psnr), ssim: found[0],
        psnrBlurred: try psnr(blurred, against: sharp, profile: metrics.psnr), ssimBlurred: found[1])
}
