import Data

/// Noise that repeats every 256 samples each way, its power falling as 1/f² over seven octaves as in
/// photographs [Field 1987]: the sum of one interpolated lattice of normal numbers an octave, all with the
/// same variance. Mean 0, standard deviation 1.
struct NoiseField: Sendable {
    /// One for all: materials differ by where they look and how large.
    static let shared = NoiseField()

    private static let side = 256
    private let values: [Float]

    private init() {
        let side = Self.side
        var sum = [Float](repeating: 0, count: side * side)
        for octave in 1...7 {
            var source = RandomSource(seed: 0).split("noise").split(octave)
            let cells = 1 << octave
            let lattice = (0..<cells * cells).map { _ in Float(source.gaussian()) }
            for y in 0..<side {
                for x in 0..<side {
                    sum[y * side + x] += Self.interpolate(
                        lattice, cells, Float(x * cells) / Float(side), Float(y * cells) / Float(side),
                        smooth: true)
                }
            }
        }
        let mean = sum.reduce(0, +) / Float(sum.count)
        let variance = sum.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(sum.count)
        values = sum.map { ($0 - mean) / variance.squareRoot() }
    }

    func value(_ point: SIMD2<Float>) -> Float {
        Self.interpolate(values, Self.side, point.x, point.y, smooth: false)
    }

    /// Between the four nearest of `side`×`side` samples that repeat; `side` is a power of two.
    @inline(__always)
    private static func interpolate(_ samples: [Float], _ side: Int, _ x: Float, _ y: Float, smooth: Bool)
        -> Float
    {
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        var (a, b) = (x - left, y - top)
        if smooth { (a, b) = (a * a * (3 - 2 * a), b * b * (3 - 2 * b)) }
        let mask = side - 1
        let (x0, y0) = (Int(left) & mask, Int(top) & mask)
        let (x1, y1) = ((x0 + 1) & mask, (y0 + 1) & mask)
        let upper = samples[y0 * side + x0] * (1 - a) + samples[y0 * side + x1] * a
        let lower = samples[y1 * side + x0] * (1 - a) + samples[y1 * side + x1] * a
        return upper * (1 - b) + lower * b
    }
}
