import Foundation

/// What is done to a patch at random before a network sees it, alike to both pictures but for the noise: as
/// the code of Nah et al. does it (`augment` and `add_noise` in
/// https://github.com/SeungjunNah/DeepDeblur-PyTorch, `src/data/common.py`).
public struct Augmentation: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Left and right exchanged, half of the time.
        case flips
        /// Turned by none to three right angles.
        case turns
        /// The colours in another order, all six alike. A grey picture stays as it is.
        case colours
        /// Saturation in HSV times 0.5…1.5. A grey picture stays as it is.
        case saturation
        /// Gaussian noise on the blurred picture's channels as the network reads them, clamped to 0…1; its
        /// deviation is itself drawn for each patch, normal of deviation 2/255.
        case noise
    }

    public var flips = false
    public var turns = false
    public var colours = false
    public var saturation = false
    public var noise = false

    public static let none = Augmentation()
    /// Flips and quarter turns: all eight ways to lay a square.
    public static let geometric = Augmentation([.flips, .turns])

    public init() {}

    public init(_ kinds: [Kind]) {
        for kind in kinds {
            switch kind {
            case .flips: flips = true
            case .turns: turns = true
            case .colours: colours = true
            case .saturation: saturation = true
            case .noise: noise = true
            }
        }
    }

    public var kinds: [Kind] {
        Kind.allCases.filter { kind in
            switch kind {
            case .flips: flips
            case .turns: turns
            case .colours: colours
            case .saturation: saturation
            case .noise: noise
            }
        }
    }

    /// For a recipe: `true` and `false` for ``geometric`` and ``none``, as it was when there was nothing
    /// else; or a list.
    public var description: String {
        self == .geometric ? "true" : self == .none ? "false" : kinds.map(\.rawValue).joined(separator: ", ")
    }
}

/// What was drawn for one patch.
struct PatchDraw {
    /// The patch's top left corner in its picture.
    let x: Int
    let y: Int
    let quarterTurns: Int
    let isFlipped: Bool
    /// Which channel of the picture each channel of the patch is.
    let channels: [Int]
    let saturation: Float
    /// Deviation of the noise; its values come from `noiseSource`.
    let noise: Float
    let noiseSource: RandomSource

    /// - Parameter source: of this patch alone. What is not asked for draws nothing, so that one kind added
    ///   leaves the others' draws before it as they were.
    init(_ augmentation: Augmentation, patch: Int, of size: PictureSize, source: RandomSource) {
        var source = source
        x = source.integer(in: 0...size.width - patch)
        y = source.integer(in: 0...size.height - patch)
        quarterTurns = augmentation.turns ? source.integer(in: 0...3) : 0
        isFlipped = augmentation.flips && source.chance(0.5)
        channels = augmentation.colours ? source.permutation(of: 3) : [0, 1, 2]
        saturation = augmentation.saturation ? Float(source.uniform(0.5, 1.5)) : 1
        noise = augmentation.noise ? Float(abs(source.gaussian()) * 2 / 255) : 0
        noiseSource = source.split("noise")
    }

    /// Where the patch's values come from in the square that it is cut from: the pixel at (column, row) is
    /// the square's at index `first + column · across + row · down`.
    func steps(side: Int) -> (first: Int, across: Int, down: Int) {
        let last = side - 1
        // Of the turned square, and then of its mirror image.
        let turned =
            switch quarterTurns {
            case 1: (first: last * side, across: -side, down: 1)
            case 2: (first: side * side - 1, across: -1, down: -side)
            case 3: (first: last, across: side, down: -1)
            default: (first: 0, across: 1, down: side)
            }
        return isFlipped
            ? (turned.first + last * turned.across, -turned.across, turned.down) : turned
    }
}

/// A pixel with its saturation in HSV times `factor`: hue and value stay, so each channel keeps its share of
/// the distance from the largest, v − factor · (v − c), clamped to 0…1 as Nah's code does.
package func saturated(_ pixel: SIMD3<Float>, by factor: Float) -> SIMD3<Float> {
    let value = pixel.max()
    return (value - factor * (value - pixel)).clamped(
        lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 1))
}

extension RandomSource {
    /// Two independent values, normal with mean 0 and deviation 1, in single precision [Box & Muller 1958]:
    /// for noise on every pixel, where ``gaussian()`` is dear.
    mutating func gaussianPair() -> (Float, Float) {
        let bits = next()
        // In 0 < u ≤ 1, so that the logarithm is finite.
        let u = Float((bits >> 40) + 1) * 0x1p-24
        let angle = 2 * Float.pi * Float(bits & 0xFF_FFFF) * 0x1p-24
        let radius = (-2 * log(u)).squareRoot()
        return (radius * cos(angle), radius * sin(angle))
    }
}
