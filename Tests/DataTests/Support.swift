import Diagnostics
import Foundation
import Images

/// A folder of its own, gone when `body` ends.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "acuity-data-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// The diagnostic that `body` throws, or `nil`.
func diagnostic(_ body: () throws(Diagnostic) -> Void) -> Diagnostic? {
    do throws(Diagnostic) { try body() } catch { return error }
    return nil
}

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
