import Curation
import Diagnostics
import Files
import Foundation
import Inference
import Language
import OrderedCollections
import Tables
import Tracing
import Workbench

/// Sets of pairs: made of frames, and looked through.
package enum FrameFunctions {
    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "blur_frames", .data,
                [
                    .required("source", .path(.reads)).about(
                        "a folder of frames, a folder of such folders or videos, or a video (read by the program ffmpeg)"
                    ),
                    .required("into", .path(.writes)).about("the folder of the set, which `pairs` reads"),
                    .derived("split", .choice(Split.self), "none"),
                    .standard("window", .range, .range(7, 13)).about(
                        "frames that are averaged"),
                    .standard("gamma", .either([.number, .choice(["srgb", "linear"])]), .number(2.2)).about(
                        "light is value^gamma, the sRGB curve, or the value"),
                    .standard("seed", .whole(0...1 << 53), .number(1)).about("of the windows' lengths"),
                ],
                """
                Makes pairs of high-speed frames as the GoPro set was made: windows of consecutive frames averaged, the \
                middle one the target. `blur` holds the mean of the frames as they are, `blur_gamma` the mean of their light. Each recording's camera shake, noise and smooth areas are measured, said and kept in its \
                `measures.csv`. Gives a record of the `scenes`, `pairs`, `frames` and `warnings` counted.
                """,
                examples: [
                    "made = blur_frames(\"clips/\", into = \"data/mine\", split = \"train\", window = 7..13)\nmade.pairs  # 1"
                ], .init(effect: .trains)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planFrames(arguments) }
        ) { workbench, arguments throws(Diagnostic) in try workbench.blurFrames(arguments) },
        Function(
            Builtin(
                "inspect", .data,
                [
                    .required("path", .path(.reads)),
                    .derived("frames", .path(.reads), "none").about(
                        "the source frames by sequence: blur is formed anew, and means of encoded values are told from "
                            + "means of light"),
                    .derived("manifest", .path(.writes), "none").about(
                        "a file for the hashes of all images, as `sha256sum -c` reads it"),
                ],
                """
                Looks through a folder of pairs and says what it finds: missing partners, files that cannot be read, \
                partners of unequal sizes, blurred images that are the sharp ones, images that stand in several pairs \
                (and in both splits), pairs that are displaced or have each other's numbers, and counts that differ from those of \
                the published GoPro set. Gives a record of the layout, what was counted, and the fingerprint.
                """,
                examples: [
                    "inspect(\"GOPRO_Large\").pairs  # 2"
                ], .init(effect: .reads))
        ) { workbench, arguments throws(Diagnostic) in try workbench.inspect(arguments) },
    ]
}

extension Workbench {
    fileprivate func planFrames(_ arguments: Arguments) throws(Diagnostic) -> Value {
        _ = try maker(arguments)
        mode.plan?.add("blur_frames", run: Self.recipe(of: .blurFrames, try frameLines(arguments)))
        return .pending
    }

    fileprivate func blurFrames(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (source, into) = (try arguments.text("source"), try arguments.text("into"))
        let maker = try maker(arguments)
        let isThere = { FileManager.default.fileExists(atPath: into) }
        return try kept(.blurFrames, frameLines(arguments), isStillThere: isThere) { () throws(Diagnostic) in
            WorkOutcome(fields: try blurFrames(source, maker))
        }
    }

    private func maker(_ arguments: Arguments) throws(Diagnostic) -> FrameBlur {
        try FrameBlur(
            window: arguments.range("window"), curve: curve(arguments), seed: arguments.whole("seed"),
            into: arguments.text("into"), split: arguments.given("split", arguments.text))
    }

