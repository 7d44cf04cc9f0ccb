import Data
import Diagnostics
import Foundation

extension Builtin {
    static let frames: [Builtin] = [
        Builtin(
            "blur_frames", .data,
            [
                .required("source", "a path"), .required("into", "a path"),
                .derived("split", "\"train\" or \"test\"", "none"),
                .standard("window", "a range of whole numbers", .range(7, 13)),
                .standard("gamma", "a number, \"srgb\" or \"linear\"", .number(2.2)),
                .standard("seed", "a whole number", .number(1)),
            ],
            """
            Makes pairs of high-speed frames as the GoPro set was made: windows of consecutive frames averaged, the \
            middle one the target, filed below `into` as `pairs` reads them. `source` is a folder of frames, a folder \
            of such folders or videos, or a video (read by the program ffmpeg). `blur` holds the mean of the frames as \
            they are, `blur_gamma` the mean of their light: value^`gamma`, the "srgb" curve, or none where the frames \
            are "linear". Each scene's camera shake, noise and smooth areas are measured, said and kept in its \
            `measures.csv`. Gives a record of the `scenes`, `pairs`, `frames` and `warnings` counted.
            """,
            examples: [
                "function mine() { return blur_frames(\"clip.mp4\", into = \"data/mine\", split = \"train\", window = 7..13) }"
            ]
        ) { session, arguments throws(Diagnostic) in try session.blurFrames(arguments) }
    ]
}

extension Arguments {
    /// A range of whole numbers, or one whole number.
    func range(_ name: String) throws(Diagnostic) -> ClosedRange<Int> {
        let value = try value(name)
        switch value {
        case .range(let low, let high) where low <= high: return low...high
        case .number(let number) where number == number.rounded() && abs(number) < 1e6:
            return Int(number)...Int(number)
        case .range, .number, .nothing, .text, .boolean, .list, .record, .callable, .network, .sharing,
            .dataset,
            .model, .table, .image, .feature, .pending:
            throw wrong(name, value)
        }
    }
}

extension Session {
    fileprivate func blurFrames(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let split = try arguments.optional("split") == nil ? nil : arguments.choice("split", Split.self)
        let maker = try FrameBlur(
            window: arguments.range("window"), curve: curve(arguments),
            seed: arguments.whole("seed", 0...1 << 53), into: arguments.text("into"), split: split?.rawValue)
        let source = try arguments.text("source")
        if isRehearsal { return .pending }
        defer { front.progressEnded() }
        var warnings = 0
        let scenes = try maker.run(source, isStopped: isStopped) { scene, scenes, frames in
            front.progress(
                WorkProgress(
                    title: "blur_frames", part: (Double(scene) + 0.5) / Double(scenes),
                    facts: ["scene \(scene + 1)/\(scenes)", counted(frames, "frame")], secondsLeft: nil))
        } onScene: { scene in
            let measures = scene.measures
            front.notice(
                "\(scene.name): \(counted(scene.pairs, "pair")); shake \(fixed(measures.shake, digits: 2)) px a frame, "
                    + "noise \(fixed(measures.noise, digits: 2)) levels, smooth "
                    + "\(fixed(100 * measures.smooth, digits: 0))%")
            for warning in measures.warnings { front.notice("  warning: \(warning)") }
            warnings += measures.warnings.count
        }
        return .record([
            "scenes": .number(Double(scenes.count)),
            "pairs": .number(Double(scenes.reduce(0) { $0 + $1.pairs })),
            "frames": .number(Double(scenes.reduce(0) { $0 + $1.frames })),
            "warnings": .number(Double(warnings)),
        ])
    }

    private func curve(_ arguments: Arguments) throws(Diagnostic) -> FrameBlur.Curve {
        let gamma = try arguments.value("gamma")
        switch gamma {
        case .number(let exponent): return exponent == 1 ? .linear : .power(exponent)
        case .text("srgb"): return .sRGB
        case .text("linear"): return .linear
        case .text, .range, .nothing, .boolean, .list, .record, .callable, .network, .sharing, .dataset,
            .model,
            .table, .image, .feature, .pending:
            throw arguments.wrong("gamma", gamma)
        }
    }
}

private enum Split: String, CaseIterable {
    case train, test
}
