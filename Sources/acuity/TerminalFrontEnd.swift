import Assist
import Diagnostics
import Foundation
import Images
import Machine
import ReadlineShim
import Session
import Tables
import Terminal
import Training
import Workbench

/// Shows results on standard output and everything else on standard error, in a terminal's way where there is
/// one.
final class TerminalFrontEnd: FrontEnd {
    private let renderer: Renderer
    /// Whether a progress line can be drawn over itself.
    private let isLive: Bool
    private let environment = ProcessInfo.processInfo.environment
    /// Columns of the progress line that stands on the screen; 0 for none.
    private var drawnWidth = 0
    private var lastDrawn = ContinuousClock.now - .seconds(60)
    private var lastTenth = -1
    /// Whether what was typed while the terminal was asked can be handed on to the prompt.
    var isAtPrompt = false

    init() {
        let isTerminal = Output.messages.isTerminal
        isLive = isTerminal && !["dumb", ""].contains(environment["TERM"] ?? "")
        renderer = Renderer(
            coloured: Abilities.told(by: environment, isTerminal: isTerminal).abilities.hasStyles)
    }

    /// Whether results are not shown: of a script that is run for one row of a table.
    var isQuiet = false

    func show(_ display: Display) {
        guard !isQuiet else { return }
        clearLine()
        switch display {
        case .text(let text): Output.results.write(text.hasSuffix("\n") ? text : text + "\n")
        case .table(let table):
            let isTerminal = Output.results.isTerminal
            let hasStyles = Abilities.told(by: environment, isTerminal: isTerminal).abilities.hasStyles
            let parts = isTerminal ? table.parts(within: window.columns) : [table]
            let texts = parts.map { part in
                part.lines { hasStyles ? Self.styled($0, $1) : $0 }.map { $0 + "\n" }.joined()
            }
            let caption = table.caption.map { "\n\($0)\n" } ?? ""
            Output.results.write(texts.joined(separator: "\n") + caption)
        case .image(let image, let text):
            draw(image, rows: window.rows - 3)
            Output.results.write(text + "\n")
        case .thumbnails(let text, let images):
            Output.results.write(text + "\n")
            if abilities.graphics != .none { drawThumbnails(images()) }
        case .drawing(let drawing): show(drawing)
        }
    }

    private static func styled(_ text: String, _ emphasis: TextTable.Emphasis) -> String {
        switch emphasis {
        case .none: text
        case .strong: "\u{1B}[1m\(text)\u{1B}[22m"
        case .underlined: "\u{1B}[4m\(text)\u{1B}[24m"
        }
    }

    /// The window's columns, within what is pleasant to read.
    var textWidth: Int {
        Output.results.isTerminal ? min(max(40, window.columns), 100) : Help.standardWidth
    }

    func notice(_ text: String) {
        clearLine()
        Output.messages.write(text + "\n")
    }

    func report(_ diagnostic: Diagnostic) {
        clearLine()
        // The terminal has written ^C where the cursor stood.
        if diagnostic.code == Diagnostic.interruptedCode, Output.messages.isTerminal {
            Output.messages.write(isLive ? "\r\u{1B}[K" : "\n")
        }
        Output.messages.write(renderer.render(diagnostic))
    }

    func edit(_ text: String, named name: String) throws(Diagnostic) -> String? {
        guard isatty(STDIN_FILENO) != 0, Output.results.isTerminal else { return nil }
        guard let edited = Editor.open(text) else {
            throw Interruption.isEnding ? .editorStopped : .noEditor
        }
        return edited
    }

    // MARK: Images

    private var window: WindowSize { WindowSize(of: STDOUT_FILENO) }

