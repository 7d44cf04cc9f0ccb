import Diagnostics
import Foundation
import Session
import Training

/// Shows results on standard output and everything else on standard error, in a terminal's way where there is one.
final class TerminalFront: Front {
    private let renderer: Renderer
    /// Whether a progress line can be drawn over itself.
    private let isLive: Bool
    private var isLineDrawn = false
    private var lastDrawn = ContinuousClock.now - .seconds(60)
    private var lastTenth = -1

    init() {
        let environment = ProcessInfo.processInfo.environment
        let isTerminal = Output.messages.isTerminal
        isLive = isTerminal && environment["TERM"] != "dumb"
        renderer = Renderer(coloured: isLive && (environment["NO_COLOR"] ?? "").isEmpty)
    }

    func show(_ display: Display) {
        clearLine()
        let text =
            switch display {
            case .text(let text): text.hasSuffix("\n") ? text : text + "\n"
            case .table(let table): table.text
            case .image(_, let text): text + "\n"
            }
        Output.results.write(text)
    }

    func notice(_ text: String) {
        clearLine()
        Output.messages.write(text + "\n")
    }

    func report(_ diagnostic: Diagnostic) {
        clearLine()
        Output.messages.write(renderer.render(diagnostic))
    }

    // MARK: Progress

    /// In a terminal a line that is drawn over itself, a few times a second; otherwise a line each tenth of the way.
    func progress(_ progress: TrainingProgress, of title: String) {
        let isLast = progress.step == progress.steps
        guard isLive else {
            let tenth = progress.step * 10 / progress.steps
            if progress.step == 1 { lastTenth = 0 }
            guard tenth > lastTenth || progress.step == 1 else { return }
            lastTenth = tenth
            return Output.messages.write("\(title): \(Self.text(progress))\n")
        }
        guard isLast || ContinuousClock.now - lastDrawn >= .milliseconds(200) else { return }
        lastDrawn = .now
        let line = Self.text(progress)
        Output.messages.write("\r\u{1B}[K" + String(line.prefix(max(20, columns - 1))))
        isLineDrawn = true
    }

    func progress(_ progress: WorkProgress) {
        let isLast = progress.part >= 1
        let facts = (["\(Int(progress.part * 100))%"] + progress.facts).joined(separator: "  ")
        let left = progress.secondsLeft.map { "  \(Self.time($0)) left" } ?? ""
        guard isLive else {
            // A line each tenth of the way of work that takes long enough to be watched.
            let tenth = Int(progress.part * 10)
            guard tenth != lastTenth, ContinuousClock.now - lastDrawn >= .seconds(5) else { return }
            (lastTenth, lastDrawn) = (tenth, .now)
            return Output.messages.write("\(progress.title): \(facts)\(left)\n")
        }
        guard isLast || ContinuousClock.now - lastDrawn >= .milliseconds(200) else { return }
        lastDrawn = .now
        let line = "\(progress.title)  \(facts)\(left)"
        Output.messages.write("\r\u{1B}[K" + String(line.prefix(max(20, columns - 1))))
        isLineDrawn = true
    }

    func progressEnded() { clearLine() }

    private func clearLine() {
        guard isLineDrawn else { return }
        isLineDrawn = false
        Output.messages.write("\r\u{1B}[K")
    }

    private var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private static func text(_ progress: TrainingProgress) -> String {
        let loss = String(format: progress.loss < 1e4 ? "%.6f" : "%.3e", progress.loss)
        return "step \(progress.step)/\(progress.steps)  loss \(loss)"
            + String(format: "  PSNR %.2f dB  %.1f steps/s  ", progress.psnr, progress.stepsPerSecond)
            + time(progress.secondsLeft) + " left"
            + (progress.waiting >= 0.01
                ? String(format: "  %.0f %% waiting for data", 100 * progress.waiting) : "")
    }

    private static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e8 else { return "–" }
        let whole = Int(seconds.rounded(.up))
        return whole < 60
            ? "\(whole) s"
            : whole < 3600
                ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
