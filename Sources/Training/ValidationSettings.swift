import Data
import Diagnostics
import Images
import Inference
import Machine

/// How a training is held against images that it is not given.
public struct ValidationSettings: Sendable, Equatable, Codable {
    /// Steps from one validation to the next; the last step has one too.
    public var every: Int
    /// Whether the model is the one that did best rather than the last one.
    public var keepsBest = false
    /// Validations in a row that bring nothing better, after which the training ends; `nil` for its last step
    /// only.
    public var patience: Int?

    public init(every: Int) { self.every = every }

    /// For a recipe.
    var recipeLines: [(String, String)] {
        [("validate_every", "\(every)")] + (keepsBest ? [("keep", "best")] : [])
            + (patience.map { [("patience", "\($0)")] } ?? [])
    }
}

/// What a training's validations have come to.
public struct ValidationCourse: Sendable, Equatable, Codable {
    /// The PSNR in dB of the last one, and the highest.
    public private(set) var last: Double
    public private(set) var best: Double
    /// The step after which it was the highest.
    public private(set) var bestStep: Int
    /// Validations since then.
    public internal(set) var sinceBest = 0

    init(first psnr: Double, step: Int) { (last, best, bestStep) = (psnr, psnr, step) }

    /// - Returns: whether this one is the best so far.
    mutating func add(_ psnr: Double, step: Int) -> Bool {
        last = psnr
        guard psnr > best else {
            sinceBest += 1
            return false
        }
        (best, bestStep, sinceBest) = (psnr, step, 0)
        return true
    }

    func isExhausted(_ patience: Int?) -> Bool { patience.map { sinceBest >= $0 } ?? false }
}

/// The mean PSNR in dB, as `evaluate` gives it by default, of the first images of a data set.
/// - Throws: what keeps an image from being read, and `no-pictures` where there is none.
package func meanPSNR(
    of model: TrainedModel, on data: any Dataset, images: Int, threads: Int
) throws(Diagnostic) -> Double {
    guard images > 0 else { throw .noPictures(data, of: "validation") }
    var sum = 0.0
    for index in 0..<images {
        let pair = try data.pair(at: index)
        let restored = try model.deblur(pair.blurred, threads: threads)
        sum += try Images.psnr(restored, against: restored.channels == 3 ? pair.sharp.colour : pair.sharp)
    }
    return sum / Double(images)
}

extension Diagnostic {
    /// - Parameter argument: that gave the data.
    static func noPictures(_ data: any Dataset, of argument: String) -> Diagnostic {
        Diagnostic(
            "no-pictures",
            "there is no image to \(argument == "validation" ? "validate" : "train") on in \(data.description)"
        ).of(argument: argument)
    }
}
