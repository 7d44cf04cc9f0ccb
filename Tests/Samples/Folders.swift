import Diagnostics
import Foundation
import Images

/// An image that no other `key` gives.
package func testImage(_ key: Int, width: Int = 12, height: Int = 8, channels: Int = 3) -> Image {
    let count = width * height * channels
    let samples: [UInt8] = (0..<count).map { (place: Int) in UInt8((place * 31 + key * 57) % 251) }
    return Image(width: width, height: height, channels: channels, quantised: samples)
}

/// Runs `body` while the folder at `path` cannot be listed from this thread. Nothing is forbidden to root,
/// who becomes somebody else for the thread's use of files meanwhile.
package func withUnlistableFolder<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    guard chmod(path, 0) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    defer { _ = chmod(path, 0o755) }
    guard geteuid() == 0 else { return try body() }
    typealias SetUser = @convention(c) (uid_t) -> CInt
    guard let symbol = dlsym(nil, "setfsuid") else { throw CocoaError(.featureUnsupported) }
    let setUser = unsafeBitCast(symbol, to: SetUser.self)
    _ = setUser(65534)
    defer { _ = setUser(0) }
    return try body()
}

/// Writes an image to each path below `root`, different from path to path.
package func plant(_ paths: [String], in root: String) throws {
    for (index, path) in paths.enumerated() {
        try writePNG(testImage(index), to: "\(root)/\(path)")
    }
}
