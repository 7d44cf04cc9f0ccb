import Engine
import Graph

/// The pixels that a batch is held against, at the size of each output.
enum Supervision {
    /// The mean of each square of `factor` × `factor` pixels, image by image and channel by channel.
    /// - Parameters:
    ///   - sharp: [batch][side][side][channels].
    ///   - target: [batch][side / factor][side / factor][channels].
    static func downsize(
        _ sharp: [Float], side: Int, channels: Int, by factor: Int, into target: inout MutableSpan<Float>
    ) {
        let small = side / factor
        let row = side * channels
        let batch = sharp.count / (side * row)
        precondition(
            target.count == batch * small * small * channels && small * factor == side,
            "\(sharp.count) values of side \(side), made \(factor) times smaller, for a place of \(target.count)"
        )
        if factor == 1 { return target.fill(with: sharp) }
        let share = 1 / Float(factor * factor)
        for line in 0..<batch * small {
            for column in 0..<small {
                for channel in 0..<channels {
                    var sum: Float = 0
                    let first = line * factor * row + column * factor * channels + channel
                    for y in 0..<factor {
                        for x in 0..<factor { sum += sharp[first + y * row + x * channels] }
                    }
                    target[(line * small + column) * channels + channel] = sum * share
                }
            }
        }
    }
}