    /// What a row's frames depend on; outside of rows nothing asks.
    private func frameLines(_ arguments: Arguments) throws(Diagnostic) -> [(key: String, value: String)] {
        guard mode.columns != nil else { return [] }
        var lines = [
            (
                key: "frames",
                value: try FrameBlur.digest(of: arguments.text("source"), stop: configuration.stop)
            ),
            (key: "into", value: try arguments.text("into")),
        ]
        for name in ["window", "gamma", "seed"] {
            lines.append((name, try arguments.value(name).description))
        }
        if let split = try arguments.given("split", arguments.text) { lines.append(("split", split)) }
        return lines
    }

    private func blurFrames(
        _ source: String, _ maker: FrameBlur
    ) throws(Diagnostic) -> OrderedDictionary<String, Value> {
        defer { frontEnd.progressEnded() }
        var warnings = 0
        let sequences = try maker.run(source, stop: configuration.stop) { recording, recordings, frames in
            frontEnd.progress(
                WorkProgress(
                    title: "blur_frames", part: (Double(recording) + 0.5) / Double(recordings),
                    facts: ["recording \(recording + 1)/\(recordings)", counted(frames, "frame")],
                    secondsLeft: nil))
        } onSequence: { sequence in
            let measures = sequence.measures
            frontEnd.notice(
                "\(sequence.name): \(counted(sequence.pairs, "pair")); shake \(fixed(measures.shake, digits: 2)) px a frame, "
                    + "noise \(fixed(measures.noise, digits: 2)) levels, smooth "
                    + "\(fixed(100 * measures.smooth, digits: 0))%")
            for warning in measures.warnings { frontEnd.notice("  warning: \(warning)") }
            warnings += measures.warnings.count
        }
        return [
            "scenes": .number(Double(sequences.count)),
            "pairs": .number(Double(sequences.reduce(0) { $0 + $1.pairs })),
            "frames": .number(Double(sequences.reduce(0) { $0 + $1.frames })),
            "warnings": .number(Double(warnings)),
        ]
    }

    private func curve(_ arguments: Arguments) throws(Diagnostic) -> FrameBlur.Curve {
        let gamma = try arguments.value("gamma")
        switch gamma {
        case .number(let exponent): return exponent == 1 ? .linear : .power(exponent)
        case .text("srgb"): return .sRGB
        case .text("linear"): return .linear
        case .text, .range, .nothing, .boolean, .list, .record, .callable, .foreign, .pending:
            throw arguments.wrong("gamma", gamma)
        }
    }
}

extension Workbench {
    /// Findings of one kind that are told one by one.
    private static let mostTold = 20

    fileprivate func inspect(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let path = try arguments.text("path")
        let frames = try arguments.given("frames", arguments.text)
        let manifest = try arguments.given("manifest", arguments.text)
        let inspection = try inBackground("inspect", unit: "pairs") {
            [stop = configuration.stop] observe throws(Diagnostic) in
            try Inspection(path, frames: frames, stop: stop, observe: observe)
        }
        for text in inspection.formation { frontEnd.notice(text) }
        if let manifest, writesFiles { try writeAtomically(inspection.manifest, to: manifest) }
        return .record(report(inspection))
    }

    /// Says what an inspection has found, and counts it.
    private func report(_ inspection: Inspection) -> OrderedDictionary<String, Value> {
        var fields: OrderedDictionary<String, Value> = [
            "layout": .text(inspection.layout),
            "sequences": .number(Double(inspection.sequences.count)),
            "pairs": .number(Double(inspection.pairs)),
            "blur": .text(inspection.blurFolders.joined(separator: ", ")),
        ]
        for problem in Inspection.Problem.allCases {
            let found = inspection.findings.filter { $0.problem == problem }
            for finding in found.prefix(Self.mostTold) {
                frontEnd.notice("\(problem.rawValue): \(finding.text)")
            }
            if found.count > Self.mostTold {
                frontEnd.notice("\(problem.rawValue): and \(found.count - Self.mostTold) more")
            }
            fields[problem.rawValue] = .number(Double(found.count))
        }
        fields["fingerprint"] = .text(inspection.fingerprint)
        return fields
    }
}

private enum Split: String, CaseIterable {
    case train, test
}
