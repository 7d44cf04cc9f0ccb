import ArgumentParser
import Diagnostics
import Evaluation
import Files
import Foundation
import Images
import Kinds
import Session
import Tables
import Training
import Workbench

/// `acuity deblur MODEL IN… --to PATH`.
struct Deblur: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restore images with a model that was saved.",
        discussion: """
            Files and folders of PNG and JPEG images become files of the same names in the folder given by --to. Those \
            that were restored by the same model before are left as they are. A single image becomes the file that \
            --to names, if it ends with .png, .jpg or .jpeg.
            """)

    @Argument(help: ArgumentHelp("A model's file, as save writes it.", valueName: "model"))
    var model: String

    @Argument(help: ArgumentHelp("Images, or folders of them.", valueName: "in"))
    var sources: [String]

    @Option(help: ArgumentHelp("The folder to write into, or one image file.", valueName: "path"))
    var to: String

    @Option(
        help: ArgumentHelp(
            "Memory to use, such as 2GB; larger images go in tiles. (default: half of what is free)",
            valueName: "amount"))
    var memory: String?

    @Option(help: ArgumentHelp("png or jpg.", valueName: "format"))
    var format = "png"

    @Option(help: ArgumentHelp("Of JPEG files, 1 to 100. (default: 95)", valueName: "number"))
    var quality: Int?

    @Option(
        parsing: .unconditional, help: "Threads to use: the cores that the process may use, unless given.")
    var threads = TrainingSettings.usableThreads

    func validate() throws {
        try check(threads: threads)
        guard ["png", "jpg"].contains(format) else {
            throw ValidationError("--format must be png or jpg, not '\(format)'")
        }
        guard quality.map({ ImageQuality.jpegRange.contains($0) }) ?? true else {
            throw ValidationError("--quality must be from 1 to 100, not \(quality ?? 0)")
        }
        guard quality == nil || format == "jpg" else {
            throw ValidationError("--quality is for JPEG files: it needs --format jpg")
        }
        if let memory, (try? MemorySize(parsing: memory)) == nil {
            throw ValidationError("--memory must be an amount such as 2GB or 512MB, not '\(memory)'")
        }
    }

    func run() throws {
        let (sources, target, model, memory) = (sources, to, model, memory)
        let format: ImageFormat = format == "jpg" ? .jpeg : .png
        let quality = quality.map { ImageQuality(jpeg: $0) }
        let threads = threads
        try runReporting { frontEnd in
            var configuration = SessionConfiguration(version: Acuity.version)
            configuration.threads = threads
            configuration.stop = Interruption.stop
            let session = try Session(configuration, frontEnd: frontEnd)
            let isWhole = try session.deblur(
                sources, into: target, modelPath: model,
                memory: memory.map { try MemorySize(parsing: $0) },
                format: format, quality: quality)
            return isWhole ? 0 : 1
        }
    }
}

/// `acuity compare A B`.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score images against those of the same names in another folder.",
        discussion: """
            Two files are compared with each other. The last line holds the means over all images; CSV has \
            none. Images that cannot be scored are named and left out; then the exit status is 1.
            """
    )

    @Argument(help: ArgumentHelp("A folder of images, or an image.", valueName: "a"))
    var left: String

    @Argument(help: ArgumentHelp("The reference: what it is compared with.", valueName: "b"))
    var right: String

    @Flag(help: "Write CSV, a row for each image.")
    var csv = false

    @Option(help: "\(PSNRProfile.helpText) (default: \(PSNRProfile.eightBit.name))")
    var psnrProfile: PSNRProfile?

    @Option(help: "\(SSIMProfile.helpText) (default: \(SSIMProfile.gaussian.name))")
    var ssimProfile: SSIMProfile?

    @Option(name: .customLong("protocol"), help: "\(ScoringProtocol.helpText)")
    var scoring = ScoringProtocol.plain

    func validate() throws {
        guard scoring.ownScores == nil || (psnrProfile == nil && ssimProfile == nil) else {
            throw ValidationError(
                "--protocol \(scoring.name) has a PSNR and an SSIM of its own: leave the profiles out")
        }
    }

    func run() throws {
        let (left, right, csv) = (left, right, csv)
        let metrics = Metrics(
            psnr: psnrProfile ?? .eightBit, ssim: ssimProfile ?? .gaussian, scoring: scoring)
        let stop = Interruption.stop
        try runReporting { frontEnd in
            let compared = try compareImages(left, with: right, metrics: metrics, stop: stop)
            if csv {
                Output.results.write(compared.commaSeparated)
            } else {
                frontEnd.show(.table(compared.table))
            }
            frontEnd.notice(compared.unscored)
            return compared.unscored.isEmpty ? 0 : 1
        }
    }
}

/// An option whose values are a list of kinds.
extension ExpressibleByArgument where Self: NamedKind {
    public init?(argument: String) {
        guard let kind = Self.named(argument) else { return nil }
        self = kind
    }

    public static var allValueStrings: [String] { all.map(\.name) }
    public var defaultValueDescription: String { name }
}

extension NamedKind {
    /// Each name and what it is, as a sentence.
    fileprivate static var helpText: String {
        all.map { "\($0.name): \($0.about)" }.joined(separator: "; ") + "."
    }
}

extension PSNRProfile: ExpressibleByArgument {}
extension SSIMProfile: ExpressibleByArgument {}
extension ScoringProtocol: ExpressibleByArgument {}

extension Scores {
    /// A line for each image and one of means.
    fileprivate var table: TextTable {
        func text(_ number: Double) -> String {
            number.isFinite ? String(format: "%.4f", number) : "identical"
        }
        var table = TextTable(columns: [
            .init("image"), .init("psnr \(metrics.profiles.psnr) [dB]", .right),
            .init("ssim \(metrics.profiles.ssim)", .right),
        ])
        for image in images { table.append([image.name, text(image.psnr), text(image.ssim)]) }
        for image in unscored { table.append([image.name, "not scored", "not scored"]) }
        var head = "mean"
        if identical > 0 && identical < images.count { head += ", \(identical) identical left out" }
        if !unscored.isEmpty { head += ", \(unscored.count) not scored" }
        table.append([head, text(psnr), text(ssim)])
        return table
    }

    fileprivate var commaSeparated: String {
        let head = ["picture", "psnr_db", "ssim", "psnr_profile", "ssim_profile"].map { Cell.text($0) }
        let profiles: [Cell] = [.text(metrics.profiles.psnr), .text(metrics.profiles.ssim)]
        let scored = images.map { [Cell.text($0.name), .number($0.psnr), .number($0.ssim)] + profiles }
        let others = unscored.map { [Cell.text($0.name), .missing, .missing] + profiles }
        return ([head] + scored + others).map { CommaSeparated.line($0) }.joined()
    }
}
