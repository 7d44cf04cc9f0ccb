import Data
import Diagnostics
import Files
import Foundation
import ImageFolders
import Images
import Machine

/// Makes blurred and sharp pairs of high-speed frames, as the GoPro set was made [Nah, Kim & Lee 2017]:
/// consecutive windows of frames averaged, the middle one the target, filed as published.
///
/// `blur` holds the mean of the frames as encoded; `blur_gamma` the mean of their light, encoded again.
public struct FrameBlur: Sendable {
    /// The transfer function from encoded values to light, for `blur_gamma`.
    public enum Curve: Sendable, Equatable {
        /// light = value ^ exponent; 2.2 is the GoPro set's.
        case power(Double)
        case sRGB
        /// The frames are light already: there is nothing that `blur_gamma` would add.
        case linear

        func light(_ value: Float) -> Float {
            switch self {
            case .power(let exponent): powf(max(0, value), Float(exponent))
            case .sRGB: LinearLight.decode(value)
            case .linear: value
            }
        }

        func encoded(_ light: Float) -> Float {
            switch self {
            case .power(let exponent): powf(max(0, light), 1 / Float(exponent))
            case .sRGB: LinearLight.encode(light)
            case .linear: light
            }
        }
    }

    /// What came of one recording.
    public struct FiledSequence: Sendable, Equatable {
        public let name: String
        public let pairs: Int
        public let frames: Int
        public let measures: RecordingMeasures
    }

    public static let windowLimits = 1...101

    private let window: ClosedRange<Int>
    private let curve: Curve
    private let seed: Int
    private let root: String

    /// - Parameters:
    ///   - window: frames to a pair: an odd number of the range, drawn for each.
    ///   - root: the set's folder.
    ///   - split: `train` or `test`; `nil` for a set that is not divided.
    /// - Throws: `out-of-range` for a window without an odd number, or a power outside of 1…5.
    public init(
        window: ClosedRange<Int> = 7...13, curve: Curve = .power(2.2), seed: Int = 1, into root: String,
        split: String? = nil
    ) throws(Diagnostic) {
        guard Self.windowLimits.contains(window.lowerBound), Self.windowLimits.contains(window.upperBound),
            window.contains(where: { $0 % 2 == 1 })
        else {
            throw Diagnostic(
                "out-of-range",
                "`window` is \(window.lowerBound)..\(window.upperBound); it must lie in 1..101 and hold an odd number",
                notes: ["the sharp image is the middle frame, which only an odd number of them has"]
            ).of(argument: "window")
        }
        if case .power(let exponent) = curve { try requireRange("gamma", exponent, 1, 5) }
        self.window = window
        self.curve = curve
        self.seed = seed
        self.root = split.map { (root as NSString).appendingPathComponent($0) } ?? root
    }

    /// Files the pairs of every recording in `source`.
    ///
    /// - Parameters:
    ///   - source: a folder of frames, a folder of such folders, or a video.
    ///   - stop: looked at between frames; what is whole stays.
    /// - observe: called after each frame with the recording's number, the number of recordings, and the
    ///   frames read.
    ///   - onSequence: told of each recording when its pairs are filed.
    /// - Throws: `sequence-exists` for a recording that is filed already, `too-few-frames`, `unequal-sizes`,
    ///   what keeps frames from being read, `cannot-write`, and ``Diagnostic/stopped``.
    public func run(
        _ source: String, stop: StopFlag = StopFlag(),
        observe: (_ recording: Int, _ recordings: Int, _ frames: Int) -> Void = { _, _, _ in },
        onSequence: (FiledSequence) -> Void = { _ in }
    ) throws(Diagnostic) -> [FiledSequence] {
        let recordings = try recordings(source)
        // Told before an hour's work, not after.
        for recording in recordings {
            let folder = folder(of: recording)
            guard !FileManager.default.fileExists(atPath: folder) else { throw .sequenceExists(folder) }
        }
        var sequences: [FiledSequence] = []
        for (index, recording) in recordings.enumerated() {
            let sequence: FiledSequence
            if try isFolder(recording) {
                var frames = try FolderFrames(recording)
                sequence = try file(&frames, stop: stop) { observe(index, recordings.count, $0) }
            } else {
                var frames = try VideoFrames(recording)
                defer { frames.close() }
                sequence = try file(&frames, stop: stop) { observe(index, recordings.count, $0) }
            }
            onSequence(sequence)
            sequences.append(sequence)
        }
        return sequences
    }

    private func recordings(_ source: String) throws(Diagnostic) -> [String] {
        guard try isFolder(source) else { return [source] }
        let folder = try Folder(source)
        if !folder.images.isEmpty { return [source] }
        let videos = folder.names.filter {
            Self.videoEndings.contains(($0 as NSString).pathExtension.lowercased())
        }
        let inner = (folder.folders + videos).map { folder.file($0) }
        guard !inner.isEmpty else {
            _ = try folder.requireImages()
            return []
        }
        return inner
    }

    private static let videoEndings: Set<String> = ["mp4", "mov", "m4v", "avi", "mkv", "webm", "mts"]

    private func folder(of recording: String) -> String {
        let name = (URL(filePath: recording).standardizedFileURL.path as NSString).lastPathComponent
        let isVideo = Self.videoEndings.contains((name as NSString).pathExtension.lowercased())
        return (root as NSString).appendingPathComponent(
            isVideo ? (name as NSString).deletingPathExtension : name)
    }

