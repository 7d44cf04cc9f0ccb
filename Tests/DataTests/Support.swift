import Diagnostics
import Foundation
import Images

/// A picture that no other `key` gives.
func testPicture(_ key: Int, width: Int = 12, height: Int = 8, channels: Int = 3) -> Image {
    let count = width * height * channels
    let samples: [UInt8] = (0..<count).map { (place: Int) in UInt8((place * 31 + key * 57) % 251) }
    return Image(width: width, height: height, channels: channels, quantised: samples)
}

/// Writes a picture to each path below `root`, different from path to path.
func plant(_ paths: [String], in root: String) throws {
    for (index, path) in paths.enumerated() {
        try writePNG(testPicture(index), to: "\(root)/\(path)")
    }
}
