import Foundation
import Images

/// What makes frames good or bad to make blur of, measured: the three rules of Gao et al. 2019 as numbers.
public struct RecordingMeasures: Sendable, Equatable {
    /// The camera's shake: the median way of the whole image from one frame to the next, in pixels.
    public let shake: Double
    /// The largest way from one frame to the next.
    public let largestShake: Double
    /// Standard deviation of the frames' noise, in levels of 255: the median over the frames that were looked
    /// at.
    public let noise: Double
    /// The part of the image in smooth areas, 0…1: blocks of 16×16 pixels whose luma varies by less than 3
    /// levels, or by no more than the noise does.
    public let smooth: Double

    /// Beyond these a rule is broken.
    public static let mostShake = 4.0
    public static let mostNoise = 5.0
    public static let mostSmooth = 0.6

    /// Measures frames in their order.
    package init(of frames: [Image]) {
        var meter = RecordingMeter()
        for frame in frames { meter.add(frame) }
        self = meter.measures
    }

    init(shake: Double, largestShake: Double, noise: Double, smooth: Double) {
        self.shake = shake
        self.largestShake = largestShake
        self.noise = noise
        self.smooth = smooth
    }

    /// A sentence for each rule that is broken.
    public var warnings: [String] {
        var warnings: [String] = []
        if shake > Self.mostShake {
            warnings.append(
                "the camera moves by \(text(shake)) pixels from frame to frame (more than \(text(Self.mostShake))): "
                    + "the frames are blurred themselves, and their mean shows steps")
        }
        if noise > Self.mostNoise {
            warnings.append(
                "the noise is \(text(noise)) levels of 255 (more than \(text(Self.mostNoise))): "
                    + "the mean has less of it than the sharp image, and a network learns to add it")
        }
        if smooth > Self.mostSmooth {
            warnings.append(
                "\(Int((100 * smooth).rounded()))% of the image is smooth (more than "
                    + "\(Int(100 * Self.mostSmooth))%): blur does not show there, and teaches nothing")
        }
        return warnings
    }

    private func text(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// Gathers ``RecordingMeasures`` frame by frame, keeping no more than the last one.
struct RecordingMeter {
    /// Noise and detail change little from one frame to the next, and are looked at once in so many.
    private static let interval = 8

    private var last: Image?
    private var ways: [Double] = []
    private var noises: [Double] = []
    private var smooths: [Double] = []
    private var count = 0

    mutating func add(_ frame: Image) {
        let luma = frame.luma
        // Half a million pixels tell a shift as well as nine million.
        let factor = max(1, max(luma.width, luma.height) / Translation.finestSide)
        let small = factor > 1 ? luma.downsized(by: factor) : luma
        if let last { ways.append(Translation(from: last, to: small).length * Double(factor)) }
        last = small
        if count % Self.interval == 0 {
            let noise = luma.noiseLevel
            noises.append(noise)
            smooths.append(luma.smoothPart(noise: noise))
        }
        count += 1
    }

    var measures: RecordingMeasures {
        RecordingMeasures(
            shake: median(ways), largestShake: ways.max() ?? 0, noise: median(noises),
            smooth: median(smooths))
    }
}

/// 0 of nothing.
func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

extension Image {
    /// Side of the blocks that noise and detail are looked at in.
    private static let block = 16

    private func forEachBlock(_ body: (_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Void) {
        for y in stride(from: 0, to: height, by: Self.block) {
            for x in stride(from: 0, to: width, by: Self.block) {
                body(x, y, min(Self.block, width - x), min(Self.block, height - y))
            }
        }
    }

    /// Standard deviation of the noise of a grey image, in levels of 255, where there is least detail: the
    /// tenth part of blocks with the smallest estimates by the Laplacians' difference, whose mean size is 6 σ
    /// √(2/π) in noise alone and which gives nothing for planes and slopes [Immerkær 1996]. The smallest of
    /// many estimates lie low: in noise alone by 13%.
    var noiseLevel: Double {
        var estimates: [Double] = []
        forEachBlock { left, top, blockWidth, blockHeight in
            guard blockWidth == Self.block, blockHeight == Self.block else { return }
            var sum = 0.0
            for y in top + 1..<top + blockHeight - 1 {
                for x in left + 1..<left + blockWidth - 1 {
                    let (above, here, below) = ((y - 1) * width + x, y * width + x, (y + 1) * width + x)
                    let corners =
                        pixels[above - 1] + pixels[above + 1] + pixels[below - 1] + pixels[below + 1]
                    let sides = pixels[above] + pixels[below] + pixels[here - 1] + pixels[here + 1]
                    sum += Double(abs(corners - 2 * sides + 4 * pixels[here]))
                }
            }
            let count = Double((blockWidth - 2) * (blockHeight - 2))
            estimates.append(255 * (Double.pi / 2).squareRoot() * sum / (6 * count))
        }
        return median(Array(estimates.sorted().prefix(max(1, estimates.count / 10))))
    }

    /// The part of a grey image in blocks that vary by less than 3 levels of 255, or by no more than its
    /// noise.
    func smoothPart(noise: Double) -> Double {
        var (smooth, all) = (0, 0)
        let limit = max(3, 1.2 * noise)
        forEachBlock { left, top, blockWidth, blockHeight in
            var (sum, squares) = (0.0, 0.0)
            for y in top..<top + blockHeight {
                for x in left..<left + blockWidth {
                    let value = 255 * Double(pixels[y * width + x])
                    sum += value
                    squares += value * value
                }
            }
            let count = Double(blockWidth * blockHeight)
            let variance = max(0, squares / count - sum / count * sum / count)
            all += blockWidth * blockHeight
            if variance.squareRoot() < limit { smooth += blockWidth * blockHeight }
        }
        return Double(smooth) / Double(all)
    }
}
