import Diagnostics
import Images

extension Restorer {
    /// The mean of the results for an image's eight flips and turns, each turned back: self-ensemble
    /// [Timofte, Rothe & Van Gool 2016]. A network is not quite indifferent to how an image lies, and what
    /// its eight answers disagree in is mostly wrong. Takes eight times as long.
    /// - Throws: `not-enough-memory`.
    package func selfEnsemble(_ image: Image) throws(Diagnostic) -> Image {
        var sum: [Float] = []
        var last = image
        // Turns that keep the sides come together, so that each size is planned once.
        for turns in [0, 2, 1, 3] {
            for isFlipped in [false, true] {
                let turned = image.turned(quarterTurns: turns)
                let result = try whole(isFlipped ? turned.flippedHorizontally() : turned)
                last = (isFlipped ? result.flippedHorizontally() : result).turned(quarterTurns: -turns)
                sum = sum.isEmpty ? last.pixels : zip(sum, last.pixels).map { $0 + $1 }
            }
        }
        return Image(
            width: last.width, height: last.height, channels: last.channels, pixels: sum.map { $0 / 8 })
    }
}
