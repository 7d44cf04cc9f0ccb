import Files
import Foundation

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

/// A file for parsers that read files: in memory if the machine has such a folder, and gone at the end.
struct ScratchFile {
    static let shared = ScratchFile()

    let path: String

    private init() {
        let memory = "/dev/shm"
        let root =
            FileManager.default.isWritableFile(atPath: memory)
            ? URL(filePath: memory) : FileManager.default.temporaryDirectory
        let folder = root.appending(path: "acuity-fuzz-\(getpid())").path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/x.safetensors"
        atexit {
            let folder = (ScratchFile.shared.path as NSString).deletingLastPathComponent
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    func write(_ bytes: [UInt8]) { FileManager.default.createFile(atPath: path, contents: Data(bytes)) }
}

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
