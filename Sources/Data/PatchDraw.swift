import Foundation

/// What was drawn for one patch.
struct PatchDraw {
    /// The patch's top left corner in its image.
    let x: Int
    let y: Int
    var quarterTurns = 0
    var isFlipped = false
    /// Which channel of the image each channel of the patch is.
    var channels = [0, 1, 2]
    /// The factor of the saturation in HSV.
    var saturation: Float = 1
    /// Deviation of the noise; its values come from `noiseSource`.
    var noise: Float = 0
    private(set) var noiseSource: RandomSource
    /// What it takes from another patch of its batch.
    var mix: PatchMix?

    /// - Parameter source: of this patch alone. A kind that is not chosen draws nothing, so that one kind
    ///   added leaves the draws of those before it as they were.
    init(_ augmentation: Augmentation, patch: Int, of size: ImageSize, source: RandomSource) {
        var source = source
        x = source.integer(in: 0...size.width - patch)
        y = source.integer(in: 0...size.height - patch)
        noiseSource = source
        for phase in AugmentationKind.Phase.allCases {
            for kind in augmentation.kinds where kind.phase == phase { kind.draw(&self, &source) }
        }
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