    /// Files the pairs of one recording: in a folder beside the one that they are to stand in, which is
    /// renamed when all are there, so that a killed run leaves no half of a sequence.
    private func file(
        _ frames: inout some FrameSource, stop: StopFlag, observe: (Int) -> Void
    ) throws(Diagnostic) -> FiledSequence {
        let target = (root as NSString).appendingPathComponent(frames.name)
        guard !FileManager.default.fileExists(atPath: target) else { throw .sequenceExists(target) }
        let partial = (root as NSString).appendingPathComponent(".\(frames.name).partial")
        try? FileManager.default.removeItem(atPath: partial)
        var isWhole = false
        defer { if !isWhole { try? FileManager.default.removeItem(atPath: partial) } }

        let sequence = try write(&frames, to: partial, stop: stop, observe: observe)
        try writeAtomically(sequence.table, to: partial + "/measures.csv")
        guard rename(partial, target) == 0 else {
            throw .cannotWrite(target, error: errno)
        }
        isWhole = true
        return sequence
    }

    private func write(
        _ frames: inout some FrameSource, to folder: String, stop: StopFlag, observe: (Int) -> Void
    ) throws(Diagnostic) -> FiledSequence {
        var source = RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("windows").split(frames.name)
        let sizes = window.filter { $0 % 2 == 1 }
        var meter = RecordingMeter()
        var exposure = WindowMean(frames: source.element(of: sizes), curve: curve)
        var (count, pairs) = (0, 0)
        while let frame = try frames.next() {
            try stop.check()
            if let first = exposure.size, first != (frame.width, frame.height, frame.channels) {
                throw Diagnostic(
                    "unequal-sizes",
                    "frame \(count + 1) of \(frames.name) is \(frame.sizeText), and those before it are "
                        + "\(first.0)×\(first.1)")
            }
            count += 1
            meter.add(frame)
            exposure.add(frame)
            if let pair = exposure.pair {
                // Numbered by the middle frame.
                try write(pair, number: count - exposure.frames / 2, to: folder)
                pairs += 1
                exposure = WindowMean(frames: source.element(of: sizes), curve: curve, like: exposure)
            }
            observe(count)
        }
        guard pairs > 0 else {
            throw Diagnostic(
                "too-few-frames",
                "\(frames.name) has \(count) frames, too few for a window of \(exposure.frames)",
                hint: "take a smaller `window`, or a longer recording")
        }
        return FiledSequence(name: frames.name, pairs: pairs, frames: count, measures: meter.measures)
    }

    private func write(_ pair: (plain: Image, light: Image?, sharp: Image), number: Int, to folder: String)
        throws(Diagnostic)
    {
        let name = String(repeating: "0", count: max(0, 6 - "\(number)".count)) + "\(number).png"
        try writePNG(pair.plain, to: "\(folder)/blur/\(name)")
        if let light = pair.light { try writePNG(light, to: "\(folder)/blur_gamma/\(name)") }
        try writePNG(pair.sharp, to: "\(folder)/sharp/\(name)")
    }
}

extension FrameBlur.FiledSequence {
    /// The text of the folder's `measures.csv`.
    fileprivate var table: String {
        """
        frames,pairs,shake_px,largest_shake_px,noise_levels,smooth_part
        \(frames),\(pairs),\(measures.shake),\(measures.largestShake),\(measures.noise),\(measures.smooth)

        """
    }
}

/// The mean of a window of frames, as it grows.
struct WindowMean {
    let frames: Int
    private let curve: FrameBlur.Curve
    private(set) var size: (Int, Int, Int)?
    private var plain: [Float] = []
    private var light: [Float] = []
    private var sharp: Image?
    private var count = 0

    init(frames: Int, curve: FrameBlur.Curve) {
        self.frames = frames
        self.curve = curve
    }

    /// A new window of the same recording, whose frames are all of one size.
    init(frames: Int, curve: FrameBlur.Curve, like other: WindowMean) {
        self.init(frames: frames, curve: curve)
        size = other.size
    }

    mutating func add(_ frame: Image) {
        precondition(count < frames, "frame \(count + 1) of a window of \(frames)")
        size = (frame.width, frame.height, frame.channels)
        if count == 0 {
            plain = [Float](repeating: 0, count: frame.pixels.count)
            light = plain
        }
        if count == frames / 2 { sharp = frame }
        for index in 0..<plain.count {
            let value = frame.pixels[index]
            plain[index] += value
            light[index] += curve.light(value)
        }
        count += 1
    }

    /// When the window is full: means of the encoded values and of the light, and the middle frame.
    var pair: (plain: Image, light: Image?, sharp: Image)? {
        guard count == frames, let sharp else { return nil }
        func image(_ values: [Float]) -> Image {
            Image(width: sharp.width, height: sharp.height, channels: sharp.channels, pixels: values)
        }
        let share = 1 / Float(frames)
        let light = curve == .linear ? nil : image(light.map { curve.encoded($0 * share) })
        return (image(plain.map { $0 * share }), light, sharp)
    }
}

extension Diagnostic {
    fileprivate static func sequenceExists(_ path: String) -> Diagnostic {
        Diagnostic(
            "sequence-exists", "\(path) is there already", notes: ["nothing was written"],
            hint: "remove it, or write `into` another folder")
    }
}
