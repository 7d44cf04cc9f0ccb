import Data
import Diagnostics
import Files
import Foundation
import Images

/// A parser of our own, and what it must do with any bytes: return or throw a diagnostic, and nothing else.
enum FuzzTarget: String, CaseIterable {
    case png, jpeg, exif, ppm, hashes

    func feed(_ bytes: [UInt8]) {
        switch self {
        case .png:
            // The check of the header is ours; what follows is libpng's, through our shim.
            let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            check(bytes.starts(with: signature) ? bytes : signature + bytes)
        case .jpeg: check(bytes.starts(with: [0xFF, 0xD8, 0xFF]) ? bytes : [0xFF, 0xD8, 0xFF] + bytes)
        case .exif: _ = Orientation(exif: bytes)
        case .ppm:
            var rest = bytes[...]
            var reader = PortablePixmaps { count in
                defer { rest = rest.dropFirst(count) }
                return Array(rest.prefix(count))
            }
            while let picture = try? reader.next(named: "bytes") { precondition(picture.width > 0) }
        case .hashes: _ = HashCache.count(in: String(decoding: bytes, as: UTF8.self))
        }
    }

    private func check(_ bytes: [UInt8]) {
        guard let picture = try? decodePicture(bytes, named: "bytes") else { return }
        precondition(
            picture.image.width == picture.header.width, "a picture of another size than its header's")
    }
}

private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["ACUITY_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        FileHandle.standardError.write(Data("ACUITY_FUZZ_TARGET must be one of \(names)\n".utf8))
        exit(2)
    }
    return target
}()

/// libFuzzer's own loop; it reads its options from the command line.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
enum Fuzz {
    static func main() {
        _ = target
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &arguments) { bytes, count in
                target.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            })
    }
}
