import Data
import Diagnostics
import Foundation
import Images

/// Images in memory, for tests.
package struct SampleImages: Dataset {
    package var pairs: [Pair]

    package init(pairs: [Pair]) { self.pairs = pairs }

    package var count: Int { pairs.count }
    package let name = "pictures"
    package var description: String { "\(count) images" }
    package var imageSize: ImageSize? { pairs.isEmpty ? nil : size(at: 0) }
    package var manifest: String { "\(count)" }

    package func size(at index: Int) -> ImageSize {
        let image = pairs[index].sharp
        return ImageSize(width: image.width, height: image.height, channels: image.channels)
    }
    package func name(at index: Int) -> String { pairs[index].name }
    package func pair(at index: Int) throws(Diagnostic) -> Pair { pairs[index] }
}

extension SampleImages {
    /// Smooth waves and edges, blurred by the mean of `blur` pixels along a row.
    package static func waves(
        _ count: Int, width: Int = 48, height: Int = 40, channels: Int = 3, blur: Int = 3
    )
        -> SampleImages
    {
        SampleImages(
            pairs: (0..<count).map { index in
                var source = RandomSource(seed: 5).split(index)
                let waves = (0..<6).map { _ in
                    (source.uniform(-0.9, 0.9), source.uniform(-0.9, 0.9), source.uniform(0, 6))
                }
                func value(_ x: Int, _ y: Int, _ channel: Int) -> Float {
                    let sum = waves.reduce(0.0) {
                        $0 + sin($1.0 * Double(x) + $1.1 * Double(y) + $1.2 + Double(channel))
                    }
                    return Float(0.5 + (sum > 0 ? 0.2 : -0.2) + 0.04 * sum)
                }
                var sharp = Image(width: width, height: height, channels: channels)
                var blurred = sharp
                for y in 0..<height {
                    for x in 0..<width {
                        for channel in 0..<channels {
                            sharp[x, y, channel] = value(x, y, channel)
                            blurred[x, y, channel] =
                                (0..<blur).reduce(0) { $0 + value(x + $1 - blur / 2, y, channel) }
                                / Float(blur)
                        }
                    }
                }
                return Pair(blurred: blurred, sharp: sharp, name: "wave-\(index)")
            })
    }
}
