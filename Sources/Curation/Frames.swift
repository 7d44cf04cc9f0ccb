import Diagnostics
import Files
import Foundation
import ImageFolders
import Images
import Machine

/// The frames of one high-speed recording, one after the other.
protocol FrameSource {
    /// What its pairs are to be filed under.
    var name: String { get }
    /// The next frame; `nil` after the last one.
    mutating func next() throws(Diagnostic) -> Image?
}

/// The images of a folder, in the order of the numbers in their names.
struct FolderFrames: FrameSource {
    let name: String
    private let folder: Folder
    private let files: [String]
    private var place = 0

    /// - Throws: `no-pictures`, `cannot-read`.
    init(_ path: String) throws(Diagnostic) {
        folder = try Folder(path)
        files = try folder.requireImages()
        name = (URL(filePath: path).standardizedFileURL.path as NSString).lastPathComponent
    }

    mutating func next() throws(Diagnostic) -> Image? {
        guard place < files.count else { return nil }
        defer { place += 1 }
        return try readImageFile(folder.file(files[place])).image
    }
}

/// The frames of a video, decoded by the program `ffmpeg`, which turns them as the camera was held.
struct VideoFrames: FrameSource {
    let name: String
    private let path: String
    private let process = Process()
    private let output = Pipe()
    private let messages: String
    private var reader: PortablePixmaps

    /// - Throws: `no-ffmpeg`, `cannot-read`.
    init(_ path: String) throws(Diagnostic) {
        self.path = path
        name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        guard access(path, R_OK) == 0 else { throw .cannotRead(path, error: errno) }
        messages = NSTemporaryDirectory() + "acuity-ffmpeg-\(UUID().uuidString).txt"
        guard FileManager.default.createFile(atPath: messages, contents: nil) else {
            throw .cannotWrite(messages, "the folder for temporary files takes none", error: nil)
        }
        process.executableURL = URL(filePath: "/usr/bin/env")
        // A path that begins with a dash would be taken as an option. Each frame is to come once, whenever it
        // was shown: they are set one after the other at the rate of the output. (`-vsync` is gone from
        // ffmpeg 9, and what is there in its place is not in 4.)
        process.arguments = [
            "ffmpeg", "-v", "error", "-nostdin", "-i", "file:" + path, "-map", "0:v:0",
            "-vf", "setpts=N/25/TB", "-r", "25",
            "-f", "image2pipe", "-c:v", "ppm", "-",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: messages)
        do {
            try Children.start { [process] in
                try process.run()
                return process.processIdentifier
            }
        } catch { throw .noFFmpeg }
        let handle = output.fileHandleForReading
        reader = PortablePixmaps { count in
            (try? handle.read(upToCount: count)).map { Array($0) } ?? []
        }
    }

    mutating func next() throws(Diagnostic) -> Image? {
        if let frame = try reader.next(named: path) { return frame }
        process.waitUntilExit()
        Children.remove(process.processIdentifier)
        defer { try? FileManager.default.removeItem(atPath: messages) }
        guard process.terminationStatus == 0 else {
            // `env` says by this number that there is no such program.
            guard process.terminationStatus != 127 else { throw .noFFmpeg }
            let said = (try? String(contentsOfFile: messages, encoding: .utf8)) ?? ""
            throw Diagnostic(
                "cannot-read", "cannot read \(path): ffmpeg gives up on it",
                notes: said.split(separator: "\n").suffix(3).map { "it says: \($0)" })
        }
        return nil
    }

    /// Ends the program where not all frames were wanted.
    func close() {
        if process.isRunning { process.terminate() }
        Children.remove(process.processIdentifier)
        try? FileManager.default.removeItem(atPath: messages)
    }
}

extension Diagnostic {
    fileprivate static let noFFmpeg = Diagnostic(
        "no-ffmpeg", "videos are read by the program ffmpeg, which is not there",
        hint: "install it (`apt install ffmpeg`), or give a folder of frames")
}