    /// What the terminal of the results can do; asked when the first image is to be shown.
    private lazy var abilities: Abilities = {
        var (abilities, asks) = Abilities.told(by: environment, isTerminal: Output.results.isTerminal)
        guard asks, isatty(STDIN_FILENO) != 0 else { return abilities }
        let (hasSixels, typed) = Inquiry.asksForSixels(input: STDIN_FILENO, output: STDOUT_FILENO)
        if hasSixels { abilities.graphics = .sixel }
        if isAtPrompt {
            typed.withUnsafeBytes { bytes in
                acuity_readline_stuff(
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
            }
        }
        return abilities
    }()

    private func draw(_ image: Image, rows: Int) {
        let window = window
        let drawn = image.drawn(
            abilities.graphics, colours: abilities.colours, columns: window.columns - 1, rows: max(4, rows),
            cell: (window.cellWidth, window.cellHeight))
        if let drawn { Output.results.write(drawn) }
    }

    /// A row of small images, as many as fit.
    private func drawThumbnails(_ images: [Image]) {
        let (window, gap) = (window, 2)
        let rows = abilities.graphics.showsPixels ? 6 : 10
        let height = abilities.graphics.showsPixels ? rows * window.cellHeight : rows * 2
        let small = images.map { image in
            image.height <= height
                ? image
                : image.shrunk(toWidth: max(1, image.width * height / image.height), height: height)
        }
        guard let first = small.first, small.allSatisfy({ $0.height == first.height }) else { return }
        let room = (window.columns - 1) * (abilities.graphics.showsPixels ? window.cellWidth : 1)
        var width = -gap
        let fitting = small.prefix { image in
            width += image.width + gap
            return width <= room
        }
        guard !fitting.isEmpty else { return }
        draw(Image.row(Array(fitting), gap: gap), rows: rows)
    }

    private func show(_ drawing: Drawing) {
        do throws(Diagnostic) {
            if abilities.graphics.showsPixels {
                let width = min(1200, (window.columns - 1) * window.cellWidth)
                draw(try drawing.image(width), rows: window.rows - 2)
            } else {
                let window = Output.results.isTerminal ? window : WindowSize(of: -1)
                Output.results.write(try drawing.text(window.columns, window.rows))
            }
        } catch {
            report(error)
        }
    }

    // MARK: Progress

    /// In a terminal a line that is drawn over itself, a few times a second; otherwise a line each tenth of
    /// the way.
    func progress(_ progress: TrainingProgress, validation: Double?, of title: String) {
        let isLast = progress.step == progress.steps
        let facts = Self.facts(progress, validation)
        guard isLive else {
            let tenth = progress.step * 10 / progress.steps
            if progress.step == 1 { lastTenth = 0 }
            guard tenth > lastTenth || progress.step == 1 else { return }
            lastTenth = tenth
            return Output.messages.write("\(title): step \(facts.joined(separator: "  "))\n")
        }
        guard isLast || ContinuousClock.now - lastDrawn >= .milliseconds(200) else { return }
        lastDrawn = .now
        let columns = WindowSize(of: STDERR_FILENO).columns
        let line = ProgressLine(share: Double(progress.step) / Double(progress.steps), facts: facts).text(
            columns: columns)
        Output.messages.write(wipe + line)
        drawnWidth = displayWidth(line)
    }

    func progress(_ progress: WorkProgress) {
        let isLast = progress.part >= 1
        let left = progress.secondsLeft.map { ["\(Self.time($0)) left"] } ?? []
        let facts = [progress.title] + progress.facts + left
        guard isLive else {
            // A line each tenth of the way of work that takes long enough to be watched.
            let tenth = Int(progress.part * 10)
            guard tenth != lastTenth, ContinuousClock.now - lastDrawn >= .seconds(5) else { return }
            (lastTenth, lastDrawn) = (tenth, .now)
            return Output.messages.write(facts.joined(separator: "  ") + "\n")
        }
        guard isLast || ContinuousClock.now - lastDrawn >= .milliseconds(200) else { return }
        lastDrawn = .now
        let columns = WindowSize(of: STDERR_FILENO).columns
        let line = ProgressLine(share: progress.part, facts: facts).text(columns: columns)
        Output.messages.write(wipe + line)
        drawnWidth = displayWidth(line)
    }

    func progressEnded() { clearLine() }

    private func clearLine() {
        guard drawnWidth > 0 else { return }
        Output.messages.write(wipe)
        drawnWidth = 0
    }

    /// Wipes the progress line, also where the window has become narrower and the line has been broken into
    /// several.
    private var wipe: String {
        let rows = max(0, drawnWidth - 1) / max(1, WindowSize(of: STDERR_FILENO).columns)
        return "\r" + (rows > 0 ? "\u{1B}[\(rows)A" : "") + "\u{1B}[J"
    }

    private static func facts(_ progress: TrainingProgress, _ validation: Double?) -> [String] {
        let recent = progress.recent
        let mean = recent.loss ?? progress.loss
        let loss = String(format: mean < 1e4 ? "%.6f" : "%.3e", mean)
        return [
            "\(progress.step)/\(progress.steps)", "loss \(loss)",
            // A batch's PSNR jumps about; that of images which are not trained on is worth more where it is
            // known.
            validation.map { String(format: "validation %.2f dB", $0) }
                ?? "PSNR \(recent.text)",
            time(progress.secondsLeft) + " left", speed(progress.stepsPerSecond),
        ]
            + (progress.waiting >= 0.01
                ? [String(format: "%.0f %% waiting for data", 100 * progress.waiting)] : [])
    }

    private static func speed(_ stepsPerSecond: Double) -> String {
        stepsPerSecond >= 0.1 || stepsPerSecond <= 0
            ? String(format: "%.1f steps/s", stepsPerSecond)
            : String(format: "%.0f s a step", 1 / stepsPerSecond)
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

extension Diagnostic {
    fileprivate static let noEditor = Diagnostic(
        "no-editor", "the editor could not be run, or ended with an error",
        hint: "set EDITOR to the one you use, for example EDITOR=nano")

    /// A signal came that ends the program.
    fileprivate static let editorStopped = Diagnostic(
        interruptedCode, "the editor was stopped, and nothing is changed")
}
